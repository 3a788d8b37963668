"""The worker against the real API on the real store: the seam that the double only stands in for."""

import asyncio
import io
from dataclasses import dataclass

import pytest
from PIL import Image

from tests.api.conftest import build, migrated
from tests.api.scene import Builder, Horde
from tests.worker.conftest import Working
from worker.picture import facts_in

__all__ = ["build", "migrated"]

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")]


@dataclass
class At:
    """The address of a real horde, for the fixture that starts a worker."""

    url: str


async def finished(horde: Horde, request_id: str, *, seconds: float = 60.0) -> dict[str, object]:
    """The request's status once it is done."""
    async with asyncio.timeout(seconds):
        while not (await horde.check(request_id)).body["done"]:  # noqa: ASYNC110 -- a client polls
            await asyncio.sleep(0.1)
    body: dict[str, object] = (await horde.status(request_id)).body
    return body


async def test_request_becomes_a_picture_and_kudos(build: Builder, working: Working) -> None:
    horde = await build(full_check_share=1.0)
    key = (await horde.account("owner")).api_key
    async with working(At(horde.address), key=key):
        asked = await horde.ask(
            "a red heart ### blurry", params={"width": 128, "height": 64, "seed": "5"}, models=["tiny"]
        )
        await finished(horde, asked.body["id"])
    (path,) = [file for file in await horde.published() if not file.name.endswith(".json")]
    body = path.read_bytes()
    facts = facts_in(body)
    assert (facts["prompt"], facts["negative_prompt"], facts["seed"]) == ("a red heart", "blurry", 5)
    assert facts["note"] == "made at 88x48, enlarged to 128x64"
    with Image.open(io.BytesIO(body)) as image:
        assert image.size == (128, 64)
    assert await horde.kudos_of("owner") > 0
    await horde.assert_ledger_is_whole()


async def test_client_that_asks_for_stable_diffusion_is_served_by_the_alias(build: Builder, working: Working) -> None:
    horde = await build()
    key = (await horde.account("owner")).api_key
    asked = await horde.ask("a red heart", models=["stable_diffusion"])
    async with working(At(horde.address), key=key, called="tiny-glyphs"):
        await finished(horde, asked.body["id"])


async def test_client_that_sends_nothing_but_a_prompt_gets_its_picture(build: Builder, working: Working) -> None:
    horde = await build()
    key = (await horde.account("owner")).api_key
    asked = await horde.call("POST", "/api/v2/generate/async", who="asker", json={"prompt": "a red heart"})
    assert asked.status == 202
    async with working(At(horde.address), key=key, called="tiny-glyphs"):
        status = await finished(horde, asked.body["id"])
    assert (status["finished"], status["faulted"]) == (1, False)


async def test_cancelled_request_frees_the_worker_for_the_next(build: Builder, working: Working) -> None:
    horde = await build()
    key = (await horde.account("owner")).api_key
    async with working(At(horde.address), key=key):
        long = await horde.ask(params={"steps": 500}, models=["tiny"])
        async with asyncio.timeout(60):
            while not (await horde.check(long.body["id"])).body["processing"]:  # noqa: ASYNC110 -- a client polls
                await asyncio.sleep(0.05)
        await horde.call("DELETE", f"/api/v2/generate/status/{long.body['id']}", who="asker")
        following = await horde.ask(models=["tiny"])
        await finished(horde, following.body["id"])
    assert len(await horde.published()) == 2


async def test_stop_puts_the_job_back_and_another_worker_takes_it(build: Builder, working: Working) -> None:
    horde = await build()
    key = (await horde.account("owner")).api_key
    async with working(At(horde.address), key=key) as shift:
        asked = await horde.ask(params={"steps": 500, "sampler_name": "k_dpm_2"}, models=["tiny"])
        async with asyncio.timeout(60):
            while not (await horde.check(asked.body["id"])).body["processing"]:  # noqa: ASYNC110 -- a client polls
                await asyncio.sleep(0.05)
        shift.stop.set()
    check = (await horde.check(asked.body["id"])).body
    assert (check["waiting"], check["processing"]) == (1, 0)
    async with working(At(horde.address), key=key):
        await finished(horde, asked.body["id"])
    await horde.assert_ledger_is_whole()
