"""The slash commands, as they are told to Discord; each means the words that a mention would use."""

from __future__ import annotations

from typing import Final

TEXT, WHOLE, YES_NO = 3, 4, 5
EVERYWHERE: Final = {"type": 1, "integration_types": [0, 1], "contexts": [0, 1, 2]}


def _option(kind: int, name: str, description: str, **more: object) -> dict[str, object]:
    return {"type": kind, "name": name, "description": description, **more}


_DRAW: Final = [
    _option(TEXT, "prompt", "What the picture shows", required=True, max_length=1_000),
    _option(TEXT, "style", "A style's name; /styles lists them", max_length=100),
    _option(TEXT, "negative", "What it must not show", max_length=500),
    _option(TEXT, "size", "Width x height, as 256x384", max_length=20),
    _option(WHOLE, "seed", "The same seed makes the same picture", min_value=0, max_value=4_294_967_295),
    _option(WHOLE, "n", "How many pictures", min_value=1, max_value=10),
    _option(YES_NO, "private", "Only you see it"),
    _option(YES_NO, "spoiler", "Hidden until clicked"),
]
COMMANDS: Final = [
    {"name": "draw", "description": "Ask the horde for a picture", "options": _DRAW, **EVERYWHERE},
    {
        "name": "styles",
        "description": "The styles there are",
        "options": [_option(TEXT, "word", "Only those with this word", max_length=100)],
        **EVERYWHERE,
    },
    {"name": "status", "description": "How your request is doing", **EVERYWHERE},
    {"name": "cancel", "description": "Give up your request", **EVERYWHERE},
    {"name": "kudos", "description": "What you have", **EVERYWHERE},
    {"name": "help", "description": "What one can say to the bot", **EVERYWHERE},
]
