"""`horde work`: the volunteer's worker, as a process of its own."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

HELP = "Lend this machine to a horde: pop jobs, make pictures, earn kudos."
LEASH = "HORDE_WORK_LEASH"


def add(parser: argparse.ArgumentParser) -> None:
    """The worker has its own options: `horde work --help` prints them."""
    parser.add_argument("options", nargs=argparse.REMAINDER, help="see: horde work --help")


def run(arguments: argparse.Namespace) -> int:
    """Runs the worker until it is stopped."""
    return run_with(arguments.options)


def run_with(options: Sequence[str]) -> int:
    """Runs the worker with its own command line."""
    if os.environ.pop(LEASH, ""):
        threading.Thread(target=_stop_when_the_parent_is_gone, name="leash", daemon=True).start()
    try:
        from worker.main import main
    except ImportError as error:
        sys.stderr.write(
            f"horde work: {error.name} is missing. Install the extra `worker`: pip install 'horde-suite[worker]'\n"
        )
        return 2
    return main(list(options))


def _stop_when_the_parent_is_gone() -> None:
    """`horde up` holds the other end of our standard input: its end, however sudden, ends us too."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
