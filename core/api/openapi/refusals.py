"""Which refusals an operation may answer with: its own, and those that follow from what it is."""

import re
from typing import Final

from core.api.operations import Caller, Operation
from core.wire import Rc

NAMES_IN_PATH: Final = re.compile(r"{(\w+)(?::[^}]*)?}")
SENTENCES: Final = {
    400: "What was sent cannot be read or breaks a limit; `errors` names fields, `rc` the cause.",
    401: "Nobody has this API key.",
    403: "Not allowed.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "Something else happened first.",
    413: "The body is too large.",
    423: "It is in use.",
    429: "Too much at once; `Retry-After` says when to try again.",
    503: "Not now: the database, the store or something else that is needed does not answer.",
}


def refusals_of(operation: Operation) -> dict[int, tuple[Rc, ...]]:
    """Return the codes of each status that is no success, by status; some refusals have no code."""
    found: dict[int, set[Rc]] = {status: set(codes) for status, codes in operation.refusals.items()}
    found.setdefault(400, set()).add(Rc.NUL_BYTE_IN_PAYLOAD)
    found.setdefault(503, set()).add(Rc.UNAVAILABLE)
    if operation.caller is not Caller.ANYBODY:
        found.setdefault(401, set()).add(Rc.INVALID_API_KEY)
    if operation.caller is Caller.MODERATOR:
        found.setdefault(403, set()).add(Rc.NOT_MODERATOR)
    if NAMES_IN_PATH.search(operation.path):
        found.setdefault(404, set()).add(Rc.ROUTE_NOT_FOUND)
    if operation.body is not None:
        found.setdefault(408, set())
        found.setdefault(413, set()).add(Rc.BODY_TOO_LARGE)
    if operation.idempotent:
        found.setdefault(409, set()).add(Rc.IDEMPOTENCY_KEY_CONFLICT)
    if operation.limits:
        found.setdefault(429, set())
    return {status: tuple(sorted(found[status])) for status in sorted(found)}
