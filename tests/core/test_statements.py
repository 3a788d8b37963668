"""How often a use case speaks to its database when nothing is special: the way of a job stays short."""

from dataclasses import replace

from core.domain.ids import AccountId, WorkerId
from core.ports.store import Transaction
from core.services.queue.status import status
from core.store.rows.people.worker_statements import ONLINE_MAX
from tests.core.scene import HandClock, Scene, draft
from tests.core.spoken import spoken
from tests.stores import Database, StoreKind


async def settled(scene: Scene) -> tuple[AccountId, AccountId]:
    """Return an asker and a worker's owner after a first job, so that lanes and worker are known."""
    asker = (await scene.account("asker", kudos=100)).account
    owner = (await scene.account("owner", trusted=True)).account
    await scene.ask(asker.id)
    job = await scene.pop_one(scene.offer(owner.id))
    await scene.hand_in(job, owner.id)
    return asker.id, owner.id


async def test_a_pop_is_three_statements_at_most(scene: Scene, clock: HandClock, database: Database) -> None:
    asker_id, owner_id = await settled(scene)
    await scene.ask(asker_id)
    clock.pass_s(16)  # so that the worker's sign of life is due
    with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
        await scene.pop_one(scene.offer(owner_id))
    if database.kind is StoreKind.POSTGRES:
        assert len(said) <= 3, said
        assert any("UPDATE workers" in statement for statement in said)
    else:
        assert len(said) <= 8, said


async def test_a_worker_s_submit_is_eight_statements_at_most(scene: Scene, database: Database) -> None:
    asker_id, owner_id = await settled(scene)
    untrusted = (await scene.account("untrusted")).account
    for who in (owner_id, untrusted.id):
        await scene.ask(asker_id, draft(n=2))
        for _ in range(2):
            job = await scene.pop_one(scene.offer(who, f"worker of {who}"))
            with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
                await scene.hand_in(job, who, lease_id=job.lease_id)
            assert len(said) <= (8 if database.kind is StoreKind.POSTGRES else 20), said
    await scene.audit()


async def test_the_status_of_a_finished_request_is_one_statement(scene: Scene) -> None:
    asker_id, owner_id = await settled(scene)
    asked = await scene.ask(asker_id, draft(n=2))
    for _ in range(2):
        await scene.hand_in(await scene.pop_one(scene.offer(owner_id)), owner_id)
    with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
        found = await scene.uow.write(lambda tx: status(tx, request_id=asked.request_id, now_ms=scene.clock.now_ms()))
    assert [result.ordinal for result in found.results] == [0, 1]
    assert len(said) == 1, said


async def test_a_pop_that_finds_nothing_writes_nothing(scene: Scene) -> None:
    _, owner_id = await settled(scene)
    with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
        popped = await scene.pop(scene.offer(owner_id))
    assert not popped.jobs
    writes = [one for one in said if "INSERT" in one or one.lstrip().startswith("UPDATE workers")]
    assert not writes
    assert len(said) <= 5, said


async def test_balances_are_written_last_and_in_one_statement(scene: Scene) -> None:
    asker_id, owner_id = await settled(scene)
    await scene.ask(asker_id)
    job = await scene.pop_one(scene.offer(owner_id))
    with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
        await scene.hand_in(job, owner_id)
    touching = [place for place, one in enumerate(said) if "INTO balances" in one]
    assert touching[-1] == len(said) - 1
    assert touching == list(range(touching[0], len(said)))


async def test_a_job_that_one_of_very_many_workers_takes_has_them_not_read_anew(scene: Scene) -> None:
    asker_id, owner_id = await settled(scene)
    clock = scene.clock
    assert isinstance(clock, HandClock)
    clock.pass_s(1)

    def crowd(tx: Transaction) -> None:
        (one,) = tx.workers.of_owner(owner_id)
        for number in range(ONLINE_MAX):
            name = f"one of many {number}"
            tx.workers.add(replace(one.offer, name=name), worker_id=WorkerId(name), now_ms=clock.now_ms())

    await scene.do(crowd)
    await scene.ask(asker_id)
    await scene.ask(asker_id)
    with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
        await scene.pop_one(scene.offer(owner_id, start_id="it is not among the last thousand"))
        await scene.ask(asker_id)
    assert not [one for one in said if "workers.last_seen_at_ms >=" in one]
    with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
        clock.pass_s(2)
        await scene.ask(asker_id)
    assert [one for one in said if "workers.last_seen_at_ms >=" in one], "a second later they are"
