"""Alchemy goes the whole way: forms asked for, popped, handed in, read."""

import base64
from typing import Any

import pytest

from core.api.v2.orders.alchemy import overall
from core.wire.alchemy import State
from tests.api.scene import Builder, Horde, Reply, webp

PICTURE = base64.b64encode(webp()).decode()
URL = "/api/v2/interrogate"


async def ask(horde: Horde, *forms: str, who: str = "asker", **order: Any) -> Reply:
    body = {"forms": [{"name": form} for form in forms], "source_image": PICTURE} | order
    return await horde.call("POST", f"{URL}/async", who=who, json=body)


async def pop(horde: Horde, *forms: str, who: str = "owner", **offer: Any) -> Reply:
    body = {"name": f"alchemist of {who}", "forms": forms} | offer
    return await horde.call("POST", f"{URL}/pop", who=who, json=body)


async def submit(horde: Horde, job_id: str, result: object = "", *, who: str = "owner", **more: Any) -> Reply:
    return await horde.call("POST", f"{URL}/submit", who=who, json={"id": job_id, "result": result} | more)


async def status(horde: Horde, request_id: str) -> Any:
    return (await horde.call("GET", f"{URL}/status/{request_id}")).body


async def test_what_was_read_is_under_its_form_s_name(horde: Horde) -> None:
    asked = await ask(horde, "caption", "nsfw")
    assert (asked.status, set(asked.body) - {"message"}) == (202, {"id"})
    request_id = asked.body["id"]
    assert await status(horde, request_id) == {
        "state": "waiting",
        "forms": [
            {"form": "caption", "state": "waiting"},
            {"form": "nsfw", "state": "waiting"},
        ],
    }
    popped = (await pop(horde, "caption", "nsfw", "describe", amount=5)).body
    assert {form["form"] for form in popped["forms"]} == {"caption", "nsfw"}
    assert all(form["payload"] == {} for form in popped["forms"])
    for form in popped["forms"]:
        source = await horde.call("GET", form["source_image"])
        assert (source.status, source.headers["Content-Type"]) == (200, "image/webp")
    assert all("r2_upload" not in form for form in popped["forms"])
    assert (await status(horde, request_id))["state"] == "processing"
    by_form = {form["form"]: form["id"] for form in popped["forms"]}
    assert (await submit(horde, by_form["caption"], {"caption": "a cat", "more": 1})).body == {"reward": 1}
    assert (await submit(horde, by_form["nsfw"], {"nsfw": False})).status == 200
    assert await status(horde, request_id) == {
        "state": "done",
        "forms": [
            {"form": "caption", "state": "done", "result": {"caption": "a cat"}},
            {"form": "nsfw", "state": "done", "result": {"nsfw": False}},
        ],
    }
    await horde.assert_ledger_is_whole()


async def test_an_empty_pop_of_an_alchemist(horde: Horde) -> None:
    assert (await pop(horde, "caption")).body == {"forms": None, "skipped": {}}


@pytest.mark.parametrize("public_url", ["https://horde.example.org", None])
async def test_a_changed_picture_is_uploaded_checked_and_published(build: Builder, public_url: str | None) -> None:
    horde = await build(public_url=public_url)
    asked = await ask(horde, "RealESRGAN_x4plus")
    (form,) = (await pop(horde, "RealESRGAN_x4plus")).body["forms"]
    uploaded = await horde.upload(form["r2_upload"].replace(public_url or horde.address, horde.address), webp(256, 256))
    assert uploaded.status == 200
    assert (await submit(horde, form["id"], {"RealESRGAN_x4plus": "R2"})).body == {"reward": 3}
    (made,) = (await status(horde, asked.body["id"]))["forms"]
    img = made["result"]["RealESRGAN_x4plus"]
    if public_url:
        assert img.startswith("https://horde.example.org/objects/pictures/")
    else:
        assert len(img) > 100, "base64, where there is no https address"
    assert {path.suffix for path in await horde.published()} == {".webp", ".json"}


async def test_a_broken_upload_goes_back_to_the_queue(horde: Horde) -> None:
    await ask(horde, "GFPGAN")
    (form,) = (await pop(horde, "GFPGAN")).body["forms"]
    await horde.upload(form["r2_upload"], b"<html>")
    refused = await submit(horde, form["id"], {"GFPGAN": "R2"})
    assert (refused.status, refused.body["rc"]) == (400, "ImageValidationFailed")
    assert not await horde.published()
    (again,) = (await pop(horde, "GFPGAN", who="other")).body["forms"]
    assert again["id"] == form["id"]


@pytest.mark.parametrize("result", ["", {}, {"another": 1}, "text"])
async def test_a_result_must_be_under_its_form_s_name(horde: Horde, result: object) -> None:
    await ask(horde, "caption")
    (form,) = (await pop(horde, "caption")).body["forms"]
    refused = await submit(horde, form["id"], result)
    assert (refused.status, refused.body["rc"]) == (400, "BadRequest")
    assert "caption" in refused.body["message"]
    assert (await submit(horde, form["id"], {"caption": "a cat"})).status == 200


async def test_forms_of_a_cancelled_order(horde: Horde) -> None:
    asked = await ask(horde, "caption", "nsfw", "describe")
    (first,) = (await pop(horde, "caption")).body["forms"]
    await submit(horde, first["id"], {"caption": "a cat"})
    for _ in range(2):
        ended = await horde.call("DELETE", f"{URL}/status/{asked.body['id']}")
        assert ended.body["state"] == "partial"
        assert [form["state"] for form in ended.body["forms"]] == ["done", "cancelled", "cancelled"]
    assert (await pop(horde, "nsfw", "describe")).body["forms"] is None


async def test_a_form_that_nobody_can_make_is_faulted(horde: Horde) -> None:
    asked = await ask(horde, "caption")
    for number in range(3):
        (form,) = (await pop(horde, "caption", who=f"w{number}")).body["forms"]
        assert (await submit(horde, form["id"], who=f"w{number}", state="faulted")).body == {"reward": 0}
    assert (await status(horde, asked.body["id"]))["state"] == "faulted"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"done"}, "done"),
        ({"faulted"}, "faulted"),
        ({"done", "processing", "waiting"}, "processing"),
        ({"done", "waiting"}, "waiting"),
        ({"done", "faulted"}, "partial"),
        ({"cancelled"}, "cancelled"),
    ],
)
def test_an_order_s_state_by_its_forms(states: set[State], expected: State) -> None:
    assert overall(states) == expected


@pytest.mark.parametrize(
    ("order", "where"),
    [
        ({"forms": []}, "forms"),
        ({"forms": [{"name": "gold"}]}, "forms.0.name"),
        ({"forms": [{}]}, "forms.0.name"),
        ({"forms": "caption"}, "forms"),
        ({"source_image": None}, "source_image"),
        ({"source_image": ""}, "source_image"),
    ],
)
async def test_orders_that_break_a_limit_are_told_where(horde: Horde, order: dict[str, Any], where: str) -> None:
    refused = await ask(horde, "caption", **order)
    assert (refused.status, list(refused.body["errors"])) == (400, [where])


async def test_a_large_picture_costs_by_its_tiles_and_goes_to_whoever_takes_so_many(horde: Horde) -> None:
    large = base64.b64encode(webp(700, 600)).decode()
    asked = await ask(horde, "GFPGAN", source_image=large)
    assert (await pop(horde, "GFPGAN", max_tiles=3)).body["forms"] is None
    (form,) = (await pop(horde, "GFPGAN", max_tiles=4)).body["forms"]
    await horde.upload(form["r2_upload"], webp(700, 600))
    assert (await submit(horde, form["id"], {"GFPGAN": "R2"})).body == {"reward": 12}
    assert (await status(horde, asked.body["id"]))["state"] == "done"


@pytest.mark.parametrize(
    ("source", "rc"), [("http://example.org/x.webp", "SourceImageUrlInvalid"), ("AAAA", "SourceImageUnreadable")]
)
async def test_source_pictures_that_are_none(horde: Horde, source: str, rc: str) -> None:
    refused = await ask(horde, "caption", source_image=source)
    assert (refused.status, refused.body["rc"]) == (400, rc)


async def test_a_form_may_be_named_once_only(horde: Horde) -> None:
    refused = await ask(horde, "caption", "caption")
    assert (refused.status, refused.body["rc"]) == (400, "BadRequest")
    assert "named 2 times" in refused.body["message"]


async def test_shared_keys_do_not_work_here(horde: Horde) -> None:
    key = {"apikey": "00000000-0000-4000-8000-000000000000"}
    body = {"forms": [{"name": "caption"}], "source_image": PICTURE}
    assert (await horde.call("POST", f"{URL}/async", json=body, headers=key)).status == 401


@pytest.mark.parametrize("levels", [21, 400, 900])
async def test_what_is_carried_unread_may_be_neither_deep_nor_large(horde: Horde, levels: int) -> None:
    deep: Any = 1
    for _ in range(levels):
        deep = {"a": deep}
    refused = await ask(horde, "caption", forms=[{"name": "caption", "payload": deep}])
    assert refused.status == 400, refused.body
    large = await ask(horde, "caption", forms=[{"name": "caption", "payload": {"x": "y" * 20_000}}])
    assert (large.status, "16384" in large.body["message"]) == (400, True)
    await ask(horde, "caption")
    (form,) = (await pop(horde, "caption")).body["forms"]
    answered = await submit(horde, form["id"], {"caption": deep})
    assert answered.status == 400, answered.body
    too_much = await submit(horde, form["id"], {"caption": "x" * (1 << 20)})
    assert too_much.status == 400
    assert (await submit(horde, form["id"], {"caption": [{"a": [1, 2]}]})).status == 200
