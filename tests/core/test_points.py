"""The kill points do what they say, in a process of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = "from core.ports.points import *; reached(Step.POP, Edge.BEFORE); print('alive')"


def run(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | environment, capture_output=True, text=True, check=False
    )


def test_a_point_kills_only_where_it_is_named(tmp_path: Path) -> None:
    assert run(HORDE_KILL_AT="pop.after").stdout == "alive\n"
    assert run(HORDE_KILL_AT="pop.before").returncode == -signal.SIGKILL
    once = str(tmp_path / "once")
    assert run(HORDE_KILL_AT="pop.before", HORDE_KILL_ONCE_FILE=once).returncode == -signal.SIGKILL
    assert run(HORDE_KILL_AT="pop.before", HORDE_KILL_ONCE_FILE=once).stdout == "alive\n"
