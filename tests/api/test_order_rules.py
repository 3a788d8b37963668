"""What does not go together in an order for pictures, who may ask for what, and the pictures that an order brings."""

import base64
import io
from typing import Any

import pytest
from PIL import Image

from core.domain.policy import QueuePolicy
from tests.api.scene import MODEL, Builder, Horde, webp

PICTURE = base64.b64encode(webp()).decode()
URL = "https://example.org/a.webp"
MODERN = "AI Horde Worker reGen:10.1.0:https://github.com/Haidra-Org/horde-worker-reGen"


def transparent() -> str:
    body = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 10)).save(body, "WEBP", lossless=True)
    return base64.b64encode(body.getvalue()).decode()


@pytest.mark.parametrize(
    ("order", "rc"),
    [
        ({"params": {"loras": [{"name": "pretty", "is_version": True}]}}, "BadLoraVersion"),
        ({"params": {"loras": [{"name": "x"}] * 6}}, "TooManyLoras"),
        ({"params": {"tis": [{"name": "x"}] * 21}}, "TooManyTIs"),
        ({"params": {"post_processing": ["RealESRGAN_x4plus", "NMKD_Siax"]}}, "TooManyUpscalers"),
        ({"params": {"cfg_scale": 7.123}}, "BadCFGDecimals"),
        ({"params": {"hires_fix": True}, "models": ["Flux.1-Schnell"]}, "HiResMismatch"),
        ({"params": {"transparent": True}, "models": ["cascade"]}, "InvalidTransparencyModel"),
        ({"params": {"workflow": "qr_code"}, "models": ["cascade"]}, "ControlNetMismatch."),
        ({"params": {"control_type": "canny"}, "models": ["xl"], "source_image": URL}, "ControlNetMismatch"),
        ({"params": {"control_type": "canny"}}, "ControlNetSourceMissing"),
        (
            {"params": {"control_type": "canny"}, "source_image": URL, "source_processing": "inpainting"},
            "ControlNetInpaintingMismatch",
        ),
        ({"params": {"transparent": True}, "source_image": URL}, "InvalidTransparencyImg2Img"),
        ({"params": {"transparent": True, "control_type": "canny"}, "source_image": URL}, "InvalidTransparencyCN"),
        ({"params": {"return_control_map": True}}, "ControlNetInvalidPayload"),
        ({"params": {"extra_texts": [{"text": "x"}]}}, "InvalidExtraTexts."),
        ({"params": {"workflow": "qr_code"}}, "MissingExtraTexts."),
        ({"params": {"special": {"x": 1}}}, "SpecialFieldNeedsSpecialUser"),
        ({"source_mask": URL}, "SourceMaskUnnecessary"),
        ({"extra_source_images": [{"image": URL}]}, "InvalidExtraSourceImages."),
        ({"extra_source_images": [{"image": URL}] * 2, "source_processing": "remix"}, "MoreThanMinExtraSourceImage."),
        ({"models": ["GFPGAN"]}, "UnexpectedModelName"),
        ({"models": ["canny"]}, "UnexpectedModelName"),
        ({"prompt": "x " * 7_501}, "InvalidPromptSize"),
        ({"proxied_account": "someone"}, "OnlyServiceAccountProxy"),
        ({"webhook": "ftp://example.org/hook"}, "BadRequest"),
        ({"source_image": PICTURE, "source_processing": "inpainting"}, "InpaintingMissingMask"),
        ({"source_image": PICTURE[: len(PICTURE) // 2]}, "SourceImageUnreadable"),
    ],
)
async def test_parts_that_do_not_go_together(build: Builder, order: dict[str, Any], rc: str) -> None:
    baselines = {"xl": "stable_diffusion_xl", "cascade": "stable_cascade"}
    horde = await build(policy=QueuePolicy(default_models=(MODEL,), model_baselines=baselines))
    refused = await horde.ask(**({"prompt": "a red heart"} | order))
    assert (refused.status, refused.body["rc"]) == (400, rc)
    assert refused.body["message"].endswith(".")
    assert not (await horde.pop()).body["ids"]


async def test_batching_may_be_switched_off_by_the_trusted(horde: Horde) -> None:
    refused = await horde.ask(disable_batching=True, params={"n": 2})
    assert (refused.status, refused.body["rc"]) == (403, "RequiresTrust")
    await horde.account("friend", trusted=True)
    assert (await horde.ask(who="friend", disable_batching=True, params={"n": 2})).status == 202


async def test_source_pictures_reach_the_worker_under_signed_addresses(horde: Horde) -> None:
    asked = await horde.ask(
        source_image=f"data:image/webp;base64,{PICTURE}", source_mask=PICTURE, source_processing="inpainting"
    )
    assert asked.status == 202, asked.body
    popped = (await horde.pop()).body
    assert popped["source_processing"] == "inpainting"
    for field in ("source_image", "source_mask"):
        address = popped[field]
        assert address.startswith(f"{horde.address}/objects/sources/")
        found = await horde.call("GET", address)
        assert (found.status, found.headers["Content-Type"]) == (200, "image/webp")
        assert (await horde.call("GET", address.partition("?")[0])).status == 403, "only by its signature"


async def test_a_transparent_part_stands_for_a_mask(horde: Horde) -> None:
    asked = await horde.ask(source_image=transparent(), source_processing="inpainting")
    assert asked.status == 202, asked.body
    assert (await horde.pop()).body["source_mask"] is None


async def test_extra_pictures_of_a_remix(horde: Horde) -> None:
    asked = await horde.ask(
        source_image=PICTURE, source_processing="remix", extra_source_images=[{"image": PICTURE, "strength": 0.5}]
    )
    assert asked.status == 202, asked.body
    (extra,) = (await horde.pop(bridge_agent=MODERN)).body["extra_source_images"]
    assert extra["strength"] == 0.5
    assert (await horde.call("GET", extra["image"])).status == 200


async def test_a_dry_run_fetches_nothing(horde: Horde) -> None:
    dry = await horde.ask(dry_run=True, source_image="https://nobody.invalid/a.webp")
    assert dry.status == 200
    assert [reason["name"] for reason in dry.body["breakdown"]] == ["size_and_steps", "source_image"]


async def test_all_that_is_carried_reaches_the_worker(horde: Horde) -> None:
    params = {
        "loras": [{"name": "12", "is_version": True, "model": 0.5}],
        "tis": [{"name": "34", "inject_ti": "prompt"}],
        "denoising_strength": 0.4,
        "hires_fix_denoising_strength": 0.3,
        "facefixer_strength": 0.9,
        "post_processing": ["GFPGAN"],
        "clip_skip": 2,
        "tiling": True,
    }
    asked = await horde.ask(params=params, source_image=PICTURE)
    assert asked.status == 202, asked.body
    payload = (await horde.pop(allow_lora=True, bridge_agent=MODERN)).body["payload"]
    assert payload["loras"] == [{"name": "12", "is_version": True, "model": 0.5, "clip": 1.0}]
    assert payload["tis"] == [{"name": "34", "inject_ti": "prompt", "strength": 1.0}]
    given = {name: value for name, value in params.items() if name not in {"loras", "tis"}}
    assert {name: payload[name] for name in given} == given


async def test_an_idempotency_key_asks_once(horde: Horde) -> None:
    key = {"Idempotency-Key": "8a7e3c1e-once"} | await horde.key_of("asker")
    body = {"prompt": "a red heart", "params": {"width": 64, "height": 64}}
    answers = [await horde.call("POST", "/api/v2/generate/async", json=body, headers=key) for _ in range(3)]
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert (await horde.pop()).body["ids"]
    assert not (await horde.pop()).body["ids"]
    for bad in ("", " ", "x" * 256, "é"):
        refused = await horde.call("POST", "/api/v2/generate/async", json=body, headers=key | {"Idempotency-Key": bad})
        assert (refused.status, refused.body["rc"]) == (400, "BadRequest")
