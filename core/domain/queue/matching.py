"""Matching: which lanes and which jobs a worker can take, and why not the others."""

from dataclasses import dataclass

from core.domain.ids import WorkerId
from core.domain.queue.lanes import Lane, Needs, size_bounds, step_bounds
from core.domain.requests import Kind, RequestDraft
from core.domain.workers.offer import WorkerOffer

_REASONS = (
    (Needs.NSFW, "nsfw"),
    (Needs.TRUSTED_ONLY, "untrusted"),
    (Needs.IMG2IMG, "img2img"),
    (Needs.PAINTING, "painting"),
    (Needs.POST_PROCESSING, "post-processing"),
    (Needs.LORA, "lora"),
    (Needs.CONTROLNET, "controlnet"),
    (Needs.UNSAFE_ADDRESS, "unsafe_ip"),
    (Needs.UPFRONT, "kudos"),
    (Needs.NOT_SLOW, "performance"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What decides on lanes: equal capabilities fit the same lanes, so the answer is remembered by it."""

    kind: Kind
    worker_id: WorkerId | None
    models: frozenset[str]
    has: Needs
    pixels_max: int
    steps_max: int


def capability_of(offer: WorkerOffer, *, worker_id: WorkerId | None, trusted: bool) -> Capability:
    """Return the part of an offer that lanes are matched with."""
    has = Needs.DENY_LIST | Needs.UPFRONT
    offered = (
        (offer.nsfw, Needs.NSFW),
        (trusted, Needs.TRUSTED_ONLY),
        (offer.allow_img2img, Needs.IMG2IMG),
        (offer.allow_painting, Needs.PAINTING),
        (offer.allow_post_processing, Needs.POST_PROCESSING),
        (offer.allow_lora, Needs.LORA),
        (offer.allow_controlnet, Needs.CONTROLNET),
        (offer.allow_unsafe_ipaddr, Needs.UNSAFE_ADDRESS),
        (not offer.extra_slow, Needs.NOT_SLOW),
    )
    for condition, need in offered:
        if condition:
            has |= need
    return Capability(
        kind=Kind.IMAGE,
        worker_id=worker_id,
        models=frozenset(offer.models),
        has=has,
        pixels_max=offer.pixels_max,
        steps_max=offer.steps_max,
    )


def misfit(lane: Lane, capability: Capability) -> str | None:
    """Return why no job of the lane fits the worker (a v2 ``skipped`` name), or None where some may.

    A worker_id of None stands for a worker that is not known yet: no allow-list keeps it out.
    """
    if lane.kind != capability.kind:
        return "kind"
    if lane.models and capability.models.isdisjoint(lane.models):
        return "models"
    if lane.allow and capability.worker_id is not None and capability.worker_id not in lane.allow:
        return "worker_id"
    missing = lane.needs & ~capability.has
    if missing:
        return next((reason for need, reason in _REASONS if missing & need), "bridge_version")
    if size_bounds(lane.size_class)[0] > capability.pixels_max:
        return "max_pixels"
    if step_bounds(lane.step_class)[0] > capability.steps_max:
        return "step_count"
    return None


def every_job_fits(lane: Lane, capability: Capability) -> bool:
    """Tell whether a fitting lane needs no look at its single jobs (blacklist words apart)."""
    return (
        not lane.needs & Needs.DENY_LIST
        and size_bounds(lane.size_class)[1] <= capability.pixels_max
        and step_bounds(lane.step_class)[1] <= capability.steps_max
    )


def refusal(draft: RequestDraft, offer: WorkerOffer, *, worker_id: WorkerId) -> str | None:
    """Return why this job of a fitting lane does not fit the worker, or None when it does."""
    if draft.image.pixels > offer.pixels_max:
        return "max_pixels"
    if draft.image.steps > offer.steps_max:
        return "step_count"
    if draft.worker_blacklist and worker_id in draft.worker_ids:
        return "worker_id"
    if offer.blacklist:
        prompt = draft.prompt.lower()
        if any(word.lower() in prompt for word in offer.blacklist if word):
            return "blacklist"
    return None


def model_for(draft: RequestDraft, offer: WorkerOffer) -> str:
    """Return the model that the worker is to use: the first asked for that it serves, or its own first for any."""
    if not draft.models:
        return offer.models[0] if offer.models else ""
    served = frozenset(offer.models)
    return next((model for model in draft.models if model in served), draft.models[0])
