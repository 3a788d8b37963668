"""Between the engine's words and those of API v2: a draft as it is posted, and what is told of it as it is read."""

import base64
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bots.store.remote import Progress
from core.domain.kinds.alchemy import AlchemyParams
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.kinds.postprocessors import POST_PROCESSORS
from core.domain.kinds.text import TextParams
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.requests import RequestDraft

JsonObject = dict[str, Any]
_ORDER_FIELDS: Final = frozenset(
    {"source_image", "source_mask", "source_processing", "extra_source_images", "disable_batching"}
)
_SEED_VARIATION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One thing that another horde says it made. picture: an address or base64; body: what was written or read."""

    state: str = "ok"
    picture: str = ""
    seed: int = 0
    model: str = ""
    worker_id: str = ""
    worker_name: str = ""
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What another horde says of an order. kudos_mk: what it has cost so far, None where it does not say."""

    progress: Progress
    is_done: bool
    is_faulted: bool
    kudos_mk: int | None
    jobs: int
    forms: tuple[str, ...] = ()
    generations: tuple[Generation, ...] = ()


def seeded(draft: RequestDraft) -> RequestDraft:
    """Returns a draft whose pictures can be known by their seeds: drawn here if none was asked for."""
    if not isinstance(draft.params, ImageParams):
        return draft
    image = draft.params
    seed = image.seed if image.seed is not None else secrets.randbits(32)
    variation = image.seed_variation or (_SEED_VARIATION if draft.n > 1 else None)
    return replace(draft, params=replace(image, seed=seed, seed_variation=variation))


def body_of(draft: RequestDraft) -> JsonObject:
    """Returns what is posted; pictures that go with it are still keys of our object store."""
    common: JsonObject = {
        "trusted_workers": draft.trusted_workers,
        "slow_workers": draft.slow_workers,
        "extra_slow_workers": draft.extra_slow_workers,
    }
    match draft.params:
        case AlchemyParams() as alchemy:
            forms = [{"name": form.name, "payload": dict(form.payload)} for form in alchemy.forms]
            return common | {"forms": forms, "source_image": alchemy.source_image}
        case TextParams() as text:
            params = {
                **draft.extra,
                "n": draft.n,
                "max_length": text.length_max,
                "max_context_length": text.context_max,
            }
            body = common | {"prompt": draft.prompt, "params": params, "models": list(draft.models)}
            softprompt = {"softprompt": text.softprompt} if text.softprompt else {}
            return body | {"validated_backends": text.validated_backends} | softprompt
        case ImageParams() as image:
            carried = {name: value for name, value in draft.extra.items() if name not in _ORDER_FIELDS}
            fields = {name: value for name, value in draft.extra.items() if name in _ORDER_FIELDS}
            return common | {
                "prompt": draft.prompt,
                "params": carried | _image(image, draft.n),
                "models": list(draft.models),
                "nsfw": draft.nsfw,
                "censor_nsfw": draft.censor_nsfw,
                "r2": True,
                "shared": False,
                **fields,
            }
        case _:
            message = f"another horde cannot be asked for {draft.kind}"
            raise TypeError(message)


def _image(image: ImageParams, n: int) -> JsonObject:
    params: JsonObject = {
        "n": n,
        "width": image.width_px,
        "height": image.height_px,
        "steps": image.steps,
        "cfg_scale": image.cfg_scale,
        "sampler_name": image.sampler,
        "karras": image.karras,
        "tiling": image.tiling,
        "hires_fix": image.hires_fix,
        "post_processing": list(image.post_processing),
    }
    for name, value in (("seed_variation", image.seed_variation), ("clip_skip", image.clip_skip)):
        if value is not None:
            params[name] = value
    return params if image.seed is None else params | {"seed": str(image.seed)}


async def with_sources(body: JsonObject, get: Callable[[str], Awaitable[bytes]]) -> JsonObject:
    """Returns the body with the pictures that it names by key in it, as base64. Raises NotFound, Unavailable."""

    async def picture(key: str) -> str:
        return base64.b64encode(await get(key)).decode("ascii")

    whole = dict(body)
    for name in ("source_image", "source_mask"):
        if whole.get(name):
            whole[name] = await picture(str(whole[name]))
    if whole.get("extra_source_images"):
        whole["extra_source_images"] = [
            {**one, "image": await picture(str(one["image"]))} for one in whole["extra_source_images"]
        ]
    return whole


def look_of(kind: Kind, told: Mapping[str, Any]) -> Look:
    """Returns what a reply of check or status says. What is missing counts as nothing; ValueError: it is no reply."""
    if kind is Kind.ALCHEMY:
        return _forms(told)
    if "done" not in told and "finished" not in told:
        message = "it does not say how far the order is"
        raise ValueError(message)
    progress = Progress(
        waiting=_whole(told, "waiting"),
        processing=_whole(told, "processing"),
        finished=_whole(told, "finished"),
        restarted=_whole(told, "restarted"),
        queue_position=_whole(told, "queue_position"),
        wait_time_s=_whole(told, "wait_time"),
        is_possible=bool(told.get("is_possible", True)),
    )
    generations = tuple(_generation(kind, one) for one in _rows(told.get("generations")))
    kudos = told.get("kudos")
    return Look(
        progress=progress,
        is_done=bool(told.get("done")),
        is_faulted=bool(told.get("faulted")),
        kudos_mk=round(kudos * MK_PER_KUDOS) if isinstance(kudos, int | float) and kudos >= 0 else None,
        jobs=progress.waiting + progress.processing + progress.finished,
        generations=generations,
    )


def _generation(kind: Kind, one: Mapping[str, Any]) -> Generation:
    state = "ok" if one.get("state", "ok") == "ok" and not one.get("censored") else "censored"
    seed = str(one.get("seed", ""))
    made = Generation(
        state=state,
        seed=int(seed) if seed.isascii() and seed.isdigit() and len(seed) < 20 else 0,
        model=str(one.get("model") or ""),
        worker_id=str(one.get("worker_id") or ""),
        worker_name=str(one.get("worker_name") or ""),
    )
    if kind is Kind.TEXT:
        return replace(made, body={"text": str(one.get("text") or "")})
    return replace(made, picture=str(one.get("img") or "")) if state == "ok" else made


def _forms(told: Mapping[str, Any]) -> Look:
    rows = _rows(told.get("forms"))
    if "state" not in told:
        message = "it does not say how far the order is"
        raise ValueError(message)
    states = [str(row.get("state")) for row in rows]
    done = [row for row in rows if row.get("state") == "done"]
    is_done = bool(rows) and all(state in {"done", "faulted", "cancelled"} for state in states)
    generations = []
    for row in done:
        name, result = str(row.get("form")), row.get("result")
        value = result.get(name) if isinstance(result, Mapping) else None
        is_picture = name in POST_PROCESSORS and isinstance(value, str)
        generations.append(
            Generation(model=name, picture=str(value))
            if is_picture
            else Generation(model=name, body=dict(result) if isinstance(result, Mapping) else {})
        )
    return Look(
        progress=Progress(waiting=states.count("waiting"), processing=states.count("processing"), finished=len(done)),
        is_done=is_done,
        is_faulted=is_done and not done,
        kudos_mk=None,
        jobs=len(rows),
        forms=tuple(sorted(str(row.get("form")) for row in rows)),
        generations=tuple(generations),
    )


def _rows(value: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _whole(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    return max(int(value), 0) if isinstance(value, int | float) and abs(value) < 2**53 else 0
