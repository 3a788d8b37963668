"""What was said and voted while Discord forgot us: asked for after each session that could not be resumed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Final

from bots.discord.client import SaidNo
from bots.discord.known import Known
from bots.discord.parse import (
    Place,
    Reacted,
    author_of,
    first_id_at,
    made_ms,
    message_event,
    place_of,
    reaction_events,
    value_of,
    written_of,
)
from bots.discord.rest import PAGE, Rest
from bots.platform import Author, PlatformEvent
from core.ports.clock import Clock

PAGES_MAX: Final = 50
BACK_MS: Final = 24 * 3_600_000
FIRST_BACK_MS: Final = 10 * 60_000
MARGIN_MS: Final = 60_000
"""Channels are told of side by side: what one said just before the newest in another may be missing all the same."""

_log = logging.getLogger(__name__)


class Missed:
    """Asks Discord; tells the same again rather than miss something, as the inbox stores each event once."""

    def __init__(
        self, *, rest: Rest, known: Known | None, channels: tuple[int, ...], handle: str, clock: Clock
    ) -> None:
        """Hold the parts; channels: those whose members let us read what we missed."""
        self._rest = rest
        self._known = known
        self._channels = channels
        self._handle = handle
        self._clock = clock
        self._first_ms = clock.now_ms() - FIRST_BACK_MS

    async def events(self, since: int | None, *, me: int) -> AsyncIterator[PlatformEvent]:
        """Yields the mentions after that id, a day back at most, and the reactions on our latest posts.

        Without an id nothing was ever stored: from some minutes before we began on, for what was heard by a life that
        ended before it had stored it.
        """
        begin_ms = self._first_ms if since is None else made_ms(since) - MARGIN_MS
        for channel_id in await self._rooms():
            try:
                async for event in self._said(channel_id, begin_ms, me):
                    yield event
            except SaidNo as error:
                _log.warning("discord.channel_unreadable channel=%d reason=%r", channel_id, str(error))
        for remote_id, voters in (await self._known.latest() if self._known else {}).items():
            place = place_of(remote_id)
            if place is not None and not place.token:
                async for event in self._reacted(place, voters, me):
                    yield event

    async def _rooms(self) -> Sequence[int]:
        """Returns the channels to read: those that were named, and the threads where a party is on."""
        parties = await self._known.parties() if self._known else ()
        return tuple(dict.fromkeys((*self._channels, *(int(one) for one in parties if one.isdecimal()))))

    async def _said(self, channel_id: int, begin_ms: int, me: int) -> AsyncIterator[PlatformEvent]:
        room = await self._rest.room(channel_id)
        guild_id = int(room.guild) if room.guild.isdecimal() else None
        since = first_id_at(max(begin_ms, self._clock.now_ms() - BACK_MS))
        for _ in range(PAGES_MAX):
            page = await self._rest.listing(channel_id, since)
            for raw in page:
                written = written_of(raw, guild_id=guild_id, is_nsfw=room.is_nsfw, is_thread=room.is_thread)
                event = message_event(written, me=me, handle=self._handle)
                if event is not None:
                    yield event
            if len(page) < PAGE:
                return
            since = int(page[-1]["id"])
        _log.warning("discord.backlog_cut channel=%d messages=%d", channel_id, PAGES_MAX * PAGE)

    async def _reacted(self, place: Place, voters: frozenset[str], me: int) -> AsyncIterator[PlatformEvent]:
        """Yields the reactions of those without a vote there: who has one may have changed their mind by a button."""
        try:
            raw = await self._rest.message(place)
            for reaction in raw.get("reactions", ()):
                emoji = reaction["emoji"]
                name = str(emoji.get("id") or emoji["name"])
                asked_as = f"{emoji['name']}:{emoji['id']}" if emoji.get("id") else name
                for user in await self._rest.reactors(place, asked_as):
                    by = author_of(user)
                    if by.external_id == str(me) or (value_of(name) and by.external_id in voters):
                        continue
                    reacted = Reacted(
                        on=place,
                        by=by,
                        emoji=name,
                        is_added=True,
                        at_ms=0,
                        guild_id=None,
                        about=Author(external_id=str(me), display_name=self._handle, is_bot=True),
                    )
                    for event in reaction_events(reacted, me=me):
                        yield event
        except SaidNo:
            return  # it is gone, or we are
