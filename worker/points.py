"""The places of the worker's way where a test may kill it, so that "nothing is lost" is proven and not hoped."""

import os
import signal
from enum import StrEnum
from pathlib import Path


class Step(StrEnum):
    """A step of a job that crosses the border of the process or costs work."""

    POP = "worker_pop"
    MAKE = "worker_make"
    UPLOAD = "worker_upload"
    SUBMIT = "worker_submit"


class Edge(StrEnum):
    """Which side of a step."""

    BEFORE = "before"
    AFTER = "after"


def reached(step: Step, edge: Edge) -> None:
    """Ends the process with SIGKILL if `HORDE_KILL_AT` names this point.

    It dies only once if `HORDE_KILL_ONCE_FILE` names a file: the file is made first, and where it is, nothing happens.
    """
    if os.environ.get("HORDE_KILL_AT") != f"{step}.{edge}":
        return
    once_file = os.environ.get("HORDE_KILL_ONCE_FILE")
    if once_file:
        try:
            Path(once_file).touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
