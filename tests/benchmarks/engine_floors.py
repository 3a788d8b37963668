# ruff: noqa: S608 - the SQL is made of the tables' own names, values are parameters
"""The floor of a cycle: the bare drivers, the same tables and durability, and only what cannot be spared."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import uuid4

import sqlalchemy as sa

from core.ports.store import ReadTransaction, UnitOfWork
from core.store import connection_of, tables
from core.store.dialect import SQLITE_SETTINGS
from core.store.opening import CONNECTIONS
from tests.benchmarks.harness import percentile

AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part in a cycle, as numbers that are in the database: made by the services beforehand."""

    askers: Sequence[int]
    owners: Sequence[int]
    workers: Sequence[str]
    lane_id: int
    draft: str


@dataclass(frozen=True, slots=True)
class Statements:
    """The SQL of a cycle for one driver; ``mark`` writes the n-th parameter."""

    mark: Callable[[int], str]
    skip_locked: str = ""
    texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Write all of them out once."""
        m = self.mark
        made = {
            "asker": f"SELECT (SELECT sum(posted_mk - held_mk) FROM balances WHERE account_id = {m(1)}), "
            f"(SELECT count(*) FROM jobs WHERE state = 'waiting' AND account_id = {m(1)})",
            "request": self.insert(
                tables.requests, "id", "account_id", "draft", "asked_at_ms", "expires_at_ms", state="'open'"
            ),
            "hold": self.insert(tables.holds, "hold_id", "account_id", "amount_mk", "expires_at_ms", state="'pending'"),
            "job": self.insert(
                *(tables.jobs, "id", "request_id", "account_id", "lane_id", "due_ms", "price_mk"), state="'waiting'"
            ),
            "event": self.insert(tables.events, "kind", "request_id", "account_id", "at_ms", "body"),
            "balance": "INSERT INTO balances (account_id, slot, posted_mk, held_mk) "
            f"VALUES ({m(1)}, 0, {m(2)}, {m(3)}) "
            "ON CONFLICT (account_id, slot) DO UPDATE SET posted_mk = balances.posted_mk + excluded.posted_mk, "
            "held_mk = balances.held_mk + excluded.held_mk",
            "claim": f"UPDATE jobs SET state = 'leased', lease_id = {m(1)} WHERE id = (SELECT id FROM jobs "
            f"WHERE state = 'waiting' AND lane_id = {m(2)} ORDER BY due_ms, id LIMIT 1{self.skip_locked}) "
            "RETURNING id, request_id, account_id, price_mk",
            "draft": f"SELECT draft FROM requests WHERE id = {m(1)}",
            "lease": self.insert(
                *(tables.leases, "id", "job_id", "worker_id", "granted_at_ms", "expires_at_ms"), state="'active'"
            ),
            "leased": "SELECT j.request_id, j.account_id, j.price_mk, j.state, l.state, h.amount_mk FROM leases AS l "
            f"JOIN jobs AS j ON j.id = l.job_id JOIN holds AS h ON h.hold_id = j.request_id WHERE l.id = {m(1)}",
            "result": self.insert(
                *(tables.results, "job_id", "request_id", "lease_id", "worker_id", "object_key", "made_at_ms"),
                state="'ok'",
                gen_metadata="'[]'",
            ),
            "done": f"UPDATE jobs SET state = 'done', ended_at_ms = {m(1)} WHERE id = {m(2)}",
            "over": f"UPDATE leases SET state = 'done', ended_at_ms = {m(1)} WHERE id = {m(2)}",
            "transfer": self.insert(
                *(tables.transfers, "transfer_id", "from_id", "to_id", "amount_mk", "ref", "made_at_ms"),
                reason="'job'",
            ),
            "posted": f"UPDATE holds SET posted_mk = posted_mk + {m(1)}, state = 'posted' WHERE hold_id = {m(2)}",
            "worked": f"UPDATE workers SET jobs_done = jobs_done + 1, kudos_mk = kudos_mk + {m(1)} WHERE id = {m(2)}",
            "left": f"SELECT count(*) FROM jobs WHERE state IN ('waiting', 'leased') AND request_id = {m(1)}",
            "close": f"UPDATE requests SET state = 'done', finished_at_ms = {m(1)} WHERE id = {m(2)}",
            "read": "SELECT q.*, j.*, r.* FROM requests AS q JOIN jobs AS j ON j.request_id = q.id "
            f"LEFT JOIN results AS r ON r.job_id = j.id WHERE q.id = {m(1)} ORDER BY j.ordinal",
        }
        self.texts.update(made)

    def insert(self, table: sa.Table, *given: str, **literals: str) -> str:
        """An INSERT of the given columns; what may not be NULL besides gets its literal, or a zero of its type."""
        names, values = list(given), [self.mark(place + 1) for place in range(len(given))]
        for column in table.c:
            is_counted = column.primary_key and column.name == "seq"
            if column.name in given or is_counted or (column.nullable and column.name not in literals):
                continue
            if column.server_default is not None and column.name not in literals:
                continue
            zero = "''" if isinstance(column.type, sa.Text) else "false" if isinstance(column.type, sa.Boolean) else "0"
            names.append(column.name)
            values.append(literals.get(column.name, zero))
        return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(values)})"


class Floor(Protocol):
    """Does cycles with a bare driver."""

    async def run(self, seconds: float) -> float:
        """Cycles a second."""
        ...


class SqliteFloor:
    """Cycles on a file by ``sqlite3``: each step of 32 cycles is one group, one COMMIT."""

    def __init__(self, url: str, cast: Cast) -> None:
        """Open the file as the engine opens it."""
        self.cast = cast
        self.sql = Statements(lambda _: "?").texts
        # A parameter that a statement uses twice is numbered, so that it is given once.
        self.sql["asker"] = Statements(lambda place: f"?{place}").texts["asker"]
        self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, cached_statements=256)
        for setting in SQLITE_SETTINGS:
            self.connection.execute(setting)

    async def run(self, seconds: float) -> float:
        """Cycles a second."""
        began_s, made = time.perf_counter(), 0
        while time.perf_counter() - began_s < seconds:
            for step in (self._accept, self._pop_and_keep, self._complete):
                self.connection.execute("BEGIN IMMEDIATE")
                for number in range(AT_ONCE):
                    step(number)
                self.connection.execute("COMMIT")
            for request_id, *_ in self.taken:
                self.connection.execute(self.sql["read"], (request_id,)).fetchall()
            made += AT_ONCE
        return made / (time.perf_counter() - began_s)

    def _accept(self, number: int) -> None:
        do, sql, now_ms = self.connection.execute, self.sql, time.time_ns() // 1_000_000
        asker, request_id, job_id = self.cast.askers[number], str(uuid4()), str(uuid4())
        do(sql["asker"], (asker,)).fetchone()
        do(sql["request"], (request_id, asker, self.cast.draft, now_ms, now_ms + 1_200_000))
        do(sql["hold"], (request_id, asker, 1_000, now_ms + 1_200_000))
        do(sql["job"], (job_id, request_id, asker, self.cast.lane_id, now_ms, 1_000))
        do(sql["event"], ("request_accepted", request_id, asker, now_ms, '{"jobs":1}'))
        do(sql["balance"], (asker, 0, 1_000))

    def _pop_and_keep(self, number: int) -> None:
        if number == 0:
            self.taken: list[tuple[str, str, str]] = []
        do, sql, now_ms = self.connection.execute, self.sql, time.time_ns() // 1_000_000
        lease_id, worker_id = str(uuid4()), self.cast.workers[number]
        job_id, request_id, asker, _ = do(sql["claim"], (lease_id, self.cast.lane_id)).fetchone()
        do(sql["draft"], (request_id,)).fetchone()
        do(sql["lease"], (lease_id, job_id, worker_id, now_ms, now_ms + 20_000))
        do(sql["event"], ("job_leased", request_id, asker, now_ms, f'{{"job_id":"{job_id}"}}'))
        self.taken.append((request_id, job_id, lease_id))

    def _complete(self, number: int) -> None:
        do, sql, now_ms = self.connection.execute, self.sql, time.time_ns() // 1_000_000
        _, job_id, lease_id = self.taken[number]
        worker_id, owner_id = self.cast.workers[number], self.cast.owners[number % len(self.cast.owners)]
        request_id, asker, price_mk, *_ = do(sql["leased"], (lease_id,)).fetchone()
        do(sql["result"], (job_id, request_id, lease_id, worker_id, f"pictures/{job_id}.webp", now_ms))
        do(sql["done"], (now_ms, job_id))
        do(sql["over"], (now_ms, lease_id))
        do(sql["transfer"], (f"job:{job_id}", asker, owner_id, price_mk, job_id, now_ms))
        do(sql["posted"], (price_mk, request_id))
        do(sql["worked"], (price_mk, worker_id))
        if do(sql["left"], (request_id,)).fetchone()[0] == 0:
            do(sql["close"], (now_ms, request_id))
            do(sql["event"], ("request_finished", request_id, asker, now_ms, '{"done":1}'))
        do(sql["balance"], (asker, -price_mk, -price_mk))
        do(sql["balance"], (owner_id, price_mk, 0))


class PostgresFloor:
    """Cycles on a server by ``asyncpg``: 32 at once, each step one transaction on a connection of the pool."""

    def __init__(self, url: str, cast: Cast) -> None:
        """Keep what is needed; ``run`` opens the pool."""
        self.url = url
        self.cast = cast
        self.sql = Statements(lambda place: f"${place}", skip_locked=" FOR UPDATE SKIP LOCKED").texts

    async def run(self, seconds: float) -> float:
        """Cycles a second."""
        import asyncpg

        async with asyncpg.create_pool(self.url, min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
            began_s, made = time.perf_counter(), [0] * AT_ONCE

            async def cycles(number: int) -> None:
                while time.perf_counter() - began_s < seconds:
                    await self._cycle(pool, number)
                    made[number] += 1

            async with asyncio.TaskGroup() as group:
                for number in range(AT_ONCE):
                    group.create_task(cycles(number))
            return sum(made) / (time.perf_counter() - began_s)

    async def _cycle(self, pool: Any, number: int) -> None:
        sql, cast = self.sql, self.cast
        asker, request_id, job_id, lease_id = cast.askers[number], str(uuid4()), str(uuid4()), str(uuid4())
        worker_id, owner_id = cast.workers[number], cast.owners[number % len(cast.owners)]
        now_ms = time.time_ns() // 1_000_000
        async with pool.acquire() as one, one.transaction():
            await one.fetchrow(sql["asker"], asker)
            await one.execute(sql["request"], request_id, asker, cast.draft, now_ms, now_ms + 1_200_000)
            await one.execute(sql["hold"], request_id, asker, 1_000, now_ms + 1_200_000)
            await one.execute(sql["job"], job_id, request_id, asker, cast.lane_id, now_ms, 1_000)
            await one.execute(sql["event"], "request_accepted", request_id, asker, now_ms, '{"jobs":1}')
            await one.execute(sql["balance"], asker, 0, 1_000)
        async with pool.acquire() as one, one.transaction():
            job_id, request_id, asker, price_mk = await one.fetchrow(sql["claim"], lease_id, cast.lane_id)
            await one.fetchrow(sql["draft"], request_id)
            await one.execute(sql["lease"], lease_id, job_id, worker_id, now_ms, now_ms + 20_000)
            await one.execute(sql["event"], "job_leased", request_id, asker, now_ms, f'{{"job_id":"{job_id}"}}')
        async with pool.acquire() as one, one.transaction():
            await one.fetchrow(sql["leased"], lease_id)
            key = f"pictures/{job_id}.webp"
            await one.execute(sql["result"], job_id, request_id, lease_id, worker_id, key, now_ms)
            await one.execute(sql["done"], now_ms, job_id)
            await one.execute(sql["over"], now_ms, lease_id)
            await one.execute(sql["transfer"], f"job:{job_id}", asker, owner_id, price_mk, job_id, now_ms)
            await one.execute(sql["posted"], price_mk, request_id)
            if await one.fetchval(sql["left"], request_id) == 0:
                await one.execute(sql["close"], now_ms, request_id)
                await one.execute(sql["event"], "request_finished", request_id, asker, now_ms, '{"done":1}')
            # The rows that several cycles write come last and in order, so that nobody waits long and never in a ring.
            await one.execute(sql["worked"], price_mk, worker_id)
            moved = sorted(((asker, -price_mk, -price_mk), (owner_id, price_mk, 0)))
            for row in moved:
                await one.execute(sql["balance"], *row)
        async with pool.acquire() as one:
            await one.fetch(sql["read"], request_id)


async def cast_of(uow: UnitOfWork, askers: Sequence[int], owners: Sequence[int]) -> Cast:
    """Who takes part, as it was left by some cycles of the services."""

    def look(tx: ReadTransaction) -> Cast:
        connection = connection_of(tx)
        workers = connection.exec_driver_sql("SELECT id FROM workers").scalars().all()
        lane_id, draft = connection.exec_driver_sql(
            "SELECT j.lane_id, q.draft FROM jobs AS j JOIN requests AS q ON q.id = j.request_id LIMIT 1"
        ).one()
        return Cast(askers=askers, owners=owners, workers=workers, lane_id=lane_id, draft=draft)

    return await uow.read(look)


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return percentile(values, 0.5)
