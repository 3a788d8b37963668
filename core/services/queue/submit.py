"""Submit: a request is accepted, its price held and its jobs put into the queue."""

import secrets
from collections.abc import Sequence

from core.domain.accounts import Account
from core.domain.errors import NotFound, TooManyJobs
from core.domain.events import EventKind
from core.domain.ids import AccountId, JobId, RequestId, new_id
from core.domain.jobs import Job
from core.domain.moderation import Verdict
from core.domain.policy import QueuePolicy
from core.domain.pricing import job_price_mk
from core.domain.queue.due import due_ms
from core.domain.queue.lanes import Lane, lane_of
from core.domain.queue.limits import check, resolve_models
from core.domain.queue.matching import capability_of, misfit
from core.domain.requests import Accepted, Request, RequestDraft, RequestState
from core.domain.workers.offer import Worker
from core.ports.store import Transaction
from core.services.kudos.hold import hold
from core.services.moderation.refuse import refuse

HOLD_SPARE_MS = 24 * 3_600 * 1_000
"""A hold outlives its request by a day, so that the longest lease still finds it."""


def submit(
    tx: Transaction,
    *,
    account_id: AccountId,
    draft: RequestDraft,
    verdict: Verdict,
    policy: QueuePolicy,
    now_ms: int,
    idempotency_key: str | None = None,
) -> Accepted:
    """Return the accepted request; the same account and idempotency key return the earlier one, marked duplicate.

    Ordinary requests may take a balance below zero; what is bounded is the number of waiting jobs. Raises
    ``InvalidRequest`` for a broken limit, ``PromptRejected`` (the incident is kept), ``UnknownModel``, ``TooManyJobs``,
    ``NotFound`` for an account that does not exist.
    """
    if idempotency_key is not None:
        earlier = tx.requests.by_key(account_id=account_id, idempotency_key=idempotency_key)
        if earlier is not None:
            return _accepted_before(tx, earlier, since_ms=now_ms - policy.online_s * 1_000)
    check(draft, policy)
    account = tx.accounts.get(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Check the number or the key."
        raise NotFound(message, code="UserNotFound")
    if not verdict.allowed:
        raise refuse(tx, account_id=account_id, verdict=verdict, now_ms=now_ms, source=draft.client_agent)
    _check_waiting(tx, account, draft.n, policy)

    workers = tx.workers.online(now_ms - policy.online_s * 1_000)
    draft = resolve_models(draft, policy, lambda name: any(name in worker.offer.models for worker in workers))
    lane = lane_of(draft)
    request = Request(
        id=RequestId(new_id()),
        account_id=account_id,
        draft=draft,
        state=RequestState.OPEN,
        job_price_mk=job_price_mk(draft),
        asked_at_ms=now_ms,
        expires_at_ms=now_ms + policy.request_lifetime_s * 1_000,
        idempotency_key=idempotency_key,
    )
    price_mk = request.job_price_mk * draft.n
    tx.requests.add(request)
    hold(
        tx,
        hold_id=request.id,
        account_id=account_id,
        amount_mk=price_mk,
        expires_at_ms=request.expires_at_ms + HOLD_SPARE_MS,
        now_ms=now_ms,
    )
    jobs = _jobs(request, account, lane_id=tx.lanes.id_of(lane), policy=policy)
    tx.jobs.add_all(jobs)
    tx.verdicts.record(verdict, request_id=request.id, now_ms=now_ms)
    tx.events.add(
        EventKind.REQUEST_ACCEPTED,
        request_id=request.id,
        account_id=account_id,
        now_ms=now_ms,
        body={"jobs": draft.n, "price_mk": price_mk},
    )
    return Accepted(
        request_id=request.id,
        job_ids=tuple(job.id for job in jobs),
        price_mk=price_mk,
        balance_after_mk=account.available_mk - price_mk,
        duplicate=False,
        is_possible=possible(lane, workers),
    )


def possible(lane: Lane, workers: Sequence[Worker]) -> bool:
    """Tell whether one of the workers could take jobs of the lane."""
    return any(
        misfit(lane, capability_of(worker.offer, worker_id=worker.id, trusted=worker.owner_trusted)) is None
        for worker in workers
    )


def _accepted_before(tx: Transaction, request: Request, *, since_ms: int) -> Accepted:
    """Return what was answered when this request was made, with the balance as it is now."""
    account = tx.accounts.get(request.account_id)
    return Accepted(
        request_id=request.id,
        job_ids=tuple(job.id for job in tx.jobs.of_request(request.id)),
        price_mk=request.job_price_mk * request.draft.n,
        balance_after_mk=account.available_mk if account is not None else 0,
        duplicate=True,
        is_possible=possible(lane_of(request.draft), tx.workers.online(since_ms)),
    )


def _check_waiting(tx: Transaction, account: Account, n: int, policy: QueuePolicy) -> None:
    """Raise ``TooManyJobs`` if the account would have more waiting jobs than it may."""
    limit = policy.waiting_anonymous_max if account.is_anonymous else policy.waiting_max
    waiting = tx.jobs.waiting_of(account.id)
    if waiting + n > limit:
        whose = "Everyone without an account together has" if account.is_anonymous else f"{account.handle} has"
        message = (
            f"{whose} {waiting} jobs waiting; with {n} more that is over the limit of {limit}. "
            "Wait until some are done, or ask for fewer."
        )
        raise TooManyJobs(message, limit=limit, value=waiting + n)


def _jobs(request: Request, account: Account, *, lane_id: int, policy: QueuePolicy) -> list[Job]:
    """Return the request's jobs, each due by what is available after its own share of the hold."""
    image = request.draft.image
    jobs = []
    for ordinal in range(request.draft.n):
        if image.seed is None:
            seed = secrets.randbits(32)
        else:
            variation = image.seed_variation if image.seed_variation is not None else 1
            seed = (image.seed + variation * ordinal) % 2**32
        jobs.append(
            Job(
                id=JobId(new_id()),
                request_id=request.id,
                account_id=request.account_id,
                lane_id=lane_id,
                due_ms=due_ms(
                    asked_at_ms=request.asked_at_ms,
                    available_mk=account.available_mk - (ordinal + 1) * request.job_price_mk,
                    guest=account.guest or account.is_anonymous,
                    policy=policy,
                ),
                ordinal=ordinal,
                seed=seed,
                price_mk=request.job_price_mk,
            )
        )
    return jobs
