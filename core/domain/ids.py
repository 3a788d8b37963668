"""Ids and plain value types that every room shares."""

import os
import time
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


_VERSION_4: Final = (0x4 << 76) | (0b10 << 62)
_RANDOM_BITS: Final = ~((0xF << 76) | (0b11 << 62)) & ((1 << 80) - 1)


def new_id() -> str:
    """Return a fresh id: a UUID in its usual text form, of 48 bits of time in milliseconds and 74 random ones.

    Ids that are made together lie together in every index, so that a transaction writes few pages and not one for each
    row. That is what UUID 7 is for (RFC 9562), but horde-sdk writes a 4 over any other version, so these say 4.
    """
    random = int.from_bytes(os.urandom(10)) & _RANDOM_BITS
    digits = f"{time.time_ns() // 1_000_000 << 80 | random | _VERSION_4:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
