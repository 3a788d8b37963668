"""Write: what happened becomes deliveries, each exactly once, with the reader's cursor in one transaction."""

import uuid
from typing import Final
from urllib.parse import urlsplit

from core.domain.calls.deliveries import Delivery, Webhook
from core.domain.events import Event, EventKind
from core.domain.ids import JobId
from core.ports.store import ReadTransaction, Transaction

READER: Final = "webhooks"
_SPACE: Final = uuid.UUID("6f1f0a52-2f3b-4a55-9d9e-6a0f6e8f4c11")
_ENDS: Final = frozenset({EventKind.REQUEST_FAULTED, EventKind.REQUEST_CANCELLED, EventKind.REQUEST_EXPIRED})


def write_deliveries(tx: Transaction, *, now_ms: int, limit: int = 500) -> int:
    """Return how many events were dealt with; 0 where there is nothing more to read.

    A finished job makes a delivery, and so does the end of a request that left something unmade.
    """
    cursor = tx.events.take_cursor(READER)
    last = tx.events.last_seq()
    if last <= cursor:
        return 0
    if not tx.webhooks.any():  # asked after ``last``: no event up to there is anybody's
        tx.events.move_cursor(READER, last)
        return 0
    events = tx.events.after(cursor, limit=limit)
    if not events:
        return 0
    told = [event for event in events if _is_told(event)]
    wanted = tx.webhooks.of(list(dict.fromkeys(event.request_id for event in told))) if told else {}
    for event in told:
        webhook = wanted.get(event.request_id)
        if webhook is not None:
            tx.webhooks.add(_delivery(event, webhook, now_ms=now_ms))
    tx.events.move_cursor(READER, events[-1].seq)
    return len(events)


def has_events(tx: ReadTransaction) -> bool:
    """Tell whether ``write_deliveries`` has anything to read."""
    return tx.events.last_seq() > tx.events.cursor(READER)


def _is_told(event: Event) -> bool:
    """Tell whether the event is one that askers are told of."""
    if event.kind is EventKind.REQUEST_FINISHED:
        return bool(event.body.get("faulted") or event.body.get("expired"))
    return event.kind is EventKind.JOB_DONE or event.kind in _ENDS


def _delivery(event: Event, webhook: Webhook, *, now_ms: int) -> Delivery:
    is_job = event.kind is EventKind.JOB_DONE
    job_id = JobId(str(event.body["job_id"])) if is_job else None
    return Delivery(
        id=str(uuid.uuid5(_SPACE, job_id or f"{event.request_id} {event.kind.value}")),
        account_id=webhook.account_id,
        request_id=event.request_id,
        job_id=job_id,
        event=event.kind,
        url=webhook.url,
        host=(urlsplit(webhook.url).hostname or "").lower(),
        made_at_ms=event.at_ms,
        due_ms=now_ms,
        counts=None if is_job else dict(event.body),
    )
