"""Send: deliveries are taken to be tried, and what came of a try is kept."""

from collections.abc import Sequence

from core.domain.calls.deliveries import Delivery, DeliveryState, Posted, WebhookPolicy, pause_s
from core.ports.store import Transaction


def take_deliveries(
    tx: Transaction, *, now_ms: int, limit: int, full_hosts: Sequence[str], a_host: int, policy: WebhookPolicy
) -> Sequence[Delivery]:
    """Return deliveries that are due. Whoever takes one and dies lets it be due again after ``lease_s``."""
    if limit < 1:
        return ()
    until_ms = now_ms + round(policy.lease_s * 1_000)
    return tx.webhooks.take(now_ms, limit=limit, until_ms=until_ms, full_hosts=full_hosts, a_host=a_host)


def settle_delivery(
    tx: Transaction, delivery: Delivery, posted: Posted, *, now_ms: int, draw: float, policy: WebhookPolicy
) -> DeliveryState:
    """Return the delivery's state after a try: delivered, dead after the last one, or it waits for the next.

    draw: a random number from 0 to 1, for the pause. What another try has overtaken changes nothing.
    """
    if posted.delivered:
        tx.webhooks.end(delivery, state=DeliveryState.DELIVERED, posted=posted, now_ms=now_ms)
        return DeliveryState.DELIVERED
    if posted.final or delivery.tries >= policy.tries_max:
        tx.webhooks.end(delivery, state=DeliveryState.DEAD, posted=posted, now_ms=now_ms)
        return DeliveryState.DEAD
    due_ms = now_ms + round(pause_s(tries=delivery.tries, draw=draw, policy=policy) * 1_000)
    tx.webhooks.put_off(delivery, due_ms=due_ms, posted=posted)
    return DeliveryState.WAITING


def prune_deliveries(tx: Transaction, *, now_ms: int, policy: WebhookPolicy, limit: int = 1_000) -> int:
    """Return how many deliveries that ended long ago were forgotten; webhooks of old requests go too."""
    return tx.webhooks.prune(before_ms=now_ms - policy.kept_s * 1_000, limit=limit)
