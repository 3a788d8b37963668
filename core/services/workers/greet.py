"""Greet: a worker says what it offers, and is told who it is here."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.errors import InvalidRequest, NotFound, NotPermitted
from core.domain.ids import AccountId, WorkerId, new_id
from core.domain.jobs import LeaseState
from core.domain.policy import QueuePolicy
from core.domain.workers.offer import WorkerOffer
from core.ports.store import Transaction
from core.services.queue.settle import give_back

WORKER_NAME_CHARS_MAX = 100
SEEN_EVERY_MS = 15_000
"""An unchanged offer is written down this often at most, so that an empty pop writes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """Who a popping worker is. people_first: the accounts it serves before all others. slow: it is measured so."""

    worker_id: WorkerId
    trusted: bool
    people_first: Sequence[AccountId]
    slow: bool = False


def greet(tx: Transaction, offer: WorkerOffer, *, policy: QueuePolicy, now_ms: int) -> Greeting:
    """Return who the worker is, after writing down what it offers; it is registered at its first pop."""
    worker = tx.workers.by_name(offer.name)
    if worker is None:
        if not offer.name.strip() or len(offer.name) > WORKER_NAME_CHARS_MAX or not offer.name.isprintable():
            message = f"The worker name {offer.name[:40]!r} cannot be used: take 1 to 100 printable characters."
            raise InvalidRequest(message, field="name", limit=WORKER_NAME_CHARS_MAX, value=len(offer.name))
        owner = tx.accounts.get(offer.account_id)
        if owner is None:
            message = f"There is no account with the number {offer.account_id}. Check the worker's key."
            raise NotFound(message, code="UserNotFound")
        worker_id = WorkerId(new_id())
        tx.workers.add(offer, worker_id=worker_id, now_ms=now_ms)
        return Greeting(worker_id=worker_id, trusted=owner.trusted, people_first=_people_first(tx, offer, policy))
    if worker.account_id != offer.account_id:
        message = f"The worker name {offer.name!r} belongs to another account. Choose another name for this worker."
        raise NotPermitted(message, code="WrongCredentials")
    if offer.start_id is not None and worker.start_id is not None and offer.start_id != worker.start_id:
        for view in tx.jobs.active_leases(worker.id):
            give_back(tx, view, lease_state=LeaseState.VOIDED, tries_max=policy.tries_max, now_ms=now_ms)
    if worker.offer != offer or now_ms - worker.last_seen_at_ms >= SEEN_EVERY_MS:
        tx.workers.seen(worker.id, offer=offer, now_ms=now_ms)
    return Greeting(worker_id=worker.id, trusted=worker.owner_trusted, people_first=_people_first(tx, offer, policy))


def _people_first(tx: Transaction, offer: WorkerOffer, policy: QueuePolicy) -> Sequence[AccountId]:
    """Return the accounts that this worker serves before all others: its owner and whom it names."""
    if len(offer.priority_usernames) > policy.priority_max:
        message = (
            f"The worker names {len(offer.priority_usernames)} people to serve first, but at most "
            f"{policy.priority_max} are taken. Leave some out."
        )
        raise InvalidRequest(
            message,
            field="priority_usernames",
            limit=policy.priority_max,
            value=len(offer.priority_usernames),
            code="InvalidPriorityUsername",
        )
    accounts = [offer.account_id]
    for handle in offer.priority_usernames:
        name, mark, number = handle.rpartition("#")
        if not mark or not number.isdecimal():
            message = f"The priority username {handle[:60]!r} needs its number: write it as name#number."
            raise InvalidRequest(message, field="priority_usernames", value=handle, code="InvalidPriorityUsername")
        account = tx.accounts.get(AccountId(int(number)))
        if account is not None and account.name == name and account.id not in accounts:
            accounts.append(account.id)
    return accounts
