"""How a body becomes a message, and how all that is wrong with it is said in v2's form, because clients show it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar, get_args, get_origin, get_type_hints

import msgspec

MessageT = TypeVar("MessageT", bound=msgspec.Struct)

_NOT_JSON = "The body is not valid JSON: {}. Send one JSON object in UTF-8 with Content-Type: application/json."
_ERRORS_MAX = 20
_EXACT = 2.0**53
_SHOWN_CHARS_MAX = 60


class MalformedBodyError(Exception):
    """The body could not become the message.

    `errors` maps dotted field names to sentences; it is empty where the body is no JSON at all.
    """

    def __init__(self, message: str, errors: dict[str, str] | None = None, *, rc: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.errors = errors or {}
        self.rc = rc


def encode(message: msgspec.Struct) -> bytes:
    """Returns the message as JSON bytes; fields that are UNSET are left out."""
    return msgspec.json.encode(message)


def decode(body: bytes, message: type[MessageT]) -> MessageT:
    """Returns the message that the JSON body holds.

    Unknown fields are ignored, null counts as absent, and 20.0 is an integer.

    Raises:
        MalformedBodyError: not JSON, nested too deep, a NUL character, or fields that break their limits (all named).
    """
    try:
        decoded = msgspec.json.decode(body, type=message)
    except msgspec.ValidationError:
        decoded = _decode_with_nulls(body, message)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise MalformedBodyError(_NOT_JSON.format(exc)) from exc
    except RecursionError as exc:
        raise MalformedBodyError(
            "The body is nested too deeply. No message of this API needs more than 10 levels."
        ) from exc
    if b"\\u0000" in body and _holds_nul(msgspec.to_builtins(decoded)):
        raise MalformedBodyError(
            "The body holds a NUL character (\\u0000). Remove it and send again.", rc="NulByteInPayload"
        )
    return decoded


def violations_of(given: object, message: type[msgspec.Struct], *, strict: bool = True) -> dict[str, str]:
    """Returns every field of `given` that breaks `message`, as dotted name -> sentence; empty if none does.

    Not `strict`: text counts as the number that it says, as in a query.
    """
    found: dict[str, str] = {}
    for name, sentence in _violations(given, message, prefix="", strict=strict):
        found.setdefault(name, sentence)
        if len(found) >= _ERRORS_MAX:
            break
    return found


def _decode_with_nulls(body: bytes, message: type[MessageT]) -> MessageT:
    """Reads the body once more with nulls left out, or says all that is wrong with it."""
    try:
        given = _without_nulls(msgspec.json.decode(body))
        return msgspec.convert(given, message)
    except msgspec.ValidationError as exc:
        if not isinstance(given, dict):
            raise MalformedBodyError("The body must be one JSON object, such as {}.") from exc
        errors = violations_of(given, message) or {"body": str(exc)}
        raise MalformedBodyError("Input payload validation failed", errors) from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise MalformedBodyError(_NOT_JSON.format(exc)) from exc


def _without_nulls(given: object) -> object:
    """Returns the JSON with nulls left out and whole numbers as integers: to JSON, 20.0 is one."""
    if isinstance(given, dict):
        return {key: _without_nulls(value) for key, value in given.items() if value is not None}
    if isinstance(given, list):
        return [_without_nulls(value) for value in given if value is not None]
    if isinstance(given, float) and given.is_integer() and abs(given) < _EXACT:
        return int(given)
    return given


def _holds_nul(given: object) -> bool:
    if isinstance(given, str):
        return "\x00" in given
    if isinstance(given, dict):
        return any(_holds_nul(part) for pair in given.items() for part in pair)
    if isinstance(given, list | tuple):
        return any(_holds_nul(part) for part in given)
    return False


def _violations(
    given: object, message: type[msgspec.Struct], *, prefix: str, strict: bool
) -> Iterator[tuple[str, str]]:
    if not isinstance(given, dict):
        yield prefix.rstrip("."), f"{_shown(given)} is not of type 'object'"
        return
    hints = get_type_hints(message, include_extras=True)
    for field in msgspec.structs.fields(message):
        name = f"{prefix}{field.encode_name}"
        if field.encode_name not in given:
            if field.required:
                yield name, f"'{field.encode_name}' is a required property"
            continue
        value = given[field.encode_name]
        inner = _struct_in(hints[field.name])
        listed = _struct_listed_in(hints[field.name])
        if listed is not None and isinstance(value, list):
            for index, part in enumerate(value):
                yield from _violations(part, listed, prefix=f"{name}.{index}.", strict=strict)
        if inner is not None:
            yield from _violations(value, inner, prefix=f"{name}.", strict=strict)
            continue
        try:
            msgspec.convert(value, hints[field.name], strict=strict)
        except msgspec.ValidationError as exc:
            path, sentence = _as_v2(str(exc), value)
            if listed is None or not path:  # what is wrong in a listed Struct is said above
                yield f"{name}{path}", sentence


def _struct_listed_in(hint: object) -> type[msgspec.Struct] | None:
    """Returns the Struct that a list of Structs holds, also where the list has limits or may be left out."""
    for part in (hint, *get_args(hint)):
        if get_origin(part) in {tuple, list}:
            return _struct_in(get_args(part)[0])
    return None


def _struct_in(hint: object) -> type[msgspec.Struct] | None:
    if get_origin(hint) in {tuple, list}:
        return None
    for part in (hint, *get_args(hint)):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return part
    return None


_V2_TYPES: dict[str, str] = {
    "int": "integer",
    "float": "number",
    "int | float": "number",
    "str": "string",
    "int | str": "string",
    "bool": "boolean",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wording:
    """One kind of msgspec sentence and how v2 would say it."""

    pattern: re.Pattern[str]
    said: Callable[[str, re.Match[str]], str]


_WORDINGS = (
    _Wording(
        pattern=re.compile(r"that's a multiple of (\S+)"),
        said=lambda value, match: f"{value} is not a multiple of {match[1]}",
    ),
    _Wording(
        pattern=re.compile(r"^Expected `(?:int|float)` >=? (\S+)"),
        said=lambda value, match: f"{value} is less than the minimum of {match[1]}",
    ),
    _Wording(
        pattern=re.compile(r"^Expected `(?:int|float)` <=? (\S+)"),
        said=lambda value, match: f"{value} is greater than the maximum of {match[1]}",
    ),
    _Wording(
        pattern=re.compile(r"^Expected `\w+` of length >= (\d+)"),
        said=lambda value, match: f"{value} is too short: at least {match[1]}",
    ),
    _Wording(
        pattern=re.compile(r"^Expected `\w+` of length <= (\d+)"),
        said=lambda value, match: f"{value} is too long: at most {match[1]}",
    ),
    _Wording(
        pattern=re.compile(r"^Invalid enum value"),
        said=lambda value, _match: f"{value} is not one of the words that this field knows",
    ),
    _Wording(
        pattern=re.compile(r"^Expected `([^`]+)`, got"),
        said=lambda value, match: f"{value} is not of type '{_V2_TYPES.get(match[1], match[1])}'",
    ),
)


def _as_v2(sentence: str, value: object) -> tuple[str, str]:
    """Splits a msgspec sentence into the path below the field and the sentence v2 would give."""
    said, _, path = sentence.partition(" - at `$")
    path = path.rstrip("`").replace("[...]", ".*")
    for wording in _WORDINGS:
        match = wording.pattern.search(said)
        if match:
            return path, wording.said(_shown(value), match)
    return path, f"{_shown(value)}: {said}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS_MAX else f"{text[:_SHOWN_CHARS_MAX]}…"
