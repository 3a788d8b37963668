"""LISTEN and NOTIFY: what one process has committed wakes the others at once. Hints only; the tick looks anyway."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final

import asyncpg
import sqlalchemy as sa

from core.store.postgres.connections import DATABASE_ERRORS, connect

log = logging.getLogger(__name__)
LANES: Final = "horde_lanes"
EVENTS: Final = "horde_events"
GAP_S: Final = 0.02
PAYLOAD_BYTES_MAX: Final = 7_900  # PostgreSQL takes less than 8,000
LOOK_S: Final = 30.0
LAST_WORDS_S: Final = 1.0
PAUSES_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)
_SEND: Final = "SELECT pg_notify($1, one) FROM unnest($2::text[]) AS one"


class Notices:
    """Tells other processes of new work and new events, at most once in ``GAP_S``, and hears theirs.

    It has a connection of its own, outside every pool, and makes a new one when that is lost. What it sends itself it
    does not hear.
    """

    def __init__(
        self, url: sa.URL, *, on_lanes: Callable[[Iterable[int]], None], on_events: Callable[[], None]
    ) -> None:
        """Hold the two ears; ``run`` does the rest."""
        self._url = url
        self._on_lanes = on_lanes
        self._on_events = on_events
        self._lanes: Counter[int] = Counter()
        self._news = False
        self._ring = asyncio.Event()
        self._silent = asyncio.Event()
        self._silent.set()
        self.missed = False
        """Something may have been missed since this was last set to False: there was no connection for a while."""

    def tell(self, lane_ids: Iterable[int], *, news: bool) -> None:
        """Have the others told of jobs that wait in these lanes, and of events."""
        self._lanes.update(lane_ids)
        self._news |= news
        if self._lanes or self._news:
            self._silent.clear()
            self._ring.set()

    async def said(self) -> None:
        """Return when the others have been told of everything, or after a moment if they cannot be told."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self._silent.wait()

    async def run(self) -> None:
        """Listen and tell until cancelled; an outage is logged once when it begins and once when it ends."""
        lost = False
        tries = 0
        while True:
            try:
                connection = await connect(self._url)
                try:
                    await connection.add_listener(LANES, self._hear)
                    await connection.add_listener(EVENTS, self._hear)
                    if lost:
                        log.info("notices.back")
                        self.missed = True
                        self._on_events()
                    lost, tries = False, 0
                    await self._attend(connection)
                finally:
                    connection.terminate()
            except DATABASE_ERRORS as exc:
                if not lost:
                    log.warning("notices.lost error=%s", type(exc).__name__)
                lost = True
            await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1

    async def _attend(self, connection: asyncpg.Connection) -> None:
        """Send what is there, each time after a pause; raises what the connection dies of."""
        connection.add_termination_listener(lambda _: self._ring.set())
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._ring.wait()
            except TimeoutError:
                await connection.fetchval("SELECT 1")  # a way that is cut in silence is found like this alone
                continue
            self._ring.clear()
            if connection.is_closed():
                raise ConnectionResetError
            await self._send(connection)
            await asyncio.sleep(GAP_S)

    async def _send(self, connection: asyncpg.Connection) -> None:
        lanes, self._lanes = self._lanes, Counter()
        news, self._news = self._news, False
        if lanes:
            await connection.execute(_SEND, LANES, list(payloads(lanes)))
        if news:
            await connection.execute(_SEND, EVENTS, [""])
        if not self._lanes and not self._news:
            self._silent.set()

    def _hear(self, connection: asyncpg.Connection, pid: int, channel: str, payload: str) -> None:
        """Pass on what another process has said."""
        if pid == connection.get_server_pid():
            return
        if channel == EVENTS:
            self._on_events()
        else:
            self._on_lanes(lanes_of(payload))


def payloads(lanes: Counter[int]) -> Iterator[str]:
    """Yield ``lane:jobs,lane:jobs`` in pieces that PostgreSQL takes."""
    piece = ""
    for lane_id, count in sorted(lanes.items()):
        one = f"{lane_id}:{count}"
        if len(piece) + len(one) + 1 > PAYLOAD_BYTES_MAX:
            yield piece
            piece = ""
        piece = f"{piece},{one}" if piece else one
    if piece:
        yield piece


def lanes_of(payload: str) -> list[int]:
    """Return the lanes of a payload, one entry a job; what is not understood is left out."""
    found: list[int] = []
    for one in payload.split(","):
        lane, _, count = one.partition(":")
        if lane.isdigit() and count.isdigit():
            found += [int(lane)] * min(int(count), 1_000)
    return found
