"""Webhooks go out: events become deliveries, and deliveries are tried until they arrive or are given up."""

import asyncio
import logging
import random
from collections import Counter
from functools import partial

from core.domain.calls.deliveries import Delivery, WebhookPolicy
from core.domain.errors import HordeError
from core.loops.chore import Chore, in_rounds
from core.ports.clock import Clock
from core.ports.posting import Poster
from core.ports.store import UnitOfWork
from core.services.people.replays import prune_replays
from core.services.webhooks.send import prune_deliveries, settle_delivery, take_deliveries
from core.services.webhooks.write import has_events, write_deliveries

log = logging.getLogger(__name__)
TICK_S = 1.0


def webhook_chores(*, uow: UnitOfWork, policy: WebhookPolicy) -> tuple[Chore, ...]:
    """Return the chores of webhooks, and of answers that are kept for calls that come again."""

    async def write(now_ms: int) -> int:
        return await in_rounds(uow, lambda tx: write_deliveries(tx, now_ms=now_ms))

    async def prune(now_ms: int) -> int:
        done = await in_rounds(uow, lambda tx: prune_replays(tx, now_ms=now_ms))
        return done + await in_rounds(uow, lambda tx: prune_deliveries(tx, now_ms=now_ms, policy=policy))

    return (
        Chore(name="write_deliveries", every_s=1, due=lambda tx, _: has_events(tx), outside=write),
        Chore(name="prune_deliveries", every_s=600, outside=prune),
    )


class WebhookSender:
    """Tries deliveries that are due, many at once but few a host; any number of processes may have one.

    A delivery is taken with a time limit, so that one whose sender dies is tried again by another.
    """

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        clock: Clock,
        poster: Poster,
        policy: WebhookPolicy | None = None,
        tick_s: float = TICK_S,
    ) -> None:
        """Hold what is needed; nothing runs yet."""
        self._uow = uow
        self._clock = clock
        self._poster = poster
        self._policy = policy or WebhookPolicy()
        self._tick_s = tick_s
        self._busy: Counter[str] = Counter()
        self._ring = asyncio.Event()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Send until ``stop``; tries that have begun are ended first, for they have a time limit."""
        failing = False
        async with asyncio.TaskGroup() as tasks:
            while not self._stopped.is_set():
                taken = 0
                try:
                    for delivery in await self._take():
                        tasks.create_task(self._try(delivery), name=f"webhook-{delivery.id}")
                        taken += 1
                except HordeError as exc:
                    if not failing:
                        log.warning("webhooks.failing error=%s", exc)
                    failing = True
                else:
                    if failing:
                        log.info("webhooks.recovered")
                    failing = False
                if not taken:
                    await self._rest()

    async def stop(self) -> None:
        """Let ``run`` return after the tries in hand."""
        self._stopped.set()
        self._ring.set()

    async def _rest(self) -> None:
        """Return after a tick, or as soon as a try has ended."""
        try:
            async with asyncio.timeout(self._tick_s):
                await self._ring.wait()
        except TimeoutError:
            pass
        self._ring.clear()

    async def _take(self) -> tuple[Delivery, ...]:
        """Return what may be tried now, and count it as busy."""
        policy, now_ms = self._policy, self._clock.now_ms()
        free = policy.at_once - self._busy.total()
        if free < 1 or not await self._uow.read(lambda tx: tx.webhooks.is_due(now_ms)):
            return ()
        # Only hosts without a try in hand are taken from, so that no host has more than its share.
        full = [host for host, count in self._busy.items() if count > 0]
        taken = await self._uow.write(
            partial(
                take_deliveries,
                now_ms=now_ms,
                limit=free,
                full_hosts=full,
                a_host=policy.at_once_a_host,
                policy=policy,
            )
        )
        self._busy.update(delivery.host for delivery in taken)
        return tuple(taken)

    async def _try(self, delivery: Delivery) -> None:
        """Try once, and keep what came of it; where that cannot be kept, the delivery is due again by itself."""
        try:
            posted = await self._poster.post(delivery)
            now_ms, draw = self._clock.now_ms(), random.random()
            state = await self._uow.write(
                lambda tx: settle_delivery(tx, delivery, posted, now_ms=now_ms, draw=draw, policy=self._policy)
            )
            log.info(
                "webhook.tried delivery_id=%s request_id=%s try=%d state=%s status=%s",
                delivery.id,
                delivery.request_id,
                delivery.tries,
                state,
                posted.status,
            )
        except HordeError as exc:
            log.warning("webhook.unsettled delivery_id=%s error=%s", delivery.id, exc)
        finally:
            self._busy[delivery.host] -= 1
            self._busy += Counter()  # those at nought are forgotten
            self._ring.set()
