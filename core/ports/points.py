"""The points before and after each COMMIT and each outside call where a kill test may end the process."""

import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import Final

_KILL_AT: Final = os.environ.get("HORDE_KILL_AT")
"""Read once, for every transaction passes two points and hardly any process is to be killed."""


class Step(StrEnum):
    """The steps of a summons that touch the database or the outside; ``remote_`` ones where another horde is asked."""

    INBOX = "inbox"
    DESK_ACCEPT = "desk_accept"
    POP = "pop"
    UPLOAD = "upload"
    OBJECT_CHECK = "object_check"
    OBJECT_COPY = "object_copy"
    COMPLETE = "complete"
    DESK_REACT = "desk_react"
    OUTBOX_CLAIM = "outbox_claim"
    OUTBOX_DELIVER = "outbox_deliver"
    OUTBOX_SETTLE = "outbox_settle"
    REMOTE_CLAIM = "remote_claim"
    REMOTE_SEND = "remote_send"
    REMOTE_ASKED = "remote_asked"
    REMOTE_FOUND = "remote_found"
    REMOTE_TAKE = "remote_take"
    REMOTE_SETTLE = "remote_settle"


class Edge(StrEnum):
    """Which side of the step."""

    BEFORE = "before"
    AFTER = "after"


def reached(step: Step, edge: Edge) -> None:
    """Kill this very process if the environment names this point (``HORDE_KILL_AT=pop.before``); else do nothing.

    With ``HORDE_KILL_ONCE_FILE`` the process dies only if that file does not exist yet, and creates it first.
    """
    if _KILL_AT is None or f"{step}.{edge}" != _KILL_AT:
        return
    once_file = os.environ.get("HORDE_KILL_ONCE_FILE")
    if once_file:
        try:
            Path(once_file).touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
