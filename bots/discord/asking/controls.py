"""What one can press and fill in: buttons and modals, each with an id that tells all a press must know for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bots.discord.parse import Place, place_of
from bots.platform import Author

AGAIN, VARY, UPSCALE, EDIT, DELETE = "again", "vary", "upscale", "edit", "delete"
UP, DOWN, TIP = "up", "down", "tip"
INPUT, LABEL = 4, 18
ORDER_MAX: Final = 2_000
CUSTOM_ID_MAX: Final = 100
_WORDS: Final = frozenset({AGAIN, VARY, UPSCALE, EDIT, DELETE, UP, DOWN})
_LABELS: Final = ((AGAIN, "Again"), (VARY, "Vary"), (UPSCALE, "Upscale"), (EDIT, "Edit"), (DELETE, "Delete"))
_THUMBS: Final = ((UP, "👍"), (DOWN, "👎"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A button: with words or a sign on it."""

    custom_id: str
    label: str = ""
    emoji: str = ""


Rows: TypeAlias = tuple[tuple[Key, ...], ...]
"""Buttons as they stand under a message, row by row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """One of our buttons. owner_id: for whom the message was made; outbox_id: the row that it was, "" on old ones."""

    word: str
    owner_id: str
    outbox_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TipAbout:
    """What a modal for a tip was opened on: a message, or a person alone."""

    place: Place | None
    author: Author


def result_rows(*, owner_id: str, outbox_id: str, has_pictures: bool) -> Rows:
    """Returns the buttons under a result: what its owner does with it, and what everyone thinks of it."""
    words = [one for one in _LABELS if has_pictures or one[0] not in {VARY, UPSCALE}]
    deeds = tuple(Key(custom_id=_id(word, owner_id, outbox_id), label=label) for word, label in words)
    return (deeds, *showcase_rows(owner_id=owner_id, outbox_id=outbox_id))


def showcase_rows(*, owner_id: str, outbox_id: str) -> Rows:
    """Returns the buttons by which everyone rates what is shown."""
    return (tuple(Key(custom_id=_id(word, owner_id, outbox_id), emoji=sign) for word, sign in _THUMBS),)


def pressed(custom_id: str) -> Pressed | None:
    """Returns what one of our buttons is, None for others."""
    ours, _, rest = custom_id.partition(":")
    word, _, rest = rest.partition(":")
    owner_id, _, outbox_id = rest.partition(":")
    known = ours == "horde" and word in _WORDS
    return Pressed(word=word, owner_id=owner_id, outbox_id=outbox_id) if known else None


def edit_modal(*, on: str, words: str) -> dict[str, Any]:
    """Returns the form with an earlier order's words in it; on: the post that came of it."""
    field = {"type": INPUT, "custom_id": "order", "style": 2, "required": True, "max_length": ORDER_MAX}
    return {
        "custom_id": f"horde:{EDIT}:{on}"[:CUSTOM_ID_MAX],
        "title": "Change your order",
        "components": [
            {"type": LABEL, "label": "What the horde shall make", "component": {**field, "value": words[:ORDER_MAX]}}
        ],
    }


def tip_modal(about: TipAbout) -> dict[str, Any]:
    """Returns the form that asks how much to give."""
    author = about.author
    state = f"horde:{TIP}:{about.place or ''}:{author.external_id}:{'b' if author.is_bot else 'p'}:"
    field = {"type": INPUT, "custom_id": "amount", "style": 1, "required": True, "max_length": 7, "value": "10"}
    return {
        "custom_id": (state + author.display_name)[:CUSTOM_ID_MAX],
        "title": f"A tip for {author.display_name}"[:45],
        "components": [{"type": LABEL, "label": "How many kudos", "component": field}],
    }


def tip_about(custom_id: str) -> TipAbout | None:
    """Returns what the modal of that id was opened on."""
    parts = custom_id.split(":", 5)
    if parts[:2] != ["horde", TIP] or len(parts) != 6:
        return None
    author = Author(external_id=parts[3], display_name=parts[5] or parts[3], is_bot=parts[4] == "b")
    return TipAbout(place=place_of(parts[2]), author=author)


def is_edit(custom_id: str) -> bool:
    """Tells whether the modal of that id is a changed order."""
    return custom_id.startswith(f"horde:{EDIT}:")


def filled_in(components: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Returns the fields of a modal that was sent, in rows as of old or under labels."""
    found: dict[str, str] = {}
    for one in components:
        inner = one.get("components") or ([one["component"]] if one.get("component") else [])
        found |= {str(field["custom_id"]): str(field.get("value") or "") for field in inner}
    return found


def _id(word: str, owner_id: str, outbox_id: str) -> str:
    return f"horde:{word}:{owner_id}:{outbox_id}"
