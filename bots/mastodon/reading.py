"""What concerns the bot, read page by page from a durable place on; a stream only says when to look."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from bots.mastodon.account import Access, Account, shut_out
from bots.mastodon.client import NobodyKnows, NotTaken, SaidNo
from bots.mastodon.entities import Notification
from bots.mastodon.finding import GONE
from bots.mastodon.parse import event_of, parent_of
from bots.mastodon.server import PAGE
from bots.mastodon.streaming import Stream
from bots.platform import Parent, PlatformDown, PlatformEvent
from core.ports.clock import Clock

DAY_MS: Final = 24 * 3_600_000
LATELY_MAX: Final = 1_000
FIRST: Final = "0"
"""Before every id."""
FORBIDDEN: Final = 403

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Reading:
    """Reads one account's notifications, for as long as `events` is iterated; `reads` counts the pages."""

    def __init__(self, account: Account, *, access: Access, clock: Clock) -> None:
        """Hold the account."""
        self._account = account
        self.reads = 0
        self._access = access
        self._clock = clock

    async def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields mentions and votes after the cursor; without one, those of the last day.

        Each page begins after the last id read, also after a reconnection: a stream replays nothing.
        """
        known = await self._account.ask()
        stream = Stream(self._access, url=known.instance.streaming_url)
        listening = asyncio.get_running_loop().create_task(stream.listen())
        read = self._lately if cursor is None else partial(self._after, cursor)
        try:
            while True:
                news, reached = await self._patiently(read)
                self.reads += 1
                for notification in news:
                    event = event_of(notification, me=known.me, domain=known.instance.domain)
                    if event is not None:
                        yield event
                if len(news) < PAGE:
                    await stream.wait()
                read = partial(self._after, reached)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns the post that the summons answers, None if it answers none or that is gone; raises PlatformDown."""
        if event.in_reply_to is None:
            return None
        known = await self._account.ask()
        try:
            status = await self._account.server.status(event.in_reply_to)
        except (NotTaken, NobodyKnows) as error:
            raise PlatformDown(str(error)) from error
        except SaidNo as error:
            if error.code in {*GONE, FORBIDDEN}:
                return None
            raise PlatformDown(str(error)) from error
        return parent_of(status, me=known.me, domain=known.instance.domain)

    async def _lately(self) -> tuple[Sequence[Notification], str]:
        """Returns what concerns us since yesterday, oldest first, and where reading goes on.

        A new bot does not answer what is long forgotten.
        """
        since_ms = self._clock.now_ms() - DAY_MS
        page = await self._account.server.notifications()
        newest, lately = page[-1].id if page else FIRST, list(page)
        while len(page) == PAGE and page[0].created_at_ms >= since_ms and len(lately) < LATELY_MAX:
            page = await self._account.server.notifications(before=page[0].id)
            lately = [*page, *lately]
        return [one for one in lately if one.created_at_ms >= since_ms], newest

    async def _after(self, reached: str) -> tuple[Sequence[Notification], str]:
        news = await self._account.server.notifications(after=reached)
        return news, news[-1].id if news else reached

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        """Returns what was read; waits as long as the server's rate limit says, and tells when that begins and ends."""
        has_waited = False
        while True:
            try:
                found = await read()
            except NotTaken as error:
                if error.wait_s is None:
                    raise PlatformDown(str(error)) from error
                if not has_waited:
                    _log.info("mastodon.rate_limited wait_s=%.0f", error.wait_s)
                has_waited = True
                await asyncio.sleep(error.wait_s)
            except NobodyKnows as error:
                raise PlatformDown(str(error)) from error
            except SaidNo as error:
                raise shut_out(error) from error
            else:
                if has_waited:
                    _log.info("mastodon.rate_limit_over")
                return found
