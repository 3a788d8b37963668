"""What the worker is asked to draw: the popped payload as a checked value, before any pipeline sees it."""

from dataclasses import dataclass

from msgspec import UnsetType

from core.wire.work import GenerationPayloadStable, ModelPayloadStable
from worker.errors import JobUnusableError
from worker.settings.keys import ModelEntry

NEGATIVE_MARK = "###"
PROMPT_CHARS_MAX = 10_000
SIDE_PX_MAX = 3072
SEED_END = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One picture as it was asked for; sizes are those of the finished picture."""

    prompt: str
    negative: str
    width_px: int
    height_px: int
    steps: int
    cfg_scale: float
    sampler: str
    karras: bool
    clip_skip: int
    tiling: bool
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job under lease. `lease_s` is how long the lease is good without a sign of life."""

    id: str
    model: ModelEntry
    wanted: Wanted
    upload_url: str | None
    lease_s: float
    must_censor: bool


def job_from(popped: GenerationPayloadStable, models: dict[str, ModelEntry]) -> Job:
    """The job that was popped.

    Raises:
        JobUnusableError: it asks for what this worker never offered, or breaks a limit.
    """
    job_id = popped.id or ""
    entry = models.get(popped.model or "")
    if entry is None:
        raise JobUnusableError("model", f"{popped.model!r} is not one of this worker's ({', '.join(models)})")
    _refuse_unoffered(popped)
    payload = popped.payload
    return Job(
        id=job_id,
        model=entry,
        wanted=_wanted(payload, entry),
        upload_url=popped.r2_upload,
        lease_s=float(popped.ttl or 150),
        must_censor=payload.use_nsfw_censor is True,
    )


def _refuse_unoffered(popped: GenerationPayloadStable) -> None:
    payload = popped.payload
    unoffered = {
        "source_image": popped.source_image,
        "control_type": payload.control_type or None,
        "loras": payload.loras or None,
        "tis": payload.tis or None,
        "post_processing": payload.post_processing or None,
        "workflow": payload.workflow or None,
    }
    for field, asked in unoffered.items():
        if asked is not None and not isinstance(asked, UnsetType):
            raise JobUnusableError(field, "is not offered by this worker and should not have been given to it")


def _wanted(payload: ModelPayloadStable, entry: ModelEntry) -> Wanted:
    text = payload.prompt
    if isinstance(text, UnsetType):
        text = ""
    if len(text) > PROMPT_CHARS_MAX:
        raise JobUnusableError("prompt", f"has {len(text)} characters, the limit is {PROMPT_CHARS_MAX}")
    prompt, _, negative = text.partition(NEGATIVE_MARK)
    if not prompt.strip():
        raise JobUnusableError("prompt", "is empty")
    for side, px in (("width", payload.width), ("height", payload.height)):
        if not 64 <= px <= SIDE_PX_MAX or px % 8:
            raise JobUnusableError(side, f"is {px}, it has to be a multiple of 8 between 64 and {SIDE_PX_MAX}")
    if not 1 <= payload.ddim_steps <= 500:
        raise JobUnusableError("ddim_steps", f"is {payload.ddim_steps}, it has to be between 1 and 500")
    cfg_scale = payload.cfg_scale if entry.cfg_scale_max is None else min(payload.cfg_scale, entry.cfg_scale_max)
    return Wanted(
        prompt=prompt.strip(),
        negative=negative.strip(),
        width_px=payload.width,
        height_px=payload.height,
        steps=payload.ddim_steps,
        cfg_scale=cfg_scale,
        sampler=payload.sampler_name,
        karras=payload.karras,
        clip_skip=1 if isinstance(payload.clip_skip, UnsetType) else max(1, min(payload.clip_skip, 12)),
        tiling=payload.tiling,
        seed=_seed(payload.seed),
    )


def _seed(written: str | UnsetType) -> int:
    """The seed as a number; a word is a seed too, by its bytes (the rule of the v2 API)."""
    if isinstance(written, UnsetType):
        raise JobUnusableError("seed", "is missing")
    if written.lstrip("-").isdigit():
        return int(written) % SEED_END
    number = int.from_bytes(written.encode(), "little")
    while number >= SEED_END:
        number >>= 1
    return number
