"""Complete: a worker's result is taken, paid and told, in one transaction."""

from typing import Final

from core.domain.errors import DuplicateSubmission, InvalidRequest, LeaseLost, NotFound
from core.domain.events import EventKind
from core.domain.ids import AccountId, JobId, LeaseId
from core.domain.jobs import JobState, LeaseState, LeaseView, Outcome, Rewarded
from core.domain.kinds.registry import RULES
from core.domain.policy import QueuePolicy
from core.ports.store import Transaction
from core.services.kudos.pay import pay_for_job, program_share
from core.services.kudos.void import void
from core.services.queue.lease import take_lease
from core.services.queue.settle import settle
from core.services.workers.credit import credit

_LATE: Final = frozenset({LeaseState.LAPSED, LeaseState.VOIDED})
_STATES: Final = frozenset({"ok", "censored"})


def check_submit(view: LeaseView) -> None:
    """Return if a result for this lease would be taken, else raise ``DuplicateSubmission`` or ``LeaseLost``.

    Taken: from the job's present lease, also when it is past its time; and from one that lapsed or was voided, while
    the job still waits for someone else.
    """
    if view.lease_state is LeaseState.DONE:
        message = f"The result of the job {view.job_id} is already stored and paid. Go on with the next job."
        raise DuplicateSubmission(message)
    if view.job_state is JobState.LEASED and view.is_current and view.lease_state is LeaseState.ACTIVE:
        return
    if view.job_state is JobState.WAITING and view.lease_state in _LATE:
        return
    if view.job_state is JobState.DONE and view.lease_state in _LATE:
        why = "another worker has finished it"
    elif view.job_state is JobState.LEASED:
        why = "another worker has it now"
    else:
        why = f"it is {view.job_state}"
    message = f"The lease of the job {view.job_id} is over and {why}. Drop this result and pop the next job."
    raise LeaseLost(message)


def complete(
    tx: Transaction,
    *,
    job_id: JobId,
    account_id: AccountId,
    outcome: Outcome,
    policy: QueuePolicy,
    now_ms: int,
    lease_id: LeaseId | None = None,
) -> Rewarded:
    """Return what the worker's owner earned; the result is stored, the hold posted, the worker counted.

    With the last job the request is closed and its event written. account_id: the worker's owner. Raises what
    ``take_lease`` and ``check_submit`` raise, and ``InvalidRequest`` for an unknown outcome.
    """
    if outcome.state not in _STATES:
        message = f"The state {outcome.state!r} is not a result: use 'ok' or 'censored' (or fail the job)."
        raise InvalidRequest(message, field="state", limit=sorted(_STATES), value=outcome.state)
    view = take_lease(tx, job_id=job_id, account_id=account_id, lease_id=lease_id)
    check_submit(view)
    request = tx.requests.get(view.request_id)
    if request is None:
        message = f"The request of the job {job_id} is gone. Drop this result and pop the next job."
        raise NotFound(message, code="InvalidJobID")
    tx.requests.add_result(view, outcome, now_ms=now_ms)
    tx.jobs.move(view, to=JobState.DONE, now_ms=now_ms)
    tx.jobs.end_lease(view.lease_id, state=LeaseState.DONE, now_ms=now_ms)
    rules = RULES[view.kind]
    price = rules.price(request.draft, view.ordinal, policy, model=view.model, body=outcome.body)
    worth_mk = min(price.worth_mk, view.worth_mk)
    tax_mk = min(price.total_mk - price.worth_mk, view.price_mk - view.worth_mk)
    reward = pay_for_job(
        tx,
        hold_id=request.id,
        job_id=view.job_id,
        requester_id=request.account_id,
        owner_id=view.owner_id,
        owner_trusted=view.owner_trusted,
        price_mk=worth_mk + tax_mk,
        worth_mk=worth_mk,
        policy=policy,
        now_ms=now_ms,
        bridge_per_mille=program_share(tx, worker_id=view.worker_id, policy=policy.kudos),
    )
    if view.price_mk > worth_mk + tax_mk:
        void(tx, hold_id=request.id, amount_mk=view.price_mk - worth_mk - tax_mk)
    job_ms = max(now_ms - view.granted_at_ms, 1)
    things = rules.things(request.draft, view.ordinal, body=outcome.body)
    credit(tx, view=view, things=things, job_ms=job_ms, reward_mk=reward.owner_mk, policy=policy, now_ms=now_ms)
    tx.events.add(
        EventKind.JOB_DONE,
        request_id=request.id,
        account_id=request.account_id,
        now_ms=now_ms,
        body={
            "job_id": view.job_id,
            "kind": view.kind.value,
            "model": view.model,
            "worker_id": view.worker_id,
            "things": things,
            "price_mk": worth_mk + tax_mk,
            "reward_mk": reward.owner_mk,
            "waited_ms": max(view.granted_at_ms - request.asked_at_ms, 0),
            "worked_ms": job_ms,
        },
    )
    finished = settle(tx, request, now_ms=now_ms)
    return Rewarded(reward_mk=reward.owner_mk, request_id=request.id, request_finished=finished)
