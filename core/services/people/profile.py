"""Profile: accounts as someone may see them, several at once at the cost of one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from core.domain.accounts import Account
from core.domain.errors import NotFound
from core.domain.ids import AccountId, RequestId
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.records import Profile, StyleMade
from core.domain.workers.wishes import Sight, sight_of
from core.ports.store import ReadTransaction, Transaction
from core.services.queue.admit import waiting_max

PAGE: Final = 25
PAGES_MAX: Final = 10_000
ACTIVE_MAX: Final = 500
_LIVES: Final = 4
"""Of a request's lifetimes: an older one is not open any more, whatever its jobs were held up by."""


def profile(
    tx: ReadTransaction | Transaction,
    *,
    account_id: AccountId,
    viewer: Account | None,
    policy: QueuePolicy,
    now_ms: int,
    sight: Sight | None = None,
) -> Profile:
    """Return the account as the viewer (None: anybody) may see it, or by ``sight``; raises ``NotFound``."""
    account = tx.accounts.get(account_id)
    if account is None or account.is_system:
        message = f"There is no account with the number {account_id}. Check the number after the '#'."
        raise NotFound(message, code="UserNotFound")
    sight = sight_of(viewer, owner_id=account_id) if sight is None else sight
    return _profiles(tx, [account], {account_id: sight}, policy=policy, now_ms=now_ms)[0]


def ranked_profiles(
    tx: ReadTransaction | Transaction, *, by_age: bool, page: int, policy: QueuePolicy, now_ms: int
) -> list[Profile]:
    """Return a page of 25 accounts as anybody sees them: the richest first, or the oldest; none above page 10,000."""
    if not 1 <= page <= PAGES_MAX:
        return []
    accounts = tx.accounts.ranked(by_age=by_age, offset=(page - 1) * PAGE, limit=PAGE, now_ms=now_ms)
    return _profiles(tx, accounts, {}, policy=policy, now_ms=now_ms)


def _profiles(
    tx: ReadTransaction | Transaction,
    accounts: Sequence[Account],
    sights: Mapping[AccountId, Sight],
    *,
    policy: QueuePolicy,
    now_ms: int,
) -> list[Profile]:
    """Return the accounts' profiles in their order: five reads for all, and three more for each that is not public."""
    if not accounts:
        return []
    ids = [account.id for account in accounts]
    usage, fulfilled = tx.records.usage(ids), tx.records.fulfilled(ids)
    moved, workers = tx.records.moved(ids), tx.records.worker_ids(ids)
    styles = tx.records.styles(ids)
    found = []
    for account in accounts:
        sight = sights.get(account.id, Sight.PUBLIC)
        is_private = sight is not Sight.PUBLIC
        their_workers, their_styles = workers.get(account.id, ()), styles.get(account.id, ())
        found.append(
            Profile(
                account=account,
                sight=sight,
                waiting_max=waiting_max(account, Kind.IMAGE, policy),
                worker_count=len(their_workers),
                usage=usage.get(account.id, {}),
                fulfilled=fulfilled.get(account.id, {}),
                moved=moved.get(account.id, {}),
                styles=tuple(style for style in their_styles if is_private or style.public),
                style_uses=_uses(their_styles),
                worker_ids=their_workers if is_private or account.public_workers else None,
                shared_key_ids=_shared_keys(tx, account) if is_private else None,
                active=_active(tx, account, policy=policy, now_ms=now_ms) if is_private else None,
                escrow_mk=tx.escrows.of(account.id) if sight is Sight.MODERATOR else None,
            )
        )
    return found


def _uses(styles: Sequence[StyleMade]) -> dict[Kind, int]:
    """Return how often the styles of each kind were used."""
    found: Counter[Kind] = Counter()
    for style in styles:
        found[style.kind] += style.uses
    return dict(found)


def _shared_keys(tx: ReadTransaction | Transaction, account: Account) -> tuple[str, ...]:
    """Return the keys that the account lends: whoever has one may use it."""
    return tuple(key.id for key in tx.keys.of_account(account.id))


def _active(
    tx: ReadTransaction | Transaction, account: Account, *, policy: QueuePolicy, now_ms: int
) -> dict[Kind, tuple[RequestId, ...]]:
    """Return the account's open requests by kind. The anonymous one's are many people's: each knows its own."""
    found: dict[Kind, tuple[RequestId, ...]] = dict.fromkeys(Kind, ())
    if account.is_anonymous:
        return found
    since_ms = now_ms - _LIVES * policy.request_lifetime_s * 1_000
    for request_id, kind in tx.requests.open_of(account.id, since_ms=since_ms, limit=ACTIVE_MAX):
        found[kind] += (request_id,)
    return found
