"""Webhooks, their deliveries and their secrets."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from core.domain.calls.deliveries import Delivery, DeliveryState, Posted, Webhook, WebhookSecret
from core.domain.events import EventKind
from core.domain.ids import AccountId, JobId, RequestId
from core.store.rows.record.upsert import upsert
from core.store.tables import deliveries, webhook_secrets, webhooks

LOOKED_AT: Final = 8
"""So many times more due deliveries are looked at than may be taken: one host must not hide the others."""
_IDS: Final[sa.BindParameter[list[Any]]] = sa.bindparam("ids", expanding=True)
_ANY = sa.select(webhooks.c.request_id).limit(1)
_OF = sa.select(webhooks).where(webhooks.c.request_id.in_(_IDS))
_WAITS = sa.text("deliveries.state = 'waiting'")
_DUE = sa.select(deliveries.c.id).where(_WAITS, deliveries.c.due_ms <= sa.bindparam("now_ms")).limit(1)
_TAKE = (
    sa.select(deliveries)
    .where(_WAITS, deliveries.c.due_ms <= sa.bindparam("now_ms"), deliveries.c.host.not_in(_IDS))
    .order_by(deliveries.c.due_ms)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKEN = (
    sa.update(deliveries)
    .where(deliveries.c.id.in_(_IDS))
    .values(tries=deliveries.c.tries + 1, due_ms=sa.bindparam("until_ms"))
)
_THIS_TRY = sa.and_(deliveries.c.id == sa.bindparam("the_id"), deliveries.c.tries == sa.bindparam("the_try"), _WAITS)
_END = (
    sa.update(deliveries)
    .where(_THIS_TRY)
    .values(
        state=sa.bindparam("to_state"),
        ended_at_ms=sa.bindparam("now_ms"),
        status=sa.bindparam("its_status"),
        why=sa.bindparam("its_why"),
    )
)
_PUT_OFF = (
    sa.update(deliveries)
    .where(_THIS_TRY)
    .values(due_ms=sa.bindparam("at_ms"), status=sa.bindparam("its_status"), why=sa.bindparam("its_why"))
)
_STATES = sa.select(deliveries.c.id, deliveries.c.state).where(deliveries.c.request_id == sa.bindparam("the_request"))
_SECRET = sa.select(webhook_secrets).where(webhook_secrets.c.account_id == sa.bindparam("the_account"))
_TURN: Final = upsert(
    webhook_secrets,
    ("account_id",),
    lambda new: {"version": webhook_secrets.c.version + 1, "turned_at_ms": new.turned_at_ms},
)
_OLD = (
    sa.select(deliveries.c.id)
    .where(sa.text("deliveries.ended_at_ms IS NOT NULL"), deliveries.c.ended_at_ms < sa.bindparam("before_ms"))
    .order_by(deliveries.c.ended_at_ms)
    .limit(sa.bindparam("most"))
)
_PRUNE = sa.delete(deliveries).where(deliveries.c.id.in_(_OLD))
_PRUNE_WEBHOOKS = sa.delete(webhooks).where(webhooks.c.at_ms < sa.bindparam("before_ms"))
_ADD = sa.insert(deliveries)
_WANT = sa.insert(webhooks)
_COUNTS = msgspec.json.Decoder(dict[str, object])


class Webhooks:
    """The webhooks of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def any(self) -> bool:
        """Tell whether anybody wants to be told anything."""
        return self._connection.scalar(_ANY) is not None

    def of(self, request_ids: Sequence[RequestId]) -> Mapping[RequestId, Webhook]:
        """Return those of the requests whose askers want to be told."""
        found = self._connection.execute(_OF, {"ids": list(request_ids)})
        return {
            RequestId(row.request_id): Webhook(
                request_id=RequestId(row.request_id),
                account_id=AccountId(row.account_id),
                url=row.url,
                at_ms=row.at_ms,
            )
            for row in found
        }

    def want(self, webhook: Webhook) -> None:
        """Note that the request's asker wants to be told."""
        self._connection.execute(
            _WANT,
            {
                "request_id": webhook.request_id,
                "account_id": webhook.account_id,
                "url": webhook.url,
                "at_ms": webhook.at_ms,
            },
        )

    def secret(self, account_id: AccountId) -> WebhookSecret:
        """Return which of its secrets the account has now."""
        row = self._connection.execute(_SECRET, {"the_account": account_id}).first()
        return WebhookSecret() if row is None else WebhookSecret(version=row.version, turned_at_ms=row.turned_at_ms)

    def turn_secret(self, account_id: AccountId, *, now_ms: int) -> WebhookSecret:
        """Give the account its next secret."""
        row = {"account_id": account_id, "version": 2, "turned_at_ms": now_ms}  # the first is nobody's row
        self._connection.execute(_TURN[self._connection.dialect.name], row)
        return self.secret(account_id)

    def is_due(self, now_ms: int) -> bool:
        """Tell whether there is a delivery to try."""
        return self._connection.scalar(_DUE, {"now_ms": now_ms}) is not None

    def states(self, request_id: RequestId) -> Mapping[str, DeliveryState]:
        """Return how each of a request's deliveries stands, by its id."""
        found = self._connection.execute(_STATES, {"the_request": request_id})
        return {row.id: DeliveryState(row.state) for row in found}

    def add(self, delivery: Delivery) -> None:
        """Write a delivery that waits."""
        self._connection.execute(
            _ADD,
            {
                "id": delivery.id,
                "account_id": delivery.account_id,
                "request_id": delivery.request_id,
                "job_id": delivery.job_id,
                "event": delivery.event.value,
                "url": delivery.url,
                "host": delivery.host,
                "counts": None if delivery.counts is None else msgspec.json.encode(delivery.counts).decode(),
                "state": DeliveryState.WAITING.value,
                "tries": delivery.tries,
                "due_ms": delivery.due_ms,
                "made_at_ms": delivery.made_at_ms,
            },
        )

    def take(
        self, now_ms: int, *, limit: int, until_ms: int, full_hosts: Sequence[str], a_host: int
    ) -> Sequence[Delivery]:
        """Return deliveries that are due, at most ``a_host`` a host; each counts one try more, and waits till then."""
        looked = self._connection.execute(
            _TAKE, {"now_ms": now_ms, "ids": list(full_hosts), "most": limit * LOOKED_AT}
        ).all()
        taken: Counter[str] = Counter()
        found: list[Delivery] = []
        for row in looked:
            if len(found) < limit and taken[row.host] < a_host:
                taken[row.host] += 1
                found.append(_delivery(row, until_ms=until_ms))
        if found:
            self._connection.execute(_TAKEN, {"ids": [one.id for one in found], "until_ms": until_ms})
        return found

    def end(self, delivery: Delivery, *, state: DeliveryState, posted: Posted, now_ms: int) -> bool:
        """Give the delivery its final state; False if another try has begun since."""
        where = _this_try(delivery, posted) | {"to_state": state.value, "now_ms": now_ms}
        return self._connection.execute(_END, where).rowcount == 1

    def put_off(self, delivery: Delivery, *, due_ms: int, posted: Posted) -> bool:
        """Have the delivery tried again then; False if another try has begun since."""
        return self._connection.execute(_PUT_OFF, _this_try(delivery, posted) | {"at_ms": due_ms}).rowcount == 1

    def prune(self, *, before_ms: int, limit: int) -> int:
        """Delete what ended, and webhooks of requests made, before then; return how many deliveries."""
        self._connection.execute(_PRUNE_WEBHOOKS, {"before_ms": before_ms})
        return self._connection.execute(_PRUNE, {"before_ms": before_ms, "most": limit}).rowcount


def _this_try(delivery: Delivery, posted: Posted) -> dict[str, object]:
    return {
        "the_id": delivery.id,
        "the_try": delivery.tries,
        "its_status": posted.status,
        "its_why": posted.why or None,
    }


def _delivery(row: Any, *, until_ms: int) -> Delivery:  # noqa: ANN401 - a row of the deliveries
    """Return the delivery of a row whose next try begins now."""
    return Delivery(
        id=row.id,
        account_id=AccountId(row.account_id),
        request_id=RequestId(row.request_id),
        job_id=None if row.job_id is None else JobId(row.job_id),
        event=EventKind(row.event),
        url=row.url,
        host=row.host,
        made_at_ms=row.made_at_ms,
        due_ms=until_ms,
        tries=row.tries + 1,
        counts=None if row.counts is None else _COUNTS.decode(row.counts),
    )
