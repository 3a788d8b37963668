"""Greet: a worker says what it offers, and is told who it is here and whom it serves."""

from core.domain.errors import Conflict, InvalidRequest, NotFound, NotPermitted, WorkerMaintenance
from core.domain.ids import ANONYMOUS, AccountId, WorkerId, new_id
from core.domain.jobs import LeaseState
from core.domain.policy import QueuePolicy
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.rules import check_count, check_name, check_offer, handles_of, workers_allowed
from core.domain.workers.speed import is_slow_with_all
from core.domain.workers.suspicion import SuspicionReason
from core.domain.workers.worker import Greeting, Known, Worker
from core.ports.store import Transaction
from core.services.queue.settle import take_back
from core.services.workers.aborted import aborted
from core.services.workers.suspect import suspect

SEEN_EVERY_MS = 15_000
"""An unchanged offer is written down this often at most, so that an empty pop writes nothing."""


def greet(tx: Transaction, offer: WorkerOffer, *, policy: QueuePolicy, now_ms: int) -> Greeting:
    """Return what the pop goes by, after writing down what the worker offers; it is registered at its first pop.

    Another start id than before gives back what its earlier life held. Reads once where nothing is special.

    Raises:
        InvalidRequest: the name or the offer breaks a limit, or the name is another kind's.
        NotPermitted: the name is another account's, or the owner may have no worker, or no more of them.
        WorkerMaintenance: the worker is paused. (In maintenance the greeting is ``closed`` instead.)
    """
    check_name(offer.name, policy.workers)
    named = handles_of(offer.priority_usernames, people_max=policy.priority_max)
    known = tx.workers.known(offer.name, now_ms=now_ms)
    is_new = known is None
    if known is None:
        known = _register(tx, offer, policy=policy, now_ms=now_ms)
    worker = known.worker
    _check_owner(worker, offer)
    if offer.start_id is not None and worker.start_id is not None and offer.start_id != worker.start_id:
        _begin_anew(tx, worker, policy=policy, now_ms=now_ms)
    changed = worker.offer != offer
    if changed:
        check_offer(offer, policy)
    if changed or now_ms - worker.last_seen_at_ms >= SEEN_EVERY_MS:
        tx.workers.seen(worker.id, offer=offer, now_ms=now_ms)
    if (changed or is_new) and offer.pixels_max > policy.workers.pixels_extreme:
        suspect(
            tx,
            worker_id=worker.id,
            owner_id=worker.account_id,
            owner_trusted=worker.owner_trusted,
            reason=SuspicionReason.EXTREME_MAX_PIXELS,
            policy=policy,
            now_ms=now_ms,
        )
    if worker.paused:
        message = (
            f"The moderators of this horde have paused the worker {worker.name!r}, so it gets no jobs. "
            "Ask them why, and what to change."
        )
        raise WorkerMaintenance(message)
    return _greeting(tx, known, offer, named=named, policy=policy, now_ms=now_ms)


def _greeting(
    tx: Transaction,
    known: Known,
    offer: WorkerOffer,
    *,
    named: tuple[tuple[str, AccountId], ...],
    policy: QueuePolicy,
    now_ms: int,
) -> Greeting:
    """Return what the pop of a known worker goes by."""
    worker = known.worker
    people = [worker.account_id, *tx.workers.people_named(named, now_ms=now_ms)]
    closed = None
    if worker.maintenance:
        why = worker.maintenance_message or "Its owner has not said why."
        closed = WorkerMaintenance(
            f"The worker {worker.name!r} is in maintenance: {why} Until that is switched off it serves its owner only."
        )
    elif worker.team_id is not None:
        people += tx.teams.members(
            worker.team_id,
            since_ms=now_ms - policy.workers.team_mate_s * 1_000,
            limit=policy.workers.team_mates_max,
            now_ms=now_ms,
        )
    messages = (
        tx.messages.in_force(worker_id=worker.id, account_id=worker.account_id, now_ms=now_ms)
        if known.addressed
        else ()
    )
    return Greeting(
        worker_id=worker.id,
        trusted=worker.owner_trusted,
        slow=is_slow_with_all(offer.kind, speed_milli=worker.speed_milli, models=offer.models, policy=policy),
        people_first=tuple(dict.fromkeys(people)),
        messages=tuple(messages),
        closed=closed,
    )


def _register(tx: Transaction, offer: WorkerOffer, *, policy: QueuePolicy, now_ms: int) -> Known:
    """Return the new worker, if its owner may have one more; the owner's account is locked, so that two count right."""
    if offer.account_id == ANONYMOUS:
        message = "A worker needs an account of its own, which earns the kudos. Make an account and give its key."
        raise NotPermitted(message, code="AnonForbiddenWorker")
    check_offer(offer, policy)
    owner = tx.accounts.lock(offer.account_id)
    if owner is None:
        message = f"There is no account with the number {offer.account_id}. Check the worker's key."
        raise NotFound(message, code="UserNotFound")
    allowed = workers_allowed(
        trusted=owner.trusted, own_limit=owner.workers_max, invited=owner.worker_invited, policy=policy.workers
    )
    check_count(
        present=tx.workers.count_of(owner.id),
        allowed=allowed,
        trusted=owner.trusted,
        invite_only=policy.workers.invite_only,
    )
    tx.workers.add(offer, worker_id=WorkerId(new_id()), now_ms=now_ms)
    known = tx.workers.known(offer.name, now_ms=now_ms)
    if known is None:
        message = f"The worker name {offer.name!r} was given to another worker a moment ago. Choose another name."
        raise Conflict(message)
    return known


def _check_owner(worker: Worker, offer: WorkerOffer) -> None:
    """Raise where the worker of this name is somebody else's, of another kind, or of an owner who may have none."""
    if worker.account_id != offer.account_id:
        message = f"The worker name {offer.name!r} belongs to another account. Choose another name for this worker."
        raise NotPermitted(message, code="WrongCredentials")
    if worker.kind is not offer.kind:
        message = (
            f"The worker name {offer.name!r} belongs to a worker for {worker.kind} jobs, but this one asks for "
            f"{offer.kind} jobs. Give each its own name."
        )
        raise InvalidRequest(
            message, field="name", limit=worker.kind.value, value=offer.kind.value, code="PolymorphicNameConflict"
        )
    if worker.owner_flagged:
        message = (
            f"The account {worker.owner_handle} is flagged, so its workers get no jobs. "
            "Ask the moderators of this horde why, and what to change."
        )
        raise NotPermitted(message, code="WorkerFlaggedMaintenance")


def _begin_anew(tx: Transaction, worker: Worker, *, policy: QueuePolicy, now_ms: int) -> None:
    """Give back what the worker's earlier life held; all of that is one job that it dropped."""
    active = tx.jobs.active_leases(worker.id)
    held = take_back(tx, active, lease_state=LeaseState.VOIDED, tries_max=policy.tries_max, now_ms=now_ms)
    if held:
        aborted(tx, view=held[0][0], policy=policy, now_ms=now_ms)
