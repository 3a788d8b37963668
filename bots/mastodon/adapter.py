"""Mastodon as a platform: mentions are read by a durable cursor, posts have a key and are looked for when in doubt."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from bots.mastodon.account import Access, Account
from bots.mastodon.client import connect
from bots.mastodon.entities import Instance
from bots.mastodon.parse import PLATFORM
from bots.mastodon.posting import Posting
from bots.mastodon.reading import Reading
from bots.mastodon.render import Manners
from bots.platform import Capabilities, Finding, Idempotency, Outcome, Parent, PlatformEvent, Post
from core.ports.clock import Clock
from core.ports.objects import ObjectStore

READ_LAG_S: Final = 5.0

__all__ = ["Access", "MastodonPlatform"]


class MastodonPlatform:
    """One account on a server that speaks Mastodon's API."""

    def __init__(
        self, access: Access, *, manners: Manners, objects: ObjectStore, clock: Clock, handle: str = "horde"
    ) -> None:
        """Nothing is asked of the server yet. `handle` is what we are called until the server has told it."""
        self._access = access
        self._manners = manners
        self._handle = handle
        self._account = Account(self._make, clock=clock)
        self._reading = Reading(self._account, access=access, clock=clock)
        self._posting = Posting(self._account, manners=manners, objects=objects, clock=clock)

    @property
    def name(self) -> str:
        """Always `mastodon`."""
        return PLATFORM

    @property
    def handle(self) -> str:
        """The bot's own name on its server."""
        return self._account.known.me.acct if self._account.known else self._handle

    @property
    def capabilities(self) -> Capabilities:
        """The server's limits; Mastodon's own until it was asked."""
        instance = self._account.known.instance if self._account.known else Instance(domain="")
        return Capabilities(
            text_chars_max=instance.text_chars_max,
            media_max=instance.media_max,
            alt_text_chars_max=instance.alt_text_chars_max,
            can_edit=True,
            can_delete=True,
            can_be_private=True,
            can_show=self._manners.showcase_per_hour > 0,
            can_notify=True,
            idempotency=Idempotency.KEY,
            read_lag_s=READ_LAG_S,
            deliveries_at_once=2,
        )

    @property
    def reads(self) -> int:
        """How many pages of notifications came back: so the end of an outage is known also where nothing is new."""
        return self._reading.reads

    def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields mentions, favourites and boosts after the cursor; without one, those of the last day."""
        return self._reading.events(cursor)

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """Nothing to do: reading goes on by the stored cursor."""

    async def deliver(self, post: Post) -> Outcome:
        """The post is on the server, or the outcome says what is known of it; see `Posting`."""
        return await self._posting.deliver(post)

    async def reconcile(self, post: Post) -> Finding:
        """Looks under the answered post and through the bot's own posts for this one."""
        return await self._posting.reconcile(post)

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The post has these words; its pictures stay as they are."""
        return await self._posting.edit(remote_id, post)

    async def delete(self, remote_id: str) -> Outcome:
        """The post is gone, also if it was before."""
        return await self._posting.delete(remote_id)

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns the post that the summons answers, as it is now."""
        return await self._reading.parent(event)

    async def progress(self, event_remote_id: str, text: str) -> None:
        """Shows nothing while one waits."""

    async def close(self) -> None:
        """The threads end; may be called twice."""
        await self._account.server.close()

    def _make(self) -> Any:  # noqa: ANN401 - the SDK has no types
        return connect(
            base_url=self._access.base_url,
            token=self._access.token,
            request_timeout_s=self._access.request_timeout_s,
        )
