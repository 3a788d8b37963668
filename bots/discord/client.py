# ruff: noqa: N818 - the names say what happened, as in bots/platform.py
"""discord.py: which server it talks to, what it hears of, and its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.platform import PlatformMisconfigured

RATE_WAIT_MAX_S: Final = 30.0


class SaidNo(Exception):
    """Discord refused the call; it has done nothing. `code` is Discord's own, `status` HTTP's."""

    def __init__(self, message: str, *, code: int, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class NotTaken(Exception):
    """The call certainly did nothing, for now; wait_s is what Discord asks for."""

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class NobodyKnows(Exception):
    """The call may have been done or not."""


def point_at(*, api_url: str, gateway_url: str) -> None:
    """discord.py talks to this server from now on, in the whole process: it knows one endpoint a process."""
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


def intents() -> discord.Intents:
    """What we hear of: none of it is privileged."""
    return discord.Intents(guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True, dm_reactions=True)


@contextmanager
def in_our_words() -> Iterator[None]:
    """What discord.py raises in the block is raised as one of our three, or as PlatformMisconfigured."""
    try:
        yield
    except discord.LoginFailure as error:
        raise misconfigured("it does not accept the token") from error
    except discord.RateLimited as error:
        raise NotTaken("rate limited", wait_s=error.retry_after) from error
    except discord.HTTPException as error:
        raise _of(error) from error
    except aiohttp.ClientConnectorError as error:
        raise NotTaken(f"cannot be reached: {error}") from error
    except (OSError, aiohttp.ClientError, TimeoutError) as error:
        raise NobodyKnows(f"the connection broke: {type(error).__name__}") from error


def _of(error: discord.HTTPException) -> Exception:
    if error.status == 401:
        return misconfigured("the token was revoked")
    if error.status == 429:
        after = error.response.headers.get("Retry-After", "")
        return NotTaken("rate limited", wait_s=float(after) if after.replace(".", "", 1).isdecimal() else None)
    if error.status >= 500:
        return NobodyKnows(f"Discord answered {error.status}")
    return SaidNo(f"{error.status} (code {error.code}): {error.text}", code=error.code, status=error.status)


def misconfigured(why: str) -> PlatformMisconfigured:
    """What only a person can mend, with how."""
    return PlatformMisconfigured(
        f"Discord shuts the bot out: {why}. Reset the token in the developer portal (Bot, Reset Token) "
        "and set it as HORDE_DISCORD_TOKEN; horde doctor tries it out."
    )


def intents_refused() -> PlatformMisconfigured:
    """Discord does not let this application hear what every application may hear."""
    return PlatformMisconfigured(
        "Discord refuses the bot's intents (servers, messages, reactions), though none of them is privileged. Open the "
        "application that HORDE_DISCORD_TOKEN belongs to in the developer portal and look whether Discord has limited "
        "it; on another server that speaks Discord's API, allow the intents 1, 512, 1024, 4096 and 8192. "
        "Then start again."
    )
