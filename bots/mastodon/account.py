"""The bot's account on its server: who it is there, the server's limits, and what a refusal means for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bots.mastodon.client import NobodyKnows, NotTaken, SaidNo
from bots.mastodon.entities import FediAccount, Instance
from bots.mastodon.server import Server
from bots.platform import Outcome, PlatformDown, PlatformMisconfigured, Refused, RetryAt
from core.ports.clock import Clock

RETRY_S: Final = 15.0
SHUT_OUT_MS: Final = 15 * 60_000
FORBIDDEN: Final = 403

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The bot's account: which server, its token, and how often it is asked for news.

    quiet_s: how often while the server's stream says when there are some; streams: whether it is asked for one.
    """

    base_url: str
    token: str
    poll_s: float = 5.0
    quiet_s: float = 60.0
    request_timeout_s: float = 20.0
    streams: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the server said when it was first asked: who we are there and its limits."""

    me: FediAccount
    instance: Instance


class Account:
    """One account on one server. `known` is None until the server has answered."""

    def __init__(self, make: Callable[[], Any], *, clock: Clock) -> None:
        """`make` returns the SDK's object; nothing is asked of the server yet."""
        self.server = Server(make)
        self.known: Known | None = None
        self._clock = clock
        self._asking = asyncio.Lock()

    async def ask(self) -> Known:
        """Returns who we are and the server's limits, asked once; raises PlatformDown or PlatformMisconfigured."""
        async with self._asking:
            if self.known is None:
                try:
                    known = Known(me=await self.server.me(), instance=await self.server.instance())
                except (NotTaken, NobodyKnows) as error:
                    raise PlatformDown(str(error)) from error
                except SaidNo as error:
                    raise shut_out(error) from error
                if not known.me.is_bot:
                    _log.warning("mastodon.not_a_bot next=%r", "tick “automated account” in the account's profile")
                self.known = known
            return self.known

    def later(self, error: Exception) -> RetryAt:
        """Returns when to come back after what was certainly not done."""
        wait_s = error.wait_s if isinstance(error, NotTaken) and error.wait_s is not None else RETRY_S
        return RetryAt(at_ms=self._clock.now_ms() + round(wait_s * 1_000), reason=str(error))

    async def refused(self, error: SaidNo) -> Outcome:
        """Returns the refusal; where the whole account is shut out, nothing is refused: it waits until that is over."""
        if error.code != FORBIDDEN:
            return Refused(reason=f"{error.code}: {error}")
        try:
            await self.server.me()
        except (NotTaken, NobodyKnows) as unknown:
            return self.later(unknown)
        except SaidNo as shut:
            meaning = shut_out(shut)
            if isinstance(meaning, PlatformMisconfigured):
                raise meaning from shut
            return RetryAt(at_ms=self._clock.now_ms() + SHUT_OUT_MS, reason=str(meaning))
        if _lacks_scope(error):
            raise shut_out(error) from error
        return Refused(reason=f"{error.code}: {error}")


def shut_out(error: SaidNo) -> PlatformDown | PlatformMisconfigured:
    """Returns what it means that the server refuses all that the account asks.

    A suspended account may be let in again, and then everything goes on by itself; a token that lacks a scope is only
    mended by a person.
    """
    if error.code == FORBIDDEN and not _lacks_scope(error):
        return PlatformDown(f"the server shuts the bot's account out ({error}): log in there as the bot and see why")
    return PlatformMisconfigured(
        f"The server refuses what the bot asks ({error}). The token lacks a scope, or this is no server of the "
        "Mastodon API: run horde doctor, which names what is missing."
    )


def _lacks_scope(error: SaidNo) -> bool:
    return "scope" in str(error).lower()
