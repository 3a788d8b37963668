"""What a token may do and what is missing, found out by asking Discord; nothing is posted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bots.discord.adapter import Access
from bots.discord.client import NobodyKnows, NotTaken, SaidNo, point_at
from bots.discord.rest import Rest
from bots.platform import PlatformMisconfigured

PERMISSIONS = 0x0000_0400 | 0x0000_0800 | 0x0000_8000 | 0x0001_0000 | 0x0040_0000_0000 | 0x0008_0000_0000
"""View channels, send messages, attach files, read history, send in threads and make them: so the invitation asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One thing that was tried. `next_step` is empty where it works."""

    what: str
    told: str
    next_step: str = ""


async def try_out(access: Access) -> AsyncIterator[Tried]:
    """Yields what works and what does not: the token, the showcase, and the channels where missed mentions are read."""
    point_at(api_url=access.api_url, gateway_url=access.gateway_url)
    rest = Rest(access.token)
    try:
        me = await rest.me()
        invite = f"{access.site_url}/oauth2/authorize?client_id={me.application_id}&scope=bot&permissions={PERMISSIONS}"
        yield Tried(what="account", told=f"{me.name}; people add it to their servers by {invite}")
        yield await _showcase(rest, access.showcase_channel)
        for channel_id in access.channels:
            yield await _read_back(rest, channel_id)
    except PlatformMisconfigured as error:
        yield Tried(what="account", told="does not work", next_step=str(error))
    except (NotTaken, NobodyKnows, SaidNo) as error:
        step = "Check the network and discord.api_url, then run this again"
        yield Tried(what="server", told=str(error), next_step=step)
    finally:
        await rest.close()


async def _showcase(rest: Rest, channel_id: int) -> Tried:
    if channel_id == 0:
        return Tried(what="showcase", told="none; pictures are shown on the local timeline")
    try:
        await rest.room(channel_id)
    except SaidNo as error:
        step = "Add the bot to that server and let it view the channel, or correct discord.showcase_channel"
        return Tried(what="showcase", told=f"channel {channel_id} cannot be seen ({error})", next_step=step)
    return Tried(what="showcase", told=f"channel {channel_id}")


async def _read_back(rest: Rest, channel_id: int) -> Tried:
    step = "Let the bot view that channel and read its history, or take it out of discord.channels"
    try:
        if await rest.hides(channel_id, 0):
            return Tried(what="channels", told=f"channel {channel_id} does not show its history", next_step=step)
    except SaidNo as error:
        return Tried(what="channels", told=f"channel {channel_id} cannot be read ({error})", next_step=step)
    return Tried(what="channels", told=f"what was missed in channel {channel_id} is read")
