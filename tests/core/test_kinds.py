"""Three kinds of work through one queue: pictures, texts and alchemy."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import InvalidRequest, TooManyJobs
from core.domain.ids import AccountId
from core.domain.jobs import Leased, Outcome, Rewarded
from core.domain.kinds.alchemy import FORMS, AlchemyParams, Form, tiles_of
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind, PriceGoesTo
from core.domain.kinds.prices import job_prices, price_mk
from core.domain.kinds.registry import RULES
from core.domain.kinds.text import TextParams, known_size_b
from core.domain.policy import QueuePolicy
from core.domain.queue.limits import check
from core.domain.requests import RequestDraft
from core.domain.workers.offer import WorkerOffer
from core.services.queue.complete import complete
from tests.core.scene import Scene, draft

POLICY = QueuePolicy()
PICTURE = "https://example.org/cat.webp"


def text(
    prompt: str = "Once upon a time", *, models: tuple[str, ...] = ("llama-13B",), **params: object
) -> RequestDraft:
    return RequestDraft(kind=Kind.TEXT, prompt=prompt, models=models, params=TextParams(**params))  # type: ignore[arg-type]


def alchemy(*forms: str, tiles: int = 1) -> RequestDraft:
    params = AlchemyParams(forms=tuple(Form(name=name) for name in forms), source_image=PICTURE, tiles=tiles)
    return RequestDraft(kind=Kind.ALCHEMY, params=params)


def scribe(owner: AccountId, **more: object) -> WorkerOffer:
    offer = WorkerOffer(kind=Kind.TEXT, name="scribe", account_id=owner, models=("llama-13B",))
    return replace(offer, **more)  # type: ignore[arg-type]


def alchemist(owner: AccountId, *forms: str, name: str = "alchemist", **more: object) -> WorkerOffer:
    offer = WorkerOffer(kind=Kind.ALCHEMY, name=name, account_id=owner, forms=forms)
    return replace(offer, **more)  # type: ignore[arg-type]


async def hand_in(scene: Scene, job: Leased, owner: AccountId, body: dict[str, object]) -> Rewarded:
    now_ms = scene.clock.now_ms()
    return await scene.do(
        lambda tx: complete(
            tx,
            job_id=job.job_id,
            account_id=owner,
            outcome=Outcome(body=body),
            policy=scene.policy,
            now_ms=now_ms,
            lease_id=job.lease_id,
        )
    )


def test_the_registry_has_every_kind() -> None:
    assert set(RULES) == set(Kind)
    assert all(rules.kind is kind for kind, rules in RULES.items())


@pytest.mark.parametrize(
    ("model", "size_b"),
    [
        ("llama-13B", 13),
        ("koboldcpp/Mistral-7b-v0.2.Q4", 7),
        ("x/8x7B", 56),
        ("phi-2.7b", 2.7),
        ("gpt", None),
        ("7bit", None),
    ],
)
def test_a_model_s_size_is_in_its_name(model: str, size_b: float | None) -> None:
    assert known_size_b(model, POLICY) == size_b
    assert known_size_b(model, replace(POLICY, model_params_b={model: 3.0})) == 3


@pytest.mark.parametrize(("model", "mk"), [("any-13B", 35_357), ("any-70B", 266_619)])
def test_a_text_costs_tokens_times_model_size(model: str, mk: int) -> None:
    assert price_mk(text(models=(model,)), POLICY) == pytest.approx(mk, rel=1e-3)
    assert price_mk(text(models=()), POLICY) == price_mk(text(models=("a-13B",)), POLICY)
    both = price_mk(text(models=("a-13B", "a-70B")), POLICY)
    assert both == price_mk(text(models=("a-70B",)), POLICY), "the dearest of the models asked for"


@given(st.integers(16, 4_095), st.integers(7, 18))
def test_a_text_s_price_grows_with_length_and_context(length: int, power: int) -> None:
    context = max(2**power, length + 1)
    price = price_mk(text(length_max=length, context_max=context), POLICY)
    assert 0 < price < price_mk(text(length_max=length + 1, context_max=context), POLICY)
    assert price <= price_mk(text(length_max=length, context_max=2 * context), POLICY)


def test_a_form_has_its_price() -> None:
    prices = job_prices(alchemy("caption", "interrogation", "RealESRGAN_x4plus", tiles=4), POLICY)
    assert [price.total_mk for price in prices] == [1_000, 3_000, 12_000]
    assert tiles_of(width_px=513, height_px=512) == 2


@pytest.mark.parametrize(
    "a_draft",
    [
        draft(px=1024),
        draft(
            extra={"loras": [{"name": "x"}], "tis": [{"name": "y"}], "control_type": "canny", "source_image": PICTURE}
        ),
        draft(slow_workers=False, models=("flux",)),
        replace(draft(), params=ImageParams(post_processing=("RealESRGAN_x4plus", "GFPGAN"))),
        text(),
        alchemy("caption", "GFPGAN", tiles=3),
    ],
)
def test_a_price_explains_itself(a_draft: RequestDraft) -> None:
    policy = QueuePolicy(tax_job_mk=1_000, model_baselines={"flux": "flux_1"})
    for price in job_prices(a_draft, policy):
        assert price.total_mk == sum(part.amount_mk for part in price.parts)
        assert all(part.why and part.source and part.amount_mk > 0 for part in price.parts)
        assert 0 < price.worth_mk == sum(part.amount_mk for part in price.parts if part.to is PriceGoesTo.WORKER)
        assert price.total_mk - price.worth_mk >= policy.tax_job_mk
        assert price.parts[-1].name == "tax"


def test_surcharges_and_families() -> None:
    policy = QueuePolicy(model_baselines={"xl": "stable_diffusion_xl"})
    plain = price_mk(draft(), policy)
    assert price_mk(draft(slow_workers=False), policy) == plain * 120 // 100
    assert price_mk(draft(models=("xl",)), policy) == 2 * plain
    assert price_mk(draft(extra={"loras": [{"name": "a"}, {"name": "b"}]}), policy) == plain + 6_000
    assert price_mk(draft(extra={"source_image": PICTURE}), policy) == plain * 130 // 100
    made = RULES[Kind.IMAGE].price(draft(models=("xl", "tiny")), 0, policy, model="tiny")
    assert made.total_mk == plain, "at the end it is the model that was used"


BROKEN = [
    (text(""), "prompt", "MissingPrompt"),
    (text(length_max=15), "max_length", "BadRequest"),
    (text(length_max=4_097, context_max=8_192), "max_length", "BadRequest"),
    (text(context_max=79), "max_context_length", "BadRequest"),
    (text(length_max=512, context_max=256), "max_length", "TokenOverflow"),
    (replace(text(), n=21), "n", "BadRequest"),
    (replace(text(), prompt="x" * 400_001), "prompt", "InvalidPromptSize"),
    (alchemy(), "forms", "BadRequest"),
    (alchemy("gold"), "forms", "BadRequest"),
    (alchemy("caption", "caption"), "forms", "BadRequest"),
    (alchemy(*sorted(FORMS), *sorted(FORMS)), "forms", "BadRequest"),
    (alchemy("caption", tiles=256), "source_image", "SourceImageResolutionExceeded"),
    (replace(alchemy("nsfw"), params=AlchemyParams(forms=(Form(name="nsfw"),), source_image="")), "source_image",
     "ImageSourceMissing"),
    (draft(extra={"loras": [{"name": "x"}] * 6}), "loras", "TooManyLoras"),
    (draft(extra={"loras": [{"name": "x", "model": 5.1}]}), "loras.model", "BadRequest"),
    (draft(extra={"loras": [{"name": "x", "clip": "much"}]}), "loras.clip", "BadRequest"),
    (draft(extra={"loras": "x"}), "loras", "BadRequest"),
    (draft(extra={"tis": [{"name": "x"}] * 21}), "tis", "TooManyTIs"),
    (draft(extra={"extra_source_images": [{"image": "x"}] * 6}), "extra_source_images", "TooManyExtraSourceImages."),
    (draft(extra={"denoising_strength": 0}), "denoising_strength", "BadRequest"),
    (draft(extra={"control_type": "canny"}), "source_image", "ControlNetSourceMissing"),
    (draft(extra={"source_mask": PICTURE}), "source_mask", "ImageSourceMissing"),
    (replace(draft(), params=ImageParams(clip_skip=13)), "clip_skip", "BadRequest"),
]  # fmt: skip


@pytest.mark.parametrize(("broken", "field", "code"), BROKEN)
def test_every_limit_names_itself(broken: RequestDraft, field: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check(broken, POLICY)
    assert (caught.value.field, caught.value.code) == (field, code)
    assert str(caught.value).endswith((".", "?"))


@pytest.mark.parametrize(
    "good", [text(), alchemy(*sorted(FORMS)), draft(extra={"loras": [{"name": "x", "model": -5}]})]
)
def test_what_is_within_the_limits_passes(good: RequestDraft) -> None:
    check(good, POLICY)


async def test_a_text_is_written_and_only_what_was_written_is_paid(scene: Scene) -> None:
    asker = (await scene.account("asker", kudos=100)).account
    owner = (await scene.account("owner", trusted=True)).account
    accepted = await scene.ask(asker.id, text(length_max=80))
    held = (await scene.look(asker.id)).held_mk
    assert held == accepted.price_mk == price_mk(text(), POLICY)
    assert not (await scene.pop(scene.offer(owner.id))).jobs, "a picture's worker takes no text"
    job = (await scene.pop(scribe(owner.id))).jobs[0]
    assert (job.kind, job.model, job.prompt, job.ttl_s) == (Kind.TEXT, "llama-13B", "Once upon a time", 150)
    assert job.params == TextParams()
    rewarded = await hand_in(scene, job, owner.id, {"text": "there was a cat. " * 10})
    assert rewarded.request_finished
    assert rewarded.reward_mk == pytest.approx(held * 43 / 80, rel=0.01), "170 letters are 43 tokens"
    end = await scene.status(accepted.request_id)
    assert [result.body for result in end.results] == [{"text": "there was a cat. " * 10}]
    after = await scene.look(asker.id)
    assert (after.held_mk, after.kudos_mk) == (0, 100_000 - rewarded.reward_mk)
    assert end.spent_mk == rewarded.reward_mk, "what is told is what was paid, not what was held"
    await scene.audit()


async def test_forms_are_jobs_of_their_own_for_whoever_can(scene: Scene) -> None:
    asker = (await scene.account("asker", kudos=100)).account
    owner = (await scene.account("owner", trusted=True)).account
    accepted = await scene.ask(asker.id, alchemy("caption", "GFPGAN", "nsfw", tiles=6))
    assert accepted.price_mk == 1_000 + 18_000 + 1_000
    reader = alchemist(owner.id, "caption", "nsfw", name="without a GPU", tiles_max=1)
    fixer = alchemist(owner.id, "GFPGAN", name="with one")
    small = alchemist(owner.id, "GFPGAN", name="a small one", tiles_max=4)
    assert (await scene.pop(small)).skipped == {"models": 2, "max_tiles": 1}
    read = [(await scene.pop(reader)).jobs[0] for _ in range(2)]
    assert sorted(job.model for job in read) == ["caption", "nsfw"]
    assert not (await scene.pop(reader)).jobs
    fixed = (await scene.pop(fixer)).jobs[0]
    assert (fixed.model, fixed.ordinal) == ("GFPGAN", 1)
    assert (await hand_in(scene, read[0], owner.id, {"caption": "a cat"})).reward_mk == 1_000
    assert (await hand_in(scene, fixed, owner.id, {"GFPGAN": "R2"})).reward_mk == 18_000
    assert await scene.cancel(accepted.request_id)
    await scene.release(read[1], owner.id)
    end = await scene.status(accepted.request_id)
    assert (end.done, end.finished, end.price_mk, end.spent_mk) == (True, 2, 20_000, 19_000)
    assert [result.ordinal for result in end.results] == [0, 1]
    assert (await scene.look(asker.id)).available_mk == 100_000 - 19_000
    await scene.audit()


async def test_each_kind_has_its_own_limit_of_waiting_jobs(scene: Scene) -> None:
    scene.policy = QueuePolicy(waiting_max=2, waiting_alchemy_factor=2)
    asker = (await scene.account("asker")).account
    await scene.ask(asker.id, draft(n=2))
    await scene.ask(asker.id, replace(text(), n=2))
    await scene.ask(asker.id, alchemy("caption", "nsfw", "describe", "palette"))
    for one in (draft(), text(), alchemy("caption")):
        with pytest.raises(TooManyJobs):
            await scene.ask(asker.id, one)


async def test_kinds_do_not_stand_in_each_other_s_way(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    accepted = [await scene.ask(owner.id, one) for one in (alchemy("caption"), text(), draft())]
    assert [(await scene.status(one.request_id)).queue_position for one in accepted] == [1, 1, 1]
    for offer in (scene.offer(owner.id), scribe(owner.id), alchemist(owner.id, "caption")):
        assert (await scene.pop_one(offer)).kind is offer.kind
