"""Change: roles, limits and texts of an account, each by who may."""

from dataclasses import replace

from core.domain.account_changes import AccountChange, check_permission, check_values, checked_name
from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotFound
from core.domain.ids import AccountId
from core.domain.kudos.policy import KudosPolicy
from core.ports.store import Transaction
from core.services.kudos.monthly import grant_month
from core.services.kudos.promote import trust


def change_account(
    tx: Transaction,
    *,
    actor: Account | None,
    account_id: AccountId,
    change: AccountChange,
    policy: KudosPolicy,
    now_ms: int,
) -> Account:
    """Return the account after the change; who becomes trusted has what waited, a raised grant pays at once.

    actor: who asks; None is whoever runs the horde's commands. Raises ``NotFound``, ``NotPermitted`` and
    ``InvalidRequest``.
    """
    account = tx.accounts.lock(account_id)
    if account is None:
        raise _unknown(account_id)
    check_permission(actor, account, change, policy)
    check_values(change)
    if change.undelete and not account.is_deleted:
        message = f"{account.handle} was not deleted; there is nothing to take back."
        raise InvalidRequest(message, field="undelete", code="UserNotDeleted")
    tx.accounts.put(_changed(account, change))
    if change.trusted and not account.trusted:
        trust(tx, account_id=account_id, now_ms=now_ms)
    if change.monthly_mk is not None or change.moderator:
        grant_month(tx, account_id=account_id, policy=policy, now_ms=now_ms)
    after = tx.accounts.get(account_id)
    if after is None:
        raise _unknown(account_id)
    return after


def _changed(account: Account, change: AccountChange) -> Account:
    """Return the account with what the change says; trust is left to ``trust`` where it is gained."""
    return replace(
        account,
        name=account.name if change.name is None else checked_name(change.name),
        moderator=_or(change.moderator, account.moderator),
        monthly_mk=account.monthly_mk if change.monthly_mk is None else change.monthly_mk,
        trusted=_or(change.trusted, account.trusted) and account.trusted,
        flagged=_or(change.flagged, account.flagged),
        customizer=_or(change.customizer, account.customizer),
        vpn=_or(change.vpn, account.vpn),
        service=_or(change.service, account.service),
        education=_or(change.education, account.education),
        special=_or(change.special, account.special),
        public_workers=_or(change.public_workers, account.public_workers),
        waiting_max=_limit(change.waiting_max, account.waiting_max),
        workers_max=_limit(change.workers_max, account.workers_max),
        worker_invited=account.worker_invited if change.worker_invited is None else change.worker_invited,
        suspicions=0 if change.reset_suspicion else account.suspicions,
        admin_comment=account.admin_comment if change.admin_comment is None else change.admin_comment,
        contact=account.contact if change.contact is None else change.contact,
        profile=account.profile if change.profile is None else change.profile,
        proxy_passkey=account.proxy_passkey if change.proxy_passkey is None else change.proxy_passkey,
        deleted_at_ms=None if change.undelete else account.deleted_at_ms,
    )


def _or(wanted: bool | None, present: bool) -> bool:
    return present if wanted is None else wanted


def _limit(wanted: int | None, present: int | None) -> int | None:
    """Return the new limit; -1 goes back to the policy's."""
    if wanted is None:
        return present
    return None if wanted == -1 else wanted


def _unknown(account_id: AccountId) -> NotFound:
    message = f"There is no account with the number {account_id}. Check the number after the '#'."
    return NotFound(message, code="UserNotFound")
