"""Code: a one-time code is asked for in one place and typed in another, and both have one purse from then on."""

from core.domain.ids import AccountId
from core.domain.kudos.linking import CODE_LIFE_MS, TRIES_MAX, LinkCode, Linked, LinkRefusal, new_code
from core.ports.store import Transaction
from core.services.linking.merge import join
from core.services.people.identify import identify


def make_code(tx: Transaction, *, platform: str, external_id: str, display_name: str, now_ms: int) -> str:
    """Return a new code of the identity, good for ten minutes and once; only its hash is kept."""
    code = new_code()
    asked = LinkCode(
        platform=platform, external_id=external_id, display_name=display_name, expires_at_ms=now_ms + CODE_LIFE_MS
    )
    tx.links.put_code(code, asked, now_ms=now_ms)
    return code


def use_code(
    tx: Transaction, *, code: str, account_id: AccountId, typed_by: tuple[str, str], now_ms: int
) -> Linked | LinkRefusal:
    """Return the purse that the account and whoever asked for the code have now, or why there is none.

    typed_by: the platform and id of whoever typed it, whose tries are counted. A code that is taken is used up.
    """
    platform, external_id = typed_by
    tries = tx.links.count_try(
        platform=platform, external_id=external_id, since_ms=now_ms - CODE_LIFE_MS, now_ms=now_ms
    )
    if tries > TRIES_MAX:
        return LinkRefusal.TOO_MANY_TRIES
    asked = tx.links.take_code(code)
    if asked is None or asked.expires_at_ms <= now_ms:
        return LinkRefusal.UNKNOWN_CODE
    tx.links.forget_tries(platform=platform, external_id=external_id)
    other = identify(
        tx, platform=asked.platform, external_id=asked.external_id, display_name=asked.display_name, now_ms=now_ms
    )
    return join(tx, one=account_id, other=other.id, now_ms=now_ms)
