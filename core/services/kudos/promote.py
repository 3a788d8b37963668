"""Promote: owners whose work has shown for long enough that they can be trusted become so."""

from dataclasses import replace

from core.domain.ids import AccountId
from core.domain.kudos.policy import KudosPolicy
from core.domain.kudos.rewards import escrow_for_trust_mk
from core.ports.store import ReadTransaction, Transaction
from core.services.kudos.reward import release_escrow


def promotable(tx: ReadTransaction | Transaction, *, policy: KudosPolicy, now_ms: int, limit: int) -> list[AccountId]:
    """Return accounts that earned enough from others, are old enough and under no suspicion."""
    least_mk = escrow_for_trust_mk(policy)
    if least_mk is None:
        return []
    found = tx.escrows.trusted_by_work(
        escrow_min_mk=least_mk, made_before_ms=now_ms - policy.trust_age_s * 1_000, limit=limit
    )
    accounts = (tx.accounts.get(account_id) for account_id in found)
    return [one.id for one in accounts if one is not None and not one.is_suspicious(policy.suspicions_max)]


def promote(tx: Transaction, *, policy: KudosPolicy, now_ms: int, limit: int = 100) -> int:
    """Return how many accounts became trusted now; each has what waited in the escrow, by one transfer."""
    promoted = 0
    for account_id in promotable(tx, policy=policy, now_ms=now_ms, limit=limit):
        account = tx.accounts.lock(account_id)
        if account is None or account.trusted:
            continue
        trust(tx, account_id=account_id, now_ms=now_ms)
        promoted += 1
    return promoted


def trust(tx: Transaction, *, account_id: AccountId, now_ms: int) -> None:
    """Have the account be trusted, and have what waited for it in the escrow."""
    account = tx.accounts.lock(account_id)
    if account is not None and not account.trusted:
        tx.accounts.put(replace(account, trusted=True))
    release_escrow(tx, account_id=account_id, transfer_id=f"promotion:{account_id}:{now_ms}", now_ms=now_ms)
