"""PostgreSQL is killed in the middle of everything and started again: nothing is lost, nothing is paid twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from core.domain.errors import Conflict, HordeError, Unavailable
from core.domain.ids import AccountId, JobId, RequestId
from core.domain.kudos.ledger import TransferReason
from core.domain.policy import QueuePolicy
from core.domain.workers.policy import WorkerPolicy
from core.services.kudos.transfer import transfer
from core.store import Store, open_store
from core.store.migrate import upgrade
from tests.core.scene import ALL_VERSIONS, HandClock, Scene, draft
from tests.postgres import Server

ROUNDS = 3
BUSY_S = 0.4
BACK_S = 30


@pytest.fixture(scope="module")
def durable() -> Iterator[Server]:
    """A server of its own, with the settings that keep what was committed."""
    one = Server(durable=True)
    yield one
    one.stop()


@pytest_asyncio.fixture
async def stores(durable: Server) -> AsyncIterator[list[Store]]:
    with durable.database() as url:
        upgrade(url, ALL_VERSIONS)
        two = [await open_store(url, clock=HandClock(), key_secret="test") for _ in range(2)]
        yield two
        for one in two:
            await one.aclose()


@dataclass
class Told:
    """What people were told was done."""

    asked: set[RequestId] = field(default_factory=set)
    done: list[JobId] = field(default_factory=list)
    given: int = 0
    refused: list[HordeError] = field(default_factory=list)


async def live(scene: Scene, me: AccountId, name: str, told: Told, stop: asyncio.Event) -> None:
    """Ask, work, hand in and give kudos, again and again, whatever happens."""
    offer = scene.offer(me, name)
    turn = 0
    while not stop.is_set():
        turn += 1
        try:
            told.asked.add((await scene.ask(me, draft(n=2), key=f"{name}-{turn}")).request_id)
            for job in (await scene.pop(offer)).jobs:
                await scene.hand_in(job, me)
                told.done.append(job.job_id)
            await scene.do(
                lambda tx, turn=turn: transfer(  # type: ignore[misc]
                    tx,
                    transfer_id=f"{name}-{turn}",
                    from_id=me,
                    to_id=AccountId(0),
                    amount_mk=1,
                    reason=TransferReason.GIFT,
                    now_ms=scene.clock.now_ms(),
                    floor_mk=None,
                )
            )
            told.given += 1
        except (Unavailable, Conflict) as exc:
            told.refused.append(exc)
            await asyncio.sleep(0.02)


@pytest.mark.kill
async def test_a_server_that_is_killed_loses_nothing(durable: Server, stores: list[Store]) -> None:
    policy = QueuePolicy(waiting_max=100_000, workers=WorkerPolicy(suspicions_max=None))
    scenes = [Scene(uow=one, clock=HandClock(), policy=policy) for one in stores]
    people = [(await scenes[0].account(f"p{i}", kudos=1_000)).account.id for i in range(4)]
    told, stop = Told(), asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for i, one in enumerate(people):
            tasks.create_task(live(scenes[i % 2], one, f"w{i}", told, stop))
        for _ in range(ROUNDS):
            before = len(told.done)
            await asyncio.sleep(BUSY_S)
            await asyncio.to_thread(durable.kill)
            await asyncio.sleep(0.1)
            await asyncio.to_thread(durable.restart)
            async with asyncio.timeout(BACK_S):
                while len(told.done) <= before + 4:  # noqa: ASYNC110 - it goes on by itself
                    await asyncio.sleep(0.05)
        stop.set()
    assert any(isinstance(error, Unavailable) for error in told.refused), "the kills were felt"
    for scene in scenes:
        await scene.audit()
    for request_id in told.asked:
        assert (await scenes[0].status(request_id)).request_id == request_id
    paid = await scenes[1].uow.read(lambda tx: [tx.ledger.transfer(f"job:{job_id}") for job_id in told.done])
    assert len(set(told.done)) == len(told.done)
    assert all(paid)
