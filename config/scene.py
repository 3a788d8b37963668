"""Where one summons on the timeline is, read from the database: what `horde demo` shows."""

from dataclasses import dataclass

from bots.commons.parse import PLATFORM, event_id_of_post
from bots.platform import Target
from bots.store.commissions import commission_of_event
from bots.store.outbox import posts_of_commission
from bots.store.rows import Commission, CommissionState, OutboxRow, OutboxState
from core.domain.ids import AccountId, RequestId
from core.ports.store import ReadTransaction
from core.services.kudos.audit import audit
from core.services.queue.status import status


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What can be told now. step of steps: sampling. The reply and what follows are set once it `is_over`."""

    words: str
    step: int = 0
    steps: int = 0
    is_over: bool = False
    reply: str = ""
    picture_key: str | None = None
    price_mk: int = 0
    balance_mk: int = 0
    ledger_ok: bool = True


def read_scene(tx: ReadTransaction, *, post_id: int, now_ms: int) -> Scene:
    """Returns where the summons of this post is."""
    commission = commission_of_event(tx, platform=PLATFORM, event_id=event_id_of_post(post_id))
    if commission is None or commission.state is CommissionState.NEW:
        return Scene(words="the mention is being read")
    replies = posts_of_commission(tx, commission_id=commission.id)
    reply = next((row for row in replies if row.target is Target.REPLY), None)
    if reply is not None and reply.state in {OutboxState.SENT, OutboxState.DEAD}:
        return _over(tx, commission, reply)
    if reply is not None or commission.state is CommissionState.FINISHED:
        return Scene(words="stored; posting the answer")
    if commission.request_id is None:
        return Scene(words=f"the desk: {commission.state}")
    return _in_work(tx, RequestId(commission.request_id), now_ms)


def _in_work(tx: ReadTransaction, request_id: RequestId, now_ms: int) -> Scene:
    now = status(tx, request_id=request_id, now_ms=now_ms)
    if now.progress:
        job = now.progress[0]
        steps = f", step {job.step} of {job.steps}" if job.step else ""
        return Scene(words=f"popped by {job.worker_name}{steps}", step=job.step, steps=job.steps)
    if now.done:
        return Scene(words="stored")
    waits = "" if now.is_possible else " (no worker is there yet)"
    return Scene(words=f"queued at position {now.queue_position}{waits}")


def _over(tx: ReadTransaction, commission: Commission, reply: OutboxRow) -> Scene:
    account = tx.accounts.get(AccountId(commission.account_id or 0))
    media = reply.post.media
    return Scene(
        words="posted" if reply.state is OutboxState.SENT else f"the answer could not be posted: {reply.reason}",
        is_over=True,
        reply=reply.post.text,
        picture_key=media[0].key if media else None,
        price_mk=commission.price_mk,
        balance_mk=account.available_mk if account else 0,
        ledger_ok=audit(tx).ok,
    )
