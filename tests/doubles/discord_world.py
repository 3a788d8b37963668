"""What is on the Discord double: channels, interactions, people, and the shapes that Discord gives them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.doubles.discord_gateway import Json

BOT, GUILD, APP, KEEPERS = 900, 500, 901, 501
TALK_CHANNEL, SHOWCASE_CHANNEL = 11, 12
MANAGE_MESSAGES = 1 << 13
SEES_AND_WRITES = (1 << 10) | (1 << 11)
MOMENT = "2026-06-01T00:00:00+00:00"


class Wrong(Exception):  # noqa: N818 - it reads as what it is
    """Discord says no."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Channel:
    """A channel, a thread (it has a parent) or a direct conversation; `is_shut`: the bot may not write there.

    may_thread: it may make threads there. hides_past: it may not read what was said there.
    is_archived, is_locked: of a thread; who writes takes it out of the archive.
    """

    id: int
    guild_id: int | None
    messages: dict[int, Json] = field(default_factory=dict)
    is_shut: bool = False
    is_nsfw: bool = False
    parent_id: int | None = None
    name: str = ""
    quiet_minutes: int = 60
    may_thread: bool = True
    hides_past: bool = False
    is_archived: bool = False
    is_locked: bool = False

    def shown(self) -> Json:
        """The channel as the API shows it."""
        if self.guild_id is None:
            return {"id": str(self.id), "type": 1}
        room: Json = {"id": str(self.id), "type": 0, "position": 0, "nsfw": self.is_nsfw}
        room["name"] = self.name or f"room-{self.id}"
        room["guild_id"] = str(self.guild_id)
        room["last_message_id"] = str(max(self.messages)) if self.messages else None
        if self.parent_id is not None:
            del room["nsfw"]  # a thread does not tell: it is as its channel is
            told = {"archived": self.is_archived, "locked": self.is_locked, "archive_timestamp": MOMENT}
            told["auto_archive_duration"] = self.quiet_minutes
            room |= {"type": 11, "parent_id": str(self.parent_id), "owner_id": "1", "thread_metadata": told}
            room |= {"message_count": 0, "member_count": 1, "rate_limit_per_user": 0, "flags": 0}
        return room


@dataclass
class Asked:
    """An interaction: acknowledged or not, with its response (type and data) and its answer. kind: Discord's type."""

    id: int
    token: str
    channel: Channel
    asked_ms: int
    user: Json
    acknowledged_ms: int | None = None
    original: Json | None = None
    response: Json | None = None
    kind: int = 2
    under: Json | None = None


def message_of(number: int, place: Channel, author: Json, text: str, **more: Any) -> Json:
    """A message as the API shows it."""
    return {
        "id": str(number),
        "channel_id": str(place.id),
        "author": author,
        "content": text,
        "timestamp": MOMENT,
        "edited_timestamp": None,
        "type": 0,
        "flags": 0,
        "tts": False,
        "pinned": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        **more,
    }


def user(number: int, name: str, *, is_bot: bool = False) -> Json:
    """A person, or a bot."""
    return {
        "id": str(number),
        "username": name,
        "discriminator": "0",
        "avatar": None,
        "bot": is_bot,
        "global_name": name,
    }


def interaction_of(kind: int, asked: Asked, given: Json, more: Json) -> Json:
    """An interaction as the gateway tells it."""
    body: Json = {
        "id": str(asked.id),
        "application_id": str(APP),
        "type": kind,
        "token": asked.token,
        "version": 1,
        "data": given,
        "channel": asked.channel.shown(),
        "context": 0 if asked.channel.guild_id else 1,
        "channel_id": str(asked.channel.id),
        "entitlements": [],
        "authorizing_integration_owners": {},
        "attachment_size_limit": 10_485_760,
        "app_permissions": "0",
        "locale": "en-US",
        **more,
    }
    if asked.channel.guild_id:
        body["guild_id"] = str(asked.channel.guild_id)
        body["member"] = {"user": asked.user, "roles": [], "joined_at": None, "permissions": "0", "flags": 0}
    else:
        body["user"] = asked.user
        body["channel"]["recipients"] = [asked.user]
    return body


def application() -> Json:
    """The bot's application."""
    known = {"id": str(APP), "name": "horde", "description": "", "icon": None, "flags": 0, "verify_key": "00"}
    return known | {"bot_public": True, "bot_require_code_grant": False, "owner": user(1, "operator"), "team": None}


def guild(channels: list[Channel]) -> Json:
    """A server with these channels and threads."""
    everyone = {"id": str(GUILD), "name": "@everyone", "position": 0, "color": 0, "hoist": False}
    everyone["permissions"] = str(SEES_AND_WRITES)
    everyone |= {"managed": False, "mentionable": False, "flags": 0}
    everyone["colors"] = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
    keepers = {**everyone, "id": str(KEEPERS), "name": "keepers", "permissions": str(MANAGE_MESSAGES), "position": 1}
    empty = ("members", "threads", "emojis", "stickers", "voice_states", "presences", "soundboard_sounds", "features")
    known = {"id": str(GUILD), "name": "a server", "owner_id": "1", "member_count": 2, "roles": [everyone, keepers]}
    rooms = [one.shown() for one in channels if one.parent_id is None]
    threads = [one.shown() for one in channels if one.parent_id is not None]
    return known | {name: [] for name in empty} | {"channels": rooms, "threads": threads}


def hears(message: Json, place: Channel) -> Json:
    """A message as the bot gets it: words and files only of its own, where it is mentioned, or written to it alone."""
    calls = any(one["id"] == str(BOT) for one in message["mentions"])
    if place.guild_id is None or calls or message["author"]["id"] == str(BOT):
        return message
    return {**message, "content": "", "attachments": [], "embeds": [], "components": []}


def plain(body: object, *, status: int = 200, via: bool = False) -> web.Response:
    """Discord's answer: discord.py takes exactly this content type for JSON, and 429s only from behind a proxy."""
    headers = {"Content-Type": "application/json"} | ({"Via": "1.1 google"} if via else {})
    return web.Response(body=json.dumps(body).encode(), status=status, headers=headers)


async def body_of(request: web.Request) -> Json:
    """What was sent, with its files as `files`."""
    given: Json = {"files": []}
    if not request.content_type.startswith("multipart/"):
        return {**given, **json.loads(await request.text())}
    form = await request.post()
    given |= json.loads(str(form["payload_json"]))
    told = {str(one["id"]): one for one in given.get("attachments", [])}
    for name, part in form.items():
        if isinstance(part, web.FileField):
            number = name.removeprefix("files[").removesuffix("]")
            size = len(part.file.read())
            given["files"].append(
                {
                    "id": str(int(number) + 1),
                    "filename": part.filename,
                    "size": size,
                    "content_type": part.content_type,
                    "description": told.get(number, {}).get("description"),
                    "url": f"https://cdn.invalid/{part.filename}",
                    "proxy_url": f"https://cdn.invalid/{part.filename}",
                }
            )
    return given
