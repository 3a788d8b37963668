"""Ids and plain value types that every room shares."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Final, NewType, TypeAlias

AccountId = NewType("AccountId", int)
RequestId = NewType("RequestId", str)
JobId = NewType("JobId", str)
WorkerId = NewType("WorkerId", str)
LeaseId = NewType("LeaseId", str)

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

ANONYMOUS: Final = AccountId(0)
MINT: Final = AccountId(-1)
TREASURY: Final = AccountId(-2)
ESCROW: Final = AccountId(-3)
REMOTE: Final = AccountId(-4)
"""What stands for other hordes: it gets what their work costs those who asked the bots for it."""
UNCACHED: Final = frozenset({MINT, TREASURY, ESCROW, REMOTE})
"""Accounts of the system that have no cached balance: everyone's transfers would queue at their rows."""
ANONYMOUS_KEY: Final = "0000000000"


def new_id() -> str:
    """Return a fresh random id: a UUID 4 in its usual text form."""
    return str(uuid.uuid4())
