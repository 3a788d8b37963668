"""What people do on the Discord double: write, use commands and menus, press, fill in, react."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from core.ports.clock import Clock
from tests.doubles.discord_gateway import Gateway, Json
from tests.doubles.discord_world import (
    APP,
    BOT,
    GUILD,
    KEEPERS,
    MANAGE_MESSAGES,
    SHOWCASE_CHANNEL,
    TALK_CHANNEL,
    Asked,
    Channel,
    guild,
    hears,
    interaction_of,
    message_of,
    user,
)

EPOCH_MS = 1_420_070_400_000
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SENT = 2, 3, 4, 5
MEMBER: Json = {"roles": [], "joined_at": None, "flags": 0}
KINDS: Mapping[type, int] = {str: 3, bool: 5, int: 4}


class Deeds:
    """A server with two channels, and everything the bot is told of by the gateway.

    moderators: the ids of those with the role that may take others' messages away. is_banned: the bot is no longer on
    the server, which a new session is told.
    """

    def __init__(self, *, clock: Clock, token: str) -> None:
        self.clock = clock
        self.bot = user(BOT, "horde", is_bot=True)
        self.channels = {one: Channel(one, GUILD) for one in (TALK_CHANNEL, SHOWCASE_CHANNEL)}
        self.moderators: set[str] = set()
        self.is_banned = False
        self.asked: dict[str, Asked] = {}
        self.reactions: dict[int, dict[str, list[Json]]] = {}
        ready = {"v": 10, "user": self.bot, "application": {"id": str(APP), "flags": 0}}
        self.gateway = Gateway(token=token, ready=ready, guilds=self._guilds)
        self._last = 0

    def _guilds(self) -> list[Json]:
        return [] if self.is_banned else [guild([one for one in self.channels.values() if one.guild_id])]

    def snowflake(self) -> int:
        self._last = max(self._last + 1, (self.clock.now_ms() - EPOCH_MS) << 22)
        return self._last

    async def say(
        self,
        text: str,
        *,
        by: Json,
        channel: int = 11,
        answers: int | None = None,
        pictures: tuple[str, ...] = (),
        alt_text: str | None = None,
        is_lost: bool = False,
    ) -> int:
        """Someone writes. is_lost: the gateway never tells of it, as while it has forgotten the bot."""
        place = self.channels[channel]
        message = message_of(self.snowflake(), place, by, text)
        message["mentions"] = [self.bot] if f"<@{BOT}>" in text else []
        message["attachments"] = [attached(number, name, alt_text) for number, name in enumerate(pictures)]
        if answers is not None:
            message["message_reference"] = {"message_id": str(answers), "channel_id": str(channel)}
        place.messages[int(message["id"])] = message
        heard = dict(hears(message, place))
        if place.guild_id:
            heard |= {"guild_id": str(place.guild_id), "member": self._member(by)}
        if not is_lost:
            await self.gateway.dispatch("MESSAGE_CREATE", heard)
        return int(message["id"])

    async def ask(
        self,
        name: str,
        *,
        by: Json,
        channel: int = 11,
        user: Any = None,
        picture: Any = "",
        **options: object,
    ) -> Asked:
        """Someone uses a slash command; `user` and `picture` are the options of that name."""
        given = [{"name": key, "type": KINDS[type(value)], "value": value} for key, value in options.items()]
        resolved: Json = {}
        if user is not None:
            given.append({"name": "user", "type": 6, "value": user["id"]})
            resolved["users"] = {user["id"]: user}
        if picture:
            given.append({"name": "picture", "type": 11, "value": "1"})
            resolved["attachments"] = {"1": attached(1, picture)}
        body = {"id": "1", "name": name, "type": 1, "options": given, "resolved": resolved}
        return await self._interact(COMMAND, body, by, channel)

    async def menu(
        self, name: str, *, by: Json, message: int | None = None, person: Json | None = None, channel: int = 11
    ) -> Asked:
        """Someone opens a message's or a person's menu; a message that a menu is opened on is told whole."""
        if message is not None:
            there = self.channels[channel].messages[message]
            body = {"id": "1", "name": name, "type": 3, "target_id": str(message)}
            body["resolved"] = {"messages": {str(message): there}}
        else:
            assert person is not None
            body = {"id": "1", "name": name, "type": 2, "target_id": person["id"]}
            body["resolved"] = {"users": {person["id"]: person}}
        return await self._interact(COMMAND, body, by, channel)

    async def complete(self, name: str, option: str, begun: str, *, by: Json, channel: int = 11) -> list[str]:
        """Someone writes an option's beginning; returns what is suggested."""
        focused = {"name": option, "type": 3, "value": begun, "focused": True}
        body = {"id": "1", "name": name, "type": 1, "options": [focused]}
        asked = await self._interact(AUTOCOMPLETE, body, by, channel)
        response = await self.response(asked)
        assert response["type"] == 8
        return [one["value"] for one in response["data"]["choices"]]

    async def press(self, message: int, label: str, *, by: Json, channel: int = 11) -> Asked:
        """Someone presses a button under a message; label: the words or the sign on it."""
        return await self.press_under(self.channels[channel].messages[message], label, by=by, channel=channel)

    async def press_under(self, there: Json, label: str, *, by: Json, channel: int = 11) -> Asked:
        """Someone presses a button under a message that is not in the channel for all."""
        buttons = [one for row in there["components"] for one in row["components"]]
        button = next(one for one in buttons if label in {one.get("label"), (one.get("emoji") or {}).get("name")})
        given = {"component_type": 2, "custom_id": button["custom_id"]}
        return await self._interact(COMPONENT, given, by, channel, under=there)

    async def fill_in(self, asked: Asked, **fields: str) -> Asked:
        """Who got a modal sends it back."""
        response = await self.response(asked)
        assert response["type"] == 9
        modal = response["data"]
        components = [
            {**label, "component": {**label["component"], "value": fields[label["component"]["custom_id"]]}}
            for label in modal["components"]
        ]
        given = {"custom_id": modal["custom_id"], "components": components}
        return await self._interact(MODAL_SENT, given, asked.user, asked.channel.id)

    async def response(self, asked: Asked) -> Json:
        """Returns how the bot responded, once it has: type and data."""
        async with asyncio.timeout(10):
            while asked.response is None:  # noqa: ASYNC110 - the bot's call gives no event
                await asyncio.sleep(0.01)
        return asked.response

    async def react(
        self, message: int, emoji: str, *, by: Json, channel: int = 11, is_added: bool = True, is_lost: bool = False
    ) -> None:
        """Someone reacts, or takes it back; emoji: itself, or `name:id` of a server's own."""
        there = self.channels[channel].messages[message]
        people = self.reactions.setdefault(message, {}).setdefault(emoji, [])
        people[:] = [one for one in people if one["id"] != by["id"]] + [by] * is_added
        name, _, number = emoji.partition(":")
        body: Json = {
            "user_id": by["id"],
            "channel_id": str(channel),
            "message_id": str(message),
            "emoji": {"id": number or None, "name": name},
            "type": 0,
            "burst": False,
        }
        if self.channels[channel].guild_id:
            body["guild_id"] = str(GUILD)
        if is_added:
            body |= {"message_author_id": there["author"]["id"], "member": {"user": by, **MEMBER}}
        if not is_lost:
            await self.gateway.dispatch(f"MESSAGE_REACTION_{'ADD' if is_added else 'REMOVE'}", body)

    def direct(self, person: Json) -> Channel:
        """The conversation of the bot and one person."""
        return self.channels.setdefault(int(person["id"]) + 100_000, Channel(int(person["id"]) + 100_000, None))

    def said(self, channel: int = 11) -> list[Json]:
        """What the bot wrote there and is still there."""
        return [one for one in self.channels[channel].messages.values() if one["author"]["id"] == str(BOT)]

    async def _interact(self, kind: int, given: Json, by: Json, channel: int, under: Json | None = None) -> Asked:
        place, number = self.channels[channel], self.snowflake()
        asked = Asked(number, f"token{number}", place, self.clock.now_ms(), by, kind=kind, under=under)
        self.asked[asked.token] = asked
        more = {"message": under} if under is not None else {}
        body = interaction_of(kind, asked, given, more)
        if "member" in body and by["id"] in self.moderators:
            body["member"] |= {**self._member(by), "permissions": str(MANAGE_MESSAGES)}
        await self.gateway.dispatch("INTERACTION_CREATE", body)
        return asked

    def _member(self, person: Json) -> Json:
        return {**MEMBER, "roles": [str(KEEPERS)] if person["id"] in self.moderators else []}


def made_ms(snowflake: int) -> int:
    """Returns when this id was given out."""
    return (snowflake >> 22) + EPOCH_MS


def attached(number: int, name: str, alt_text: str | None = None) -> Json:
    """A picture in someone's message."""
    address = f"https://cdn.invalid/{name}"
    sizes = {"size": 10, "width": 64, "height": 64}
    return {"id": str(number), "filename": name, "content_type": "image/png", "url": address, **sizes} | {
        "proxy_url": address,
        "description": alt_text,
    }
