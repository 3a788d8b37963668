"""What a server of the Mastodon API says, as values; what a server may leave out has a default here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]  # the SDK's answers are untyped: they go no further than this file


@dataclass(frozen=True, slots=True, kw_only=True)
class FediAccount:
    """An account as this server knows it. `acct` has no domain where the account is the server's own."""

    id: str
    acct: str
    display_name: str = ""
    note_html: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """Something attached to a post, or uploaded for one. Its `url` is empty until the server is done with it."""

    id: str
    url: str = ""
    kind: str = "image"
    alt_text: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it can be posted."""
        return bool(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A post on the server. `html` is its content, `media` what is attached to it, in order."""

    id: str
    account: FediAccount
    html: str
    visibility: str
    created_at_ms: int
    spoiler: str = ""
    is_sensitive: bool = False
    in_reply_to: str | None = None
    url: str | None = None
    mentioned_ids: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Something that concerns the bot's account; `status` is missing where it is about no post."""

    id: str
    type: str
    account: FediAccount
    created_at_ms: int
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """The server's own name and limits; the defaults are those of Mastodon.

    kinds: the MIME types that it takes, empty where it does not say.
    """

    domain: str
    text_chars_max: int = 500
    media_max: int = 4
    url_chars: int = 23
    alt_text_chars_max: int = 1_500
    image_bytes_max: int = 16_777_216
    image_pixels_max: int = 33_177_600
    kinds: frozenset[str] = frozenset()
    streaming_url: str = ""


def account_of(json: Json) -> FediAccount:
    """Returns the account in an answer."""
    return FediAccount(
        id=str(json["id"]),
        acct=str(json.get("acct") or json.get("username") or ""),
        display_name=str(json.get("display_name") or ""),
        note_html=str(json.get("note") or ""),
        is_bot=bool(json.get("bot")),
    )


def status_of(json: Json) -> Status:
    """Returns the post in an answer."""
    parent = json.get("in_reply_to_id")
    return Status(
        id=str(json["id"]),
        account=account_of(json["account"]),
        html=str(json.get("content") or ""),
        visibility=str(json.get("visibility") or "direct"),
        created_at_ms=_ms(json.get("created_at")),
        spoiler=str(json.get("spoiler_text") or ""),
        is_sensitive=bool(json.get("sensitive")),
        in_reply_to=None if parent is None else str(parent),
        url=json.get("url") or json.get("uri") or None,
        mentioned_ids=tuple(str(one["id"]) for one in json.get("mentions") or ()),
        media=tuple(media_of(one) for one in json.get("media_attachments") or ()),
    )


def notification_of(json: Json) -> Notification:
    """Returns the notification in an answer."""
    status = json.get("status")
    return Notification(
        id=str(json["id"]),
        type=str(json["type"]),
        account=account_of(json["account"]),
        created_at_ms=_ms(json.get("created_at")),
        status=status_of(status) if status else None,
    )


def media_of(json: Json) -> Media:
    """Returns what is attached; a server that is not done with an upload gives no address yet."""
    return Media(
        id=str(json["id"]),
        url=str(json.get("url") or json.get("remote_url") or ""),
        kind=str(json.get("type") or ""),
        alt_text=str(json.get("description") or ""),
    )


def instance_of(json: Json) -> Instance:
    """Returns the server's limits from either version of its answer; what it does not tell is as on Mastodon."""
    usual = Instance(domain=str(json.get("domain") or json.get("uri") or "").removeprefix("https://").strip("/"))
    limits = json.get("configuration") or {}
    streaming = (limits.get("urls") or {}).get("streaming") or (json.get("urls") or {}).get("streaming_api")
    texts, media = limits.get("statuses") or {}, limits.get("media_attachments") or {}
    return Instance(
        domain=usual.domain,
        text_chars_max=_number(texts.get("max_characters") or json.get("max_toot_chars"), usual.text_chars_max),
        media_max=_number(texts.get("max_media_attachments"), usual.media_max),
        url_chars=_number(texts.get("characters_reserved_per_url"), usual.url_chars),
        alt_text_chars_max=_number(media.get("description_limit"), usual.alt_text_chars_max),
        image_bytes_max=_number(media.get("image_size_limit"), usual.image_bytes_max),
        image_pixels_max=_number(media.get("image_matrix_limit"), usual.image_pixels_max),
        kinds=frozenset(str(kind) for kind in media.get("supported_mime_types") or ()),
        streaming_url=str(streaming or ""),
    )


def _number(value: object, usual: int) -> int:
    return value if isinstance(value, int) and value > 0 else usual


def _ms(moment: object) -> int:
    return round(moment.timestamp() * 1_000) if isinstance(moment, dt.datetime) else 0
