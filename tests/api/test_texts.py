"""Texts go the whole way: asked for, popped by a scribe, handed in, read."""

from typing import Any

import pytest

from tests.api.scene import Horde, Reply

MODEL = "koboldcpp/Tiny-13B"
URL = "/api/v2/generate/text"


async def ask(horde: Horde, prompt: str = "Once upon a time", *, who: str = "asker", **order: Any) -> Reply:
    body = {"prompt": prompt, "models": [MODEL]} | order
    return await horde.call("POST", f"{URL}/async", who=who, json=body)


async def pop(horde: Horde, *, who: str = "owner", headers: dict[str, str] | None = None, **offer: Any) -> Reply:
    body = {"name": f"scribe of {who}", "models": [MODEL]} | offer
    return await horde.call("POST", f"{URL}/pop", who=who, json=body, headers=headers)


async def submit(
    horde: Horde, job_id: str, text: str = "there was a cat.", *, who: str = "owner", **more: Any
) -> Reply:
    return await horde.call("POST", f"{URL}/submit", who=who, json={"id": job_id, "generation": text} | more)


async def test_a_text_goes_the_whole_way(horde: Horde) -> None:
    asked = await ask(horde, params={"max_length": 64, "temperature": 0.7, "stop_sequence": ["\n"]})
    assert asked.status == 202
    assert {"id", "kudos"} <= set(asked.body)
    assert "warnings" not in asked.body, "texts have none"
    popped = (await pop(horde)).body
    assert popped["ids"] == [popped["id"]]
    assert (popped["model"], popped["softprompt"], popped["ttl"]) == (MODEL, None, 150)
    assert popped["payload"]["prompt"] == "Once upon a time"
    assert (popped["payload"]["temperature"], popped["payload"]["stop_sequence"]) == (0.7, ["\n"])
    status = (await horde.call("GET", f"{URL}/status/{asked.body['id']}")).body
    assert (status["processing"], status["done"], status["generations"]) == (1, False, [])
    paid = await submit(horde, popped["id"], seed=7, gen_metadata=[])
    assert paid.status == 200
    assert paid.body["reward"] > 0
    end = (await horde.call("GET", f"{URL}/status/{asked.body['id']}")).body
    assert (end["done"], end["finished"], end["faulted"]) == (True, 1, False)
    (made,) = end["generations"]
    assert set(made) == {"text", "seed", "model", "worker_id", "worker_name", "state", "gen_metadata"}
    assert (made["text"], made["seed"], made["state"], made["gen_metadata"]) == ("there was a cat.", 7, "ok", [])
    await horde.assert_ledger_is_whole()


async def test_r7_a_text_pop_has_what_scribes_read_and_nothing_of_pictures(horde: Horde) -> None:
    empty = await pop(horde)
    assert empty.status == 200
    assert empty.body == {
        "payload": {
            "max_context_length": 2048,
            "max_length": 80,
            "min_p": 0,
            "smoothing_factor": 0,
            "dynatemp_range": 0,
            "dynatemp_exponent": 1,
        },
        "id": None,
        "ids": [],
        "messages": [],
        "ttl": None,
        "skipped": {},
        "softprompt": None,
        "model": None,
    }
    await ask(horde)
    payload = (await pop(horde)).body["payload"]
    assert {"prompt", "max_length", "max_context_length"} <= set(payload)
    assert not {"width", "length", "steps", "height"} & set(payload)


async def test_r8_a_scribe_s_submit_needs_no_state_and_koboldcpp_s_no_seed(horde: Horde) -> None:
    for more in ({"seed": 3}, {"state": "ok"}):
        await ask(horde)
        paid = await submit(horde, (await pop(horde)).body["id"], **more)
        assert (paid.status, set(paid.body)) == (200, {"reward"})
        assert isinstance(paid.body["reward"], int | float)
    stale = await submit(horde, "00000000-0000-4000-8000-000000000000")
    assert (stale.status, stale.body["rc"]) == (404, "InvalidJobID")
    again = await submit(horde, (await _done(horde)))
    assert (again.status, again.body["rc"]) == (400, "DuplicateGen")


async def _done(horde: Horde) -> str:
    await ask(horde)
    job_id = str((await pop(horde)).body["id"])
    await submit(horde, job_id)
    return job_id


async def test_why_a_scribe_gets_nothing(horde: Horde) -> None:
    await ask(horde, models=["another"])
    await ask(horde, params={"max_length": 512, "max_context_length": 8192})
    skipped = (await pop(horde, max_length=80, max_context_length=2048)).body["skipped"]
    assert (skipped["models"], skipped["max_context_length"]) == (1, 1)
    await ask(horde, softprompt="pirates")
    horde.clock.ahead_ms += 2_000
    assert (await pop(horde)).body["skipped"]["matching_softprompt"] == 1
    popped = (await pop(horde, softprompts=["pirates"])).body
    assert popped["softprompt"] == "pirates"


@pytest.mark.parametrize(
    ("order", "status", "rc"),
    [
        ({"prompt": ""}, 400, "MissingPrompt"),
        ({"params": {"max_length": 512, "max_context_length": 256}}, 400, "TokenOverflow"),
        ({"params": {"sampler_order": [1, 2, 3, 4, 5, 6]}}, 400, "MissingFullSamplerOrder"),
        ({"params": {"stop_sequence": ["x"] * 129}}, 400, "TooManyStopSequences"),
        ({"params": {"stop_sequence": ["x" * 1001] * 2}}, 400, "ExcessiveStopSequence"),
        ({"extra_source_images": [{"image": "https://example.org/x.webp"}]}, 400, "InvalidExtraSourceImages."),
        ({"style": "my style"}, 404, "StyleNotFound"),
        ({"webhook": "http://example.org/"}, 400, "BadRequest"),
        ({"proxied_account": "someone"}, 400, "OnlyServiceAccountProxy"),
        ({"disable_batching": True, "params": {"n": 2}}, 403, "RequiresTrust"),
    ],
)
async def test_orders_that_break_a_rule(horde: Horde, order: dict[str, Any], status: int, rc: str) -> None:
    refused = await ask(horde, **order)
    assert (refused.status, refused.body["rc"]) == (status, rc)
    assert refused.body["message"].endswith(".")


@pytest.mark.parametrize(
    ("params", "where"),
    [
        ({"max_length": 15}, "params.max_length"),
        ({"max_length": 4097}, "params.max_length"),
        ({"max_context_length": 79}, "params.max_context_length"),
        ({"n": 21}, "params.n"),
        ({"temperature": 5.1}, "params.temperature"),
        ({"top_p": 0}, "params.top_p"),
        ({"rep_pen": 0.5}, "params.rep_pen"),
        ({"top_k": 201}, "params.top_k"),
    ],
)
async def test_parameters_beyond_their_limits_are_named(horde: Horde, params: dict[str, Any], where: str) -> None:
    refused = await ask(horde, params=params)
    assert (refused.status, list(refused.body["errors"])) == (400, [where])


async def test_a_dry_run_says_what_a_text_costs_and_why(horde: Horde) -> None:
    priced = await ask(horde, dry_run=True)
    assert priced.status == 200
    assert "id" not in priced.body
    assert priced.body["kudos"] == pytest.approx(35.36, abs=0.01)
    assert "13 billion" in priced.body["breakdown"][0]["why"]


async def test_a_cancelled_text_is_done(horde: Horde) -> None:
    asked = await ask(horde, params={"n": 2})
    popped = (await pop(horde)).body
    await submit(horde, popped["id"])
    for _ in range(2):
        ended = await horde.call("DELETE", f"{URL}/status/{asked.body['id']}")
        assert (ended.status, ended.body["done"], ended.body["waiting"]) == (200, True, 0)
        assert len(ended.body["generations"]) == 1


async def test_each_kind_has_its_own_address(horde: Horde) -> None:
    text, picture = (await ask(horde)).body["id"], (await horde.ask()).body["id"]
    for path in (f"/api/v2/generate/status/{text}", f"/api/v2/generate/check/{text}", f"{URL}/status/{picture}"):
        wrong = await horde.call("GET", path)
        assert (wrong.status, wrong.body["rc"]) == (404, "RequestNotFound")
        assert (await horde.call("DELETE", f"/api/v2/generate/status/{text}")).status == 404
    assert (await horde.call("GET", f"{URL}/status/{text}")).body["done"] is False
    job_id = (await pop(horde)).body["id"]
    wrong = await horde.submit(job_id)
    assert (wrong.status, wrong.body["rc"]) == (404, "InvalidJobID")


async def test_r16_fields_that_nobody_knows_are_ignored(horde: Horde) -> None:
    asked = await ask(horde, key="x", params={"key": "x", "pattern": "y", "instruct": True}, workers=[], models=[])
    assert asked.status == 202
    assert (await pop(horde)).body["model"] == MODEL


async def test_a_scribe_waits_for_a_text_and_a_faulted_one_goes_to_another(horde: Horde) -> None:
    await ask(horde)
    popped = (await pop(horde, headers={"Prefer": "wait=5"})).body
    failed = await submit(horde, popped["id"], "", state="faulted")
    assert failed.body == {"reward": 0}
    again = (await pop(horde, who="other")).body
    assert again["id"] == popped["id"]
    csam = await submit(
        horde, again["id"], "", who="other", state="csam", gen_metadata=[{"type": "censorship", "value": "csam"}]
    )
    assert csam.status == 200


async def test_a_name_is_one_kind_s(horde: Horde) -> None:
    await horde.pop(name="both")
    refused = await pop(horde, name="both")
    assert (refused.status, refused.body["rc"]) == (400, "PolymorphicNameConflict")
