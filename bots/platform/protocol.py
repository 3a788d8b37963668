"""What a platform is to the bots: one Protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, runtime_checkable

from bots.platform.capabilities import Capabilities
from bots.platform.events import Parent, PlatformEvent
from bots.platform.outcomes import Finding, Outcome
from bots.platform.posts import Post


class Platform(Protocol):
    """One place where people summon the horde. All methods run on the event loop and may be cancelled.

    An adapter never retries a call that may make a second post, translates its SDK's errors to the outcomes
    above (or `PlatformDown`, `PlatformMisconfigured`), and keeps no state that a crash may lose.
    """

    @property
    def name(self) -> str:
        """The platform's name: `commons`, `mastodon` …; the key of its rows."""
        ...

    @property
    def handle(self) -> str:
        """The name people mention on it, without `@`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do now."""
        ...

    def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields what happened after `cursor`, oldest first, and goes on for ever.

        May yield an event again that was yielded before. Raises PlatformDown or PlatformMisconfigured.
        """
        ...

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """The platform knows that these events are stored and need not be shown again."""
        ...

    async def deliver(self, post: Post) -> Outcome:
        """The post is on the platform, or the outcome says why that is not known. One attempt, no retry."""
        ...

    async def reconcile(self, post: Post) -> Finding:
        """Says whether an earlier `deliver` of this post arrived, by asking the platform."""
        ...

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The post of that id has this content; Refused where `can_edit` is false."""
        ...

    async def delete(self, remote_id: str) -> Outcome:
        """The post of that id is gone (also if it was before); Refused where `can_delete` is false."""
        ...

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns the post that the summons answers, None if it answers none or that is gone. Raises PlatformDown."""
        ...

    async def progress(self, event_remote_id: str, text: str) -> None:
        """Who wrote that summons sees this line while waiting. Makes no post, raises nothing; nothing depends on it."""
        ...

    async def close(self) -> None:
        """Connections are closed; may be called twice."""
        ...


@runtime_checkable
class CountsReads(Protocol):
    """A platform that also tells when it was read and there was nothing new: so an outage's end is known."""

    @property
    def reads(self) -> int:
        """How often it was read with success: pages, or a stream that was opened."""
        ...
