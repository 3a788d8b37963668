"""Submit: a request is accepted, its price held and its jobs put into the queue."""

import secrets
from collections.abc import Sequence

from core.domain.accounts import Account
from core.domain.errors import NotFound
from core.domain.events import EventKind
from core.domain.ids import AccountId, JobId, RequestId, new_id
from core.domain.jobs import Job
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Price
from core.domain.moderation import Verdict
from core.domain.policy import QueuePolicy
from core.domain.queue.due import due_ms
from core.domain.queue.lanes import Lane, lanes_of
from core.domain.queue.limits import check
from core.domain.requests import Accepted, Request, RequestDraft, RequestState
from core.ports.store import ReadTransaction, Transaction
from core.services.kudos.hold import hold
from core.services.moderation.refuse import refuse
from core.services.queue.admit import Admitted, admit, standing_mk

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
    shared_key_id: str | None = None,
    allow_downgrade: bool = False,
) -> Accepted:
    """Return the accepted request; the same account and idempotency key return the earlier one, marked duplicate.

    Ordinary requests may take a balance below zero; what is bounded is the number of waiting jobs. shared_key_id: whose
    budget pays; account_id is then its owner. allow_downgrade: where kudos are needed upfront and not there, a smaller
    request is made instead. Raises ``InvalidRequest`` for a broken limit, ``PromptRejected`` (the incident is kept),
    ``InsufficientKudos``, what ``admit`` raises, and ``NotFound`` for an account that does not exist.
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
    workers = tx.workers.online(now_ms - policy.online_s * 1_000)
    admitted = admit(
        tx,
        account=account,
        draft=draft,
        workers=workers,
        policy=policy,
        now_ms=now_ms,
        shared_key_id=shared_key_id,
        allow_downgrade=allow_downgrade,
    )
    draft, price_mk = admitted.draft, admitted.price_mk
    request = Request(
        id=RequestId(new_id()),
        account_id=account_id,
        draft=draft,
        state=RequestState.OPEN,
        price_mk=price_mk,
        asked_at_ms=now_ms,
        expires_at_ms=now_ms + policy.request_lifetime_s * 1_000,
        idempotency_key=idempotency_key,
    )
    jobs, lanes = _put(tx, request, account, admitted, shared_key_id=shared_key_id, policy=policy)
    tx.verdicts.record(verdict, request_id=request.id, now_ms=now_ms)
    tx.events.add(
        EventKind.REQUEST_ACCEPTED,
        request_id=request.id,
        account_id=account_id,
        now_ms=now_ms,
        body={"jobs": len(jobs), "price_mk": price_mk},
    )
    return Accepted(
        request_id=request.id,
        job_ids=tuple(job.id for job in jobs),
        price_mk=price_mk,
        balance_after_mk=account.available_mk - price_mk,
        duplicate=False,
        is_possible=_possible(tx, lanes, since_ms=now_ms - policy.online_s * 1_000),
        downgraded=admitted.downgraded,
    )


def _put(
    tx: Transaction,
    request: Request,
    account: Account,
    admitted: Admitted,
    *,
    shared_key_id: str | None,
    policy: QueuePolicy,
) -> tuple[Sequence[Job], Sequence[Lane]]:
    """Return the jobs that wait now, and their lanes without doubles; the request is written and its price held."""
    tx.requests.add(request)
    hold(
        tx,
        hold_id=request.id,
        account_id=account.id,
        amount_mk=request.price_mk,
        expires_at_ms=request.expires_at_ms + HOLD_SPARE_MS,
        now_ms=request.asked_at_ms,
        floor_mk=None if admitted.floor_why is None else 0,
        floor_why=admitted.floor_why,
        shared_key_id=shared_key_id,
        is_new=True,
    )
    lanes = lanes_of(request.draft, covered=account.trusted or account.available_mk >= request.price_mk)
    lane_ids = {lane: tx.lanes.id_of(lane) for lane in dict.fromkeys(lanes)}
    jobs = _jobs(request, account, [lane_ids[lane] for lane in lanes], admitted.prices, policy=policy)
    tx.jobs.add_all(jobs)
    return jobs, tuple(lane_ids)


def possible_now(tx: ReadTransaction | Transaction, draft: RequestDraft, *, since_ms: int) -> bool:
    """Tell whether workers that were seen since then could make all of the draft."""
    return _possible(tx, lanes_of(draft), since_ms=since_ms)


def _possible(tx: ReadTransaction | Transaction, lanes: Sequence[Lane], *, since_ms: int) -> bool:
    """Tell whether each of the lanes has a worker that could take its jobs."""
    return all(tx.workers.fitting((lane,), since_ms=since_ms) for lane in dict.fromkeys(lanes))


def _accepted_before(tx: Transaction, request: Request, *, since_ms: int) -> Accepted:
    """Return what was answered when this request was made, with the balance as it is now."""
    account = tx.accounts.get(request.account_id)
    return Accepted(
        request_id=request.id,
        job_ids=tuple(job.id for job in tx.jobs.of_request(request.id)),
        price_mk=request.price_mk,
        balance_after_mk=account.available_mk if account is not None else 0,
        duplicate=True,
        is_possible=possible_now(tx, request.draft, since_ms=since_ms),
    )


def _jobs(
    request: Request, account: Account, lane_ids: Sequence[int], prices: Sequence[Price], *, policy: QueuePolicy
) -> list[Job]:
    """Return the request's jobs, each due by what its account stands at after its own share of the hold."""
    jobs = []
    held_mk = account.held_mk
    for ordinal, (lane_id, price) in enumerate(zip(lane_ids, prices, strict=True)):
        held_mk += price.total_mk
        due = due_ms(
            asked_at_ms=request.asked_at_ms,
            kudos_mk=standing_mk(account),
            held_mk=held_mk,
            guest=account.guest or account.is_anonymous,
            policy=policy,
        )
        jobs.append(
            Job(
                id=JobId(new_id()),
                request_id=request.id,
                account_id=request.account_id,
                lane_id=lane_id,
                due_ms=due,
                ordinal=ordinal,
                seed=_seed(request.draft, ordinal),
                price_mk=price.total_mk,
                worth_mk=price.worth_mk,
            )
        )
    return jobs


def _seed(draft: RequestDraft, ordinal: int) -> int:
    """Return the seed of one job: drawn, or the one asked for and its variation for each further picture."""
    if not isinstance(draft.params, ImageParams) or draft.params.seed is None:
        return secrets.randbits(32)
    variation = draft.params.seed_variation if draft.params.seed_variation is not None else 1
    return (draft.params.seed + variation * ordinal) % 2**32
