"""The pictures in what someone wrote on Reddit: links to picture files, galleries, and pictures put into a text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bots.platform import Attachment

Json = Mapping[str, Any]  # Reddit's things are untyped: their shape is looked at in this room alone

KINDS: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}
PICTURES_MAX: Final = 20
_AFTER: Final = ".,;:!?'\"*_~"
"""What may follow an address without being part of it."""
_LINK: Final = re.compile(r"!?\[([^\]\n]*)\]\((\S+?)(?:\s+\"[^\"]*\")?\)|(https?://[^\s<>()\[\]]+)")


def pictures_of(thing: Json) -> tuple[Attachment, ...]:
    """Returns the pictures of a post, comment or message, in order and each once."""
    found: dict[str, Attachment] = {}
    for one in _all(thing):
        found.setdefault(one.url, one)
    return tuple(found.values())[:PICTURES_MAX]


def _all(thing: Json) -> Iterator[Attachment]:
    yield from _gallery(thing)
    linked = _at(str(thing.get("url") or ""))
    if linked is not None:
        yield linked
    elif thing.get("post_hint") == "image":
        yield from _preview(thing)
    for part in ("selftext", "body"):
        yield from _in_text(thing, str(thing.get(part) or ""))
    for shared in thing.get("crosspost_parent_list") or ():
        yield from _all({**shared, "crosspost_parent_list": ()})


def _gallery(thing: Json) -> Iterator[Attachment]:
    for item in (thing.get("gallery_data") or {}).get("items") or ():
        one = _uploaded(thing, str(item.get("media_id")), alt_text=str(item.get("caption") or ""))
        if one is not None:
            yield one


def _preview(thing: Json) -> Iterator[Attachment]:
    for image in ((thing.get("preview") or {}).get("images") or ())[:1]:
        url = html.unescape(str((image.get("source") or {}).get("url") or ""))
        if url:
            yield Attachment(url=url, content_type=_kind(url))


def _in_text(thing: Json, text: str) -> Iterator[Attachment]:
    for words, target, bare in _LINK.findall(html.unescape(text)):
        uploaded = _uploaded(thing, target, alt_text="")
        linked = uploaded or _at(target or bare.rstrip(_AFTER), alt_text=words)
        if linked is not None:
            yield linked


def _uploaded(thing: Json, media_id: str, *, alt_text: str) -> Attachment | None:
    """Returns a picture that Reddit keeps itself, None for what is no picture or not there (yet)."""
    kept = (thing.get("media_metadata") or {}).get(media_id) or {}
    source = kept.get("s") or {}
    url = html.unescape(str(source.get("u") or source.get("gif") or ""))
    if kept.get("status") not in {None, "valid"} or not url.startswith("http"):
        return None
    return Attachment(url=url, content_type=str(kept.get("m") or _kind(url)), alt_text=alt_text)


def _at(url: str, *, alt_text: str = "") -> Attachment | None:
    url = html.unescape(url)
    is_file = url.startswith(("http://", "https://")) and bool(_kind(url))
    return Attachment(url=url, content_type=_kind(url), alt_text=alt_text) if is_file else None


def _kind(url: str) -> str:
    """Returns the MIME type by the end of the address's path, "" for what is no picture file."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return KINDS.get(path.rpartition(".")[2].lower(), "")
