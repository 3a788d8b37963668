"""Who wants no more of an order is heard by the worker at its next contact; what it hands in all the same is paid."""

import asyncio

import pytest

from core.api.changes import Changes
from core.domain.ids import RequestId
from core.services.queue.cancel import cancel
from tests.api.scene import MODEL, Horde, until, webp
from tests.core.scene import HandClock, Scene
from tests.stores import Database


async def report(horde: Horde, job_id: str) -> bool:
    body = {"id": job_id, "step": 2, "steps": 10}
    told = await horde.call("POST", "/api/v2/generate/progress", who="owner", json=body)
    return bool(told.body["cancelled"])


async def test_a_cancel_is_heard_at_the_next_report_and_the_job_is_over(horde: Horde) -> None:
    before = await horde.kudos_of("asker")
    request_id, popped = await horde.leased()
    assert await report(horde, popped["id"]) is False
    cancelled = await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    assert (cancelled.body["processing"], cancelled.body["done"]) == (1, False), "a worker has it in its hands"
    assert await report(horde, popped["id"]) is True
    assert (await horde.check(request_id)).body["done"] is True
    assert await horde.kudos_of("asker") == before
    late = await horde.submit(popped["id"])
    assert (late.status, late.body["rc"]) == (400, "AbortedGen")
    await horde.assert_ledger_is_whole()


async def test_a_result_that_comes_after_the_cancel_is_taken_and_paid(horde: Horde) -> None:
    """The work was done before anybody told the worker."""
    request_id, popped = await horde.leased(params={"n": 2})
    await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    await horde.upload(popped["r2_upload"], webp())
    paid = await horde.submit(popped["id"])
    assert (paid.status, paid.body["reward"] > 0) == (200, True)
    status = (await horde.status(request_id)).body
    assert (status["done"], status["finished"], len(status["generations"])) == (True, 1, 1)
    await horde.assert_ledger_is_whole()


async def test_a_worker_that_holds_a_pop_beside_its_job_is_told_at_once(horde: Horde) -> None:
    before = await horde.kudos_of("asker")
    request_id, popped = await horde.leased()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        pop = group.create_task(horde.pop(headers={"Prefer": "wait=20"}))
        await until(lambda: len(horde.context.changes) == 1)
        await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    told = pop.result()
    assert (told.status, told.body["id"], told.headers["Horde-Cancelled"]) == (200, None, popped["id"])
    assert (await horde.check(request_id)).body["done"] is True
    assert await horde.kudos_of("asker") == before
    late = await horde.submit(popped["id"])
    assert (late.status, late.body["rc"]) == (400, "AbortedGen")
    await horde.assert_ledger_is_whole()


async def test_a_held_pop_beside_a_job_still_brings_new_work(horde: Horde) -> None:
    await horde.leased()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        pop = group.create_task(horde.pop(headers={"Prefer": "wait=20"}))
        await until(lambda: len(horde.context.changes) == 1)
        await horde.ask("the next one", models=[MODEL])
    brought = pop.result()
    assert brought.body["payload"]["prompt"] == "the next one"
    assert "Horde-Cancelled" not in brought.headers
    assert len(horde.context.changes) == 0


async def test_a_cancel_before_the_pop_is_told_with_it(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    async with asyncio.timeout(5):
        told = await horde.pop(headers={"Prefer": "wait=20"})
    assert told.headers["Horde-Cancelled"] == popped["id"]


async def test_a_held_check_hears_that_the_worker_has_let_go(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        check = f"/api/v2/generate/check/{request_id}"
        waits = group.create_task(horde.call("GET", check, headers={"Prefer": "wait=20"}))
        await until(lambda: len(horde.context.changes) == 1)
        assert await report(horde, popped["id"]) is True
    assert waits.result().body["done"] is True


@pytest.mark.parametrize("hinted", [True, False])
async def test_changes_of_another_process_wake_who_waits_here(database: Database, hinted: bool) -> None:
    """On either store, and also where the hint is lost."""
    clock = HandClock()
    here, there = await database.open(clock=clock), Scene(uow=await database.open(clock=clock), clock=clock)
    changes = Changes(here, tick_s=0.2 if not hinted else 1.0)
    if hinted:
        here.on_events(changes.hint)
    asked = await there.ask((await there.account("ann")).account.id)
    other = await there.ask((await there.account("bob")).account.id)
    await changes.begin()
    try:
        async with asyncio.timeout(20), changes.watching(asked.request_id) as watch:
            await there.do(lambda tx: cancel(tx, request_id=other.request_id, now_ms=clock.now_ms()))
            with pytest.raises(TimeoutError):  # that was another's
                await asyncio.wait_for(watch.changed(), 0.5)
            await there.do(lambda tx: cancel(tx, request_id=RequestId(asked.request_id), now_ms=clock.now_ms()))
            await watch.changed()
    finally:
        await changes.end()
