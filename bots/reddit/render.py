"""Posts as Reddit's Markdown: nothing that a person wrote becomes markup, a mention or a link."""

from __future__ import annotations

import re
from typing import Final

from bots.platform import Post, Target

TITLE_CHARS_MAX: Final = 300
COMMENT_CHARS_MAX: Final = 10_000
MARGIN_CHARS: Final = 2_500
"""Kept free in a comment for escapes, links, the footer and the marker."""

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~^<>])")
_LINE_START = re.compile(r"^(\s*)([-=]|\d+[.)])", re.MULTILINE)
_CALLS = re.compile(r"(?<![\w/])(/?[ur])/(?=[\w-])", re.IGNORECASE)
_BREAK = "\u200b"


def marker_of(post: Post) -> str:
    """Returns what a comment of this outbox row has in it and no other: a link without words, which nobody sees."""
    return f"[](#h-{re.sub(r'[^A-Za-z0-9]', '-', post.idempotency_key)})"


def body_of(post: Post, *, handle: str) -> str:
    """Returns the comment or message of a reply: words, pictures, a small footer and the hidden marker."""
    parts = [escaped(post.text.replace(f"@{handle}", f"u/{handle}"), handle=handle).replace("\n", "  \n")]
    if post.media:
        parts.append(_links(post))
    parts.append(_footer(post))
    return "\n\n".join(parts) + f" {marker_of(post)}"


def title_of(post: Post) -> str:
    """Returns the title of a showcase post: one line of plain text with the label at its end."""
    label = f" [{post.label}]" if post.label else ""
    words = " ".join(post.text.split())
    room = TITLE_CHARS_MAX - len(label)
    return (words if len(words) <= room else f"{words[: room - 1].rstrip()}…") + label


def more_of(post: Post) -> str | None:
    """Returns the text under a showcase post's link: the pictures that did not fit into it, None without any."""
    if len(post.media) < 2:
        return None
    return " · ".join(f"[Picture {number}]({picture.url})" for number, picture in enumerate(post.media[1:], start=2))


def subject_of(post: Post) -> str:
    """Returns the subject of a private message that answers a comment."""
    if post.target is Target.NOTICE:
        return "A notice for you"
    return "Your picture" if post.media else "About what you asked"


def escaped(text: str, *, handle: str) -> str:
    """Returns Markdown that shows exactly this text. Only the bot's own name stays a mention: people copy it."""
    text = _MARKUP.sub(r"\\\1", text)
    text = _LINE_START.sub(lambda found: f"{found[1]}{_stopped(found[2])}", text)
    text = text.replace("://", f":{_BREAK}//").replace("www.", f"www{_BREAK}.")
    broken = _CALLS.sub(lambda found: f"{found[1]}/{_BREAK}", text)
    shown = _MARKUP.sub(r"\\\1", handle)
    return broken.replace(f"u/{_BREAK}{shown}", f"u/{handle}")


def _stopped(start: str) -> str:
    return f"{start[:-1]}\\{start[-1]}"


def _links(post: Post) -> str:
    one = len(post.media) == 1
    links = [
        f"[{'Picture' if one else f'Picture {number}'}]({picture.url})"
        for number, picture in enumerate(post.media, start=1)
    ]
    if post.showcase_url:
        links.append(f"[post]({post.showcase_url})")
    line = " · ".join(links)
    warnings = [*(["NSFW"] if post.nsfw else []), *([escaped(post.spoiler, handle="")] if post.spoiler else [])]
    return f"{', '.join(warnings)}: >!{line}!<" if warnings else line


def _footer(post: Post) -> str:
    if not post.media and not post.label:
        return "^(I am a bot · reply “help” for what I can do)"
    label = f"{post.label} · " if post.label else ""
    return f"^({label}I am a bot · reply “again”, “delete” or “help”)"
