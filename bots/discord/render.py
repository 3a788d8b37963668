"""A post as Discord's message: words with a mark to find it again by, files, buttons, and who may be called."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from bots.discord.asking.controls import Rows, result_rows, showcase_rows
from bots.platform import Post, Target
from bots.replies import shown
from core.ports.objects import ObjectStore

TEXT_MAX: Final = 2_000
FILE_BYTES_MAX: Final = 10 * 1_048_576
REQUEST_BYTES_MAX: Final = 24 * 1_048_576
EXTENSIONS: Final = {"image/webp": "webp", "image/png": "png", "image/jpeg": "jpg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture that goes along."""

    name: str
    body: bytes
    alt_text: str
    is_spoiler: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message but for where it goes. `nonce` is the same at every attempt."""

    text: str
    nonce: str
    uploads: tuple[Upload, ...] = ()
    buttons: Rows = ()


def mark_of(post: Post) -> str:
    """Returns the letters by which this outbox row's message is found again."""
    digest = hashlib.sha256(post.idempotency_key.encode()).digest()[:10]
    return base64.b32encode(digest).decode().lower()


def draft_of(post: Post, *, uploads: tuple[Upload, ...], links: tuple[str, ...], calls: bool) -> Draft:
    """Returns the message; calls: its author is named in it, where it is not the answer to a message of theirs."""
    head = f"<@{post.to.external_id}> " if calls else ""
    tail = "".join(f"\n{link}" for link in links)
    if post.showcase_url:
        tail += f"\n<{post.showcase_url}>"
    tail += f"\n-# {post.label} · ref {mark_of(post)}" if post.label else f"\n-# ref {mark_of(post)}"
    buttons: Rows = ()
    if post.target is Target.SHOWCASE:
        buttons = showcase_rows(owner_id=post.to.external_id, outbox_id=post.outbox_id)
    elif post.target is Target.REPLY and post.label:
        buttons = result_rows(owner_id=post.to.external_id, outbox_id=post.outbox_id, has_pictures=bool(post.media))
    words = f"{post.spoiler}\n{post.text}" if post.spoiler else post.text
    room = TEXT_MAX - len(head) - len(tail)
    return Draft(
        text=f"{head}{shown(words, chars_max=room)}{tail}", nonce=mark_of(post), uploads=uploads, buttons=buttons
    )


def is_marked(text: str, post: Post) -> bool:
    """Tells whether a message with this text is that post."""
    return f"ref {mark_of(post)}" in text


async def uploads_of(post: Post, objects: ObjectStore) -> tuple[tuple[Upload, ...], tuple[str, ...]]:
    """Returns the files that fit into a message, and the addresses of the others. Raises NotFound, Unavailable."""
    uploads: list[Upload] = []
    links: list[str] = []
    room = REQUEST_BYTES_MAX
    hidden = post.spoiler is not None or post.nsfw
    for number, picture in enumerate(post.media, start=1):
        body = await objects.get(picture.key)
        if len(body) > min(room, FILE_BYTES_MAX):
            links.append(picture.url)
            continue
        room -= len(body)
        name = f"picture-{number}.{EXTENSIONS.get(picture.content_type, 'webp')}"
        uploads.append(Upload(name=name, body=body, alt_text=picture.alt_text, is_spoiler=hidden))
    return tuple(uploads), tuple(links)
