# ruff: noqa: N818 - the names say what happened, as in bots/platform.py
"""discord.py: the gateway that hears, the REST client that speaks, and its errors in our words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, cast

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bots.discord.commands import COMMANDS
from bots.discord.parse import (
    Place,
    button_event,
    command_event,
    message_event,
    pressed,
    vote_event,
    words_of,
)
from bots.platform import Author, PlatformDown, PlatformEvent, PlatformMisconfigured
from core.ports.clock import Clock

DEFER_S: Final = 1.5
WAITING_MAX: Final = 10_000
RATE_WAIT_MAX_S: Final = 30.0
WRONG_TOKEN: Final = 4004
WRONG_INTENTS: Final = frozenset({4013, 4014})

_log = logging.getLogger(__name__)


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


class Gate(discord.Client):
    """One life of the connection that hears. Each interaction is acknowledged once its event is stored, or at 1.5 s."""

    def __init__(self, *, clock: Clock, handle: str) -> None:
        super().__init__(intents=intents(), max_messages=None, chunk_guilds_at_startup=False, enable_debug_events=False)
        self.news: asyncio.Queue[PlatformEvent | None] = asyncio.Queue(WAITING_MAX)
        self._clock = clock
        self._own_name = handle
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
            await self.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def stored(self, event_id: str) -> None:
        """The event is in the database: whoever waits for that to acknowledge it goes on."""
        waiting = self._unstored.get(event_id)
        if waiting is not None:
            waiting.set()

    async def setup_hook(self) -> None:
        """The slash commands are as they should be; nothing is written where they are already."""
        if self.application_id is None:
            return
        there = await self.http.get_global_commands(self.application_id)
        if not _same(cast("list[dict[str, Any]]", there)):
            await self.http.bulk_upsert_global_commands(self.application_id, cast("Any", COMMANDS))

    async def on_message(self, message: discord.Message) -> None:
        """A mention or a direct message is news."""
        me = self.user
        is_direct = message.guild is None
        if (
            me is None
            or message.author.id == me.id
            or not (is_direct or any(one.id == me.id for one in message.mentions))
        ):
            return
        answered = message.reference.message_id if message.reference else None
        await self.news.put(
            message_event(
                place=Place(channel_id=message.channel.id, id=message.id),
                author=_author(message.author),
                text=message.content,
                me=me.id,
                handle=self._own_name,
                is_direct=is_direct,
                answers=Place(channel_id=message.channel.id, id=answered) if answered else None,
            )
        )

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """A command or one of our buttons is news, and acknowledged in time."""
        event = self._event_of(interaction)
        if event is None:
            return
        if isinstance(event, str):
            with suppress(discord.HTTPException, OSError):
                await interaction.response.send_message(event, ephemeral=True)
            return
        stored = self._unstored[event.event_id] = asyncio.Event()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(DEFER_S):
                    await self.news.put(event)
                    await stored.wait()
            with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
                # Where it fails the person sees so at once, and is answered by a message.
                await interaction.response.defer(ephemeral=interaction.guild_id is not None, thinking=True)
        finally:
            self._unstored.pop(event.event_id, None)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """A vote on one of our messages is news."""
        if self.user is not None and payload.message_author_id == self.user.id:
            await self._vote(payload, is_added=True)

    async def on_raw_reaction_remove(self, payload: discord.RawReactionActionEvent) -> None:
        """So is one taken back; Discord does not say whose message it was on."""
        await self._vote(payload, is_added=False)

    async def _vote(self, payload: discord.RawReactionActionEvent, *, is_added: bool) -> None:
        if self.user is None or payload.user_id == self.user.id:
            return
        event = vote_event(
            on=Place(channel_id=payload.channel_id, id=payload.message_id),
            voter_id=payload.user_id,
            emoji=payload.emoji.name,
            is_added=is_added,
            now_ms=self._clock.now_ms(),
        )
        if event is not None:
            await self.news.put(event)

    def _event_of(self, interaction: discord.Interaction) -> PlatformEvent | str | None:
        """Returns the event, or what its author is told at once, or nothing where it is not ours."""
        given = cast("Mapping[str, Any]", interaction.data or {})
        channel_id = interaction.channel_id or 0
        place = Place(channel_id=channel_id, id=interaction.id, token=interaction.token)
        author, is_direct = _author(interaction.user), interaction.guild_id is None
        if interaction.type is discord.InteractionType.application_command:
            text = words_of(str(given["name"]), given.get("options", ()))
            return command_event(place=place, author=author, text=text, is_direct=is_direct)
        button = pressed(str(given.get("custom_id", "")))
        if interaction.type is not discord.InteractionType.component or button is None or interaction.message is None:
            return None
        word, owner_id = button
        if owner_id != author.external_id:
            return "This is someone else's picture. Ask for one of your own: /draw"
        on = Place(channel_id=channel_id, id=interaction.message.id)
        return button_event(place=place, author=author, word=word, on=on, is_direct=is_direct)

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
                raise misconfigured("it does not allow our intents, none of which is privileged") from error
            raise PlatformDown(f"Discord closed the gateway ({code})") from error
        except (SaidNo, NotTaken, NobodyKnows) as error:
            raise PlatformDown(str(error)) from error
        raise PlatformDown("Discord closed the gateway")


def _author(user: discord.User | discord.Member) -> Author:
    return Author(external_id=str(user.id), display_name=user.display_name, is_bot=user.bot)


def _same(there: list[dict[str, Any]]) -> bool:
    def plain(command: Mapping[str, Any]) -> tuple[object, ...]:
        options = [(option["name"], option["type"], option["description"]) for option in command.get("options", ())]
        return (command["name"], command["description"], options)

    return sorted(map(plain, there)) == sorted(map(plain, COMMANDS))
