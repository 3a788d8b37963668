"""What people are told about what the horde made, or could not make."""

from collections.abc import Mapping, Sequence
from typing import Final

from bots.replies.words import kudos, part_of, price, shown
from core.domain.kinds.kind import Kind
from core.domain.kinds.postprocessors import FACE_FIXERS, UPSCALERS

SPOILER: Final = "AI generated picture"
"""The content warning of those who ask for one."""
MORE: Final = "… There is more: say “more”."
TAGS_TOLD: Final = 12


def pictures_made(
    *,
    prompt: str,
    style: str,
    seeds: Sequence[int],
    missing: int,
    price_mk: int,
    balance_mk: int | None,
    notes: str = "",
) -> str:
    """The reply beside finished pictures; balance_mk: None where others read it."""
    what = "Here is your picture" if len(seeds) == 1 else f"Here are your {len(seeds)} pictures"
    seed = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
    return _lines(
        f"{what}: “{shown(prompt)}”",
        f"Style {style} · {seed}",
        price(price_mk, balance_mk),
        _lost(missing),
        notes,
    )


def picture_changed(*, form: str, price_mk: int, balance_mk: int | None, notes: str = "") -> str:
    """The reply beside a picture that was not drawn but changed."""
    done = "made larger" if form in UPSCALERS else "with its faces mended" if form in FACE_FIXERS else "cut out"
    return _lines(f"Here is the picture, {done}.", price(price_mk, balance_mk), notes)


def words_made(
    whole: str,
    *,
    missing: int,
    price_mk: int,
    balance_mk: int | None,
    notes: str = "",
    chars_max: int,
) -> tuple[str, int]:
    """The reply with a text, or what was read in a picture, and how many characters of it are told by that."""
    tail = _lines(price(price_mk, balance_mk), _lost(missing), notes)
    return _part(whole, start=0, tail=f"\n\n{tail}", chars_max=chars_max)


def more_words(whole: str, *, told_chars: int, chars_max: int) -> tuple[str, int]:
    """The next part of a text of which so much was told, and how much is told then."""
    if told_chars >= len(whole):
        return "That was all of it.", told_chars
    return _part(whole, start=told_chars, tail="", chars_max=chars_max)


def no_more() -> str:
    """`more` without a text."""
    return "I find no text of yours that was longer than my reply. Ask me to write one."


def read_in(body: Mapping[str, object]) -> str:
    """What a form found in a picture, in words; body: its result under its name."""
    return "\n".join(_found(name, value) for name, value in body.items())


def _found(name: str, value: object) -> str:
    if name == "nsfw":
        return (
            "This picture does not look safe for work." if value is True else "This picture looks safe for work to me."
        )
    if name == "interrogation" and isinstance(value, Mapping):
        return "\n".join(_tags(kind, found) for kind, found in value.items())
    words = str(value).strip()
    return f"I see: {words}" if words else ""


def _tags(kind: object, found: object) -> str:
    rows = found if isinstance(found, list) else []
    words = [str(row.get("text", "")) for row in rows if isinstance(row, Mapping)]
    return f"{kind}: {', '.join(filter(None, words[:TAGS_TOLD]))}"


def cut_to(name: str, asked: str, made: str, why: str) -> str:
    """An option that was over a limit."""
    return f"{name} {asked} became {made}: {why}."


def left_out(what: str, count: int, most: int) -> str:
    """So many of something were more than the limit."""
    return (
        f"The last {count} {what}s were left out: {most} are taken."
        if count > 1
        else f"The last {what} was left out: {most} are taken."
    )


def without_source() -> str:
    """A variation that could not start from the picture."""
    return "No worker that is here now can start from a picture, so this is the same order with another seed."


def showcased(*, prompt: str, style: str, requester: str) -> str:
    """The text of a showcase post."""
    return f"“{shown(prompt)}” · style {style} · asked by {requester}"


def alt_text(prompt: str, *, chars_max: int) -> str:
    """What a picture shows, for those who cannot see it, within the platform's limit."""
    return shown(f"AI generated picture: {prompt}", chars_max=chars_max)


def changed_alt_text(form: str, *, chars_max: int) -> str:
    """What is known of a picture that was changed: nobody said what it shows."""
    return shown(f"A picture changed by {form}", chars_max=chars_max)


def censored(kind: Kind = Kind.IMAGE) -> str:
    """Everything was held back by the safety check of the worker."""
    if kind is Kind.TEXT:
        return "The text was written, but the worker held it back. Ask for something milder."
    return (
        "The picture was made, but the safety check held it back as not safe for work. "
        "Ask for something milder, or try another seed."
    )


def nothing_made(*, expired: bool, price_mk: int, balance_mk: int | None, kind: Kind = Kind.IMAGE) -> str:
    """The horde could not make any of it."""
    what = "serves this style's model" if kind is Kind.IMAGE else "does this kind of work"
    why = (
        f"No worker took your request in time: the horde is too busy, or nobody {what} now."
        if expired
        else "The workers that took your request could not make it."
    )
    left = "" if balance_mk is None else f"; you have {kudos(balance_mk)}"
    other = ", or choose another style" if kind is Kind.IMAGE else ""
    return f"{why} Your {kudos(price_mk)} were given back{left}. Say “again” to try once more{other}."


def _lost(missing: int) -> str:
    if not missing:
        return ""
    return f"{missing} more could not be made; you did not pay for {'it' if missing == 1 else 'them'}."


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))


def _part(whole: str, *, start: int, tail: str, chars_max: int) -> tuple[str, int]:
    part, told_chars = part_of(whole, start=start, chars_max=max(chars_max - len(tail), chars_max // 2))
    if told_chars < len(whole):
        tail = f"\n{MORE}{tail}"
        part, told_chars = part_of(whole, start=start, chars_max=max(chars_max - len(tail), chars_max // 2))
    return f"{part}{tail}", told_chars
