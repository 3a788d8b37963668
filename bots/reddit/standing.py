"""What Reddit thinks of the bot's account, and what its troubles mean for a post or for reading."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Final, TypeVar

from bots.platform import (
    Ambiguous,
    Outcome,
    PlatformDown,
    PlatformMisconfigured,
    Refused,
    RetryAt,
)
from bots.reddit.client import RedditClient
from bots.reddit.wire import MaybeDone, Never, NotSent, RedditTrouble, ToldToWait, WrongCredentials
from core.ports.clock import Clock

AGAIN_MS: Final = 30_000
SUSPENDED_MS: Final = 15 * 60_000

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Standing:
    """Whether the account is there, suspended, or seen by nobody but itself."""

    def __init__(self, client: RedditClient, *, handle: str, clock: Clock) -> None:
        """Hold the account; it is taken for seen until it is known not to be."""
        self.is_unseen = False
        self._client = client
        self._handle = handle
        self._clock = clock

    async def introduce(self) -> str:
        """Returns a sentence on the account; raises where it is another one than is set, or suspended."""
        me = await patiently(self._client.me())
        if me.name.casefold() != self._handle.casefold():
            message = f"these credentials are u/{me.name}'s, but reddit.username is {self._handle}"
            raise PlatformMisconfigured(message)
        if me.is_suspended:
            message = f"u/{me.name} is suspended; appeal at reddit.com/appeals"
            raise PlatformDown(message)
        await self.look()
        return f"logged in as u/{me.name}" + (", which is shadow-banned: nobody else sees it" if self.is_unseen else "")

    async def look(self) -> None:
        """Whether strangers see the account is known again; where that cannot be asked it is as it was."""
        try:
            is_unseen = not await self._client.is_seen()
        except RedditTrouble:
            return
        if is_unseen and not self.is_unseen:
            _log.warning("reddit.shadow_banned account=%s next=%r", self._handle, "appeal at reddit.com/appeals")
        if self.is_unseen and not is_unseen:
            _log.info("reddit.seen_again account=%s", self._handle)
        self.is_unseen = is_unseen

    def unseen(self) -> RetryAt | None:
        """Returns when to come back while nobody would see what the bot writes, None if they do."""
        if not self.is_unseen:
            return None
        reason = f"u/{self._handle} is shadow-banned: nobody would see the post"
        return RetryAt(at_ms=self._clock.now_ms() + SUSPENDED_MS, reason=reason)

    async def refusal(self, no: Never) -> Outcome:
        """A no may be about the post, or about an account that is suspended for some time."""
        if no.code in {"FORBIDDEN", "USER_REQUIRED"} and await silently(self._client.is_suspended()):
            return RetryAt(at_ms=self._clock.now_ms() + SUSPENDED_MS, reason="the account is suspended")
        return Refused(reason=str(no))

    def outcome(self, trouble: RedditTrouble, *, has_begun: bool = True) -> Outcome:
        """Returns what a trouble means for a post; has_begun: it was the post itself that met it."""
        now_ms = self._clock.now_ms()
        match trouble:
            case ToldToWait():
                return RetryAt(at_ms=now_ms + round(trouble.wait_s * 1_000), reason=str(trouble))
            case NotSent():
                return RetryAt(at_ms=now_ms + AGAIN_MS, reason=str(trouble))
            case WrongCredentials():
                return RetryAt(at_ms=now_ms + SUSPENDED_MS, reason=str(trouble))
            case MaybeDone() if has_begun:
                return Ambiguous(reason=str(trouble))
            case MaybeDone():
                return RetryAt(at_ms=now_ms + AGAIN_MS, reason=str(trouble))
            case _:
                return Refused(reason=str(trouble))


async def patiently(reading: Awaitable[T]) -> T:
    """Returns what is read; anything else is an outage, or for a person to mend.

    Where Reddit asks to wait, nobody waits here: the supervisor would take that for a recovery. Until the time has
    come its next tries end before they reach Reddit.
    """
    try:
        return await reading
    except WrongCredentials as exc:
        raise PlatformMisconfigured(f"{exc}. Check the settings of [reddit]: horde doctor") from exc
    except RedditTrouble as trouble:
        raise PlatformDown(str(trouble)) from trouble


async def silently(looking: Awaitable[T]) -> T | None:
    """Returns what is found, None also where Reddit could not be asked."""
    try:
        return await looking
    except RedditTrouble:
        return None
