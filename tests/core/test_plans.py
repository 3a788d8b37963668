"""The hot statements hit their index: what SQLite says it will do, and how many rows it touches."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from core.domain.ids import AccountId, JobId
from core.domain.kinds.kind import Kind
from core.ports.store import Transaction
from core.store import Store, connection_of
from core.store.dialect import CLAIM_FIRST_SQLITE, HEADS
from core.store.rows.kudos import ledger
from core.store.rows.people import accounts, records, worker_statements
from core.store.rows.queue import claims, jobs, leases, requests
from core.store.rows.record import events
from core.store.statement import Prepared
from tests.core.scene import Scene, draft
from tests.stores import ONLY_SQLITE

pytestmark = ONLY_SQLITE

SEARCHES: dict[str, tuple[sa.Executable | Prepared, list[str]]] = {
    "account": (accounts._BY_ID, ["accounts USING INTEGER PRIMARY KEY", "balances USING PRIMARY KEY"]),
    "api key": (accounts._BY_KEY, ["api_keys USING INDEX sqlite_autoindex_api_keys_1"]),
    "identity": (accounts._BY_IDENTITY, ["identities USING INDEX sqlite_autoindex_identities_1"]),
    "idempotency key": (requests._BY_KEY, ["requests USING INDEX uq_requests_key|sqlite_autoindex_requests_2"]),
    "waiting of an account": (jobs._WAITING_OF, ["jobs USING (COVERING )?INDEX ix_jobs_waiting_account"]),
    "jobs of a request": (jobs._OF_REQUEST, ["jobs USING INDEX ix_jobs_request"]),
    "a request with its jobs": (jobs._WITH_REQUEST, ["jobs USING INDEX ix_jobs_request"]),
    "counts": (jobs._COUNTS, ["jobs USING INDEX ix_jobs_request"]),
    "claim": (claims._ONE, ["jobs USING INDEX sqlite_autoindex_jobs_1"]),
    "worker by name": (
        worker_statements.KNOWN,
        ["workers USING INDEX sqlite_autoindex_workers_2", "worker_messages USING INDEX ix_worker_messages_expiry"],
    ),
    "workers online": (worker_statements.ONLINE, ["workers USING INDEX ix_workers_seen"]),
    "lease": (
        leases.BY_ID,
        ["leases USING INDEX sqlite_autoindex_leases_1", "jobs USING INDEX sqlite_autoindex_jobs_1"],
    ),
    "lease of a job": (leases.OF_JOB, ["leases USING INDEX ix_leases_job"]),
    "lapsed leases": (leases.LAPSED, ["leases USING INDEX ix_leases_active"]),
    "leases of a worker": (leases.ACTIVE_OF, ["leases USING INDEX ix_leases_active_worker"]),
    "requests of an account": (requests._HISTORY, ["requests USING INDEX ix_requests_account"]),
    "open requests of an account": (requests._OPEN_OF, ["requests USING INDEX ix_requests_account"]),
    "oldest accounts": (accounts._OLDEST, ["accounts USING INTEGER PRIMARY KEY"]),
    "transfers to be added up": (records._MOVEMENTS, ["transfers USING INTEGER PRIMARY KEY"]),
    "past expiry": (requests._PAST_EXPIRY, ["requests USING INDEX ix_requests_open"]),
    "holds due": (ledger._HOLDS_DUE, ["holds USING INDEX ix_holds_pending"]),
    "transfer": (ledger._TRANSFER, ["transfers USING INDEX sqlite_autoindex_transfers_1"]),
    "events": (events._AFTER, ["events USING INTEGER PRIMARY KEY"]),
    "events of a request": (events._AFTER_OF, ["events USING INDEX ix_events_request"]),
}


def explain(tx: Transaction, statement: sa.Executable | Prepared, **values: object) -> list[str]:
    """Return the steps of a statement's plan."""
    if isinstance(statement, Prepared):
        statement = statement.statement
    compiled = statement.compile(dialect=connection_of(tx).dialect)  # type: ignore[attr-defined]
    filled = [values.get(name, 1) for name in compiled.positiontup or ()]
    found = connection_of(tx).exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(filled))
    return [row[3] for row in found]


@pytest.mark.parametrize("name", SEARCHES)
async def test_a_hot_statement_searches_by_its_index(uow: Store, name: str) -> None:
    statement, wanted = SEARCHES[name]
    plan = await uow.write(lambda tx: explain(tx, statement))
    for search in wanted:
        assert any(re.search(search, step) for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN ") and "json_each" not in step], plan


async def test_a_pop_reads_heads_by_the_lane_index(uow: Store) -> None:
    plan = await uow.write(lambda tx: explain(tx, HEADS.sqlite, lanes="[]"))
    text = "\n".join(plan)
    assert re.search(r"SEARCH h USING (COVERING )?INDEX ix_jobs_waiting \(lane_id=\? AND \(due_ms,id\)>", text), text
    assert "SEARCH j USING INTEGER PRIMARY KEY (rowid=?)" in text
    assert not re.search(r"SCAN [jh]\b", text)


async def test_a_pop_claims_by_the_lane_index(uow: Store) -> None:
    plan = await uow.write(lambda tx: explain(tx, CLAIM_FIRST_SQLITE, lanes="[]", lease="x"))
    text = "\n".join(plan)
    assert re.search(r"SEARCH h USING (COVERING )?INDEX ix_jobs_waiting \(lane_id=\?\)", text), text
    assert "SEARCH j USING INTEGER PRIMARY KEY (rowid=?)" in text
    assert "SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)" in text
    assert not re.search(r"SCAN (j|h|jobs)\b", text)


async def test_a_pop_touches_as_many_rows_in_a_long_queue_as_in_a_short_one(scene: Scene) -> None:
    guest = await scene.guest()
    for model in ("a", "b", "c"):
        await scene.ask(guest.id, draft(models=(model,)))

    def fill(tx: Transaction, count: int) -> None:
        connection_of(tx).execute(
            sa.text(
                """
                INSERT INTO jobs (id, request_id, account_id, lane_id, due_ms, ordinal, seed, price_mk, state, tries,
                                  step, steps)
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
                SELECT 'j' || lane_id || '-' || n.i || '-' || :count, request_id, account_id, lane_id, due_ms + n.i, 0,
                       0, 0, 'waiting', 0, 0, 0
                FROM n, (SELECT * FROM jobs WHERE length(id) = 36)
                """
            ),
            {"count": count},
        )

    async def steps_of_a_look(look: Callable[[Transaction], object]) -> int:
        def counted(tx: Transaction) -> int:
            raw = connection_of(tx).connection.dbapi_connection
            steps = 0

            def tick() -> int:
                nonlocal steps
                steps += 1
                return 0

            raw.set_progress_handler(tick, 1)  # type: ignore[union-attr]
            try:
                look(tx)
            finally:
                raw.set_progress_handler(None, 1)  # type: ignore[union-attr]
            return steps

        return await scene.do(counted)

    def heads(tx: Transaction) -> object:
        return tx.claims.heads([1, 2, 3], per_lane=1, limit=8)

    def own(tx: Transaction) -> object:
        return tx.claims.heads([1, 2, 3], per_lane=1, limit=8, account_ids=[AccountId(5)])

    def later(tx: Transaction) -> object:
        return tx.claims.heads([1], per_lane=64, limit=64, after={1: (2**45, JobId(""))})

    for look in (heads, own, later):
        await scene.do(lambda tx: fill(tx, 10))
        short = await steps_of_a_look(look)
        await scene.do(lambda tx: fill(tx, 3_000))
        assert await steps_of_a_look(look) <= short * 1.2
        await scene.do(lambda tx: connection_of(tx).exec_driver_sql("DELETE FROM jobs WHERE length(id) <> 36"))
    assert await scene.uow.read(lambda tx: tx.jobs.ahead((0, JobId("")), kind=Kind.IMAGE, limit=5)) == 0
