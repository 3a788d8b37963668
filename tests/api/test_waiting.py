"""A check is held until its order changes, whoever changes it; many wait with one reader."""

import asyncio
import json
from typing import Any

from core.ports.store import UnitOfWork
from core.store import SqliteUnitOfWork
from tests.api.scene import Builder, Horde, Reply, until, webp
from tests.api.test_texts import ask as ask_for_text
from tests.api.test_texts import pop as pop_text
from tests.api.test_texts import submit as submit_text

CHECK = "/api/v2/generate/check/"


async def held(horde: Horde, request_id: str, *, wait_s: int = 20, at: str = CHECK, **headers: str) -> Reply:
    return await horde.call("GET", f"{at}{request_id}", headers={"Prefer": f"wait={wait_s}"} | headers)


class Counting:
    """A unit of work that counts the reads."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self.reads = 0

    async def read(self, query: Any, **how: bool) -> Any:
        self.reads += 1
        return await self._uow.read(query, **how)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._uow, name)


async def test_a_held_check_is_answered_at_each_change(horde: Horde) -> None:
    asked = (await horde.ask(params={"n": 2})).body["id"]
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        taken = group.create_task(held(horde, asked))
        await until(lambda: len(horde.context.changes) == 1)
        popped = (await horde.pop()).body
        assert (await taken).body["processing"] == 1
        assert taken.result().headers["Preference-Applied"] == "wait=20"

        handed_back = group.create_task(held(horde, asked))
        await until(lambda: len(horde.context.changes) == 1)
        await horde.call("POST", "/api/v2/generate/release", who="owner", json={"id": popped["id"]})
        assert (await handed_back).body["processing"] == 0, "for this there is no event"

        first = (await horde.pop(name="first")).body
        second = (await horde.pop(name="second")).body
        finished = group.create_task(held(horde, asked))
        await until(lambda: len(horde.context.changes) == 1)
        await horde.upload(first["r2_upload"], webp())
        await horde.submit(first["id"])
        assert ((await finished).body["finished"], finished.result().body["done"]) == (1, False)

        done = group.create_task(held(horde, asked, at="/api/v2/generate/status/"))
        await until(lambda: len(horde.context.changes) == 1)
        await horde.upload(second["r2_upload"], webp())
        await horde.submit(second["id"])
        assert ((await done).body["done"], len(done.result().body["generations"])) == (True, 2)
    assert len(horde.context.changes) == 0


async def test_a_text_s_status_is_held_too(horde: Horde) -> None:
    asked = (await ask_for_text(horde)).body["id"]
    popped = (await pop_text(horde)).body
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        waits = group.create_task(held(horde, asked, at="/api/v2/generate/text/status/"))
        await until(lambda: len(horde.context.changes) == 1)
        await submit_text(horde, popped["id"])
    assert waits.result().body["generations"][0]["text"] == "there was a cat."


async def test_what_is_over_or_changed_before_is_answered_at_once(horde: Horde) -> None:
    asked = (await horde.ask()).body["id"]
    before = await horde.check(asked)
    await horde.pop()
    async with asyncio.timeout(15):
        missed = await held(horde, asked, **{"If-None-Match": before.headers["ETag"]})
        assert missed.body["processing"] == 1
        await horde.call("DELETE", f"/api/v2/generate/status/{asked}")
        assert missed.headers["ETag"] != before.headers["ETag"]
        unknown = await held(horde, "00000000-0000-4000-8000-000000000000")
        assert (unknown.status, unknown.body["rc"]) == (404, "RequestNotFound")
        as_it_is = await held(horde, asked, wait_s=1)
        assert (as_it_is.status, as_it_is.headers["Preference-Applied"]) == (200, "wait=1")
        finished = (await horde.ask()).body["id"]
        await horde.call("DELETE", f"/api/v2/generate/status/{finished}")
        assert (await held(horde, finished)).body["done"] is True


async def test_the_wait_is_bounded_and_so_are_those_that_wait(build: Builder) -> None:
    horde = await build(hold_s_max=1, watches_max=2)
    asked = (await horde.ask()).body["id"]
    async with asyncio.timeout(15):
        bounded = await held(horde, asked, wait_s=900_000)
        assert bounded.headers["Preference-Applied"] == "wait=1"
        async with horde.context.changes.watching(asked), horde.context.changes.watching(asked):
            too_many = await held(horde, asked)
            assert (too_many.status, "Preference-Applied" in too_many.headers) == (200, False)


async def test_a_change_by_another_process_without_a_hint_is_seen(horde: Horde) -> None:
    """On SQLite nobody tells: the tick finds it."""
    asked = (await horde.ask()).body["id"]
    other = SqliteUnitOfWork.open(horde.folder / "horde.db", clock=horde.clock, key_secret="k")
    try:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            waits = group.create_task(held(horde, asked))
            await until(lambda: len(horde.context.changes) == 1)
            from core.services.queue.cancel import cancel

            now_ms = horde.clock.now_ms()
            assert await other.write(lambda tx: cancel(tx, request_id=asked, now_ms=now_ms))
        assert waits.result().body["done"] is True
    finally:
        other.close()


async def test_many_that_wait_have_one_reader(build: Builder) -> None:
    """5,000 in small: whoever waits costs no read until something happens, and a change wakes its own alone."""
    counted: list[Counting] = []

    def around(uow: UnitOfWork) -> Any:
        counted.append(Counting(uow))
        return counted[0]

    horde = await build(around=around)
    ids = [(await horde.ask(who=f"asker {number % 10}")).body["id"] for number in range(45)]
    ticks = 3
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        waits = [group.create_task(held(horde, request_id)) for request_id in ids * 2]
        await until(lambda: len(horde.context.changes) == len(waits), seconds=30)
        before = counted[0].reads
        await asyncio.sleep(ticks)
        assert counted[0].reads - before <= 3 * ticks, "ticks, not holders, read"
        cancelled = ids[7]
        await horde.call("DELETE", f"/api/v2/generate/status/{cancelled}")
        await until(lambda: len(horde.context.changes) == len(waits) - 2)
        await until(lambda: sum(task.done() for task in waits) == 2)
        assert [task.result().body["done"] for task in waits if task.done()] == [True, True]
        for task in waits:
            task.cancel()
    await until(lambda: len(horde.context.changes) == 0)


async def test_a_stop_answers_those_that_wait(horde: Horde) -> None:
    asked = (await horde.ask()).body["id"]
    async with asyncio.timeout(15), asyncio.TaskGroup() as group:
        waits = group.create_task(held(horde, asked))
        await until(lambda: len(horde.context.changes) == 1)
        group.create_task(horde.server.stop())
    assert (waits.result().status, waits.result().body["done"]) == (200, False)


async def test_a_stream_tells_steps_without_a_poll_of_its_own(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    seen: list[Any] = []
    url = f"{horde.address}/api/v2/events/requests/{request_id}"
    async with asyncio.timeout(20), horde.session.get(url) as stream:
        async for line in stream.content:
            if not line.startswith(b"data: "):
                continue
            seen.append(json.loads(line[6:]))
            if len(seen) == 1:
                report = {"id": popped["id"], "step": 4, "steps": 10}
                await horde.call("POST", "/api/v2/generate/progress", who="owner", json=report)
            elif [job["step"] for job in seen[-1]["jobs"]] == [4]:
                await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
                await horde.call("POST", "/api/v2/generate/progress", who="owner", json=report)
            if seen[-1]["done"]:
                break
    assert seen[-1]["done"] is True
    assert len(horde.context.changes) in {0, 1}
