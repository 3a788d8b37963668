"""The commands, as a table: what Discord is told of each, and the words of the one grammar that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

TEXT, WHOLE, YES_NO, USER, FILE = 3, 4, 5, 6, 11
SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
STYLE, MODEL = "style", "model"
"""The options whose values are suggested while one writes."""
EVERYWHERE: Final = {"integration_types": [0, 1], "contexts": [0, 1, 2]}
"""People may install the bot on a server or for themselves, and use it there, with it alone, or in a group."""
ON_SERVERS: Final = {"integration_types": [0], "contexts": [0]}
"""For what needs the bot to be a member."""

Given: TypeAlias = dict[str, Any]
"""A command's options by name, as someone gave them."""
READINGS: Final = (
    ("Describe it", "describe"),
    ("Tag what is in it", "interrogate"),
    ("Is it safe for work?", "nsfw check"),
    ("Make it four times as large", "upscale"),
    ("Make it twice as large", "upscale 2x"),
    ("Mend faces", "fix face"),
    ("Take the background away", "remove background"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command. words: what a person would have written instead; of a menu it is None (controls.py knows them).

    where: who can use it where.
    """

    name: str
    description: str = ""
    options: tuple[Mapping[str, object], ...] = ()
    kind: int = SLASH
    words: Callable[[Given], str] | None = None
    where: Mapping[str, object] = field(default_factory=lambda: EVERYWHERE)

    def payload(self) -> dict[str, object]:
        """Returns the command as Discord is told of it."""
        told: dict[str, object] = {"type": self.kind, "name": self.name, **self.where}
        if self.kind == SLASH:
            told |= {"description": self.description, "options": list(self.options)}
        return told


def _option(kind: int, name: str, description: str, **more: object) -> dict[str, object]:
    return {"type": kind, "name": name, "description": description, **more}


def _suggested(name: str, description: str) -> dict[str, object]:
    return _option(TEXT, name, description, max_length=100, autocomplete=True)


def _choices(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _lines(head: str, given: Given, *, flags: Sequence[str] = ("private", "spoiler")) -> str:
    """Returns an order with an option a line."""
    lines = [head]
    lines += [f"{name}: yes" for name in flags if given.pop(name, False)]
    lines += [f"{name}: {value}" for name, value in given.items() if value not in {None, ""}]
    return "\n".join(lines)


def _draw(given: Given) -> str:
    given.pop("picture", None)
    return _lines(f"draw for me {given.pop('prompt', '')}", given)


def _read(given: Given) -> str:
    return _lines(str(given.get("what") or "describe"), {"private": given.get("private", False)})


def _write(given: Given) -> str:
    return _lines(f"write {given.pop('prompt', '')}", given)


def _party(given: Given) -> str:
    theme = given.pop("theme", "")
    rules = [f"{name}: {value}" for name, value in given.items() if value not in {None, ""}]
    return " ".join([f"party {theme}", *rules])


def _alone(word: str) -> Callable[[Given], str]:
    return lambda _: word


def _with(word: str, option: str) -> Callable[[Given], str]:
    return lambda given: f"{word} {given.get(option) or ''}".strip()


_PRIVATE: Final = _option(YES_NO, "private", "Only you see it")
ENTRIES: Final = (
    Entry(
        name="draw",
        description="Ask the horde for a picture",
        options=(
            _option(TEXT, "prompt", "What the picture shows", required=True, max_length=1_000),
            _suggested(STYLE, "A style's name; /styles lists them"),
            _suggested(MODEL, "A model's name, in place of the style's own"),
            _option(TEXT, "negative", "What it must not show", max_length=500),
            _option(TEXT, "size", "Width x height, as 256x384", max_length=20),
            _option(
                TEXT,
                "aspect",
                "Its shape, where no size is given",
                choices=_choices(("square", "1:1"), ("wide", "3:2"), ("tall", "2:3"), ("screen", "16:9")),
            ),
            _option(WHOLE, "seed", "The same seed makes the same picture", min_value=0, max_value=4_294_967_295),
            _option(WHOLE, "count", "How many pictures", min_value=1, max_value=10),
            _PRIVATE,
            _option(YES_NO, "spoiler", "Hidden until clicked"),
            _option(FILE, "picture", "A picture to start from"),
        ),
        words=_draw,
    ),
    Entry(
        name="read",
        description="Have a picture described, tagged, enlarged or mended",
        options=(
            _option(FILE, "picture", "The picture", required=True),
            _option(TEXT, "what", "What to do with it", choices=_choices(*READINGS)),
            _PRIVATE,
        ),
        words=_read,
    ),
    Entry(
        name="write",
        description="Ask the horde for a text",
        options=(
            _option(TEXT, "prompt", "What it is about, or how it begins", required=True, max_length=2_000),
            _suggested(MODEL, "A model's name"),
            _option(WHOLE, "tokens", "How long it may be; a word is a token or two", min_value=16, max_value=4_096),
            _PRIVATE,
        ),
        words=_write,
    ),
    Entry(
        name="styles",
        description="The styles there are",
        options=(_option(TEXT, "word", "Only those with this word", max_length=100),),
        words=_with("styles", "word"),
    ),
    Entry(name="status", description="How your request is doing", words=_alone("status")),
    Entry(name="cancel", description="Give up your request", words=_alone("cancel")),
    Entry(name="kudos", description="What you have", words=_alone("kudos")),
    Entry(
        name="tip",
        description="Give someone kudos",
        options=(
            _option(USER, "user", "Who gets them", required=True),
            _option(WHOLE, "amount", "How many kudos", required=True, min_value=1, max_value=1_000_000),
        ),
        words=_with("tip", "amount"),
    ),
    Entry(
        name="link",
        description="Join this account's purse with one of yours elsewhere",
        options=(_option(TEXT, "code", "The code you got there; without one you get a code here", max_length=40),),
        words=_with("link", "code"),
    ),
    Entry(
        name="party",
        description="Open a thread with a theme, and reward who draws along",
        options=(
            _option(TEXT, "theme", "What it is about", required=True, max_length=80),
            _suggested(STYLE, "The style that everything is drawn in"),
            _option(TEXT, "words", "Words of which each picture has one: fox, owl", max_length=400),
            _option(WHOLE, "award", "Kudos from you for each guest's first picture", min_value=0, max_value=10_000),
            _option(WHOLE, "guests", "For how many guests; 20 if not said", min_value=1, max_value=1_000),
            _option(WHOLE, "hours", "How long it lasts; 24 if not said", min_value=1, max_value=168),
        ),
        words=_party,
        where=ON_SERVERS,
    ),
    Entry(name="party-end", description="End your party now", words=_alone("party end"), where=ON_SERVERS),
    Entry(name="help", description="What one can say to the bot", words=_alone("help")),
    Entry(name="stop", description="Never be answered by the bot again", words=_alone("stop")),
    Entry(name="start", description="Take back /stop", words=_alone("start")),
    Entry(name="forget-me", description="Have all that the bot knows of you deleted", words=_alone("forget me")),
    Entry(name="Describe picture", kind=MESSAGE_MENU),
    Entry(name="Draw again", kind=MESSAGE_MENU),
    Entry(name="Tip author", kind=MESSAGE_MENU),
    Entry(name="Tip", kind=USER_MENU),
)
COMMANDS: Final = [entry.payload() for entry in ENTRIES]
_WORDS: Final = {entry.name: entry.words for entry in ENTRIES if entry.words is not None}


def words_of(name: str, options: Sequence[Mapping[str, Any]]) -> str:
    """Returns a slash command in the words that a mention would use."""
    given = {str(option["name"]): option.get("value") for option in options}
    words = _WORDS.get(name)
    # A command of an earlier or later version that is still shown: its name is the word.
    return words(given) if words else name.replace("-", " ")


def is_told(there: Sequence[Mapping[str, Any]]) -> bool:
    """Tells whether Discord's list of our commands says what ours says; what Discord adds to it does not matter."""
    ours = {(str(one["type"]), str(one["name"])): one for one in COMMANDS}
    theirs = {(str(one.get("type", SLASH)), str(one["name"])): one for one in there}
    return ours.keys() == theirs.keys() and all(_covers(theirs[key], one) for key, one in ours.items())


def _covers(there: Any, ours: Any) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(ours, Mapping):
        return isinstance(there, Mapping) and all(_covers(there.get(key), one) for key, one in ours.items())
    if isinstance(ours, list):
        there = there or []
        return len(there) == len(ours) and all(map(_covers, there, ours))
    return bool(there == ours)
