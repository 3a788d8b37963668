"""What existing clients and workers are strict about: each rule (R1 to R18) has a test that names it; some are here.

R1 https or base64; R2 base64 WebP on request; R3, R4 fields and types; R5 replies to orders; R6 no idle message;
R7 empty pops; R8 submits and errors; R9 any Client-Agent; R10 headers' case, no key for looking; R11 CORS; R12 limits
and polling; R13 looking again after the end; R14 keys that are none; R15 swagger.json; R16 fields that we do not know;
R17 lists of workers and models; R18 the month's models.
"""

import base64
import re
from pathlib import Path
from typing import Any

from tests.api.scene import MODEL, Builder, Horde, webp

HERE = Path(__file__).parent


def test_every_rule_has_a_test_that_names_it() -> None:
    named = {
        int(number)
        for path in HERE.rglob("test_*.py")
        for name in re.findall(r"def test_((?:r\d+_)+)", path.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+", name)
    }
    assert named == set(range(1, 19))


async def test_r4_prices_are_whole_kudos_and_at_least_what_is_held(horde: Horde) -> None:
    """horde-client refuses a price with a fraction."""
    before = await horde.kudos_of("asker")
    asked = await horde.ask()
    assert isinstance(asked.body["kudos"], int)
    held = before - await horde.kudos_of("asker")
    assert 0 <= asked.body["kudos"] - held < 1 or held == 0


async def test_r4_a_form_that_is_not_done_has_no_result(horde: Horde) -> None:
    """The SDK stops at a null there, and at an empty object."""
    forms = [{"name": "caption"}, {"name": "nsfw"}]
    picture = {"source_image": base64.b64encode(webp()).decode()}
    asked = await horde.call("POST", "/api/v2/interrogate/async", who="asker", json={"forms": forms} | picture)
    status = await horde.call("GET", f"/api/v2/interrogate/status/{asked.body['id']}")
    assert [set(form) for form in status.body["forms"]] == [{"form", "state"}] * 2


async def test_r10_whoever_knows_the_id_may_look_and_cancel_without_a_key(horde: Horde) -> None:
    request_id = (await horde.ask()).body["id"]
    for method, what in (("GET", "check"), ("GET", "status"), ("DELETE", "status")):
        assert (await horde.call(method, f"/api/v2/generate/{what}/{request_id}")).status == 200


async def test_r12_a_client_that_sleeps_by_the_wait_does_not_spin(horde: Horde) -> None:
    """The loop of aihorde sleeps int(wait_time / 1.5) s between looks at `status`, which ten a minute may have."""
    request_id, popped = await horde.leased()
    for look in (horde.check, horde.status):
        assert int((await look(request_id)).body["wait_time"] / 1.5) >= 1, "somebody works on it"
    waiting = (await horde.ask()).body["id"]
    assert int((await horde.check(waiting)).body["wait_time"] / 1.5) >= 1, "it waits"
    await horde.upload(popped["r2_upload"], webp())
    await horde.submit(popped["id"])
    done = (await horde.status(request_id)).body
    assert (done["done"], done["wait_time"]) == (True, 0)


async def test_r12_a_limit_is_json_too_so_that_a_loop_goes_on(build: Builder) -> None:
    horde = await build(limits_at="")
    request_id = (await horde.ask()).body["id"]
    looks: list[Any] = [await horde.status(request_id) for _ in range(11)]
    assert [look.status for look in looks] == [200] * 10 + [429]
    assert set(looks[-1].body) == {"message"}
    assert (await horde.check(request_id)).status == 200, "looking without pictures has a limit of its own"


async def test_r17_an_empty_type_is_every_type(horde: Horde) -> None:
    await horde.pop()
    text = {"name": "a writer", "models": ["some/text"], "max_length": 80, "max_context_length": 1024}
    await horde.call("POST", "/api/v2/generate/text/pop", who="owner", json=text)
    every = (await horde.call("GET", "/api/v2/workers?type=")).body
    assert {worker["type"] for worker in every} == {"image", "text"}
    (writer,) = (await horde.call("GET", "/api/v2/workers?type=text")).body
    assert writer["models"] == ["some/text"]
    (painter,) = (await horde.call("GET", "/api/v2/workers?type=image")).body
    assert painter["models"] == [MODEL]
