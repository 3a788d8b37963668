"""The timeline as a platform: the bots read and post here by the same Protocol as anywhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from bots.commons.client import BOT_ID, TimelineClient, answered
from bots.commons.parse import PLATFORM
from bots.platform import (
    Absent,
    Author,
    Capabilities,
    Delivered,
    Finding,
    Found,
    Idempotency,
    Outcome,
    Parent,
    PlatformDown,
    PlatformEvent,
    Post,
    Refused,
    RetryAt,
    Unsure,
)
from core.domain.errors import Unavailable
from core.ports.clock import Clock
from core.ports.store import UnitOfWork

LOOK_EVERY_S = 0.5
BATCH = 100
RETRY_AFTER_MS = 1_000

CAPABILITIES = Capabilities(
    text_chars_max=2_000,
    media_max=20,
    alt_text_chars_max=1_500,
    can_edit=True,
    can_delete=True,
    can_be_private=True,
    can_show=True,
    can_notify=True,
    idempotency=Idempotency.KEY,
    read_lag_s=0.0,
)


class CommonsPlatform:
    """The local web timeline. It lives in the engine's database, so a post is there or it is not."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock, handle: str = "horde") -> None:
        """`handle` is the name by which people call the bot, without `@`."""
        self.client = TimelineClient(uow=uow, clock=clock, handle=handle)
        self._clock = clock
        self._handle = handle
        self.reads = 0

    @property
    def name(self) -> str:
        """Always `commons`."""
        return PLATFORM

    @property
    def handle(self) -> str:
        """The name people mention."""
        return self._handle

    @property
    def capabilities(self) -> Capabilities:
        """What the timeline can do: all of it."""
        return CAPABILITIES

    async def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields posts and votes after the cursor, and goes on for ever; any process's writes are seen."""
        while True:
            try:
                news, cursor = await self.client.news(cursor, limit=BATCH)
            except Unavailable as exc:
                raise PlatformDown(str(exc)) from exc
            self.reads += 1
            for event in news:
                yield event
            if not news:
                await self.client.changed(timeout_s=LOOK_EVERY_S)

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """Nothing to do: reading goes on by the stored cursor."""

    async def deliver(self, post: Post) -> Outcome:
        """The post is on the timeline, once however often this is called for its outbox row."""
        answers = answered(post)
        try:
            if answers is not None and await self.client.is_gone(answers):
                return Refused(reason=f"post {answers}, which this answers, is gone from the timeline")
            post_id = await self.client.post(post)
        except Unavailable as exc:
            return RetryAt(at_ms=self._clock.now_ms() + RETRY_AFTER_MS, reason=str(exc))
        return Delivered(remote_id=str(post_id), url=_url(post_id))

    async def reconcile(self, post: Post) -> Finding:
        """Says for certain whether the post is there."""
        try:
            post_id = await self.client.find(post.idempotency_key)
        except Unavailable as exc:
            return Unsure(reason=str(exc))
        return Absent() if post_id is None else Found(remote_id=str(post_id), url=_url(post_id))

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The post has this content."""
        if not await self.client.rewrite(post_id=int(remote_id), post=post):
            return Refused(reason=f"post {remote_id} is gone from the timeline")
        return Delivered(remote_id=remote_id, url=_url(int(remote_id)))

    async def delete(self, remote_id: str) -> Outcome:
        """The post is gone."""
        await self.client.remove(int(remote_id))
        return Delivered(remote_id=remote_id)

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns the post that the summons answers; pictures are ours alone here, and found by their keys."""
        if event.in_reply_to is None:
            return None
        try:
            above = await self.client.read(int(event.in_reply_to))
        except Unavailable as exc:
            raise PlatformDown(str(exc)) from exc
        if above is None:
            return None
        author = Author(
            external_id=above.author_id,
            display_name=above.author_name,
            is_bot=above.author_id == BOT_ID,
            account_id=above.account_id,
        )
        return Parent(remote_id=event.in_reply_to, author=author, text=above.text)

    async def progress(self, event_remote_id: str, text: str) -> None:
        """Shows nothing while one waits."""

    async def close(self) -> None:
        """Nothing to close: the database is the engine's."""


def _url(post_id: int) -> str:
    return f"/posts/{post_id}"
