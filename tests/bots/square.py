"""A small platform in memory with faults on order, and a clock that is moved by hand."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence

from bots.platform import (
    Absent,
    Ambiguous,
    Attachment,
    Author,
    Capabilities,
    Delivered,
    EventKind,
    Finding,
    Found,
    Outcome,
    Parent,
    PlatformDown,
    PlatformEvent,
    PlatformMisconfigured,
    Post,
    Refused,
    RetryAt,
    Target,
    Unsure,
    Visibility,
)


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self, now_ms: int = 1_780_000_000_000) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def pass_s(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1_000)


class Square:
    """A platform in memory without any idempotency of its own: what is delivered twice is there twice.

    `faults` are taken by the next deliveries, one each: accept-then-drop, drop, accept-then-fail, fail, hang, refuse,
    retry. `lag`: so many looks of `reconcile` still miss a new post.
    """

    def __init__(self, clock: HandClock, *, name: str = "square", capabilities: Capabilities | None = None) -> None:
        self._clock = clock
        self._name = name
        self._capabilities = capabilities or Capabilities(
            text_chars_max=1_000, media_max=4, alt_text_chars_max=200, can_delete=True, can_show=True, read_lag_s=5.0
        )
        self.history: list[PlatformEvent] = []
        self.posts: dict[str, Post] = {}
        self._put_count = 0
        self.acknowledged: list[str] = []
        self.faults: deque[str] = deque()
        self.lag = 0
        self.unsure = False
        self.stream_error: Exception | None = None
        self.opened = 0
        self.broken = 0
        self.closed = 0
        self.parents: dict[str, Parent] = {}
        self.told: list[tuple[str, str]] = []
        self._more = asyncio.Event()
        self._acknowledged = asyncio.Event()

    @property
    def name(self) -> str:
        return self._name

    @property
    def handle(self) -> str:
        return "horde"

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def say(
        self,
        text: str,
        *,
        by: str = "ann",
        is_bot: bool = False,
        in_reply_to: str | None = None,
        visibility: Visibility = Visibility.PUBLIC,
        account_id: int | None = None,
        community: str = "",
        place_nsfw: bool = False,
        place: str = "",
        attachments: tuple[Attachment, ...] = (),
        by_moderator: bool = False,
    ) -> PlatformEvent:
        number = len(self.history) + 1
        event = PlatformEvent(
            platform=self._name,
            event_id=f"e{number}",
            kind=EventKind.MENTION,
            author=Author(external_id=by, display_name=by.title(), is_bot=is_bot, account_id=account_id),
            remote_id=f"m{number}",
            text=text,
            at_ms=self._clock.now_ms(),
            in_reply_to=in_reply_to,
            visibility=visibility,
            cursor=str(number),
            community=community,
            place_nsfw=place_nsfw,
            place=place,
            by_moderator=by_moderator,
            attachments=attachments,
        )
        return self._happened(event)

    def vote(self, remote_id: str, value: int, *, by: str = "bob") -> PlatformEvent:
        number = len(self.history) + 1
        return self._happened(
            PlatformEvent(
                platform=self._name,
                event_id=f"e{number}",
                kind=EventKind.VOTE,
                author=Author(external_id=by, display_name=by.title()),
                remote_id=remote_id,
                at_ms=self._clock.now_ms(),
                value=value,
                cursor=str(number),
            )
        )

    def react(
        self,
        remote_id: str,
        mark: str,
        *,
        by: str = "bob",
        about: str = "ann",
        on: bool = True,
        about_bot: bool = False,
    ) -> PlatformEvent:
        number = len(self.history) + 1
        return self._happened(
            PlatformEvent(
                platform=self._name,
                event_id=f"e{number}",
                kind=EventKind.REACTION,
                author=Author(external_id=by, display_name=by.title()),
                remote_id=remote_id,
                at_ms=self._clock.now_ms(),
                value=int(on),
                cursor=str(number),
                mark=mark,
                about=Author(external_id=about, display_name=about.title(), is_bot=about_bot),
            )
        )

    def _happened(self, event: PlatformEvent) -> PlatformEvent:
        self.history.append(event)
        self._more.set()
        return event

    async def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        place = int(cursor or 0)
        self.opened += 1
        while True:
            self._more.clear()
            if self.stream_error is not None:
                self.broken += 1
                error, self.stream_error = self.stream_error, None
                raise error
            while place < len(self.history):
                yield self.history[place]
                place += 1
            await self._more.wait()

    def break_stream(self, error: Exception | None = None) -> None:
        self.stream_error = error or PlatformDown("the stream broke")
        self._more.set()

    def misconfigure(self) -> None:
        self.break_stream(PlatformMisconfigured("the token is wrong: set HORDE_SQUARE_TOKEN"))

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        self.acknowledged += [event.event_id for event in events]
        self._acknowledged.set()

    async def all_acknowledged(self) -> None:
        """Returns when everything that happened was acknowledged."""
        while {event.event_id for event in self.history} - set(self.acknowledged):
            self._acknowledged.clear()
            await self._acknowledged.wait()

    async def deliver(self, post: Post) -> Outcome:
        fault = self.faults.popleft() if self.faults else ""
        if fault.startswith("accept") or not fault:
            remote_id = self._put(post)
        match fault:
            case "":
                return Delivered(remote_id=remote_id, url=f"https://square.test/{remote_id}")
            case "accept-then-drop" | "drop":
                return Ambiguous(reason="the connection was dropped")
            case "accept-then-fail" | "fail":
                raise RuntimeError("a bug in the adapter")
            case "hang":
                await asyncio.sleep(3_600)
            case "refuse":
                return Refused(reason="the parent is deleted")
            case "retry":
                return RetryAt(at_ms=self._clock.now_ms() + 7_000, reason="429")
        raise AssertionError(fault)

    def _put(self, post: Post) -> str:
        self._put_count += 1
        remote_id = f"p{self._put_count}"
        self.posts[remote_id] = post
        return remote_id

    async def reconcile(self, post: Post) -> Finding:
        if self.unsure:
            return Unsure(reason="listing is down")
        if self.lag:
            self.lag -= 1
            return Absent()
        for remote_id, there in self.posts.items():
            if there.idempotency_key == post.idempotency_key:
                return Found(remote_id=remote_id, url=f"https://square.test/{remote_id}")
        return Absent()

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        self.posts[remote_id] = post
        return Delivered(remote_id=remote_id)

    async def delete(self, remote_id: str) -> Outcome:
        self.posts.pop(remote_id, None)
        return Delivered(remote_id=remote_id)

    async def parent(self, event: PlatformEvent) -> Parent | None:
        return self.parents.get(event.event_id)

    async def progress(self, event_remote_id: str, text: str) -> None:
        self.told.append((event_remote_id, text))

    async def close(self) -> None:
        self.closed += 1

    def of(self, target: Target) -> list[Post]:
        return [post for post in self.posts.values() if post.target is target]
