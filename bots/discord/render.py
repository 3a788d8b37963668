"""A post as Discord's message: words with a mark to find it again by, files, buttons, and who may be called."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Final

from bots.discord.parse import AGAIN, DELETE, button_id
from bots.platform import Post, Target
from bots.replies import shown

TEXT_MAX: Final = 2_000
FILE_BYTES_MAX: Final = 10 * 1_048_576
REQUEST_BYTES_MAX: Final = 24 * 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A picture that goes along."""

    name: str
    body: bytes
    alt_text: str
    is_spoiler: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message but for where it goes. `nonce` is the same at every attempt; `buttons` are (label, id)."""

    text: str
    nonce: str
    uploads: tuple[Upload, ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()


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
    tail += f"\n-# {post.label} · ref {mark_of(post)}" if post.media else f"\n-# ref {mark_of(post)}"
    buttons: tuple[tuple[str, str], ...] = ()
    if post.media and post.target is Target.REPLY:
        owner = post.to.external_id
        buttons = (
            ("Again", button_id(AGAIN, owner_id=owner)),
            ("Delete", button_id(DELETE, owner_id=owner)),
        )
    words = f"{post.spoiler}\n{post.text}" if post.spoiler else post.text
    room = TEXT_MAX - len(head) - len(tail)
    return Draft(
        text=f"{head}{shown(words, chars_max=room)}{tail}", nonce=mark_of(post), uploads=uploads, buttons=buttons
    )


def is_marked(text: str, post: Post) -> bool:
    """Tells whether a message with this text is that post."""
    return f"ref {mark_of(post)}" in text
