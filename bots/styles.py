# ruff: noqa: N818 - the names are the words of the room, they read as what went wrong
"""Style data: read strictly, kept while a newer one is broken, and turned into requests."""

import hashlib
import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import msgspec

from bots.names import Names
from core.domain.kinds.image import ImageParams
from core.domain.requests import RequestDraft
from core.domain.styles import SAMPLERS, Overrides, Style, faults_of_template, one_line, render, size_of_aspect

STYLES_FILE: Final = "styles.json"
CATEGORIES_FILE: Final = "categories.json"
ENHANCEMENTS_FILE: Final = "enhancements.json"
CLIENT_AGENT: Final = "horde-suite-bots:0.1:https://127.0.0.1"
LORAS_MAX: Final = 5

_log = logging.getLogger(__name__)


class _Lora(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One LoRA of a style; `weight` is an old word for `model`."""

    name: str
    is_version: bool = False
    model: float | None = None
    clip: float | None = None
    inject_trigger: str | None = None
    weight: float | None = None


class _Inversion(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One textual inversion of a style."""

    name: str
    inject_ti: str | None = None
    strength: float | None = None
    id: int | None = None


class _StyleEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A style as it stands in the file: the public AI-Horde-Styles fields, and our `tiling` and `note`."""

    prompt: str
    model: str
    steps: int | None = None
    cfg_scale: float | None = None
    width: int | None = None
    height: int | None = None
    sampler_name: str | None = None
    karras: bool | None = None
    clip_skip: int | None = None
    hires_fix: bool | None = None
    tiling: bool | None = None
    enhance: bool = False
    loras: list[_Lora] = msgspec.field(default_factory=list)
    tis: list[_Inversion] = msgspec.field(default_factory=list)
    note: str = ""


class _Enhancement(msgspec.Struct, forbid_unknown_fields=True):
    """What `enhance` adds for one family of models."""

    loras: list[_Lora] = msgspec.field(default_factory=list)
    tis: list[_Inversion] = msgspec.field(default_factory=list)


class StylesInvalid(Exception):
    """Style data that cannot be used; `faults` are sentences, one for each thing to mend."""

    def __init__(self, faults: Collection[str]) -> None:
        """Hold all faults at once."""
        super().__init__("The style data cannot be used:\n- " + "\n- ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleBook:
    """All styles and categories of one reading; version: changes with every change of the data."""

    styles: Mapping[str, Style]
    categories: Mapping[str, tuple[str, ...]]
    enhancements: Mapping[str, Mapping[str, object]]
    default: str
    version: str
    names: Names = field(compare=False)

    def choose(self, name: str, *, chance: int, served: Collection[str] | None = None) -> Style:
        """Returns the style of that name, or one of the category of that name: the same for the same chance.

        A style wins over a category of the same name. With `served`, styles whose model nobody serves are passed over
        as long as the category has others.
        """
        if name in self.styles:
            return self.styles[name]
        members = [self.styles[member] for member in self.members(name)]
        able = [style for style in members if served is None or style.model in served] or members
        digest = hashlib.sha256(f"{chance}:{name}".encode()).digest()
        return able[int.from_bytes(digest[:8], "big") % len(able)]

    def members(self, category: str) -> tuple[str, ...]:
        """Returns the styles of a category and of the categories in it, each once, whatever circles there are."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        waiting = [category]
        while waiting:
            name = waiting.pop(0)
            for member in self.categories[name] if name not in seen else ():
                if member in self.styles:
                    found[member] = None
                else:
                    waiting.append(member)
            seen.add(name)
        return tuple(found)

    def unserved(self, served: Collection[str]) -> tuple[str, ...]:
        """Returns the styles whose model nobody serves."""
        return tuple(name for name, style in self.styles.items() if style.model not in served)


class StyleShelf:
    """The newest good book: a reading that fails leaves the last one in use."""

    def __init__(self, directory: Path, *, default: str = "") -> None:
        """Reads the directory; raises StylesInvalid, as at the start there is nothing to fall back on.

        default: the style of those who name none; empty: the first in the file.
        """
        self._directory = directory
        self._default = default
        self.book = load_book(directory, default=default)

    def reload(self) -> bool:
        """The book is what the directory holds now; returns False and keeps the old one if that is broken."""
        try:
            self.book = load_book(self._directory, default=self._default)
        except StylesInvalid as error:
            _log.warning(
                "styles.kept version=%s faults=%d first=%r", self.book.version, len(error.faults), error.faults[0]
            )
            return False
        return True


def load_book(directory: Path, *, default: str = "") -> StyleBook:
    """Returns the styles of a directory; raises StylesInvalid with everything that is wrong in it."""
    faults: list[str] = []
    raw_styles = _object_in(directory / STYLES_FILE, faults)
    raw_categories = _object_in(directory / CATEGORIES_FILE, faults, optional=True)
    raw_enhancements = _object_in(directory / ENHANCEMENTS_FILE, faults, optional=True)
    styles = {name: _style(name, raw, faults) for name, raw in raw_styles.items()}
    categories = {name: _members(name, raw, faults) for name, raw in raw_categories.items()}
    for name, members in categories.items():
        faults += [
            f"{CATEGORIES_FILE}: category {name!r} names {member!r}, which is neither a style nor a category."
            for member in members
            if member not in styles and member not in categories
        ]
    enhancements = {name: _enhancement(name, raw, faults) for name, raw in raw_enhancements.items()}
    default = default or next(iter(styles), "")
    if default not in styles and default not in categories and not faults:
        faults.append(
            f"The default style {default!r} is in neither {STYLES_FILE} nor {CATEGORIES_FILE}; add or change it."
        )
    if faults:
        raise StylesInvalid(faults)
    content = json.dumps([raw_styles, raw_categories, raw_enhancements], sort_keys=True)
    book = StyleBook(
        styles={name: style for name, style in styles.items() if style is not None},
        categories=categories,
        enhancements=enhancements,
        default=default,
        version=hashlib.sha256(content.encode()).hexdigest()[:12],
        names=Names([*styles, *categories]),
    )
    empty = [name for name in categories if name not in styles and not book.members(name)]
    if empty:
        raise StylesInvalid([f"{CATEGORIES_FILE}: category {name!r} holds no style." for name in empty])
    return book


def draft_of(
    book: StyleBook,
    style: Style,
    *,
    prompt: str,
    negative: str,
    overrides: Overrides,
    chance: int,
    baselines: Mapping[str, str] | None = None,
) -> RequestDraft:
    """Returns the request: the horde's defaults, over them the style, over that what the asker set."""
    image = _image(style, overrides)
    extra: dict[str, object] = dict(style.extra)
    if style.enhance:
        for kind, items in book.enhancements.get((baselines or {}).get(style.model, ""), {}).items():
            extra[kind] = [*_list(extra.get(kind)), *_list(items)]
    seed = chance if overrides.seed is None else overrides.seed
    return RequestDraft(
        prompt=render(style.template, prompt=prompt, negative=negative, seed=seed),
        models=(overrides.model or style.model,),
        n=1 if overrides.n is None else overrides.n,
        params=image,
        nsfw=overrides.nsfw,
        censor_nsfw=not overrides.nsfw,
        client_agent=CLIENT_AGENT,
        extra=extra,
    )


def _image(style: Style, overrides: Overrides) -> ImageParams:
    base = ImageParams()
    set_by_style = {
        "width_px": style.width_px,
        "height_px": style.height_px,
        "steps": style.steps,
        "cfg_scale": style.cfg_scale,
        "sampler": style.sampler,
        "karras": style.karras,
        "clip_skip": style.clip_skip,
        "hires_fix": style.hires_fix,
        "tiling": style.tiling,
    }
    set_by_asker = {
        "width_px": overrides.width_px,
        "height_px": overrides.height_px,
        "seed": overrides.seed,
        "steps": overrides.steps,
        "cfg_scale": overrides.cfg_scale,
        "sampler": overrides.sampler,
    }
    merged = {**_given(set_by_style), **_given(set_by_asker)}
    image = replace(base, **merged)  # type: ignore[arg-type]  # the names and types above are ImageParams' own
    if overrides.aspect is None:
        return image
    width_px, height_px = size_of_aspect(width_px=image.width_px, height_px=image.height_px, aspect=overrides.aspect)
    return replace(image, width_px=width_px, height_px=height_px)


def _given(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _object_in(path: Path, faults: list[str], *, optional: bool = False) -> dict[str, object]:
    if optional and not path.exists():
        return {}
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{path}: cannot be read ({error.strerror}); check the path and its permissions.")
        return {}
    except ValueError as error:
        faults.append(f"{path}: is no valid JSON ({error}).")
        return {}
    if not isinstance(read, dict):
        faults.append(f"{path}: must hold an object (name to value), but holds a {type(read).__name__}.")
        return {}
    return read


def _style(name: str, raw: object, faults: list[str]) -> Style | None:
    try:
        entry = msgspec.convert(raw, _StyleEntry)
    except msgspec.ValidationError as error:
        faults.append(f"{STYLES_FILE}: style {name!r}: {error}.")
        return None
    faults += [f"{STYLES_FILE}: style {name!r}: field `prompt` {fault}." for fault in faults_of_template(entry.prompt)]
    if len(entry.loras) > LORAS_MAX:
        faults.append(
            f"{STYLES_FILE}: style {name!r}: field `loras` holds {len(entry.loras)}, the limit is {LORAS_MAX}."
        )
    if entry.sampler_name is not None and entry.sampler_name not in SAMPLERS:
        faults.append(f"{STYLES_FILE}: style {name!r}: field `sampler_name` is none of {', '.join(SAMPLERS)}.")
    if name != one_line(name):
        faults.append(f"{STYLES_FILE}: style {name!r}: the name has blanks at its ends or a line break.")
    return Style(
        name=name,
        template=entry.prompt,
        model=entry.model,
        width_px=entry.width,
        height_px=entry.height,
        steps=entry.steps,
        cfg_scale=entry.cfg_scale,
        sampler=entry.sampler_name,
        karras=entry.karras,
        clip_skip=entry.clip_skip,
        hires_fix=entry.hires_fix,
        tiling=entry.tiling,
        enhance=entry.enhance,
        note=entry.note,
        extra=_extra(entry.loras, entry.tis),
    )


def _extra(loras: list[_Lora], tis: list[_Inversion]) -> dict[str, object]:
    extra: dict[str, object] = {}
    if loras:
        extra["loras"] = [msgspec.to_builtins(_modern(lora)) for lora in loras]
    if tis:
        extra["tis"] = [msgspec.to_builtins(inversion) for inversion in tis]
    return extra


def _modern(lora: _Lora) -> _Lora:
    if lora.weight is None:
        return lora
    return msgspec.structs.replace(lora, model=lora.weight if lora.model is None else lora.model, weight=None)


def _members(name: str, raw: object, faults: list[str]) -> tuple[str, ...]:
    try:
        return tuple(msgspec.convert(raw, list[str]))
    except msgspec.ValidationError as error:
        faults.append(f"{CATEGORIES_FILE}: category {name!r}: {error}.")
        return ()


def _enhancement(name: str, raw: object, faults: list[str]) -> Mapping[str, object]:
    try:
        entry = msgspec.convert(raw, _Enhancement)
    except msgspec.ValidationError as error:
        faults.append(f"{ENHANCEMENTS_FILE}: family {name!r}: {error}.")
        return {}
    return _extra(entry.loras, entry.tis)
