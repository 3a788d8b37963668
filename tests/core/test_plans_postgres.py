"""The hot statements hit their index on PostgreSQL: its own plans over a filled database, and the rows it reads."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from core.domain.ids import AccountId
from core.domain.policy import QueuePolicy
from core.ports.store import Transaction
from core.services.queue.pop import pop
from core.store import connection_of
from core.store.rows.kudos import ledger
from core.store.rows.queue import claims, jobs, leases, requests
from core.store.statement import Prepared
from core.store.tables import metadata
from tests.core.scene import Scene, draft
from tests.stores import ONLY_POSTGRES

pytestmark = ONLY_POSTGRES
COPIES = 3_000
MODELS = ("a", "b", "c", "d", "e")

SEARCHES: dict[str, tuple[Prepared, set[str]]] = {
    "request": (requests._GET, {"requests_pkey"}),
    "idempotency key": (requests._BY_KEY, {"uq_requests_key"}),
    "waiting of an account": (jobs._WAITING_OF, {"ix_jobs_waiting_account"}),
    "jobs of a request": (jobs._OF_REQUEST, {"ix_jobs_request"}),
    "a request with its jobs": (jobs._WITH_REQUEST, {"ix_jobs_request", "requests_pkey"}),
    "a job": (claims._ONE, {"jobs_pkey"}),
    "more jobs of a request": (claims._MORE, {"ix_jobs_request"}),
    "request of a job": (leases.TAKE_REQUEST_OF, {"jobs_pkey", "requests_pkey"}),
    "lease": (leases.TAKE_BY_ID, {"leases_pkey", "jobs_pkey", "requests_pkey", "holds_pkey", "ix_jobs_request"}),
    "hold": (ledger._TAKE_HOLD, {"holds_pkey"}),
}
LARGE = {"requests", "jobs", "leases", "transfers", "holds", "events"}


async def filled(scene: Scene) -> AccountId:
    """Leave thousands of requests, jobs, holds and leases, and what the planner wants to know; return the owner."""
    scene.policy = QueuePolicy(waiting_max=10**6)
    asker = (await scene.account("asker", kudos=100)).account
    owner = (await scene.account("owner", trusted=True)).account
    for model in MODELS:
        await scene.ask(asker.id, draft(models=(model,)))
    await scene.ask(asker.id, draft(models=("done",)))
    job = await scene.pop_one(scene.offer(owner.id, models=("done",)))
    await scene.hand_in(job, owner.id)

    def copy(tx: Transaction) -> None:
        connection = connection_of(tx)
        for table, changed in (
            ("requests", {"id"}),
            ("holds", {"hold_id"}),
            ("jobs", {"id", "request_id", "lease_id"}),
            ("leases", {"id", "job_id"}),
        ):
            names = [column.name for column in metadata.tables[table].c]
            chosen = ", ".join(f"o.{name} || '-' || n" if name in changed else f"o.{name}" for name in names)
            if table == "jobs":
                chosen = chosen.replace("o.account_id", "o.account_id + 1000 + n % 200")
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} "  # noqa: S608 - the tables' own names
                f"FROM {table} AS o CROSS JOIN generate_series(1, {COPIES}) AS n"
            )
        connection.exec_driver_sql("ANALYZE")

    await scene.do(copy)
    return owner.id


VALUES: dict[str, Any] = {
    **dict.fromkeys(("account_id", "the_account", "now_ms", "limit", "per_lane", "heads", "highest"), 1),
    "lanes": [1, 2, 3, 4, 5],
    "people": [],
    "leases": ["x"],
    "everyone": True,
}


def steps(tx: Transaction, statement: Prepared) -> list[dict[str, Any]]:
    """Return every step of PostgreSQL's own plan, nothing forbidden to it."""
    connection = connection_of(tx)
    text = statement.text(connection)
    values = text.values({name: VALUES.get(name, "x") for name in text.names if text.fixed.get(name) is None})
    found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {text.sql}", values).scalar_one()
    flat, plans = [], [(json.loads(found) if isinstance(found, str) else found)[0]["Plan"]]
    while plans:
        plan = plans.pop()
        flat.append(plan)
        plans += plan.get("Plans", ())
    return flat


def wrong(plan: list[dict[str, Any]]) -> list[str]:
    """Return the large tables that are read from end to end."""
    return [
        step["Relation Name"] for step in plan if step["Node Type"] == "Seq Scan" and step["Relation Name"] in LARGE
    ]


async def test_the_hot_statements_search_by_their_index(scene: Scene) -> None:
    await filled(scene)
    for name, (statement, wanted) in SEARCHES.items():
        plan = await scene.do(partial(steps, statement=statement))
        used = {step["Index Name"] for step in plan if "Index Name" in step}
        assert wanted <= used, (name, used)
        assert not wrong(plan), (name, plan)


async def test_the_heads_of_the_lanes_come_by_their_index(scene: Scene) -> None:
    await filled(scene)
    for statement in (claims._FIRST, claims._HEADS):
        VALUES.update({"dues": [0] * 5, "ids": [""] * 5})
        plan = await scene.do(partial(steps, statement=statement))
        assert "ix_jobs_waiting" in {step.get("Index Name") for step in plan}
        assert not wrong(plan), plan
    plan = await scene.do(lambda tx: steps(tx, claims._FIRST))
    assert {"ix_jobs_waiting_account", "jobs_pkey"} <= {step.get("Index Name") for step in plan}


async def rows_of_jobs(scene: Scene, use_case: Callable[[Transaction], object]) -> int:
    """Return how many rows of the queue a use case looks at, by PostgreSQL's own count."""
    sql = (
        "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables "
        "WHERE relname = 'jobs'"
    )

    def counted(tx: Transaction) -> int:
        before = connection_of(tx).exec_driver_sql(sql).scalar_one()
        use_case(tx)
        return int(connection_of(tx).exec_driver_sql(sql).scalar_one() - before)

    return await scene.do(counted)


@pytest.mark.parametrize("count", [1, 5])
async def test_a_pop_looks_at_few_rows_of_a_long_queue(scene: Scene, count: int) -> None:
    owner_id = await filled(scene)
    offer = scene.offer(owner_id, models=MODELS[:count])

    def one_pop(tx: Transaction) -> None:
        assert len(pop(tx, offer=offer, policy=scene.policy, now_ms=scene.clock.now_ms()).jobs) == 1

    assert await rows_of_jobs(scene, one_pop) < 4 * count
