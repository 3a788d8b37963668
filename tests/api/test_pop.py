"""Workers take jobs, wait for them, report on them and hand them back."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from core.api.context import HELD
from core.ports.points import Step
from core.ports.store import Transaction, UnitOfWork
from tests.api.scene import MODEL, Builder, Horde, until, webp


async def until_held(horde: Horde, count: int) -> None:
    await until(lambda: len(horde.server.app[HELD]) == count)


async def raw_pop(horde: Horde, *, who: str, wait_s: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send a held pop over a bare socket, so that the test can hang up."""
    key = (await horde.account(who)).api_key
    body = json.dumps({"name": f"worker of {who}", "models": [MODEL]}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", horde.server.port)
    writer.write(
        b"POST /api/v2/generate/pop HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        + f"apikey: {key}\r\nPrefer: wait={wait_s}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    await writer.drain()
    return reader, writer


async def test_r7_a_pop_without_a_job_answers_at_once_with_all_its_fields(horde: Horde) -> None:
    empty = await horde.pop()
    assert empty.status == 200
    assert (empty.body["id"], empty.body["ids"], empty.body["ttl"]) == (None, [], None)
    assert empty.body["payload"]["ddim_steps"] == 30
    assert empty.body["skipped"]["nsfw"] == 0
    assert "Preference-Applied" not in empty.headers


async def test_the_reasons_for_which_jobs_were_skipped_are_counted(horde: Horde) -> None:
    await horde.ask(models=["another"])
    await horde.ask(nsfw=True)
    skipped = (await horde.pop(nsfw=False)).body["skipped"]
    assert (skipped["models"], skipped["nsfw"]) == (1, 1)


async def test_a_held_pop_is_woken_by_the_first_fitting_order(horde: Horde) -> None:
    async with asyncio.timeout(15), asyncio.TaskGroup() as group:
        held = group.create_task(horde.pop(wait_s=20))
        await until_held(horde, 1)
        await horde.ask(models=["another"])
        fitting = await horde.ask()
    popped = held.result()
    assert popped.body["id"] is not None
    assert popped.headers["Preference-Applied"] == "wait=20"
    assert (await horde.check(fitting.body["id"])).body["processing"] == 1


async def test_a_held_pop_without_a_job_ends_after_the_time_it_asked_for(horde: Horde) -> None:
    async with asyncio.timeout(10):
        empty = await horde.pop(wait_s=1)
    assert (empty.status, empty.body["id"]) == (200, None)
    assert empty.headers["Preference-Applied"] == "wait=1"
    assert (await horde.pop(wait_s=0)).headers["Preference-Applied"] == "wait=0"


async def test_no_pop_is_held_longer_than_the_horde_allows(horde: Horde) -> None:
    await horde.ask()
    assert (await horde.pop(wait_s=9999)).headers["Preference-Applied"] == "wait=30"


async def test_held_pops_are_served_in_the_order_they_came(horde: Horde) -> None:
    served: list[str] = []

    async def wait_for_one(who: str) -> None:
        if (await horde.pop(who=who, wait_s=20)).body["id"]:
            served.append(who)

    names = [f"w{number}" for number in range(4)]
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for number, name in enumerate(names):
            await horde.account(name)
            group.create_task(wait_for_one(name))
            await until_held(horde, number + 1)
        for number in range(4):
            await horde.ask()
            await until(lambda: len(served) > number)  # noqa: B023 -- awaited in this round
    assert served == names


async def test_as_many_orders_as_held_pops_leave_nobody_waiting(horde: Horde) -> None:
    """Orders that arrive while pops are being taken up: no wake-up may be lost."""
    for number in range(8):
        await horde.account(f"w{number}")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        pops = [group.create_task(horde.pop(who=f"w{number}", wait_s=20)) for number in range(8)]
        for _ in range(8):
            group.create_task(horde.ask())
    assert len({task.result().body["id"] for task in pops}) == 8


async def test_a_worker_that_hangs_up_while_held_is_given_nothing(horde: Horde) -> None:
    _, writer = await raw_pop(horde, who="gone", wait_s=20)
    await until_held(horde, 1)
    writer.close()
    await writer.wait_closed()
    asked = await horde.ask()
    popped = await horde.pop(who="other", wait_s=5)
    assert popped.body["id"] is not None
    check = (await horde.check(asked.body["id"])).body
    assert (check["processing"], check["restarted"]) == (1, 0)
    await until_held(horde, 0)


class SlowPop:
    """A unit of work that keeps a popped job back until it is told to go on."""

    def __init__(self, inner: UnitOfWork) -> None:
        self.inner, self.popped, self.go = inner, asyncio.Event(), asyncio.Event()
        self.read, self.fits, self.changed_elsewhere = inner.read, inner.fits, inner.changed_elsewhere

    async def write(
        self, use_case: Callable[[Transaction], Any], *, step: Step | None = None, brief: bool = False
    ) -> Any:
        result = await self.inner.write(use_case, step=step, brief=brief)
        if step is Step.POP and result.jobs and not self.go.is_set():
            self.popped.set()
            await self.go.wait()
        return result


@pytest.mark.parametrize("wait_s", [0, 20])
async def test_a_worker_that_hangs_up_after_the_claim_gives_its_job_back_at_once(build: Builder, wait_s: int) -> None:
    slow: list[SlowPop] = []

    def around(uow: UnitOfWork) -> SlowPop:
        slow.append(SlowPop(uow))
        return slow[0]

    horde = await build(around=around)
    asked = await horde.ask()
    _, writer = await raw_pop(horde, who="gone", wait_s=wait_s)
    async with asyncio.timeout(10):
        await slow[0].popped.wait()
    assert (await horde.check(asked.body["id"])).body["processing"] == 1
    writer.transport.abort()
    await asyncio.sleep(0.1)
    slow[0].go.set()
    popped = await horde.pop(who="other", wait_s=5)
    assert popped.body["id"] is not None
    assert (await horde.check(asked.body["id"])).body["restarted"] == 0


async def test_a_stop_ends_held_pops_with_an_empty_answer(horde: Horde) -> None:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        held = group.create_task(horde.pop(wait_s=20))
        await until_held(horde, 1)
        group.create_task(horde.server.stop())
    assert (held.result().status, held.result().body["id"]) == (200, None)


async def test_progress_is_shown_and_renews_a_short_lease(horde: Horde) -> None:
    asked = await horde.ask()
    popped = (await horde.pop(headers={"Horde-Progress": "1"})).body
    assert popped["ttl"] == 20
    horde.clock.ahead_ms += 15_000
    report = {"id": popped["id"], "step": 4, "steps": 10}
    told = await horde.call("POST", "/api/v2/generate/progress", who="owner", json=report)
    assert (told.status, told.body) == (200, {"cancelled": False, "ttl": 20})
    horde.clock.ahead_ms += 15_000
    again = await horde.call("POST", "/api/v2/generate/progress", who="owner", json=report | {"step": 9})
    assert again.body == {"cancelled": False, "ttl": 20}
    await horde.call("DELETE", f"/api/v2/generate/status/{asked.body['id']}")
    stopped = await horde.call("POST", "/api/v2/generate/progress", who="owner", json=report)
    assert stopped.body["cancelled"] is True


async def test_a_job_that_is_handed_back_goes_to_the_next_worker(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    for _ in range(2):
        released = await horde.call("POST", "/api/v2/generate/release", who="owner", json={"id": popped["id"]})
        assert (released.status, released.body) == (200, {})
    assert (await horde.check(request_id)).body["restarted"] == 0
    assert (await horde.pop(who="other")).body["id"] == popped["id"]


async def test_a_new_start_of_a_worker_gives_back_what_its_earlier_life_held(horde: Horde) -> None:
    await horde.ask()
    first = await horde.pop(headers={"Horde-Start-Id": "life-1"})
    again = await horde.pop(headers={"Horde-Start-Id": "life-2"})
    assert first.body["id"] == again.body["id"] is not None
    assert first.body["r2_upload"] != again.body["r2_upload"]


@pytest.mark.parametrize(
    ("offer", "status", "where"),
    [
        ({"name": ""}, 400, "name"),
        ({"name": "x" * 101}, 400, "name"),
        ({"models": "all"}, 400, "models"),
        ({"threads": 0}, 400, "threads"),
        ({"max_pixels": "many"}, 400, "max_pixels"),
        ({"amount": 21}, 400, "amount"),
    ],
)
async def test_offers_that_break_a_limit(horde: Horde, offer: dict[str, Any], status: int, where: str) -> None:
    refused = await horde.pop(**offer)
    assert (refused.status, list(refused.body["errors"])) == (status, [where])


async def test_anonymous_owns_no_workers(horde: Horde) -> None:
    offer = {"name": "mine", "models": [MODEL]}
    refused = await horde.call("POST", "/api/v2/generate/pop", json=offer, headers={"apikey": "0000000000"})
    assert (refused.status, refused.body["rc"]) == (403, "AnonForbiddenWorker")


async def test_a_name_belongs_to_one_account_and_priority_names_need_their_number(horde: Horde) -> None:
    assert (await horde.pop(name="shared")).status == 200
    taken = await horde.pop(who="other", name="shared")
    assert (taken.status, taken.body["rc"]) == (403, "WrongCredentials")
    wrong = await horde.call(
        "POST",
        "/api/v2/generate/pop",
        who="owner",
        json={"name": "mine", "models": [MODEL], "priority_usernames": ["nobody"]},
    )
    assert wrong.status in {200, 400}
    await horde.ask()
    wrong = await horde.pop(priority_usernames=["nobody"])
    assert (wrong.status, wrong.body["rc"]) == (400, "InvalidPriorityUsername")


async def test_r9_any_client_agent_goes(horde: Horde) -> None:
    for agent in (
        "dunkeroni's crappy Krita plugin",
        "llm-horde:0.5:Homepage, https://x",
        "KoboldCppEmbedWorker:2",
        "::",
        "",
    ):
        asked = await horde.call(
            "POST",
            "/api/v2/generate/async",
            who="asker",
            json={"prompt": "x", "params": {"width": 64, "height": 64}},
            headers={"Client-Agent": agent},
        )
        assert asked.status == 202, agent
    _, popped = await horde.leased()
    await horde.upload(popped["r2_upload"], webp())


async def test_upload_addresses_sort_like_the_ids_of_a_batch(horde: Horde) -> None:
    """horde-sdk sorts the two lists apart and pairs them then."""
    await horde.ask(params={"n": 6})
    popped = (await horde.pop(amount=6)).body
    pairs = dict(zip(popped["ids"], popped["r2_uploads"], strict=True))
    assert len(pairs) == 6
    for job_id, address in zip(sorted(popped["ids"]), sorted(popped["r2_uploads"]), strict=True):
        assert pairs[job_id] == address
        assert (await horde.upload(address, webp())).status == 200
        assert (await horde.submit(job_id)).status == 200
    await horde.assert_ledger_is_whole()
