"""Matching: which lanes and which jobs a worker can take, and why not the others."""

from dataclasses import dataclass

from core.domain.ids import WorkerId
from core.domain.kinds.kind import Kind
from core.domain.kinds.registry import RULES
from core.domain.kinds.text import TextParams
from core.domain.queue.bridges import is_modern, is_validated
from core.domain.queue.lanes import Lane
from core.domain.queue.needs import Needs
from core.domain.requests import RequestDraft
from core.domain.workers.offer import WorkerOffer

_REASONS = (
    (Needs.NSFW, "nsfw"),
    (Needs.TRUSTED_ONLY, "untrusted"),
    (Needs.IMG2IMG, "img2img"),
    (Needs.PAINTING, "painting"),
    (Needs.POST_PROCESSING, "post-processing"),
    (Needs.LORA, "lora"),
    (Needs.CONTROLNET, "controlnet"),
    (Needs.TRANSPARENT, "controlnet"),
    (Needs.UNSAFE_ADDRESS, "unsafe_ip"),
    (Needs.UNCOVERED, "kudos"),
    (Needs.NOT_SLOW | Needs.NOT_EXTRA_SLOW, "performance"),
    (Needs.SOFTPROMPT, "matching_softprompt"),
)
_LOOKED_AT = Needs.DENY_LIST | Needs.SOFTPROMPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """What decides on lanes: equal capabilities fit the same lanes, so the answer is remembered by it."""

    kind: Kind
    worker_id: WorkerId | None
    models: frozenset[str]
    has: Needs
    size_max: int
    length_max: int


def capability_of(offer: WorkerOffer, *, worker_id: WorkerId | None, trusted: bool, slow: bool = False) -> Capability:
    """Return the part of an offer that lanes are matched with. slow: its measured speed is under the kind's least."""
    offered = (
        (True, Needs.DENY_LIST),
        (offer.nsfw, Needs.NSFW),
        (trusted, Needs.TRUSTED_ONLY),
        (offer.allow_img2img, Needs.IMG2IMG),
        (offer.allow_painting, Needs.PAINTING),
        (offer.allow_post_processing, Needs.POST_PROCESSING),
        (offer.allow_lora, Needs.LORA),
        (offer.allow_controlnet, Needs.CONTROLNET),
        (offer.allow_sdxl_controlnet, Needs.TRANSPARENT),
        (offer.allow_unsafe_ipaddr, Needs.UNSAFE_ADDRESS),
        (not offer.require_upfront_kudos, Needs.UNCOVERED),
        (not slow and not offer.extra_slow, Needs.NOT_SLOW),
        (not offer.extra_slow, Needs.NOT_EXTRA_SLOW),
        (is_modern(offer.bridge_agent), Needs.MODERN_BRIDGE),
        (is_validated(offer.bridge_agent), Needs.VALIDATED_BACKEND),
        (bool(offer.softprompts), Needs.SOFTPROMPT),
    )
    rules = RULES[offer.kind]
    size_max, length_max = rules.reach(offer)
    return Capability(
        kind=offer.kind,
        worker_id=worker_id,
        models=rules.serves(offer),
        has=Needs(sum(need for condition, need in offered if condition)),  # numbers add faster than flags join
        size_max=size_max,
        length_max=length_max,
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
    missing = int(lane.needs) & ~int(capability.has)
    if missing:
        return next((reason for need, reason in _REASONS if missing & need), "bridge_version")
    too_large, too_long = RULES[lane.kind].reasons
    if lane.sizes[0] > capability.size_max:
        return too_large
    if lane.lengths[0] > capability.length_max:
        return too_long
    return None


def every_job_fits(lane: Lane, capability: Capability) -> bool:
    """Tell whether a fitting lane needs no look at its single jobs (blacklist words apart)."""
    return (
        not lane.needs & _LOOKED_AT
        and lane.sizes[1] <= capability.size_max
        and lane.lengths[1] <= capability.length_max
    )


def refusal(draft: RequestDraft, offer: WorkerOffer, *, worker_id: WorkerId, ordinal: int = 0) -> str | None:
    """Return why this job of a fitting lane does not fit the worker, or None when it does."""
    rules = RULES[draft.kind]
    size, length = rules.measure(draft, ordinal)
    size_max, length_max = rules.reach(offer)
    too_large, too_long = rules.reasons
    if size > size_max:
        return too_large
    if length > length_max:
        return too_long
    if draft.worker_blacklist and worker_id in draft.worker_ids:
        return "worker_id"
    wanted = draft.params.softprompt if isinstance(draft.params, TextParams) else None
    if wanted is not None and wanted not in offer.softprompts:
        return "matching_softprompt"
    if offer.blacklist:
        prompt = draft.prompt.lower()
        if any(word.lower() in prompt for word in offer.blacklist if word):
            return "blacklist"
    return None


def model_for(draft: RequestDraft, offer: WorkerOffer, ordinal: int = 0) -> str:
    """Return the model (or form) for the job: the first asked for that the worker serves, or its own first for any."""
    rules = RULES[draft.kind]
    asked, served = rules.models(draft, ordinal), rules.serves(offer)
    if not asked:
        return offer.models[0] if offer.models else ""
    return next((model for model in asked if model in served), asked[0])
