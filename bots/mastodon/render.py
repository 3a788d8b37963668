"""An outbox row as a post of the fediverse: its words within the server's limit, as private as what it answers."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bots.mastodon.entities import Instance, Status
from bots.mastodon.parse import said
from bots.platform import Post, Target, Visibility
from bots.replies import shown

_JOINER: Final = "\u2060"
_URL: Final = re.compile(r"https?://\S+")
_CALL: Final = re.compile(r"(?<![\w/])[@#](?=\w)")
_PRIVACY: Final = ("public", "unlisted", "direct")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the operator wants the bot to post. Visibilities are the widest allowed: a private request stays private.

    content_warning: stands over every post with a picture; "" for none but those asked for.
    """

    reply_visibility: str = "unlisted"
    showcase_visibility: str = "unlisted"
    showcase_per_hour: int = 4
    content_warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is sent to the server, but for the pictures."""

    text: str
    visibility: str
    spoiler: str = ""
    sensitive: bool = False


def draft_of(
    post: Post,
    *,
    manners: Manners,
    instance: Instance,
    handle: str,
    parent: Status | None,
    links: Sequence[str] = (),
) -> Draft:
    """Returns the words and the visibility.

    parent: the post that is answered, as it is now; links: the addresses of pictures that are not attached.
    """
    spoiler = ""
    if post.media:
        spoiler = post.spoiler or (parent.spoiler if parent else "") or manners.content_warning
    elif parent:
        spoiler = parent.spoiler
    spoiler = shown(spoiler, chars_max=instance.text_chars_max // 4)
    return Draft(
        text=_text(post, instance=instance, handle=handle, room=instance.text_chars_max - len(spoiler), links=links),
        visibility=visibility_of(post, manners=manners, parent=parent),
        spoiler=spoiler,
        sensitive=bool(post.media) and (bool(spoiler) or post.nsfw),
    )


def visibility_of(post: Post, *, manners: Manners, parent: Status | None) -> str:
    """Returns how widely the post is seen: never more widely than the request, its parent now, and the settings.

    A request to its author's followers is answered to its author alone: the bot's followers are other people.
    """
    if post.target is Target.SHOWCASE:
        return manners.showcase_visibility
    if post.target is Target.NOTICE:
        return "direct"
    asked = post.visibility.value if post.visibility is not Visibility.FOLLOWERS else "direct"
    now = "public" if parent is None else parent.visibility
    return max(asked, manners.reply_visibility, now if now in _PRIVACY else "direct", key=_PRIVACY.index)


def mark_of(post: Post) -> str:
    """Returns the few letters by which this outbox row's post is found again on the server."""
    digest = hashlib.sha256(post.idempotency_key.encode()).digest()[:5]
    return base64.b32encode(digest).decode().lower()


def is_marked(status: Status, post: Post) -> bool:
    """Tells whether the status on the server is this post."""
    return f"ref {mark_of(post)}" in said(status)


def length_of(text: str, *, instance: Instance) -> int:
    """Returns the most that a server could count: some count an address as so many characters, others as it stands."""
    return sum(max(instance.url_chars - len(url), 0) for url in _URL.findall(text)) + len(text)


def _text(post: Post, *, instance: Instance, handle: str, room: int, links: Sequence[str]) -> str:
    head = "" if post.target is Target.SHOWCASE else f"@{post.to.external_id} "
    marked = [post.label] if post.label else []
    if post.media or post.target is Target.NOTICE:
        # What answers a post is found under it; all else by its mark alone.
        marked.append(f"ref {mark_of(post)}")
    lines = [*links, *([post.showcase_url] if post.showcase_url else []), *([" · ".join(marked)] if marked else [])]
    tail = "".join(f"\n{line}" for line in lines)
    words = calm(post.text, handle=handle)
    left = room - length_of(head, instance=instance) - length_of(tail, instance=instance)
    while words and length_of(words, instance=instance) > left:
        surplus = length_of(words, instance=instance) - left
        words = shown(words, chars_max=max(len(words) - surplus, 1)) if len(words) > 1 else ""
    return f"{head}{words}{tail}"


def calm(text: str, *, handle: str) -> str:
    """Returns the text with nobody called and nothing tagged in it: what people write must not reach others by us."""
    own = f"@{handle}".lower()

    def quiet(found: re.Match[str]) -> str:
        is_own = text[found.start() : found.start() + len(own)].lower() == own
        return found[0] if is_own else f"{found[0]}{_JOINER}"

    return _CALL.sub(quiet, text)
