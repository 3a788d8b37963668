"""`cycle_*`: whole cycles through the services, 32 at once; `hot_account_*`: 64 requests of one account at once."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from core.domain.ids import AccountId
from tests.benchmarks.engine_floors import AT_ONCE, Floor, PostgresFloor, SqliteFloor, cast_of, median
from tests.benchmarks.engine_ground import ground, people
from tests.benchmarks.harness import Figure
from tests.core.scene import Scene, draft

REQUESTS_AT_ONCE: Final = 64
CYCLE_TARGET: Final = "at least 0.25 of the floor"
HOT_TARGET: Final = "at least 0.5 of the floor"


async def warm(scene: Scene) -> tuple[list[AccountId], list[AccountId]]:
    """The askers and the owners of the workers, four each; one cycle a worker is done, so that everything is there."""
    askers = await people(scene, AT_ONCE)
    owners = await people(scene, AT_ONCE // 4, prefix="owner", trusted=True)
    await cycles(scene, askers, owners, seconds=0.3)
    return askers, owners


async def cycles(scene: Scene, askers: Sequence[AccountId], owners: Sequence[AccountId], *, seconds: float) -> float:
    """Cycles a second: accept, pop, complete and read, one after the other, in as many tasks as there are askers."""
    began_s, made = time.perf_counter(), [0] * len(askers)

    async def one(number: int) -> None:
        owner_id = owners[number % len(owners)]
        offer = scene.offer(owner_id, f"worker{number}", reports_progress=True)
        while time.perf_counter() - began_s < seconds:
            await scene.ask(askers[number], draft(f"{number}: a red heart, the {made[number]}th"))
            job = await scene.pop_one(offer)
            await scene.hand_in(job, owner_id, lease_id=job.lease_id)
            status = await scene.status(job.request_id)
            assert status.done
            made[number] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(len(askers)):
            group.create_task(one(number))
    return sum(made) / (time.perf_counter() - began_s)


async def cycle(store: str, *, quick: bool) -> list[Figure]:
    """Alternating rounds of the services and of the bare driver, each on a database of its own."""
    ours: list[float] = []
    floors: list[float] = []
    seconds = 1.5 if quick else 4.0
    async with ground(store) as whole, ground(store) as bare:
        askers, owners = await warm(whole.scene)
        others, other_owners = await warm(bare.scene)
        cast = await cast_of(bare.uow, others, other_owners)
        floor: Floor = SqliteFloor(bare.url, cast) if store == "sqlite" else PostgresFloor(bare.url, cast)
        await floor.run(seconds / 4)
        for _ in range(3):
            ours.append(await cycles(whole.scene, askers, owners, seconds=seconds))
            floors.append(await floor.run(seconds))
        await whole.scene.audit()
    name = f"cycle_{store}"
    return [Figure(name=name, value=median(ours), unit="cycles/s", floor=median(floors), target=CYCLE_TARGET)]


async def at_once(scene: Scene, askers: Sequence[AccountId], *, seconds: float) -> float:
    """Requests a second, each accepted and then cancelled, with as many at once as there are askers.

    Both steps write the asker's balance; the same asker may be there many times.
    """
    began_s, made = time.perf_counter(), [0] * len(askers)

    async def one(number: int) -> None:
        while time.perf_counter() - began_s < seconds:
            accepted = await scene.ask(askers[number])
            await scene.cancel(accepted.request_id)
            made[number] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(len(askers)):
            group.create_task(one(number))
    return sum(made) / (time.perf_counter() - began_s)


async def hot_account(store: str, *, quick: bool) -> list[Figure]:
    """64 requests at once of one account, beside 64 of 64 accounts (the floor), in alternating rounds."""
    one: list[float] = []
    many: list[float] = []
    seconds = 1.0 if quick else 3.0
    async with ground(store) as opened:
        scene = opened.scene
        askers = await people(scene, REQUESTS_AT_ONCE)
        (hot,) = await people(scene, 1, prefix="hot")
        await at_once(scene, [*askers, *[hot] * REQUESTS_AT_ONCE], seconds=0.3)
        for _ in range(3):
            many.append(await at_once(scene, askers, seconds=seconds))
            one.append(await at_once(scene, [hot] * REQUESTS_AT_ONCE, seconds=seconds))
        await scene.audit()
    name = f"hot_account_{store}"
    return [Figure(name=name, value=median(one), unit="requests/s", floor=median(many), target=HOT_TARGET)]
