"""Monthly: grants that come once each calendar month."""

from dataclasses import replace

from core.domain.ids import MINT, AccountId
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.months import month_of, owed_mk
from core.domain.kudos.policy import KudosPolicy
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer


def grant_month(tx: Transaction, *, account_id: AccountId, policy: KudosPolicy, now_ms: int) -> int:
    """Return what the account was granted now: what it has not had yet of this month's grant.

    A month has one transfer, ``grant:monthly:<account>:<yyyy-mm>``; a grant that was raised within the month pays the
    difference by another one, whose id ends in what was paid before. Months in which nobody asked are not made up for.
    """
    account = tx.accounts.lock(account_id)
    if account is None:
        return 0
    month = month_of(now_ms)
    amount_mk = owed_mk(account, policy, month=month)
    paid_mk = account.monthly_paid_mk if account.monthly_paid_for == month else 0
    if amount_mk:
        transfer(
            tx,
            transfer_id=f"grant:monthly:{account_id}:{month}" + (f":{paid_mk}" if paid_mk else ""),
            from_id=MINT,
            to_id=account_id,
            amount_mk=amount_mk,
            reason=TransferReason.MONTHLY,
            ref=month,
            now_ms=now_ms,
        )
    if amount_mk or account.monthly_paid_for != month:
        tx.accounts.put(replace(account, monthly_paid_mk=paid_mk + amount_mk, monthly_paid_for=month))
    return amount_mk


def grant_months(tx: Transaction, *, policy: KudosPolicy, now_ms: int, limit: int = 200) -> int:
    """Return how many accounts had their month's grant now; none has it twice."""
    due = tx.accounts.unpaid_for(month_of(now_ms), moderators=policy.moderator_monthly_mk > 0, limit=limit)
    return sum(grant_month(tx, account_id=account_id, policy=policy, now_ms=now_ms) > 0 for account_id in due)
