"""Accounts, keys and identities."""

from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.domain.accounts import Account, Identity
from core.domain.ids import ANONYMOUS, UNCACHED, AccountId
from core.store.memory import Memory
from core.store.rows.kudos.ledger import Ledger
from core.store.statement import Line, Prepared
from core.store.tables import accounts, api_keys, balances, identities

_POSTED = (
    sa.select(sa.func.coalesce(sa.func.sum(balances.c.posted_mk), 0))
    .where(balances.c.account_id == accounts.c.id)
    .scalar_subquery()
    .label("posted_mk")
)
_HELD = (
    sa.select(sa.func.coalesce(sa.func.sum(balances.c.held_mk), 0))
    .where(balances.c.account_id == accounts.c.id)
    .scalar_subquery()
    .label("held_mk")
)
_ALL = sa.select(accounts, _POSTED, _HELD)
_BY_ID = _ALL.where(accounts.c.id == sa.bindparam("account_id"))
_GET = Prepared(_BY_ID)
_BY_KEY = Prepared(
    _ALL.join(api_keys, api_keys.c.account_id == accounts.c.id).where(api_keys.c.key_hash == sa.bindparam("key_hash"))
)
_BY_IDENTITY = Prepared(
    _ALL.join(identities, identities.c.account_id == accounts.c.id).where(
        identities.c.platform == sa.bindparam("platform"), identities.c.external_id == sa.bindparam("external_id")
    )
)
_IDENTITIES = sa.select(identities).where(identities.c.account_id == sa.bindparam("account_id"))
_SUMS = (
    sa.select(
        balances.c.account_id,
        sa.func.sum(balances.c.posted_mk).label("posted_mk"),
        sa.func.sum(balances.c.held_mk).label("held_mk"),
    )
    .group_by(balances.c.account_id)
    .subquery()
)
_COUNT = sa.select(sa.func.count()).select_from(accounts).where(accounts.c.id >= ANONYMOUS)
_CROWD = (
    sa.select(
        accounts,
        sa.func.coalesce(_SUMS.c.posted_mk, 0).label("posted_mk"),
        sa.func.coalesce(_SUMS.c.held_mk, 0).label("held_mk"),
    )
    .select_from(accounts.outerjoin(_SUMS, _SUMS.c.account_id == accounts.c.id))
    .where(accounts.c.id >= ANONYMOUS, accounts.c.id % sa.bindparam("one_in") == 0)
    .order_by(accounts.c.id)
    .limit(sa.bindparam("most"))
)
RANKED_MAX = 250_000
"""So many of the richest are ranked: 10,000 pages."""
_LISTED = sa.and_(accounts.c.id >= ANONYMOUS, accounts.c.deleted_at_ms.is_(None))
_MOST, _BEGIN = sa.bindparam("most", type_=sa.Integer), sa.bindparam("begin", type_=sa.Integer)
_OLDEST = sa.select(accounts.c.id).where(_LISTED).order_by(accounts.c.id).limit(_MOST).offset(_BEGIN)
_RICHEST = (
    sa.select(accounts.c.id)
    .select_from(accounts.outerjoin(_SUMS, _SUMS.c.account_id == accounts.c.id))
    .where(_LISTED)
    .order_by(sa.func.coalesce(_SUMS.c.posted_mk - _SUMS.c.held_mk, 0).desc(), accounts.c.id)
    .limit(_MOST)
)
_THESE = _ALL.where(accounts.c.id.in_(sa.bindparam("numbers", expanding=True)))
_NAMES = sa.select(accounts.c.id, accounts.c.name).where(accounts.c.id.in_(sa.bindparam("numbers", expanding=True)))
# The ledger's foreign keys look at the row's id, which this lock leaves to them.
_LOCK = sa.select(accounts.c.id).where(accounts.c.id == sa.bindparam("account_id")).with_for_update(key_share=True)
_UNPAID_FOR = (
    sa.select(accounts.c.id)
    .where(
        sa.or_(accounts.c.monthly_mk > 0, sa.and_(sa.bindparam("moderators", type_=sa.Boolean), accounts.c.moderator)),
        accounts.c.monthly_paid_for != sa.bindparam("month"),
        accounts.c.deleted_at_ms.is_(None),
    )
    .order_by(accounts.c.id)
    .limit(sa.bindparam("limit"))
)
_PUT = sa.update(accounts).where(accounts.c.id == sa.bindparam("the_account"))
_SUSPECT = _PUT.values(suspicions=accounts.c.suspicions + 1)
_DROP_KEYS = sa.delete(api_keys).where(api_keys.c.account_id == sa.bindparam("the_account"))
_DROP_IDENTITIES = sa.delete(identities).where(identities.c.account_id == sa.bindparam("the_account"))
_CHANGEABLE = (
    "name",
    "trusted",
    "moderator",
    "guest",
    "flagged",
    "service",
    "education",
    "customizer",
    "special",
    "vpn",
    "public_workers",
    "waiting_max",
    "workers_max",
    "worker_invited",
    "suspicions",
    "monthly_mk",
    "monthly_paid_mk",
    "monthly_paid_for",
    "contact",
    "profile",
    "admin_comment",
    "proxy_passkey",
    "deleted_at_ms",
    "merged_into",
)
_ADD = sa.insert(accounts).returning(accounts.c.id)
_ADD_KEY = sa.insert(api_keys)
_ADD_IDENTITY = sa.insert(identities)


class Accounts:
    """The accounts of one transaction; balances include what it has moved itself."""

    def __init__(self, line: Line, memory: Memory, ledger: Ledger) -> None:
        """Stand over the transaction's line and its ledger."""
        self._line = line
        self._connection = line.seen
        self._memory = memory
        self._ledger = ledger

    def get(self, account_id: AccountId) -> Account | None:
        """Return the account with its balance as this transaction sees it."""
        return self._account(self._line.first(_GET, {"account_id": account_id}))

    def by_api_key(self, api_key: str) -> Account | None:
        """Return the owner of an API key."""
        return self._account(self._line.first(_BY_KEY, {"key_hash": self._memory.hash_of(api_key)}))

    def by_identity(self, *, platform: str, external_id: str) -> Account | None:
        """Return the account that a platform's account belongs to."""
        return self._account(self._line.first(_BY_IDENTITY, {"platform": platform, "external_id": external_id}))

    def identities(self, account_id: AccountId) -> Sequence[Identity]:
        """Return the platform accounts of one account."""
        return [
            Identity(
                platform=row.platform,
                external_id=row.external_id,
                account_id=AccountId(row.account_id),
                display_name=row.display_name,
            )
            for row in self._connection.execute(_IDENTITIES, {"account_id": account_id})
        ]

    def crowd(self, *, limit: int) -> Sequence[Account]:
        """Return at most so many of the people's accounts, evenly out of all, with the anonymous one among them."""
        one_in = max(1, -(-int(self._connection.scalar(_COUNT) or 0) // limit))
        found = self._connection.execute(_CROWD, {"one_in": one_in, "most": limit})
        return [account for row in found if (account := self._account(row)) is not None]

    def ranked(self, *, by_age: bool, offset: int, limit: int, now_ms: int) -> Sequence[Account]:
        """Return people's accounts that are not deleted: the richest first, at most a minute old, or the oldest."""

        def ask() -> "array[int]":
            return array("q", self._connection.scalars(_RICHEST, {"most": RANKED_MAX}))

        if by_age:
            numbers = list(self._connection.scalars(_OLDEST, {"most": limit, "begin": offset}))
        else:
            # Whoever ranks by kudos sums up all balances: once a minute, whichever pages are asked for.
            numbers = list(self._memory.ranked.get(True, ask, now_ms=now_ms)[offset : offset + limit])
        rows = {row.id: row for row in self._connection.execute(_THESE, {"numbers": list(numbers)})}
        return [account for number in numbers if (account := self._account(rows.get(number))) is not None]

    def names(self, account_ids: Sequence[AccountId]) -> Mapping[AccountId, str]:
        """Return the names of those of the accounts that there are."""
        found = self._connection.execute(_NAMES, {"numbers": list(set(account_ids))})
        return {AccountId(row.id): row.name for row in found}

    def unpaid_for(self, month: str, *, moderators: bool, limit: int) -> Sequence[AccountId]:
        """Return accounts with a monthly grant (moderators: all of them too) that had none yet for this month."""
        where = {"month": month, "moderators": moderators, "limit": limit}
        return [AccountId(row[0]) for row in self._connection.execute(_UNPAID_FOR, where)]

    def lock(self, account_id: AccountId) -> Account | None:
        """Return the account; until this transaction ends nobody else changes what ``put`` writes."""
        # Two statements: only the second one sees the balance as whoever held the lock before has left it.
        self._connection.execute(_LOCK, {"account_id": account_id})
        return self.get(account_id)

    def put(self, account: Account) -> None:
        """Write the account's name, roles, limits and texts as they are in this value."""
        values = {name: getattr(account, name) for name in _CHANGEABLE}
        self._connection.execute(_PUT, {"the_account": account.id} | values)

    def suspect(self, account_id: AccountId) -> None:
        """Hold one more suspicion against the account."""
        self._connection.execute(_SUSPECT, {"the_account": account_id})

    def drop_keys(self, account_id: AccountId) -> int:
        """Have none of the account's keys work any more; return how many did."""
        return self._connection.execute(_DROP_KEYS, {"the_account": account_id}).rowcount

    def drop_identities(self, account_id: AccountId) -> int:
        """Untie the account from every platform's account; return how many there were."""
        return self._connection.execute(_DROP_IDENTITIES, {"the_account": account_id}).rowcount

    def drop_identity(self, *, platform: str, external_id: str) -> bool:
        """Untie this one of a platform's accounts from ours; return whether it was tied."""
        of_this = (identities.c.platform == platform, identities.c.external_id == external_id)
        return self._connection.execute(sa.delete(identities).where(*of_this)).rowcount == 1

    def add(self, *, name: str, trusted: bool, moderator: bool, guest: bool, now_ms: int) -> AccountId:
        """Make an account with a balance of zero."""
        made = self._connection.execute(
            _ADD,
            {
                "name": name,
                "trusted": trusted,
                "moderator": moderator,
                "guest": guest,
                "hot": False,
                "created_at_ms": now_ms,
            },
        )
        return AccountId(made.scalar_one())

    def add_key(self, *, account_id: AccountId, api_key: str, now_ms: int) -> None:
        """Store the hash of a key; the key itself is never stored."""
        row = {"key_hash": self._memory.hash_of(api_key), "account_id": account_id, "created_at_ms": now_ms}
        self._connection.execute(_ADD_KEY, row)

    def add_identity(self, identity: Identity, *, now_ms: int) -> None:
        """Tie a platform's account to one of ours; once."""
        self._connection.execute(
            _ADD_IDENTITY,
            {
                "platform": identity.platform,
                "external_id": identity.external_id,
                "account_id": identity.account_id,
                "display_name": identity.display_name,
                "created_at_ms": now_ms,
            },
        )

    def _account(self, row: Any) -> Account | None:  # noqa: ANN401 - a row of the accounts, or None
        """Return the account of a row, with what this transaction has moved."""
        if row is None:
            return None
        account_id = AccountId(row.id)
        if row.hot:
            self._memory.hot.add(account_id)
        if account_id in UNCACHED:
            posted_mk, held_mk = self._ledger.uncached_posted(account_id), 0
        else:
            moved_mk, newly_held_mk = self._ledger.unflushed(account_id)
            posted_mk, held_mk = row.posted_mk + moved_mk, row.held_mk + newly_held_mk
        return Account(
            id=account_id,
            kudos_mk=posted_mk,
            held_mk=held_mk,
            hot=row.hot,
            created_at_ms=row.created_at_ms,
            **{name: getattr(row, name) for name in _CHANGEABLE},
        )
