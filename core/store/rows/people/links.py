"""Codes that join purses, and the merges that came of them."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from core.domain.accounts import Identity
from core.domain.ids import AccountId
from core.domain.kudos.linking import LinkCode, Merge, plain_code
from core.store.memory import Memory
from core.store.postgres.locks import take_turn
from core.store.tables import balances, link_codes, link_tries, merges

_STANDING = merges.c.undone_at_ms.is_(None)
_SWEEP = (
    sa.select(merges.c.id)
    .join(balances, balances.c.account_id == merges.c.from_id)
    .where(_STANDING)
    .group_by(merges.c.id)
    .having(sa.func.sum(balances.c.posted_mk - balances.c.held_mk) != 0)
    .order_by(merges.c.id)
)


class Links:
    """The codes and merges of one transaction."""

    def __init__(self, connection: sa.Connection, memory: Memory) -> None:
        """Stand over the transaction's connection; the memory hashes codes."""
        self._connection = connection
        self._memory = memory

    def put_code(self, code: str, asked: LinkCode, *, now_ms: int) -> None:
        """Keep the code's hash; earlier ones of the same identity, and all that are over, are gone."""
        earlier = sa.and_(link_codes.c.platform == asked.platform, link_codes.c.external_id == asked.external_id)
        over = link_codes.c.expires_at_ms <= now_ms
        self._connection.execute(sa.delete(link_codes).where(sa.or_(earlier, over)))
        self._connection.execute(
            sa.insert(link_codes).values(
                code_hash=self._hash(code),
                platform=asked.platform,
                external_id=asked.external_id,
                display_name=asked.display_name,
                made_at_ms=now_ms,
                expires_at_ms=asked.expires_at_ms,
            )
        )

    def take_code(self, code: str) -> LinkCode | None:
        """Return who asked for the code; of several who type it at once, one gets it."""
        row = self._connection.execute(
            sa.delete(link_codes)
            .where(link_codes.c.code_hash == self._hash(code))
            .returning(
                link_codes.c.platform, link_codes.c.external_id, link_codes.c.display_name, link_codes.c.expires_at_ms
            )
        ).first()
        return None if row is None else LinkCode(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row

    def count_try(self, *, platform: str, external_id: str, since_ms: int, now_ms: int) -> int:
        """Return the number of tries of this name since then, this one among them."""
        take_turn(self._connection, f"link:{platform}:{external_id}")
        same = (link_tries.c.platform == platform, link_tries.c.external_id == external_id)
        row = self._connection.execute(sa.select(link_tries).where(*same)).first()
        if row is None:
            first = {"platform": platform, "external_id": external_id, "tries": 1, "since_ms": now_ms}
            self._connection.execute(sa.insert(link_tries).values(**first))
            return 1
        is_old = row.since_ms <= since_ms
        tries = 1 if is_old else row.tries + 1
        values = {"tries": tries, "since_ms": now_ms if is_old else row.since_ms}
        self._connection.execute(sa.update(link_tries).where(*same).values(**values))
        return tries

    def forget_tries(self, *, platform: str, external_id: str) -> None:
        """Have the name begin anew."""
        same = (link_tries.c.platform == platform, link_tries.c.external_id == external_id)
        self._connection.execute(sa.delete(link_tries).where(*same))

    def merge(self, merge_id: str) -> Merge | None:
        """Return the merge of this id."""
        return _merge(self._connection.execute(sa.select(merges).where(merges.c.id == merge_id)).first())

    def lock_merge(self, merge_id: str) -> Merge | None:
        """Return the merge; until this transaction ends nobody else changes it."""
        query = sa.select(merges).where(merges.c.id == merge_id).with_for_update()
        return _merge(self._connection.execute(query).first())

    def merges_into(self, account_id: AccountId) -> Sequence[Merge]:
        """Return what was merged into the account and not undone, oldest first."""
        query = sa.select(merges).where(merges.c.to_id == account_id, _STANDING)
        found = self._connection.execute(query.order_by(merges.c.made_at_ms, merges.c.id))
        return [merge for row in found if (merge := _merge(row)) is not None]

    def merges_of(self, account_id: AccountId) -> Sequence[Merge]:
        """Return every merge that the account was a side of, undone ones too, newest first."""
        query = sa.select(merges).where((merges.c.to_id == account_id) | (merges.c.from_id == account_id))
        found = self._connection.execute(query.order_by(merges.c.made_at_ms.desc(), merges.c.id))
        return [merge for row in found if (merge := _merge(row)) is not None]

    def to_sweep(self, *, limit: int) -> Sequence[str]:
        """Return merges whose gone account has something available, or owes something."""
        return list(self._connection.scalars(_SWEEP.limit(limit)))

    def put_merge(self, merge: Merge) -> None:
        """Write the merge as it is in this value."""
        values = {
            "from_id": merge.from_id,
            "to_id": merge.to_id,
            "identities": json.dumps([[one.platform, one.external_id, one.display_name] for one in merge.identities]),
            "moved_mk": merge.moved_mk,
            "moves": merge.moves,
            "made_at_ms": merge.made_at_ms,
            "undone_at_ms": merge.undone_at_ms,
        }
        changed = self._connection.execute(sa.update(merges).where(merges.c.id == merge.id).values(**values))
        if changed.rowcount == 0:
            self._connection.execute(sa.insert(merges).values(id=merge.id, **values))

    def _hash(self, code: str) -> str:
        return self._memory.hash_of(f"link:{plain_code(code)}")


def _merge(row: Any) -> Merge | None:  # noqa: ANN401 - a row of the merges, or None
    """Return the merge of a row."""
    if row is None:
        return None
    from_id = AccountId(row.from_id)
    return Merge(
        id=row.id,
        from_id=from_id,
        to_id=AccountId(row.to_id),
        identities=tuple(
            Identity(platform=platform, external_id=external_id, account_id=from_id, display_name=name)
            for platform, external_id, name in json.loads(row.identities)
        ),
        moved_mk=row.moved_mk,
        moves=row.moves,
        made_at_ms=row.made_at_ms,
        undone_at_ms=row.undone_at_ms,
    )
