"""The keys that are lent; their budgets follow the holds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.domain.ids import AccountId
from core.domain.kudos.keys import SharedKey
from core.store.tables import holds, shared_keys
from core.store.writes import Writes, update

_KEY = sa.select(shared_keys).where(shared_keys.c.id == sa.bindparam("key_id"))
_LOCK_KEY = _KEY.with_for_update()
_KEYS_OF = (
    sa.select(shared_keys)
    .where(shared_keys.c.account_id == sa.bindparam("account_id"), shared_keys.c.revoked_at_ms.is_(None))
    .order_by(shared_keys.c.created_at_ms, shared_keys.c.id)
)
_ADD_KEY = sa.insert(shared_keys)
_PUT_KEY = sa.update(shared_keys).where(shared_keys.c.id == sa.bindparam("the_key"))
_MOVE_KEY = update(
    shared_keys,
    reserved_mk="shared_keys.reserved_mk + :more_reserved_mk",
    utilized_mk="shared_keys.utilized_mk + :more_utilized_mk",
)
_OF_HOLDS = (
    sa.select(
        holds.c.shared_key_id,
        sa.func.sum(holds.c.amount_mk - holds.c.posted_mk - holds.c.returned_mk).label("held_mk"),
        sa.func.sum(holds.c.posted_mk).label("posted_mk"),
    )
    .where(holds.c.shared_key_id.is_not(None))
    .group_by(holds.c.shared_key_id)
    .subquery()
)
_HELD = sa.func.coalesce(_OF_HOLDS.c.held_mk, 0)
_POSTED = sa.func.coalesce(_OF_HOLDS.c.posted_mk, 0)
# Holds of long ago may have been pruned, so a key may have spent more than the holds that are left tell.
_ADRIFT = (
    sa.select(shared_keys.c.id, shared_keys.c.reserved_mk, _HELD, shared_keys.c.utilized_mk, _POSTED)
    .select_from(shared_keys.outerjoin(_OF_HOLDS, _OF_HOLDS.c.shared_key_id == shared_keys.c.id))
    .where(sa.or_(shared_keys.c.reserved_mk != _HELD, shared_keys.c.utilized_mk < _POSTED))
    .limit(sa.bindparam("limit"))
)


class SharedKeys:
    """The keys that are lent; their budgets go along with the holds, written at the end."""

    def __init__(self, connection: sa.Connection, writes: Writes) -> None:
        """Stand over the transaction's connection and its write set."""
        self._connection = connection
        self._writes = writes
        self._moved: dict[str, tuple[int, int]] = {}

    def get(self, key_id: str) -> SharedKey | None:
        """Return the key with what this transaction has moved."""
        return self._key(self._connection.execute(_KEY, {"key_id": key_id}).first())

    def lock(self, key_id: str) -> SharedKey | None:
        """Return the key; nobody else writes it until this transaction ends."""
        return self._key(self._connection.execute(_LOCK_KEY, {"key_id": key_id}).first())

    def of_account(self, account_id: AccountId) -> Sequence[SharedKey]:
        """Return an account's keys that were not revoked, oldest first."""
        found = self._connection.execute(_KEYS_OF, {"account_id": account_id})
        return [key for row in found if (key := self._key(row)) is not None]

    def add(self, key: SharedKey) -> None:
        """Write a new key."""
        created = {"id": key.id, "account_id": key.account_id, "created_at_ms": key.created_at_ms}
        self._connection.execute(_ADD_KEY, created | {"reserved_mk": 0, "utilized_mk": 0} | _changeable(key))

    def put(self, key: SharedKey) -> None:
        """Write what may be changed of a key."""
        self._connection.execute(_PUT_KEY, {"the_key": key.id} | _changeable(key))

    def adrift(self, *, limit: int) -> Sequence[tuple[str, int, int, int, int]]:
        """Return (key, reserved, held by its holds, utilized, posted of its holds) where they do not fit."""
        found = self._connection.execute(_ADRIFT, {"limit": limit})
        return [(row[0], int(row[1]), int(row[2]), int(row[3]), int(row[4])) for row in found]

    def move(self, key_id: str, *, reserved_mk: int, utilized_mk: int) -> None:
        """Note what a key's budget gets at the end."""
        reserved, utilized = self._moved.get(key_id, (0, 0))
        self._moved[key_id] = (reserved + reserved_mk, utilized + utilized_mk)

    def flush(self) -> None:
        """Have the budgets written, in order of id; the table itself refuses one that would be overdrawn."""
        for key_id, (reserved_mk, utilized_mk) in sorted(self._moved.items()):
            moved = {"id": key_id, "more_reserved_mk": reserved_mk, "more_utilized_mk": utilized_mk}
            self._writes.add(_MOVE_KEY, moved)
        self._moved.clear()

    def _key(self, row: "sa.Row[*tuple[Any, ...]] | None") -> SharedKey | None:
        """Return the key of a row, with what this transaction has moved."""
        if row is None:
            return None
        key = SharedKey(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping
        reserved_mk, utilized_mk = self._moved.get(key.id, (0, 0))
        return replace(key, reserved_mk=key.reserved_mk + reserved_mk, utilized_mk=key.utilized_mk + utilized_mk)


def _changeable(key: SharedKey) -> dict[str, object]:
    """Return the columns of a key that its owner may change."""
    return {
        "name": key.name,
        "budget_mk": key.budget_mk,
        "expires_at_ms": key.expires_at_ms,
        "max_image_pixels": key.max_image_pixels,
        "max_image_steps": key.max_image_steps,
        "max_text_tokens": key.max_text_tokens,
        "revoked_at_ms": key.revoked_at_ms,
    }
