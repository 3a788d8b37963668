"""Live updates: one look at the database for all who watch, and what each of them has not been shown yet."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from bots.commons.reading import Glass, read_me, read_queue, read_thread, read_votes, read_ways
from bots.commons.session import Reader
from bots.commons.views import MeView, PostView, QueueView, ThreadView, VotesView, WayView
from bots.store import commons as timeline
from bots.store.commons_rows import PostKind
from core.domain.errors import NotFound
from core.ports.clock import Clock
from core.ports.store import ReadTransaction, UnitOfWork

LOOK_EVERY_S = 0.3
WATCHED_S = 2 * 3_600
SUMMONSES_MAX = 200
NEWS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The timeline at one moment, the same for everyone."""

    posts: int = 0
    votes: int = 0
    ways: Mapping[int, WayView] = field(default_factory=dict)
    queue: QueueView | None = None


class Pulse:
    """Looks at the database at most every LOOK_EVERY_S, however many watch; not at all when nobody does."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock) -> None:
        """Nothing is read before someone watches."""
        self._uow = uow
        self._clock = clock
        self._lock = asyncio.Lock()
        self._stopped = asyncio.Event()
        self._last = Look()
        self._looked_at_s = -LOOK_EVERY_S
        self.listeners = 0

    def stop(self) -> None:
        """The server goes down: all streams end by themselves, at once."""
        self._stopped.set()

    async def close(self, _: object) -> None:
        """As `stop`, in the form of an aiohttp shutdown signal: wiring appends it to the app's `on_shutdown`."""
        self.stop()

    async def next(self) -> Look | None:
        """Returns the timeline as it is after a moment; None once the server goes down."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), LOOK_EVERY_S)
            return None
        async with self._lock:
            if time.monotonic() - self._looked_at_s >= LOOK_EVERY_S:
                now_ms = self._clock.now_ms()
                self._last = await self._uow.read(lambda tx: _look(tx, now_ms=now_ms))
                self._looked_at_s = time.monotonic()
            return self._last


def _look(tx: ReadTransaction, *, now_ms: int) -> Look:
    posts, votes = timeline.newest(tx)
    return Look(
        posts=posts,
        votes=votes,
        ways=read_ways(tx, since_ms=now_ms - WATCHED_S * 1_000, now_ms=now_ms, limit=SUMMONSES_MAX),
        queue=read_queue(tx, now_ms=now_ms),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One thing to tell a browser: the event's name and its JSON body."""

    name: str
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What one reader has not seen between two looks: whole threads, tiles of the showcase, votes, kudos."""

    threads: tuple[ThreadView, ...] = ()
    tiles: tuple[PostView, ...] = ()
    votes: tuple[VotesView, ...] = ()
    me: MeView | None = None


def read_changes(tx: ReadTransaction, glass: Glass, *, seen: Look, now: Look) -> Changes:
    """Returns what this reader has not seen; a thread counts as new where it got a post or its way has ended."""
    written = timeline.written_after(tx, after=seen.posts, limit=NEWS_MAX) if now.posts > seen.posts else []
    touched = [post.in_reply_to or post.id for post in written if post.kind is not PostKind.SHOWCASE]
    ended = sorted(set(seen.ways) - set(now.ways))
    views = [_view(tx, glass, post_id) for post_id in dict.fromkeys([*touched, *ended])]
    tiles = [_view(tx, glass, post.id) for post in written if post.kind is PostKind.SHOWCASE]
    voted = timeline.votes_after(tx, after=seen.votes, limit=NEWS_MAX) if now.votes > seen.votes else []
    return Changes(
        threads=tuple(view for view in views if isinstance(view, ThreadView)),
        tiles=tuple(view for view in tiles if isinstance(view, PostView)),
        votes=tuple(
            read_votes(tx, glass.reader, post_id=post_id) for post_id in dict.fromkeys(vote.post_id for vote in voted)
        ),
        me=read_me(tx, glass.reader) if written or seen.ways != now.ways else None,
    )


def small_news(reader: Reader, *, seen: Look, now: Look) -> list[News]:
    """Returns what changed in ways and queue: it needs no reading, it is the same for all but whose it is."""
    news = [
        News(
            name="way",
            body={
                "post_id": way.post_id,
                "stage": way.stage.value,
                "sentence": way.sentence,
                "percent": way.percent,
                "mine": way.owner == reader.id,
            },
        )
        for way in now.ways.values()
        if seen.ways.get(way.post_id) != way
    ]
    if now.queue is not None and now.queue != seen.queue:
        news.append(News(name="queue", body=asdict(now.queue)))
    return news


def _view(tx: ReadTransaction, glass: Glass, post_id: int) -> ThreadView | PostView | None:
    """Returns the post's thread, or None where this reader may not see it (any more)."""
    try:
        return read_thread(tx, glass, post_id=post_id)
    except NotFound:
        return None
