"""Audit: recompute everything from the journal and find no difference."""

from core.domain.ids import ESCROW, UNCACHED
from core.domain.kudos.ledger import AuditReport
from core.ports.store import ReadTransaction, Transaction

_SHOWN_MAX = 100


def audit(tx: ReadTransaction | Transaction) -> AuditReport:
    """Return what there is and every difference: the ledger is right exactly if there is none.

    Checked: all balances sum to zero; each cached balance equals the journal, each cached hold sum equals the holds;
    each hold holds what its open jobs cost; each done job is paid exactly once and no other job at all (a job that is
    gone may have been paid once, before the time up to which requests were pruned); what waits in escrow for whom
    equals the journal, and in all the escrow's balance; each shared key's budget equals its holds.
    """
    journal = tx.ledger.journal_sums()
    cached = tx.ledger.cached_balances()
    holds = tx.ledger.held_sums()
    differences: list[str] = []
    sum_mk = sum(journal.values())
    if sum_mk:
        differences.append(f"The balances sum to {sum_mk} mk instead of 0.")
    for account_id in sorted(set(journal) | set(cached) | set(holds)):
        if account_id in UNCACHED:
            continue
        posted_mk, held_mk = cached.get(account_id, (0, 0))
        true_posted_mk = journal.get(account_id, 0)
        true_held_mk = holds.get(account_id, (0, 0))[1]
        if posted_mk != true_posted_mk:
            differences.append(f"Account {account_id}: cached {posted_mk} mk, journal {true_posted_mk} mk.")
        if held_mk != true_held_mk:
            differences.append(f"Account {account_id}: cached {held_mk} mk held, holds say {true_held_mk} mk.")
    for hold_id, held_mk, open_mk in tx.ledger.holds_adrift(limit=_SHOWN_MAX):
        differences.append(f"Hold {hold_id}: holds {held_mk} mk, its open jobs cost {open_mk} mk.")
    for job_id, payments, state in tx.ledger.jobs_paid_wrongly(limit=_SHOWN_MAX):
        differences.append(f"Job {job_id} is {state} and was paid {payments} times.")
    differences += _escrows_adrift(tx, balance_mk=journal.get(ESCROW, 0))
    for key_id, reserved_mk, held_mk, utilized_mk, posted_mk in tx.keys.adrift(limit=_SHOWN_MAX):
        differences.append(
            f"Shared key {key_id[:8]}...: {reserved_mk} mk reserved and {utilized_mk} mk spent, "
            f"its holds hold {held_mk} mk and posted {posted_mk} mk."
        )
    return AuditReport(
        ok=not differences,
        sum_mk=sum_mk,
        accounts=len(journal),
        transfers=tx.ledger.journal_count(),
        holds_pending=sum(count for count, _ in holds.values()),
        held_mk=sum(held for _, held in holds.values()),
        differences=tuple(differences),
    )


def _escrows_adrift(tx: ReadTransaction | Transaction, *, balance_mk: int) -> list[str]:
    """Return what is wrong with the escrow: of each account, and in all."""
    kept, true = tx.escrows.all(), tx.escrows.sums()
    wrong = [
        f"Escrow of account {account_id}: kept {kept.get(account_id, 0)} mk, journal {true.get(account_id, 0)} mk."
        for account_id in sorted(set(kept) | set(true))
        if kept.get(account_id, 0) != true.get(account_id, 0)
    ]
    total_mk = sum(kept.values())
    if total_mk != balance_mk:
        wrong.append(f"The escrows sum to {total_mk} mk, the escrow's balance is {balance_mk} mk.")
    return wrong
