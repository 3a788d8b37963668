"""What is said of the waiting jobs: exact while few wait, and never dear for a pop."""

import sqlalchemy as sa

from core.domain.ids import JobId
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.ports.store import Transaction
from core.services.queue.overview import overview, recount
from core.services.queue.status import AHEAD_MAX, status
from core.store import connection_of
from core.store.rows.queue.lanes import FEW
from tests.core.scene import HandClock, Scene, draft
from tests.core.spoken import spoken


def fill(tx: Transaction) -> None:
    """Leave many more waiting jobs in the lanes that there are."""
    connection_of(tx).execute(
        sa.text(
            """
            INSERT INTO jobs (id, request_id, account_id, lane_id, due_ms, ordinal, seed, price_mk, state, tries, step,
                              steps)
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
            SELECT o.id || '-' || n.i, o.request_id, o.account_id, o.lane_id, o.due_ms - n.i, n.i, 0, 0, 'waiting', 0,
                   0, 0
            FROM n CROSS JOIN jobs AS o WHERE o.state = 'waiting'
            """
        ),
        {"count": FEW},
    )


async def test_an_overview_counts_what_waits_and_what_is_in_work(scene: Scene) -> None:
    guest = await scene.guest()
    owner = (await scene.account("owner", trusted=True)).account
    await scene.ask(guest.id, draft(n=3))
    await scene.pop_one(scene.offer(owner.id))
    found = await scene.uow.read(lambda tx: overview(tx, now_ms=scene.clock.now_ms()))
    assert (found.waiting, found.processing, found.waiting_by_kind) == (2, 1, {Kind.IMAGE: 2})


async def test_no_pop_counts_a_long_queue_and_a_read_does(scene: Scene, clock: HandClock) -> None:
    guest = await scene.guest()
    owner = (await scene.account("owner", trusted=True)).account
    await scene.ask(guest.id, draft(models=("another",)))
    blind = scene.offer(owner.id, models=("nothing",))
    assert (await scene.pop(blind)).skipped == {"models": 1}
    await scene.do(fill)
    await scene.uow.read(lambda tx: recount(tx, now_ms=clock.now_ms()))
    clock.pass_s(5)
    with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
        assert (await scene.pop(blind)).skipped == {"models": FEW + 1}
    assert not [statement for statement in said if "count(*) AS count" in statement]


async def test_the_place_in_a_long_queue_is_counted_to_a_bound(scene: Scene) -> None:
    guest = await scene.guest()
    scene.policy = QueuePolicy(waiting_max=10**6)
    await scene.ask(guest.id)
    await scene.do(fill)
    scene.clock.pass_s(3_600)
    last = await scene.ask(guest.id)
    assert (await scene.status(last.request_id)).queue_position == AHEAD_MAX + 1
    later = await scene.ask(guest.id)
    with spoken(scene.uow) as said:  # type: ignore[arg-type]  # a store, behind its port
        for request_id in (last.request_id, later.request_id):
            found = await scene.uow.write(
                lambda tx, one=request_id: status(tx, request_id=one, now_ms=scene.clock.now_ms())  # type: ignore[misc] # bound now
            )
            assert found.queue_position == AHEAD_MAX + 1
    counts = [statement for statement in said if "count(*)" in statement]
    assert len(counts) <= 1, "who is behind one that has so many before it has as many"
    first = (0, JobId(""))
    assert await scene.uow.read(lambda tx: tx.jobs.ahead(first, kind=Kind.IMAGE, limit=5)) == 0
