"""Orders over there are looked at, the longer they take the seldomer, and what was made is taken when it is done."""

import asyncio
import logging
from functools import partial
from typing import Final

from bots.horde.remote import settle
from bots.horde.remote.client import RemoteClient, RemoteDownError, RemoteGoneError
from bots.horde.remote.finding import is_a_strangers
from bots.horde.remote.outage import Outage
from bots.horde.remote.pictures import Takes
from bots.horde.remote.words import Look
from bots.store.remote import RemoteRequest, RemoteState, remotes_in
from core.domain.errors import HordeError
from core.domain.kinds.kind import Kind
from core.domain.requests import JobResult
from core.ports.clock import Clock
from core.ports.points import Edge, Step, reached
from core.ports.store import UnitOfWork

LATE_MS: Final = 10 * 60 * 1_000
"""An order that is gone over there sooner than this has been lost, not run out of time."""
TRIES_MAX: Final = 5
"""A picture that cannot be fetched is tried so often."""

_log = logging.getLogger(__name__)


class Watching:
    """Looks at what is over there. When each is due next is kept in memory: after a start, all are."""

    def __init__(
        self,
        *,
        client: RemoteClient,
        uow: UnitOfWork,
        clock: Clock,
        takes: Takes,
        outage: Outage,
        first_s: float,
        most_s: float,
    ) -> None:
        """Hold the ports; first_s, most_s: pauses between two looks at an order."""
        self._client = client
        self._uow = uow
        self._clock = clock
        self._takes = takes
        self._outage = outage
        self._first_s = first_s
        self._most_s = most_s
        self._due_ms: dict[str, int] = {}
        self._tries: dict[str, int] = {}
        self._at_once = asyncio.Semaphore(client.access.at_once)

    async def watch_due(self) -> int:
        """Every order over there whose time has come is looked at; returns how many those were."""
        now_ms = self._clock.now_ms()
        rows = await self._uow.read(partial(remotes_in, state=RemoteState.ASKED, due_ms=now_ms))
        there = {row.id for row in rows}
        self._due_ms = {known: due_ms for known, due_ms in self._due_ms.items() if known in there}
        self._tries = {known: tries for known, tries in self._tries.items() if known in there}
        due = [row for row in rows if row.wants_cancel or self._due_ms.get(row.id, 0) <= now_ms]
        if self._outage.is_on:
            due = due[:1]  # one is enough to find out that it is over
        await asyncio.gather(*(self._watch(row) for row in due))
        return len(due)

    async def _watch(self, row: RemoteRequest) -> None:
        remote_id, now_ms = row.remote_id or "", self._clock.now_ms()
        async with self._at_once:
            try:
                if row.wants_cancel:
                    look = await self._client.cancel(row.kind, remote_id)
                else:
                    look = await self._client.look(row.kind, remote_id, whole=row.kind is not Kind.IMAGE)
                    if row.kind is Kind.IMAGE and (look.is_done or look.is_faulted):
                        look = await self._client.look(row.kind, remote_id, whole=True)
            except RemoteGoneError:
                self._outage.answered()
                await self._lose(row)
                return
            except RemoteDownError as error:
                # Being asked to wait is no outage.
                if error.after_s is None:
                    self._outage.failed(str(error))
                pause_s = self._outage.pause_s() if error.after_s is None else error.after_s
                self._due_ms[row.id] = now_ms + round(pause_s * 1_000)
                return
            self._outage.answered()
            await self._weigh(row, look)

    async def _weigh(self, row: RemoteRequest, look: Look) -> None:
        now_ms = self._clock.now_ms()
        if row.is_adopted and is_a_strangers(row, look):
            look_ms = now_ms
            await self._uow.write(partial(settle.not_ours, request_id=row.id, look_ms=look_ms, now_ms=now_ms))
            _log.warning("remote.not_ours request_id=%s remote_id=%s", row.id, row.remote_id)
            return
        if look.is_done or look.is_faulted or row.wants_cancel:
            await self._finish(row, look)
            return
        pause_s = min(
            max((now_ms - row.asked_at_ms) / 10_000, look.progress.wait_time_s / 10, self._first_s), self._most_s
        )
        self._due_ms[row.id] = now_ms + round(pause_s * 1_000)
        if look.progress != row.progress:
            await self._uow.write(partial(settle.seen, request_id=row.id, progress=look.progress, now_ms=now_ms))

    async def _finish(self, row: RemoteRequest, look: Look) -> None:
        reached(Step.REMOTE_TAKE, Edge.BEFORE)
        results: list[JobResult] = []
        try:
            for ordinal, made in enumerate(look.generations[: row.jobs]):
                taken = await self._takes.take(row, made, ordinal=ordinal, now_ms=self._clock.now_ms())
                if taken is not None:
                    results.append(taken)
        except HordeError as error:
            # Ours or theirs: the store or the pictures' host does not answer now.
            self._later(row, str(error))
            return
        if len(results) < len(look.generations[: row.jobs]) and self._tries.get(row.id, 0) < TRIES_MAX:
            self._later(row, "a picture cannot be taken")
            return
        reached(Step.REMOTE_TAKE, Edge.AFTER)
        now_ms = self._clock.now_ms()
        await self._uow.write(
            partial(
                settle.finish,
                request_id=row.id,
                look=look,
                results=results,
                now_ms=now_ms,
                is_late=_is_late(row, now_ms) and not look.generations,
            ),
            step=Step.REMOTE_SETTLE,
        )
        _log.info("remote.finished request_id=%s results=%d", row.id, len(results))

    def _later(self, row: RemoteRequest, reason: str) -> None:
        tries = self._tries[row.id] = self._tries.get(row.id, 0) + 1
        self._due_ms[row.id] = self._clock.now_ms() + round(self._first_s * 2**tries * 1_000)
        if tries == 1:
            _log.warning("remote.not_taken request_id=%s reason=%r", row.id, reason)

    async def _lose(self, row: RemoteRequest) -> None:
        now_ms = self._clock.now_ms()
        await self._uow.write(
            partial(settle.lose, request_id=row.id, now_ms=now_ms, is_late=_is_late(row, now_ms)),
            step=Step.REMOTE_SETTLE,
        )
        _log.warning("remote.gone request_id=%s remote_id=%s", row.id, row.remote_id)


def _is_late(row: RemoteRequest, now_ms: int) -> bool:
    return now_ms - row.asked_at_ms >= LATE_MS
