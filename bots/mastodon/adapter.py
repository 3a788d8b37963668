"""Mastodon as a platform: mentions are read by a durable cursor, posts have a key and are looked for when in doubt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from bots.mastodon.client import NobodyKnows, NotTaken, SaidNo, connect
from bots.mastodon.entities import FediAccount, Instance, Notification
from bots.mastodon.finding import GONE, find
from bots.mastodon.parse import PLATFORM, event_of
from bots.mastodon.render import Draft, Manners, draft_of
from bots.mastodon.server import PAGE, Server
from bots.platform import (
    Absent,
    Ambiguous,
    Capabilities,
    Delivered,
    Finding,
    Found,
    Idempotency,
    Outcome,
    Parent,
    Picture,
    PlatformDown,
    PlatformEvent,
    PlatformMisconfigured,
    Post,
    Refused,
    RetryAt,
    Target,
    Unsure,
)
from bots.replies import shown
from core.domain.errors import NotFound, Unavailable
from core.ports.clock import Clock
from core.ports.objects import ObjectStore

RETRY_S: Final = 15.0
READ_LAG_S: Final = 5.0
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
LATELY_MAX: Final = 1_000
FIRST: Final = "0"
"""Before every id."""
FORBIDDEN: Final = 403
UNPROCESSABLE: Final = 422

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The bot's account: which server, its token, and how often it is asked for news."""

    base_url: str
    token: str
    poll_s: float = 5.0
    request_timeout_s: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the server said when it was first asked: who we are there and its limits."""

    me: FediAccount
    instance: Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A post but for the one call that makes it."""

    draft: Draft
    media_ids: Sequence[str]


class MastodonPlatform:
    """One account on a server that speaks Mastodon's API."""

    def __init__(
        self, access: Access, *, manners: Manners, objects: ObjectStore, clock: Clock, handle: str = "horde"
    ) -> None:
        """Nothing is asked of the server yet. `handle` is what we are called until the server has told it."""
        self._access = access
        self._manners = manners
        self._objects = objects
        self._clock = clock
        self._handle = handle
        self._server = Server(self._make)
        self._known: Known | None = None
        self._asking = asyncio.Lock()
        self._showing = asyncio.Lock()

    @property
    def name(self) -> str:
        """Always `mastodon`."""
        return PLATFORM

    @property
    def handle(self) -> str:
        """The bot's own name on its server."""
        return self._known.me.acct if self._known else self._handle

    @property
    def capabilities(self) -> Capabilities:
        """The server's limits; Mastodon's own until it was asked."""
        instance = self._known.instance if self._known else Instance(domain="")
        return Capabilities(
            text_chars_max=instance.text_chars_max,
            media_max=instance.media_max,
            alt_text_chars_max=instance.alt_text_chars_max,
            can_edit=True,
            can_delete=True,
            can_be_private=True,
            can_show=self._manners.showcase_per_hour > 0,
            idempotency=Idempotency.KEY,
            read_lag_s=READ_LAG_S,
            deliveries_at_once=2,
        )

    async def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields mentions and favourites after the cursor; without one, those of the last day."""
        known = await self._ask()
        read = self._lately if cursor is None else partial(self._after, cursor)
        while True:
            news, reached = await self._patiently(read)
            for notification in news:
                event = event_of(notification, me=known.me, domain=known.instance.domain)
                if event is not None:
                    yield event
            if len(news) < PAGE:
                await asyncio.sleep(self._access.poll_s)
            read = partial(self._after, reached)

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """Nothing to do: reading goes on by the stored cursor."""

    async def deliver(self, post: Post) -> Outcome:
        """The post is on the server, or the outcome says what is known of it. Only the last call can make a post."""
        # One showcase post at a time: two that look at the budget side by side would both find room.
        async with self._showing if post.target is Target.SHOWCASE else nullcontext():
            return await self._deliver(post)

    async def _deliver(self, post: Post) -> Outcome:
        try:
            ready = await self._prepare(post)
        except (PlatformDown, NotTaken, NobodyKnows, Unavailable) as error:
            return self._later(error)
        except NotFound as error:
            return Refused(reason=f"the picture is gone: {error}")
        except SaidNo as error:
            return await self._refused(error)
        return ready if isinstance(ready, RetryAt) else await self._send(post, ready)

    async def _prepare(self, post: Post) -> _Ready | RetryAt:
        """Returns the post with its pictures uploaded, or until when the showcase has no room."""
        known, parent = await self._ask(), None
        if post.target is Target.SHOWCASE:
            full_until_ms = await self._full_until_ms(known.me)
            if full_until_ms is not None:
                reason = f"{self._manners.showcase_per_hour} showcase posts an hour are spent"
                return RetryAt(at_ms=full_until_ms, reason=reason, is_planned=True)
        elif post.in_reply_to is not None:
            parent = await self._server.status(post.in_reply_to)
        media_ids = [await self._upload(one, known.instance) for one in post.media[: known.instance.media_max]]
        draft = draft_of(post, manners=self._manners, instance=known.instance, handle=self.handle, parent=parent)
        return _Ready(draft=draft, media_ids=media_ids)

    async def _send(self, post: Post, ready: _Ready) -> Outcome:
        try:
            sent = await self._server.post(
                ready.draft, media_ids=ready.media_ids, in_reply_to=post.in_reply_to, key=post.idempotency_key
            )
        except NotTaken as error:
            return self._later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        except SaidNo as error:
            # Some servers answer a key they have seen with an error: the post may be there all the same.
            found = await self.reconcile(post) if error.code == UNPROCESSABLE else Absent()
            if isinstance(found, Found):
                return Delivered(remote_id=found.remote_id, url=found.url)
            return Ambiguous(reason=found.reason) if isinstance(found, Unsure) else await self._refused(error)
        return Delivered(remote_id=sent.id, url=sent.url)

    async def reconcile(self, post: Post) -> Finding:
        """Looks under the answered post and through the bot's own posts for this one."""
        try:
            known = await self._ask()
            found = await find(self._server, post, known.me)
        except (PlatformDown, NotTaken, NobodyKnows, SaidNo) as error:
            return Unsure(reason=str(error))
        return Absent() if found is None else Found(remote_id=found.id, url=found.url)

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The post has these words; its pictures stay as they are."""
        try:
            known = await self._ask()
            there = await self._server.status(remote_id)
            draft = draft_of(post, manners=self._manners, instance=known.instance, handle=self.handle, parent=None)
            await self._server.change(remote_id, draft, media_ids=there.media_ids)
        except (PlatformDown, NotTaken) as error:
            return self._later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        except SaidNo as error:
            return await self._refused(error)
        return Delivered(remote_id=remote_id, url=there.url)

    async def delete(self, remote_id: str) -> Outcome:
        """The post is gone, also if it was before."""
        try:
            await self._server.remove(remote_id)
        except (PlatformDown, NotTaken) as error:
            return self._later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        except SaidNo as error:
            if error.code not in GONE:
                return await self._refused(error)
        return Delivered(remote_id=remote_id)

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns the post that the summons answers."""
        del event
        return None

    async def progress(self, event_remote_id: str, text: str) -> None:
        """Shows nothing while one waits."""

    async def close(self) -> None:
        """The threads end; may be called twice."""
        await self._server.close()

    def _make(self) -> Any:  # noqa: ANN401 - the SDK has no types
        return connect(
            base_url=self._access.base_url,
            token=self._access.token,
            request_timeout_s=self._access.request_timeout_s,
        )

    async def _ask(self) -> Known:
        """Returns who we are and the server's limits, asked once; raises PlatformDown or PlatformMisconfigured."""
        async with self._asking:
            if self._known is None:
                try:
                    known = Known(me=await self._server.me(), instance=await self._server.instance())
                except (NotTaken, NobodyKnows) as error:
                    raise PlatformDown(str(error)) from error
                except SaidNo as error:
                    raise _misconfigured(error) from error
                if not known.me.is_bot:
                    _log.warning("mastodon.not_a_bot next=%r", "tick “automated account” in the account's profile")
                self._known = known
            return self._known

    async def _lately(self) -> tuple[Sequence[Notification], str]:
        """Returns what concerns us since yesterday, oldest first, and where reading goes on.

        A new bot does not answer what is long forgotten.
        """
        since_ms = self._clock.now_ms() - DAY_MS
        page = await self._server.notifications()
        newest, lately = page[-1].id if page else FIRST, list(page)
        while len(page) == PAGE and page[0].created_at_ms >= since_ms and len(lately) < LATELY_MAX:
            page = await self._server.notifications(before=page[0].id)
            lately = [*page, *lately]
        return [one for one in lately if one.created_at_ms >= since_ms], newest

    async def _after(self, reached: str) -> tuple[Sequence[Notification], str]:
        news = await self._server.notifications(after=reached)
        return news, news[-1].id if news else reached

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        """Returns what was read; waits as long as the server's rate limit says."""
        while True:
            try:
                return await read()
            except NotTaken as error:
                if error.wait_s is None:
                    raise PlatformDown(str(error)) from error
                _log.info("mastodon.rate_limited wait_s=%.0f", error.wait_s)
                await asyncio.sleep(error.wait_s)
            except NobodyKnows as error:
                raise PlatformDown(str(error)) from error
            except SaidNo as error:
                raise _misconfigured(error) from error

    async def _upload(self, picture: Picture, instance: Instance) -> str:
        """Returns the id of the uploaded picture; one that is never posted is thrown away by the server."""
        body = await self._objects.get(picture.key)
        alt_text = shown(picture.alt_text, chars_max=instance.alt_text_chars_max)
        return await self._server.upload(body, content_type=picture.content_type, alt_text=alt_text)

    async def _full_until_ms(self, me: FediAccount) -> int | None:
        """Returns when the showcase has room again, None if it has now; the server's own list is what counts."""
        since_ms = self._clock.now_ms() - HOUR_MS
        recent = sorted(
            post.created_at_ms
            for post in await self._server.own_posts(me, replies=False)
            if post.created_at_ms > since_ms
        )
        allowed = self._manners.showcase_per_hour
        return None if len(recent) < allowed else recent[-allowed] + HOUR_MS

    def _later(self, error: Exception) -> RetryAt:
        wait_s = error.wait_s if isinstance(error, NotTaken) and error.wait_s is not None else RETRY_S
        return RetryAt(at_ms=self._clock.now_ms() + round(wait_s * 1_000), reason=str(error))

    async def _refused(self, error: SaidNo) -> Outcome:
        """Returns the refusal; where the whole account is shut out, nothing is refused: that is a person's to mend."""
        if error.code != FORBIDDEN:
            return Refused(reason=f"{error.code}: {error}")
        try:
            await self._server.me()
        except (NotTaken, NobodyKnows) as unknown:
            return self._later(unknown)
        except SaidNo as shut:
            raise _misconfigured(shut) from shut
        if "scope" in str(error).lower():
            raise _misconfigured(error) from error
        return Refused(reason=f"{error.code}: {error}")


def _misconfigured(error: SaidNo) -> PlatformMisconfigured:
    return PlatformMisconfigured(
        f"The server refuses the bot's account ({error}). The token lacks a scope, or the account is suspended: "
        "run horde doctor, which names what is missing."
    )
