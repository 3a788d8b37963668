"""The calls to another horde, kept going: orders are sent, looked for and looked at, each in a loop of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from bots.hints import Hint
from bots.horde.remote import settle
from bots.horde.remote.access import RemoteAccess
from bots.horde.remote.client import RemoteClient, RemoteDownError, RemoteGoneError
from bots.horde.remote.finding import Finding
from bots.horde.remote.offers import Offers
from bots.horde.remote.outage import Outage
from bots.horde.remote.pictures import Pictures, Takes
from bots.horde.remote.sending import Sending
from bots.horde.remote.watching import Watching
from bots.store.remote import forget_remotes, has_old_remotes, overdue_remotes
from core.domain.kinds.kind import Kind
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from core.ports.store import UnitOfWork

OVERDUE_BATCH: Final = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Times in seconds.

    tick_s: everything is looked at so often. look_first_s, look_most_s: pauses between two looks at an order.
    offers_s: so often it is asked what is served. down_first_s, down_most_s: pauses in an outage.
    """

    tick_s: float = 0.5
    look_first_s: float = 1.0
    look_most_s: float = 15.0
    offers_s: float = 60.0
    down_first_s: float = 1.0
    down_most_s: float = 30.0


class RemoteWork:
    """Does what the rows ask for. Several processes may: each change of a row is one process's."""

    def __init__(
        self,
        *,
        access: RemoteAccess,
        uow: UnitOfWork,
        clock: Clock,
        objects: ObjectStore,
        pictures: Pictures,
        secret: bytes,
        offers: Offers,
        kept_s: int = 30 * 24 * 3_600,
        pace: Pace | None = None,
    ) -> None:
        """Hold the ports; offers: kept up to date; kept_s: what ended is forgotten after it.

        Nothing is called before `run` or `turn`.
        """
        self._uow = uow
        self._clock = clock
        self._offers = offers
        self._kept_s = kept_s
        self._pace = pace or Pace()
        self._hint: Hint | None = None
        self._client = RemoteClient(access)
        self._outage = Outage(access.url, first_s=self._pace.down_first_s, most_s=self._pace.down_most_s)
        shared = {"client": self._client, "uow": uow, "clock": clock, "outage": self._outage}
        self._sending = Sending(**shared, objects=objects)  # type: ignore[arg-type]  # each by its own name
        self._finding = Finding(**shared)  # type: ignore[arg-type]  # as above
        self._watching = Watching(
            **shared,  # type: ignore[arg-type]  # as above
            takes=Takes(pictures=pictures, objects=objects, secret=secret),
            first_s=self._pace.look_first_s,
            most_s=self._pace.look_most_s,
        )

    def hint(self) -> None:
        """There is something to send. Safe from any thread, and when nothing runs."""
        if self._hint is not None:
            self._hint.give()

    async def run(self) -> int:
        """Goes on for ever; ended by cancelling it. A part of the runner."""
        self._hint = Hint()
        try:
            async with self._client, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._loop(self._send, self._hint))
                tasks.create_task(self._loop(self._watching.watch_due, Hint()))
                tasks.create_task(self._loop(self._doubts, Hint()))
                tasks.create_task(self._ask_offers())
                tasks.create_task(self._loop(self.forget, Hint(), rest_s=self._pace.offers_s))
        finally:
            self._hint = None
        return 0

    async def turn(self) -> int:
        """All that is due is done once, in order; returns how much that was. For tests and the last word of a day."""
        async with self._client:
            return await self._doubts() + await self._send() + await self._watching.watch_due()

    async def learn(self) -> None:
        """What is served over there is asked once; what cannot be asked stays as it was told last."""
        async with self._client:
            await self._learn()

    async def forget(self) -> int:
        """What ended long ago is forgotten, in small rounds; returns how much that was."""
        before_ms, forgotten = self._clock.now_ms() - self._kept_s * 1_000, 0
        while await self._uow.read(partial(has_old_remotes, before_ms=before_ms)):
            forgotten += await self._uow.write(partial(forget_remotes, before_ms=before_ms, limit=OVERDUE_BATCH))
        return forgotten

    async def _send(self) -> int:
        sent = 0
        while (not self._outage.is_on or await self._is_back()) and await self._sending.send_one():
            sent += 1
        return sent

    async def _doubts(self) -> int:
        now_ms = self._clock.now_ms()
        for request_id in await self._uow.read(partial(overdue_remotes, now_ms=now_ms, limit=OVERDUE_BATCH)):
            await self._uow.write(partial(settle.expire, request_id=request_id, now_ms=now_ms))
        return await self._sending.recover() + await self._finding.find_due()

    async def _is_back(self) -> bool:
        """Returns whether the horde answers: in an outage no order is spent on finding out."""
        try:
            await self._client.heartbeat()
        except RemoteDownError as error:
            self._outage.failed(str(error))
            return False
        self._outage.answered()
        return True

    async def _loop(self, step: Callable[[], Awaitable[int]], hint: Hint, *, rest_s: float = 0.0) -> None:
        while True:
            await step()
            pause_s = self._outage.pause_s() if self._outage.is_on else self._pace.tick_s
            await hint.wait(max(pause_s, rest_s))

    async def _ask_offers(self) -> None:
        while True:
            await self._learn()
            await asyncio.sleep(self._pace.offers_s)

    async def _learn(self) -> None:
        try:
            self._offers.told({kind: await self._client.served(kind) for kind in Kind})
        except RemoteDownError as error:
            if error.after_s is None:
                self._outage.failed(str(error))
        except (RemoteGoneError, ValueError, TypeError) as error:
            _log.info("remote.offers_unknown reason=%r", str(error))
