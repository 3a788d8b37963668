"""The connection that hears: what happens becomes events, and each interaction is responded to in time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, cast

import aiohttp
import discord
from discord.http import Route

from bots.discord.asking.commands import COMMANDS, is_told
from bots.discord.asking.interactions import (
    AUTOCOMPLETE,
    COMPONENT,
    EPHEMERAL,
    MESSAGE,
    NOTHING_SEEN,
    THINKING,
    Meaning,
    Meanings,
    News,
    Reply,
    whisper,
)
from bots.discord.client import NobodyKnows, NotTaken, SaidNo, in_our_words, intents, intents_refused, misconfigured
from bots.discord.missed import Missed
from bots.discord.parse import (
    About,
    Interaction,
    Place,
    Reacted,
    Written,
    message_event,
    pictures_of,
    reaction_events,
)
from bots.platform import Author, PlatformDown, PlatformEvent
from core.domain.errors import HordeError
from core.ports.clock import Clock

MEANING_S, DEFER_S = 1.0, 1.5
WAITING_MAX: Final = 10_000
AGAIN_FIRST_S, AGAIN_MOST_S = 1.0, 60.0
WRONG_TOKEN: Final = 4004
WRONG_INTENTS: Final = frozenset({4013, 4014})
BUSY: Final = "The horde is slow just now. Nothing was done and nothing charged; try again in a moment."

_log = logging.getLogger(__name__)
# It tells of every attempt to reconnect, with a traceback; an outage is one line of ours when it starts and one after.
logging.getLogger("discord").setLevel(logging.CRITICAL)


class Gate(discord.Client):
    """One life of the connection. Each interaction is acknowledged once its event is stored, or at 1.5 s."""

    def __init__(self, *, clock: Clock, handle: str, meanings: Meanings, missed: Missed, since: int | None) -> None:
        """Hold the parts; since: the newest id that was seen in an earlier life."""
        super().__init__(intents=intents(), max_messages=None, chunk_guilds_at_startup=False, enable_debug_events=False)
        self.news: asyncio.Queue[PlatformEvent | None] = asyncio.Queue(WAITING_MAX)
        self._clock = clock
        self._own_name = handle
        self._meanings = meanings
        self._missed = missed
        self._position = since
        self._has_caught_up = False
        self._catching: asyncio.Task[Any] | None = None
        self._is_away = False
        self._unstored: dict[str, asyncio.Event] = {}

    async def listen(self, token: str) -> AsyncIterator[PlatformEvent]:
        """Yields what happens until the connection ends for good, then raises why."""
        # The generator is left between two events, so no TaskGroup can span it: `finally` ends the one task.
        running = asyncio.get_running_loop().create_task(self.start(token), name="discord.gateway")
        running.add_done_callback(self._ended)
        try:
            while not (running.done() and self.news.empty()):
                event = await self.news.get()
                if event is not None:
                    yield event
            await self._end_of(running)
        finally:
            if self._catching is not None:
                self._catching.cancel()
            await self.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def stored(self, event_id: str) -> None:
        """The event is in the database: whoever waits for that to acknowledge it goes on."""
        waiting = self._unstored.get(event_id)
        if waiting is not None:
            waiting.set()

    async def setup_hook(self) -> None:
        """Discord knows our commands; nothing is written where it does already."""
        if self.application_id is None:
            return
        there = await self.http.get_global_commands(self.application_id)
        if not is_told(cast("list[dict[str, Any]]", there)):
            await self.http.bulk_upsert_global_commands(self.application_id, cast("Any", COMMANDS))
            _log.info("discord.commands_told commands=%d", len(COMMANDS))

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's signature
        """The event is ours to deal with, unless we have closed: then discord.py has no loop to run it on."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def on_disconnect(self) -> None:
        """The line is gone; discord.py tries to come back for as long as it takes."""
        if not self._is_away and not self.is_closed():
            self._is_away = True
            _log.warning("discord.gateway_down")

    async def on_resumed(self) -> None:
        """The line is back, and Discord has told what happened meanwhile."""
        self._is_back()

    async def on_ready(self) -> None:
        """A session without a past: what was said and voted meanwhile is asked for, for as long as it takes."""
        self._is_back()
        if self._catching is not None:
            self._catching.cancel()
        self._catching, self._has_caught_up = asyncio.current_task(), False
        pause_s = AGAIN_FIRST_S
        while self.user is not None and not self.is_closed():
            try:
                async for event in self._missed.events(self._position, me=self.user.id):
                    if self._meanings.matters(event):
                        await self.news.put(event)
            except (NotTaken, NobodyKnows, PlatformDown, HordeError):
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, AGAIN_MOST_S)
            else:
                self._has_caught_up = True
                return

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's signature
        """One event could not be read; the others go on."""
        del args, kwargs
        _log.exception("discord.event_failed event=%s", event_method)

    async def on_message(self, message: discord.Message) -> None:
        """A mention or a direct message is news."""
        me = self.user
        event = None if me is None else message_event(_written(message), me=me.id, handle=self._own_name)
        if event is not None:
            await self._put(event, seen=message.id)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """A command, a press or a form is news, and responded to in time."""
        asked = _asked(interaction)
        meaning = await self._meaning(asked)
        if isinstance(meaning, Reply):
            await self._respond(asked.place, meaning.kind, meaning.data)
        elif isinstance(meaning, News):
            await self._take(asked, meaning)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """A reaction is news: a vote, or a mark on someone's message."""
        await self._reaction(payload, is_added=True)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """So is one taken back; Discord does not say whose message it was on."""
        await self._reaction(payload, is_added=False)

    async def _reaction(self, payload: discord.RawReactionActionEvent, *, is_added: bool) -> None:
        me = self.user
        if me is None or payload.user_id == me.id:
            return
        about_id, emoji = payload.message_author_id, payload.emoji
        reacted = Reacted(
            on=Place(channel_id=payload.channel_id, id=payload.message_id),
            by=_author(payload.member)
            if payload.member
            else Author(external_id=str(payload.user_id), display_name=str(payload.user_id)),
            emoji=str(emoji.id) if emoji.id else emoji.name,
            is_added=is_added,
            at_ms=self._clock.now_ms(),
            guild_id=payload.guild_id,
            about=Author(external_id=str(about_id), display_name=str(about_id), is_bot=about_id == me.id)
            if about_id
            else None,
        )
        for event in filter(self._meanings.matters, reaction_events(reacted, me=me.id)):
            await self.news.put(event)

    async def _meaning(self, asked: Interaction) -> Meaning:
        if self.user is None:
            return None
        try:
            async with asyncio.timeout(MEANING_S):
                return await self._meanings.of(asked, me=self.user.id)
        except (TimeoutError, HordeError):
            return None if asked.kind == AUTOCOMPLETE else whisper(BUSY)

    async def _take(self, asked: Interaction, news: News) -> None:
        event_id = news.event.event_id
        stored = self._unstored[event_id] = asyncio.Event()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(DEFER_S):
                    await self._put(news.event, seen=asked.place.id)
                    await stored.wait()
        finally:
            self._unstored.pop(event_id, None)
        flags = 0 if asked.is_direct else EPHEMERAL
        if not news.told:
            await self._respond(asked.place, THINKING, {"flags": flags})
        elif stored.is_set():
            await self._respond(asked.place, MESSAGE, {"content": news.told, "flags": flags})
        elif asked.kind == COMPONENT:
            await self._respond(asked.place, NOTHING_SEEN, None)

    async def _respond(self, place: Place, kind: int, data: Mapping[str, Any] | None) -> None:
        path = "/interactions/{webhook_id}/{webhook_token}/callback"
        route = Route("POST", path, webhook_id=place.id, webhook_token=place.token)
        with suppress(discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError):
            # Where it fails the person sees so at once; a stored event is answered by a message.
            await self.http.request(route, json={"type": kind, "data": data} if data is not None else {"type": kind})

    async def _put(self, event: PlatformEvent, *, seen: int) -> None:
        """The event waits to be stored; reading goes on after it once nothing from before is missing."""
        if self._has_caught_up:
            self._position = max(self._position or 0, seen)
            event = replace(event, cursor=str(self._position))
        await self.news.put(event)

    def _is_back(self) -> None:
        if self._is_away:
            self._is_away = False
            _log.info("discord.gateway_up")

    def _ended(self, _: asyncio.Task[None]) -> None:
        with suppress(asyncio.QueueFull):  # then nobody waits for news, and sees the end when it has read them
            self.news.put_nowait(None)

    @staticmethod
    async def _end_of(running: asyncio.Task[None]) -> None:
        try:
            with in_our_words():
                await running
        except (discord.ConnectionClosed, discord.PrivilegedIntentsRequired) as error:
            code = error.code if isinstance(error, discord.ConnectionClosed) else 4014
            if code == WRONG_TOKEN:
                raise misconfigured("the token was revoked") from error
            if code in WRONG_INTENTS:
                raise intents_refused() from error
            raise PlatformDown(f"Discord closed the gateway ({code})") from error
        except (SaidNo, NotTaken, NobodyKnows) as error:
            raise PlatformDown(str(error)) from error
        raise PlatformDown("Discord closed the gateway")


def _author(user: discord.User | discord.Member) -> Author:
    return Author(external_id=str(user.id), display_name=user.display_name, is_bot=user.bot)


def _is_nsfw(channel: object) -> bool:
    """Tells whether a channel is age-restricted; a thread is as its channel is, a direct message never."""
    asked = getattr(channel, "is_nsfw", None)
    return bool(asked is not None and asked())


def _thread(channel: object, *, guild_id: int | None) -> str:
    """Returns the id of the thread that a channel is; one of a server that is not known yet counts as one."""
    if guild_id is None or isinstance(channel, discord.abc.GuildChannel):
        return ""
    return str(getattr(channel, "id", ""))


def _looks_after(author: discord.User | discord.Member, channel: object) -> bool:
    """Tells whether a message's author may take others' messages away there."""
    if not isinstance(author, discord.Member) or not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return False
    try:
        return channel.permissions_for(author).manage_messages
    except discord.ClientException:  # the thread's channel is not known yet
        return False


def _written(message: discord.Message) -> Written:
    reference = message.reference
    answered = reference.message_id if reference else None
    return Written(
        place=Place(channel_id=message.channel.id, id=message.id),
        author=_author(message.author),
        text=message.content,
        guild_id=message.guild.id if message.guild else None,
        is_nsfw=_is_nsfw(message.channel),
        calls=frozenset(one.id for one in message.mentions),
        answers=Place(channel_id=message.channel.id, id=answered) if answered else None,
        pictures=pictures_of([one.to_dict() for one in message.attachments]),
        thread=_thread(message.channel, guild_id=message.guild.id if message.guild else None),
        by_moderator=_looks_after(message.author, message.channel),
    )


def _asked(interaction: discord.Interaction) -> Interaction:
    channel_id, under = interaction.channel_id or 0, interaction.message
    message = About(place=Place(channel_id=channel_id, id=under.id)) if under is not None else About()
    return Interaction(
        place=Place(channel_id=channel_id, id=interaction.id, token=interaction.token),
        kind=interaction.type.value,
        author=_author(interaction.user),
        guild_id=interaction.guild_id,
        is_nsfw=_is_nsfw(interaction.channel),
        # In a group of people there is no server either, but others.
        is_direct=interaction.guild_id is None and not interaction.context.private_channel,
        given=cast("Mapping[str, Any]", interaction.data or {}),
        message=message,
        message_is_ephemeral=under is not None and under.flags.ephemeral,
        thread=_thread(interaction.channel, guild_id=interaction.guild_id),
        by_moderator=interaction.guild_id is not None and interaction.permissions.manage_messages,
    )
