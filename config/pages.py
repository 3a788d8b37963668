"""What the API shows of this horde in words: news and documents, shipped or put into the data folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from config.settings import Settings
from core.domain.errors import Unavailable
from core.wire.showing.status import Newspiece

SHIPPED: Final = Path(__file__).parent / "data"
DOCUMENTS: Final = ("terms", "privacy", "sponsors")


def documents(settings: Settings) -> Mapping[str, str]:
    """The documents as Markdown: those in the folder `documents` of the data folder come before the shipped ones."""
    return {name: _text(settings, f"documents/{name}.md") for name in DOCUMENTS}


def news(settings: Settings) -> tuple[Mapping[str, object], ...]:
    """The pieces of news, from `news.json` in the data folder or the shipped one. Raises Unavailable where broken."""
    try:
        pieces = json.loads(_text(settings, "news.json"))
    except ValueError as error:
        raise Unavailable(f"news.json is no JSON ({error}). Correct it, or delete it from the data folder.") from error
    try:
        msgspec.convert(pieces, list[Newspiece])
    except msgspec.ValidationError as error:
        raise Unavailable(
            "news.json must be a list of pieces, each with date_published (like 2026-11-22) and newspiece, but: "
            f"{error}. Correct it, or delete it from the data folder."
        ) from error
    return tuple(pieces)


def _text(settings: Settings, name: str) -> str:
    own = settings.folder / name
    path = own if own.is_file() else SHIPPED / name
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"{path} cannot be read ({error}). Make it readable, as text in UTF-8.") from error
