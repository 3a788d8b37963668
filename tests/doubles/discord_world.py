"""What is on the Discord double: channels, interactions, people, and the shapes that Discord gives them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.doubles.discord_gateway import Json

BOT, GUILD, APP = 900, 500, 901


class Wrong(Exception):  # noqa: N818 - it reads as what it is
    """Discord says no."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Channel:
    """A channel or a direct conversation; `is_shut`: the bot may not write there."""

    id: int
    guild_id: int | None
    messages: dict[int, Json] = field(default_factory=dict)
    is_shut: bool = False


@dataclass
class Asked:
    """An interaction: acknowledged or not, with its answer."""

    id: int
    token: str
    channel: Channel
    asked_ms: int
    user: Json
    acknowledged_ms: int | None = None
    original: Json | None = None
    told: list[Json] = field(default_factory=list)


def message_of(number: int, place: Channel, author: Json, text: str, **more: Any) -> Json:
    """A message as the API shows it."""
    return {
        "id": str(number),
        "channel_id": str(place.id),
        "author": author,
        "content": text,
        "timestamp": "2026-06-01T00:00:00+00:00",
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
        "channel": {
            "id": str(asked.channel.id),
            "type": 0 if asked.channel.guild_id else 1,
            "name": "room",
            "position": 0,
        },
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


def guild(rooms: list[Json]) -> Json:
    """A server with these channels."""
    everyone = {"id": str(GUILD), "name": "@everyone", "permissions": "0", "position": 0, "color": 0, "hoist": False}
    everyone |= {"managed": False, "mentionable": False, "flags": 0}
    everyone["colors"] = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
    empty = ("members", "threads", "emojis", "stickers", "voice_states", "presences", "soundboard_sounds", "features")
    known = {"id": str(GUILD), "name": "a server", "owner_id": "1", "member_count": 2, "roles": [everyone]}
    return known | {"channels": rooms} | {name: [] for name in empty}


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
                    "description": told.get(number, {}).get("description"),
                    "url": f"https://cdn.invalid/{part.filename}",
                    "proxy_url": f"https://cdn.invalid/{part.filename}",
                }
            )
    return given
