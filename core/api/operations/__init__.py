"""The table of operations: each route of the API is a value, and all that routes do alike is done once."""

from core.api.operations.call import Call, Reply
from core.api.operations.idempotency import Idempotency
from core.api.operations.once import REPLAYED, write_once
from core.api.operations.operation import Answer, Caller, Media, Operation, Operations, Tag
from core.api.operations.serving import endpoint, routes_of, tell_limits

__all__ = [
    "REPLAYED",
    "Answer",
    "Call",
    "Caller",
    "Idempotency",
    "Media",
    "Operation",
    "Operations",
    "Reply",
    "Tag",
    "endpoint",
    "routes_of",
    "tell_limits",
    "write_once",
]
