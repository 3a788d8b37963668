"""What asking for any kind of work has in common: prices told, prompts screened, orders put into the queue."""

import logging
from collections.abc import Mapping
from typing import Any

from core.api.context import ApiContext
from core.api.operations import REPLAYED, Call, Idempotency
from core.api.v2.amounts import kudos_of, whole_kudos_of
from core.api.v2.orders.screening import screened
from core.domain.calls.deliveries import Webhook
from core.domain.calls.replays import Replay
from core.domain.errors import InvalidRequest, PromptRejected
from core.domain.ids import AccountId
from core.domain.kudos.explain import PricedJobs, explain
from core.domain.moderation import ALLOWED
from core.domain.queue.limits import check, resolve_models
from core.domain.requests import Accepted, RequestDraft
from core.ports.store import ReadTransaction, Transaction
from core.services.people.replays import replay_of
from core.services.queue.submit import submit
from core.services.styles.find import Chosen
from core.services.styles.use import count_use
from core.wire.requests import PriceReason, RequestAsync, RequestSingleWarning

log = logging.getLogger(__name__)


def check_webhook(address: str) -> None:
    """Return if the address can be called back: none, or https.

    Raises:
        InvalidRequest: another one.
    """
    if address and not address.startswith("https://"):
        message = f"The webhook {address[:60]!r} does not begin with https://. Give an https address, or none."
        raise InvalidRequest(message, field="webhook", value=address[:60])


async def ask(
    call: Call[Any, None],
    draft: RequestDraft,
    *,
    is_screened: bool = True,
    reworded: bool = False,
    allow_downgrade: bool = False,
    chosen: Chosen | None = None,
    webhook: str = "",
) -> Accepted:
    """Put the draft into the queue for the caller; an idempotency key that was used returns its earlier request.

    reworded: what the moderators' filters refuse may be replaced. chosen: the style that it was made with. webhook: an
    address that is told of each finished job.
    """
    context, account = call.context, call.account
    address = context.addresses.of(call.request)
    await context.standing.admit_order(address)
    check(draft, context.policy)
    verdict = ALLOWED
    if is_screened:
        draft, verdict = await screened(call, draft, replaced=reworded)
    now_ms = context.clock.now_ms()

    once = call.once

    def order(tx: Transaction) -> Accepted:
        if once is not None:
            replay_of(tx, account_id=account.id, key=once.key, fingerprint=once.fingerprint)
        accepted = submit(
            tx,
            account_id=account.id,
            draft=draft,
            verdict=verdict,
            policy=context.policy,
            now_ms=now_ms,
            idempotency_key=once.key if once is not None else None,
            shared_key_id=call.shared_key,
            allow_downgrade=allow_downgrade,
        )
        if accepted.duplicate:
            return accepted
        if webhook:
            wanted = Webhook(request_id=accepted.request_id, account_id=account.id, url=webhook, at_ms=now_ms)
            tx.webhooks.want(wanted)
        if once is not None:
            tx.replays.add(_kept(account.id, once, now_ms=now_ms))
        if chosen is not None:
            lent = call.shared_key is not None
            count_use(tx, chosen, by=account.id, request_id=accepted.request_id, now_ms=now_ms, lent=lent)
        return accepted

    try:
        accepted = await context.uow.write(order, brief=True)
    except PromptRejected:
        if context.prompt_timeouts and not account.moderator:
            await context.standing.strike(address)
        raise
    log.info(
        "request.accepted request_id=%s account_id=%s kind=%s jobs=%s price_mk=%s",
        accepted.request_id,
        account.id,
        draft.kind,
        len(accepted.job_ids),
        accepted.price_mk,
    )
    return accepted


def _kept(account_id: AccountId, once: Idempotency, *, now_ms: int) -> Replay:
    """Return what is kept of an order besides itself: what was asked under its key."""
    return Replay(account_id=account_id, key=once.key, fingerprint=once.fingerprint, status=202, body="", at_ms=now_ms)


def replayed(accepted: Accepted) -> Mapping[str, str]:
    """Return the headers of the reply to an order: whether it is an earlier one that its key brought back."""
    return REPLAYED if accepted.duplicate else {}


async def price_of(context: ApiContext, draft: RequestDraft) -> RequestAsync:
    """Return what the draft would cost, and (ours) why, without making it."""
    policy = context.policy
    check(draft, policy)
    since_ms = context.clock.now_ms() - policy.online_s * 1_000

    def served(tx: ReadTransaction) -> frozenset[str]:
        return frozenset(name for worker in tx.workers.online(since_ms) for name in worker.offer.models)

    draft = resolve_models(draft, policy, (await context.uow.read(served)).__contains__)
    priced = explain(draft, policy)
    reasons = tuple(reason for jobs in priced for reason in _reasons(jobs))
    return RequestAsync(kudos=kudos_of(sum(jobs.total_mk for jobs in priced)), breakdown=reasons)


def _reasons(jobs: PricedJobs) -> tuple[PriceReason, ...]:
    """Return the parts of some alike jobs' price, each for all of them together."""
    return tuple(
        PriceReason(name=part.name, kudos=kudos_of(part.amount_mk * jobs.count), why=part.why, source=part.source)
        for part in jobs.price.parts
    )


def accepted_of(order: Accepted, *, lifetime_s: int) -> RequestAsync:
    """Return the reply to an order that is in the queue; it speaks up only where no worker could take it."""
    if order.is_possible:
        return RequestAsync(id=order.request_id, kudos=whole_kudos_of(order.price_mk))
    message = (
        "No worker that was seen lately can make this. It waits for one for "
        f"{lifetime_s // 60} minutes. Another model or a smaller size may help."
    )
    return RequestAsync(
        id=order.request_id,
        kudos=whole_kudos_of(order.price_mk),
        message=message,
        warnings=(RequestSingleWarning(code="NoAvailableWorker", message=message),),
    )
