"""The header ``X-Fields``: a client names the fields of the reply that it wants, as ``{name,inner{a,b},*}``."""

from collections.abc import Iterator
from typing import Final, TypeAlias

from core.wire import MalformedBodyError

MASK_HEADER: Final = "X-Fields"
_CHARS_MAX: Final = 2_000
_DEPTH_MAX: Final = 10

Mask: TypeAlias = dict[str, "Mask | None"]


def masked(reply: object, mask: str) -> object:
    """Return the reply (builtins) with the fields that the mask names; names that are not there are left out.

    Raises:
        MalformedBodyError: the mask cannot be read.
    """
    return _only(reply, _parsed(mask))


def _only(value: object, mask: Mask) -> object:
    if isinstance(value, list | tuple):
        return [_only(part, mask) for part in value]
    if not isinstance(value, dict):
        return value
    names = list(value) if "*" in mask else [name for name in value if name in mask]
    return {name: _inner(value[name], mask.get(name)) for name in names}


def _inner(value: object, mask: Mask | None) -> object:
    return value if mask is None else _only(value, mask)


def _parsed(text: str) -> Mask:
    stripped = text.strip()
    if len(stripped) > _CHARS_MAX:
        raise _broken(f"it has {len(stripped)} characters, at most {_CHARS_MAX} are read")
    words = _words(stripped if stripped.startswith("{") else f"{{{stripped}}}")
    next(words)
    mask = _group(words, depth=1)
    if next(words, None) is not None:
        raise _broken("something follows its last bracket")
    return mask


def _words(text: str) -> Iterator[str]:
    name = ""
    for letter in text:
        if letter in "{},":
            if name.strip():
                yield name.strip()
            name = ""
            yield letter
        else:
            name += letter
    if name.strip():
        yield name.strip()


def _group(words: Iterator[str], *, depth: int) -> Mask:
    if depth > _DEPTH_MAX:
        raise _broken(f"it is nested deeper than {_DEPTH_MAX} levels")
    found: Mask = {}
    name: str | None = None
    for word in words:
        if word == "}":
            return found
        if word == ",":
            name = None
        elif word == "{":
            if name is None:
                raise _broken("a bracket opens where a name should be")
            found[name] = _group(words, depth=depth + 1)
        else:
            if name is not None:
                raise _broken(f"a comma is missing before {word[:40]!r}")
            name = word
            found[name] = None
    raise _broken("a bracket is not closed")


def _broken(why: str) -> MalformedBodyError:
    return MalformedBodyError(
        f"The header {MASK_HEADER} cannot be read: {why}. Name the fields you want, such as {{id,kudos}}, or leave it "
        "out."
    )
