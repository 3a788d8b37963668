"""Calendar months, in UTC, for grants that come once a month."""

from datetime import UTC, datetime

from core.domain.accounts import Account
from core.domain.kudos.policy import KudosPolicy


def month_of(now_ms: int) -> str:
    """Return the month as ``yyyy-mm``."""
    return datetime.fromtimestamp(now_ms / 1_000, UTC).strftime("%Y-%m")


def monthly_mk(account: Account, policy: KudosPolicy) -> int:
    """Return what the account is granted each month in all: its own grant and those of its roles."""
    if account.is_deleted or account.is_system or account.is_anonymous:
        return 0
    return account.monthly_mk + (policy.moderator_monthly_mk if account.moderator else 0)


def owed_mk(account: Account, policy: KudosPolicy, *, month: str) -> int:
    """Return what of the month's grant the account has not had; lowering a grant takes nothing back."""
    paid_mk = account.monthly_paid_mk if account.monthly_paid_for == month else 0
    return max(monthly_mk(account, policy) - paid_mk, 0)
