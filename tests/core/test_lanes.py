"""Lanes and matching, as pure rules."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ids import AccountId, WorkerId
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.kinds.registry import RULES
from core.domain.kinds.text import TextParams
from core.domain.queue.lanes import bounds_of, class_of, lane_of, needs_of
from core.domain.queue.matching import capability_of, every_job_fits, misfit, model_for, refusal
from core.domain.queue.needs import Needs
from core.domain.requests import RequestDraft
from core.domain.workers.offer import WorkerOffer

DRAFT = RequestDraft(prompt="a Red heart", models=("tiny",))
OFFER = WorkerOffer(name="w", account_id=AccountId(1), models=("tiny", "big"), pixels_max=512 * 512)
MODERN = replace(OFFER, bridge_agent="AI Horde Worker reGen:10.0.0:url")
TEXT = RequestDraft(kind=Kind.TEXT, prompt="Once", models=("llama",), params=TextParams())
SCRIBE = WorkerOffer(kind=Kind.TEXT, name="s", account_id=AccountId(1), models=("llama",))
ME = WorkerId("me")


def why_not(draft: RequestDraft, offer: WorkerOffer = OFFER, *, trusted: bool = False) -> str | None:
    return misfit(lane_of(draft), capability_of(offer, worker_id=ME, trusted=trusted))


@pytest.mark.parametrize("kind", list(Kind))
@given(value=st.integers(0, 3_072 * 3_072))
def test_a_size_and_a_length_are_within_their_class(kind: Kind, value: int) -> None:
    for bounds in (RULES[kind].size_bounds, RULES[kind].length_bounds):
        assert list(bounds) == sorted(set(bounds))
        least, most = bounds_of(class_of(value, bounds), bounds)
        assert least <= value <= most


@pytest.mark.parametrize(
    ("draft", "offer", "reason"),
    [
        (DRAFT, OFFER, None),
        (replace(DRAFT, models=()), OFFER, None),
        (replace(DRAFT, models=("other",)), OFFER, "models"),
        (replace(DRAFT, nsfw=True), OFFER, None),
        (replace(DRAFT, nsfw=True), replace(OFFER, nsfw=False), "nsfw"),
        (replace(DRAFT, trusted_workers=True), OFFER, "untrusted"),
        (replace(DRAFT, slow_workers=False), replace(OFFER, extra_slow=True), "performance"),
        (replace(DRAFT, extra_slow_workers=False), replace(OFFER, extra_slow=True), "performance"),
        (replace(DRAFT, extra_slow_workers=False), OFFER, None),
        (replace(DRAFT, unsafe_address=True), OFFER, None),
        (replace(DRAFT, unsafe_address=True), replace(OFFER, allow_unsafe_ipaddr=False), "unsafe_ip"),
        (replace(DRAFT, extra={"transparent": True}), MODERN, "controlnet"),
        (replace(DRAFT, extra={"transparent": True}), replace(MODERN, allow_sdxl_controlnet=True), None),
        (replace(DRAFT, extra={"tis": [{"name": "x"}]}), OFFER, "bridge_version"),
        (replace(DRAFT, extra={"tis": [{"name": "x"}]}), MODERN, None),
        (replace(DRAFT, extra={"extra_source_images": [{"image": "x"}]}), OFFER, "bridge_version"),
        (replace(DRAFT, params=ImageParams(hires_fix=True)), OFFER, "bridge_version"),
        (replace(DRAFT, params=ImageParams(clip_skip=2)), OFFER, "bridge_version"),
        (replace(DRAFT, params=ImageParams(clip_skip=1)), OFFER, None),
        (replace(TEXT, models=()), OFFER, "kind"),
        (TEXT, SCRIBE, None),
        (replace(TEXT, params=TextParams(context_max=8_192)), SCRIBE, "max_context_length"),
        (replace(TEXT, params=TextParams(length_max=1_024, context_max=2_048)), SCRIBE, "max_length"),
        (replace(TEXT, params=TextParams(validated_backends=True)), SCRIBE, "bridge_version"),
        (
            replace(TEXT, params=TextParams(validated_backends=True)),
            replace(SCRIBE, bridge_agent="KoboldCppEmbedWorker:2:url"),
            None,
        ),
        (replace(TEXT, params=TextParams(softprompt="noir")), SCRIBE, "matching_softprompt"),
        (replace(TEXT, params=TextParams(softprompt="noir")), replace(SCRIBE, softprompts=("other",)), None),
        (replace(DRAFT, extra={"source_image": "x"}), replace(OFFER, allow_img2img=False), "img2img"),
        (
            replace(DRAFT, extra={"source_image": "x", "source_processing": "inpainting"}),
            replace(OFFER, allow_painting=False),
            "painting",
        ),
        (replace(DRAFT, extra={"loras": [{"name": "x"}]}), OFFER, "lora"),
        (replace(DRAFT, extra={"control_type": "canny"}), OFFER, "controlnet"),
        (
            replace(DRAFT, params=ImageParams(post_processing=("GFPGAN",))),
            replace(OFFER, allow_post_processing=False),
            "post-processing",
        ),
        (replace(DRAFT, params=ImageParams(width_px=1024)), OFFER, "max_pixels"),
        (replace(DRAFT, params=ImageParams(steps=200)), replace(OFFER, steps_max=50), "step_count"),
        (replace(DRAFT, worker_ids=(WorkerId("other"),)), OFFER, "worker_id"),
        (replace(DRAFT, worker_ids=(ME,)), OFFER, None),
        (replace(DRAFT, worker_ids=(ME,), worker_blacklist=True), OFFER, None),
    ],
)
def test_why_a_lane_does_not_fit(draft: RequestDraft, offer: WorkerOffer, reason: str | None) -> None:
    assert why_not(draft, offer) == reason


def test_a_slow_worker_leaves_those_who_want_it_fast() -> None:
    lane = lane_of(replace(DRAFT, slow_workers=False))
    assert misfit(lane, capability_of(OFFER, worker_id=ME, trusted=False, slow=True)) == "performance"
    assert misfit(lane_of(DRAFT), capability_of(OFFER, worker_id=ME, trusted=False, slow=True)) is None


def test_a_worker_that_wants_kudos_upfront_leaves_those_who_have_none() -> None:
    wary = capability_of(replace(OFFER, require_upfront_kudos=True), worker_id=ME, trusted=False)
    assert misfit(lane_of(DRAFT, covered=False), wary) == "kudos"
    assert misfit(lane_of(DRAFT, covered=True), wary) is None
    assert misfit(lane_of(DRAFT, covered=False), capability_of(OFFER, worker_id=ME, trusted=False)) is None


def test_a_softprompt_is_looked_for_job_by_job() -> None:
    wanted = replace(TEXT, params=TextParams(softprompt="noir"))
    offer = replace(SCRIBE, softprompts=("other",))
    assert not every_job_fits(lane_of(wanted), capability_of(offer, worker_id=ME, trusted=False))
    assert refusal(wanted, offer, worker_id=ME) == "matching_softprompt"
    assert refusal(wanted, replace(SCRIBE, softprompts=("noir",)), worker_id=ME) is None


def test_a_trusted_owner_serves_who_wants_trust() -> None:
    assert why_not(replace(DRAFT, trusted_workers=True), trusted=True) is None


def test_a_worker_that_is_not_known_yet_may_be_on_an_allow_list() -> None:
    lane = lane_of(replace(DRAFT, worker_ids=(WorkerId("x"),)))
    assert misfit(lane, capability_of(OFFER, worker_id=None, trusted=False)) is None


def test_only_the_class_of_the_worker_s_own_limit_is_looked_at() -> None:
    capability = capability_of(OFFER, worker_id=ME, trusted=False)
    assert every_job_fits(lane_of(replace(DRAFT, params=ImageParams(width_px=256))), capability)
    odd = capability_of(replace(OFFER, pixels_max=512 * 512 - 1), worker_id=ME, trusted=False)
    assert misfit(lane_of(DRAFT), odd) is None
    assert not every_job_fits(lane_of(DRAFT), odd)
    assert refusal(DRAFT, replace(OFFER, pixels_max=512 * 512 - 1), worker_id=ME) == "max_pixels"


def test_what_is_no_lane_s_is_the_job_s() -> None:
    assert refusal(DRAFT, OFFER, worker_id=ME) is None
    assert refusal(DRAFT, replace(OFFER, blacklist=("RED",)), worker_id=ME) == "blacklist"
    assert refusal(DRAFT, replace(OFFER, steps_max=20), worker_id=ME) == "step_count"
    denied = replace(DRAFT, worker_ids=(ME,), worker_blacklist=True)
    assert refusal(denied, OFFER, worker_id=ME) == "worker_id"
    assert needs_of(denied) == Needs.DENY_LIST


def test_the_model_is_the_first_asked_for_that_is_served() -> None:
    assert model_for(replace(DRAFT, models=("none", "big", "tiny")), OFFER) == "big"
    assert model_for(replace(DRAFT, models=()), OFFER) == "tiny"


def test_equal_classes_share_a_lane_and_others_do_not() -> None:
    assert lane_of(DRAFT).key == lane_of(replace(DRAFT, prompt="other", n=3)).key
    keys = {
        lane_of(one).key
        for one in (
            DRAFT,
            replace(DRAFT, nsfw=True),
            replace(DRAFT, models=("big",)),
            replace(DRAFT, worker_ids=(ME,)),
            replace(DRAFT, params=ImageParams(width_px=1024)),
            replace(DRAFT, params=ImageParams(steps=100)),
        )
    }
    assert len(keys) == 6
