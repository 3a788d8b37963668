"""An order becomes a request within the horde's limits; what had to be cut is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from bots.grammar import Order
from bots.horde.port import SourcePicture
from bots.names import Names
from bots.replies import cut_to, left_out
from bots.styles import CLIENT_AGENT, StyleBook, draft_of
from core.domain.kinds.alchemy import AlchemyParams, Form, tiles_of
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.kinds.text import TextParams
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft

Number = TypeVar("Number", int, float)

STRENGTH: Final = 0.6
"""How much of a source picture changes if nobody says it."""
TOKENS: Final = 200
TOKENS_LEAST: Final = 16
TOKENS_MAX: Final = 2_048
TEXTS_MAX: Final = 4
_CONTEXT_LEAST: Final = 2_048
_CHARS_PER_TOKEN: Final = 3
LORA_WEIGHT_MAX: Final = 5.0
TASK: Final = "### Instruction:\nWrite {prompt}\n\n### Response:\n"
"""How a model is told what to write: the form that most models that follow instructions were trained on."""
TEXT_STOPS: Final = ("\n### ", "\nUser:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a request is made under. served: by kind; most: so many pictures fit into the reply; nsfw: allowed there."""

    limits: QueuePolicy = field(default_factory=QueuePolicy)
    served: Mapping[Kind, Sequence[str]] = field(default_factory=dict)
    text_model: str = ""
    most: int = 20
    nsfw: bool = False
    chance: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A request. style: its name, "" without any; notes: sentences about what was cut."""

    draft: RequestDraft
    style: str = ""
    style_version: str = ""
    notes: tuple[str, ...] = ()


def drafted(order: Order, *, book: StyleBook, terms: Terms, source: SourcePicture | None = None) -> Drafted:
    """Returns the request for the order; source: the picture that it works on, which alchemy must have."""
    match order.kind:
        case Kind.IMAGE:
            return _picture(order, book=book, terms=terms, source=source)
        case Kind.TEXT:
            return _text(order, terms)
        case Kind.ALCHEMY:
            return _reading(order, terms, source)


def model_meant(said: str, served: Sequence[str]) -> str:
    """Returns the served model that someone means, whatever its case and dashes; else what they said."""
    if said in served:
        return said
    found = Names(served).prefix(said)
    return found[0] if found and found[1] == len(said) else said


def _picture(order: Order, *, book: StyleBook, terms: Terms, source: SourcePicture | None) -> Drafted:
    served = terms.served.get(Kind.IMAGE, ())
    style = book.choose(order.style or book.default, chance=terms.chance, served=served or None)
    notes: list[str] = []
    overrides = replace(order.overrides, nsfw=order.overrides.nsfw and terms.nsfw)
    if overrides.model:
        overrides = replace(overrides, model=model_meant(overrides.model, served))
    if source and overrides.aspect is None and overrides.width_px is None:
        overrides = replace(overrides, aspect=(source.width_px, source.height_px))
    draft = draft_of(
        book, style, prompt=order.prompt, negative=order.negative, overrides=overrides, chance=terms.chance
    )
    most = max(1, min(terms.limits.n_max, terms.most))
    draft = replace(
        draft,
        n=_within(draft.n, 1, most, "n", notes),
        params=_sized(draft.image, terms.limits, draft.models, asked=order, notes=notes),
        extra={**draft.extra, **_loras(order, draft, terms.limits, notes), **_started_from(source, order)},
    )
    return Drafted(draft=draft, style=style.name, style_version=book.version, notes=tuple(notes))


def _sized(
    image: ImageParams, limits: QueuePolicy, models: Sequence[str], *, asked: Order, notes: list[str]
) -> ImageParams:
    """Returns the parameters within the limits; a size keeps its proportions as far as they allow it."""
    names = [limits.model_aliases.get(model, model) for model in models]
    most = min([limits.size_max_px, *(limits.model_sizes_px.get(name, limits.size_max_px) for name in names)])
    shrink = min(1.0, most / max(image.width_px, image.height_px))
    step = limits.size_step_px

    def side(px: int) -> int:
        least = -(-limits.size_min_px // step) * step
        return max(least, min(round(px * shrink / step) * step, most // step * step))

    width_px, height_px = side(image.width_px), side(image.height_px)
    if asked.overrides.width_px is not None and (width_px, height_px) != (image.width_px, image.height_px):
        why = f"sides are multiples of {step} up to {most}"
        notes.append(cut_to("size", f"{image.width_px}x{image.height_px}", f"{width_px}x{height_px}", why))
    steps = _within(image.steps, 1, limits.steps_max, "steps", notes)
    cfg_scale = _within(image.cfg_scale, 0.0, 100.0, "cfg", notes)
    return replace(image, width_px=width_px, height_px=height_px, steps=steps, cfg_scale=cfg_scale)


def _within(value: Number, least: Number, most: Number, name: str, notes: list[str]) -> Number:
    kept = max(least, min(value, most))
    if kept != value:
        notes.append(cut_to(name, f"{value:g}", f"{kept:g}", f"{least:g} to {most:g} are taken"))
    return kept


def _loras(order: Order, draft: RequestDraft, limits: QueuePolicy, notes: list[str]) -> dict[str, object]:
    """Returns the style's LoRAs with the order's before them."""
    if not order.loras:
        return {}
    own = [
        {
            "name": lora.name,
            "model": max(-LORA_WEIGHT_MAX, min(lora.weight, LORA_WEIGHT_MAX)),
            "is_version": lora.is_version,
        }
        for lora in order.loras
    ]
    of_style = draft.extra.get("loras")
    wanted = [*own, *(of_style if isinstance(of_style, list) else [])]
    if len(wanted) > limits.loras_max:
        notes.append(left_out("LoRA", len(wanted) - limits.loras_max, limits.loras_max))
    return {"loras": wanted[: limits.loras_max]}


def _started_from(source: SourcePicture | None, order: Order) -> dict[str, object]:
    if source is None:
        return {}
    strength = STRENGTH if order.strength is None else max(0.01, order.strength)
    return {"source_image": source.key, "source_processing": "img2img", "denoising_strength": strength}


def _text(order: Order, terms: Terms) -> Drafted:
    notes: list[str] = []
    served = terms.served.get(Kind.TEXT, ())
    prompt = TASK.format(prompt=order.prompt)
    asked = TOKENS if order.tokens is None else order.tokens
    tokens = _within(asked, TOKENS_LEAST, min(terms.limits.text_length_max, TOKENS_MAX), "tokens", notes)
    needed = len(prompt) // _CHARS_PER_TOKEN + tokens
    n = 1 if order.overrides.n is None else order.overrides.n
    extra: dict[str, object] = {"stop_sequence": list(TEXT_STOPS)}
    if order.temperature is not None:
        extra["temperature"] = order.temperature
    draft = RequestDraft(
        kind=Kind.TEXT,
        prompt=prompt,
        models=_text_models(order, served, terms.text_model),
        n=_within(n, 1, TEXTS_MAX, "n", notes),
        params=TextParams(length_max=tokens, context_max=max(_CONTEXT_LEAST, -(-needed // 1_024) * 1_024)),
        client_agent=CLIENT_AGENT,
        extra=extra,
    )
    return Drafted(draft=draft, notes=tuple(notes))


def _text_models(order: Order, served: Sequence[str], usual: str) -> tuple[str, ...]:
    """Returns the model asked for, else the operator's while somebody serves it, else none, which means any."""
    if order.overrides.model:
        return (model_meant(order.overrides.model, served),)
    return (usual,) if usual and (usual in served or not served) else ()


def _reading(order: Order, terms: Terms, source: SourcePicture | None) -> Drafted:
    if source is None:
        message = "a picture is read without the picture"
        raise AssertionError(message)
    served = terms.served.get(Kind.ALCHEMY, ())
    form = next((name for name in order.forms if name in served), order.forms[0])
    tiles = tiles_of(width_px=source.width_px, height_px=source.height_px)
    params = AlchemyParams(forms=(Form(name=form),), source_image=source.key, tiles=tiles)
    return Drafted(draft=RequestDraft(kind=Kind.ALCHEMY, params=params, client_agent=CLIENT_AGENT))
