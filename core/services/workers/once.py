"""Once: what is made under a client's idempotency key has an id that follows from it, so it is made once."""

import uuid
from typing import Final

from core.domain.errors import Conflict
from core.domain.ids import AccountId, new_id
from core.ports.store import Transaction

_SPACE: Final = uuid.UUID("6f0d7c1e-5d0b-4f5f-9d35-0b8f3f6f2b11")


def id_for(tx: Transaction, noun: str, *, by: AccountId, once: str | None) -> str:
    """Return the id of what this account makes under this key, a fresh one without a key.

    With a key the account is locked, so that of two at once the second finds what the first has made.
    """
    if once is None:
        return new_id()
    tx.accounts.lock(by)
    return str(uuid.uuid5(_SPACE, f"{noun}:{by}:{once}"))


def key_conflict(once: str | None) -> Conflict:
    """Return the refusal of a key that was used for something else."""
    message = f"The idempotency key {once!r} was already used for something else. Take a new key."
    return Conflict(message, code="IdempotencyKeyConflict")
