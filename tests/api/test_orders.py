"""Clients ask for pictures, look after them and take them, as the clients that exist do."""

import asyncio
import base64
import uuid
from typing import Any

import pytest

from tests.api.scene import MODEL, Builder, Horde, webp

NOBODY = "00000000-0000-4000-8000-000000000000"


async def made(horde: Horde, **order: Any) -> str:
    request_id, popped = await horde.leased(**order)
    await horde.upload(popped["r2_upload"], webp())
    assert (await horde.submit(popped["id"])).status == 200
    return request_id


async def test_the_whole_way_of_a_picture(horde: Horde) -> None:
    before = await horde.kudos_of("asker")
    asked = await horde.ask("a red heart ### blue", models=[MODEL], params={"seed": "42"})
    assert asked.status == 202
    assert str(uuid.UUID(asked.body["id"])) == asked.body["id"]
    assert asked.body["kudos"] == 2, "1.23, rounded up: clients that check types take whole kudos only"
    waiting = (await horde.check(asked.body["id"])).body
    assert (waiting["waiting"], waiting["processing"], waiting["done"], waiting["queue_position"]) == (1, 0, False, 1)

    popped = (await horde.pop()).body
    assert popped["model"] == MODEL
    assert popped["payload"]["prompt"] == "a red heart ### blue"
    assert (popped["payload"]["ddim_steps"], popped["payload"]["seed"], popped["payload"]["n_iter"]) == (10, "42", 1)
    assert "steps" not in popped["payload"]
    assert popped["ids"] == [popped["id"]]
    assert popped["r2_uploads"] == [popped["r2_upload"]]
    assert popped["ttl"] >= 150
    assert (await horde.check(asked.body["id"])).body["processing"] == 1

    picture = webp()
    assert (await horde.upload(popped["r2_upload"], picture)).status == 200
    submitted = await horde.submit(popped["id"], seed=42)
    assert (submitted.status, submitted.body["reward"]) == (200, pytest.approx(1.23))

    done = (await horde.status(asked.body["id"])).body
    assert (done["done"], done["finished"], done["faulted"], done["kudos"]) == (True, 1, False, 1)
    (generation,) = done["generations"]
    assert base64.b64decode(generation["img"]) == picture
    assert (generation["seed"], generation["model"], generation["censored"], generation["state"]) == (
        "42",
        MODEL,
        False,
        "ok",
    )
    assert generation["gen_metadata"] == []
    assert generation["worker_name"] == "worker of owner"
    assert await horde.kudos_of("asker") == pytest.approx(before - 1.23)
    assert await horde.kudos_of("owner") == pytest.approx(0.615), "the other half waits until the owner is trusted"
    await horde.assert_ledger_is_whole()


async def test_a_bare_prompt_from_anyone_gets_its_picture(horde: Horde) -> None:
    """An existing client without an account that names no model, or the model everyone names."""
    for models in ([], ["stable_diffusion"]):
        body = {"prompt": "a cat", "models": models}
        asked = await horde.call("POST", "/api/v2/generate/async", json=body, headers={"apikey": "0000000000"})
        assert asked.status == 202
        popped = (await horde.pop()).body
        assert (popped["model"], popped["payload"]["width"], popped["payload"]["karras"]) == (MODEL, 512, True)
        assert popped["payload"]["cfg_scale"] == 5.0
        await horde.upload(popped["r2_upload"], webp(512, 512))
        assert (await horde.submit(popped["id"])).status == 200
        assert (await horde.status(asked.body["id"])).body["finished"] == 1


async def test_r1_addresses_are_given_only_where_they_are_https(build: Builder) -> None:
    horde = await build(public_url="https://horde.example")
    request_id, popped = await horde.leased()
    await horde.upload(popped["r2_upload"].replace("https://horde.example", horde.address), webp())
    await horde.submit(popped["id"])
    (generation,) = (await horde.status(request_id)).body["generations"]
    assert generation["img"].startswith("https://horde.example/objects/pictures/")
    public = await horde.call("GET", generation["img"].replace("https://horde.example", horde.address))
    assert (public.status, public.body) == (200, webp())


async def test_r2_base64_where_the_client_asks_for_it(build: Builder) -> None:
    horde = await build(public_url="https://horde.example")
    request_id, popped = await horde.leased(r2=False)
    await horde.upload(popped["r2_upload"].replace("https://horde.example", horde.address), webp())
    await horde.submit(popped["id"])
    (generation,) = (await horde.status(request_id)).body["generations"]
    assert base64.b64decode(generation["img"])[8:12] == b"WEBP"


async def test_r3_r4_every_field_that_clients_index_is_there_with_its_type(horde: Horde) -> None:
    request_id = await made(horde)
    check, status = (await horde.check(request_id)).body, (await horde.status(request_id)).body
    numbers = ("finished", "processing", "restarted", "waiting", "wait_time", "queue_position", "kudos")
    for body in (check, status):
        for name in numbers:
            assert type(body[name]) is int, name
        for name in ("done", "faulted", "is_possible"):
            assert type(body[name]) is bool, name
    assert "generations" not in check
    (generation,) = status["generations"]
    for name in ("id", "img", "seed", "model", "worker_id", "worker_name", "state"):
        assert type(generation[name]) is str, name
    assert type(generation["censored"]) is bool
    assert type(generation["gen_metadata"]) is list


async def test_r5_a_dry_run_says_the_price_and_why_but_has_no_id(horde: Horde) -> None:
    priced = await horde.ask(dry_run=True, params={"n": 2})
    assert (priced.status, set(priced.body)) == (200, {"kudos", "breakdown"})
    assert sum(reason["kudos"] for reason in priced.body["breakdown"]) == pytest.approx(2.46)
    assert all(reason["why"] and reason["source"] for reason in priced.body["breakdown"])
    assert priced.body["kudos"] == pytest.approx(2.46)
    assert (await horde.pop()).body["id"] is None


async def test_r6_a_message_comes_only_when_there_is_something_to_say(horde: Horde) -> None:
    lonely = await horde.ask()
    assert "No worker" in lonely.body["message"]
    assert lonely.body["warnings"][0]["code"] == "NoAvailableWorker"
    await horde.pop()
    assert set((await horde.ask()).body) == {"id", "kudos"}


async def test_r13_a_finished_order_can_be_read_and_deleted_again_and_again(horde: Horde) -> None:
    request_id = await made(horde)
    first = (await horde.status(request_id)).body
    assert (await horde.status(request_id)).body == first
    for _ in range(2):
        deleted = await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
        assert (deleted.status, deleted.body) == (200, first)
    assert (await horde.status(request_id)).body == first


async def test_an_order_that_is_cancelled_is_not_made_and_not_paid(horde: Horde) -> None:
    before = await horde.kudos_of("asker")
    asked = await horde.ask(params={"n": 3})
    assert await horde.kudos_of("asker") < before
    cancelled = await horde.call("DELETE", f"/api/v2/generate/status/{asked.body['id']}")
    assert (cancelled.status, cancelled.body["waiting"], cancelled.body["done"]) == (200, 0, True)
    assert cancelled.body["generations"] == []
    assert (await horde.pop()).body["id"] is None
    assert await horde.kudos_of("asker") == before
    await horde.assert_ledger_is_whole()


async def test_several_pictures_go_to_one_worker_that_takes_several(horde: Horde) -> None:
    asked = await horde.ask(params={"n": 3, "seed": "5", "seed_variation": 10})
    popped = (await horde.pop(amount=2)).body
    assert len(popped["ids"]) == len(popped["r2_uploads"]) == len(set(popped["r2_uploads"])) == 2
    assert popped["payload"]["n_iter"] == 2
    for job_id, address in zip(popped["ids"], popped["r2_uploads"], strict=True):
        await horde.upload(address, webp())
        assert (await horde.submit(job_id)).status == 200
    status = (await horde.status(asked.body["id"])).body
    assert (status["finished"], status["waiting"], status["done"]) == (2, 1, False)


@pytest.mark.parametrize(
    ("order", "errors"),
    [
        ({"params": {"width": 100}}, {"params.width": "100 is not a multiple of 64"}),
        ({"params": {"height": 4096}}, {"params.height": "4096 is greater than the maximum of 3072"}),
        ({"params": {"steps": 0}}, {"params.steps": "0 is less than the minimum of 1"}),
        (
            {"params": {"sampler_name": "?"}},
            {"params.sampler_name": "'?' is not one of the words that this field knows"},
        ),
        ({"prompt": ""}, {"prompt": "'' is too short: at least 1"}),
        ({"prompt": 5}, {"prompt": "5 is not of type 'string'"}),
        ({"params": {"n": 21}}, {"params.n": "21 is greater than the maximum of 20"}),
    ],
)
async def test_what_breaks_a_limit_is_named(horde: Horde, order: dict[str, Any], errors: dict[str, str]) -> None:
    body = {"prompt": "x", "params": {}} | order
    refused = await horde.call("POST", "/api/v2/generate/async", who="asker", json=body)
    assert refused.status == 400
    assert refused.body == {"errors": errors, "message": "Input payload validation failed"}


@pytest.mark.parametrize(
    ("order", "status", "rc", "said"),
    [
        ({"prompt": "   ### blue"}, 400, "MissingPrompt", "what the picture should show"),
        ({"prompt": "something forbidden"}, 400, "CorruptPrompt", "forbidden"),
        ({"prompt": "a " * 8000}, 400, "InvalidPromptSize", "7500"),
        ({"style": "my style"}, 404, "StyleNotFound", "my style"),
        ({"source_image": "iVBORw0KGgo="}, 400, "SourceImageUnreadable", "WebP, PNG or JPEG"),
        ({"source_image": "http://example.org/a"}, 400, "SourceImageUrlInvalid", "https"),
    ],
)
async def test_what_cannot_be_made_says_why(
    horde: Horde, order: dict[str, Any], status: int, rc: str, said: str
) -> None:
    before = await horde.kudos_of("asker")
    refused = await horde.call("POST", "/api/v2/generate/async", who="asker", json={"prompt": "x"} | order)
    assert (refused.status, refused.body["rc"]) == (status, rc)
    assert said in refused.body["message"]
    assert await horde.kudos_of("asker") == before


async def test_too_many_waiting_jobs(horde: Horde) -> None:
    assert (await horde.ask(params={"n": 20})).status == 202
    refused = await horde.ask(params={"n": 11})
    assert (refused.status, refused.body["rc"]) == (429, "TooManyPrompts")
    assert "30" in refused.body["message"]
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize("request_id", [NOBODY, "x", "x" * 36, "%00" * 36, "é" * 36])
async def test_orders_that_do_not_exist(horde: Horde, request_id: str) -> None:
    for method, noun in (("GET", "check"), ("GET", "status"), ("DELETE", "status")):
        missing = await horde.call(method, f"/api/v2/generate/{noun}/{request_id}")
        assert (missing.status, missing.body["rc"]) == (404, "RequestNotFound")
    assert (await horde.call("GET", f"/api/v2/events/requests/{request_id}")).status == 404


async def test_r16_what_other_clients_send_is_taken(horde: Horde) -> None:
    asked = await horde.ask(
        params={"sampler": "k_lms", "seed": "", "post_processing": [], "hires_fix_denoising_strength": 0.5, "key": "v"},
        models=[], workers=[], worker_blacklist=[], transparent=False, allow_downgrade=True, source_image=None,
        use_default_badwordsids=True, replacement_filter=True, shared=False,
    )  # fmt: skip
    assert asked.status == 202
    popped = await horde.pop(
        allow_extended_controlnet=True, annotation_types=["x"], max_tiles=5, bridge_version=22, allow_unsafe_ipaddr=True
    )
    assert popped.body["payload"]["hires_fix_denoising_strength"] == 0.5


async def test_a_live_stream_tells_each_change_until_the_picture_is_there(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    events: list[str] = []

    async def follow() -> None:
        url = f"{horde.address}/api/v2/events/requests/{request_id}"
        async with horde.session.get(url) as response:
            assert response.headers["Content-Type"].startswith("text/event-stream")
            async for line in response.content:
                if line.startswith(b"event: "):
                    events.append(line[7:].strip().decode())
                if b'"step":5' in line:
                    await horde.upload(popped["r2_upload"], webp())
                    await horde.submit(popped["id"])

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(follow())
        report = {"id": popped["id"], "step": 5, "steps": 10}
        assert (await horde.call("POST", "/api/v2/generate/progress", who="owner", json=report)).status == 200
    assert events[-1] == "done"
    assert "progress" in events
