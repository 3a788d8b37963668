"""One place that writes to the terminal, so that every line of the training looks alike."""

from __future__ import annotations

import sys


def say(line: str) -> None:
    """Writes one line to standard output at once, so that a log file can be followed."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
