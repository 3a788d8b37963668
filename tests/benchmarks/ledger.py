"""A horde with a long journal: how long `horde ledger check` and `horde simulate` take on it.

`python -m tests.benchmarks.ledger [--quick] [--json]`
"""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from config.settings import load_settings
from config.wiring import open_ground
from core.domain.ids import MINT
from core.ports.clock import SystemClock
from core.ports.store import Transaction
from core.services.kudos.audit import audit
from core.store import connection_of
from core.store.tables import balances, holds, jobs, requests, results, transfers
from tests.benchmarks.engine_ground import POLICY, cache_folder, scratch
from tests.benchmarks.harness import Figure, parser, percentile, report
from tests.core.scene import HandClock, Scene, draft
from tests.e2e.processes import horde

PEOPLE: Final = 500
JOURNAL_ROWS: Final = {True: 100_000, False: 1_000_000}
"""By --quick; three of ten are payments for jobs, the others gifts."""
ROUNDS: Final = 3
JOURNAL: Final = (
    "SELECT account_id, sum(amount_mk) FROM (SELECT to_id AS account_id, amount_mk FROM transfers "
    "UNION ALL SELECT from_id, -amount_mk FROM transfers) GROUP BY account_id"
)
PURSES: Final = "SELECT account_id, sum(posted_mk) FROM balances GROUP BY account_id"


def main() -> None:
    """Measures and prints."""
    asked = parser("Checking the ledger and simulating the queue on a long journal").parse_args()
    rows = JOURNAL_ROWS[asked.quick]
    with scratch() as folder:
        shutil.copytree(asyncio.run(kept_horde(rows)), folder / "data")
        report(figures(folder / "data", rows), as_json=asked.json)


def figures(data: Path, rows: int) -> list[Figure]:
    """The whole commands in their own process; the floors are the bare sums by the bare driver in a bare process."""
    target = "under 60 s" if rows == JOURNAL_ROWS[False] else ""
    check_s = _median_s(lambda: _command("ledger", "check", "--data", str(data)))
    simulate_s = _median_s(lambda: _command("simulate", "--no-chart", "--balances", "horde", "--data", str(data)))
    journal_s = _median_s(lambda: _bare(data, JOURNAL))
    purses_s = _median_s(lambda: _bare(data, PURSES))
    return [
        Figure(name="ledger_check", value=check_s, unit="s", floor=journal_s, target=target),
        Figure(name="simulate", value=simulate_s, unit="s", floor=purses_s, target=target),
    ]


async def kept_horde(rows: int) -> Path:
    """A data folder with that many transfers; filled once, then kept in the cache folder."""
    kept = cache_folder() / f"ledger-{rows}"
    if not kept.exists():
        with scratch() as folder:
            await _fill(folder / "data", rows)
            shutil.copytree(folder / "data", kept.with_suffix(".part"), dirs_exist_ok=True)
            kept.with_suffix(".part").rename(kept)
    return kept


async def _fill(data: Path, rows: int) -> None:
    """People have asked and been served through the services, their requests are copied by SQL, the rest are gifts."""
    async with open_ground(load_settings(environ={}, overrides={"data.folder": str(data)})) as ground:
        scene = Scene(uow=ground.uow, clock=HandClock(SystemClock().now_ms()), policy=POLICY)
        owner = (await scene.account("owner")).account
        for number in range(PEOPLE):
            person = (await scene.account(f"person{number}", kudos=100)).account
            await scene.ask(person.id, draft(steps=10 + number % 40))
            job = await scene.pop_one(scene.offer(owner.id))
            scene.clock.pass_s(10)
            await scene.hand_in(job, owner.id)
        await ground.uow.write(lambda tx: _copy_served(tx, copies=rows * 3 // 10 // PEOPLE))
        await ground.uow.write(lambda tx: _give(tx, rows))
        await ground.uow.write(_write_balances)
        found = await ground.uow.read(audit)
        assert found.ok, found.differences[:3]
        assert found.transfers == rows
    with closing(sqlite3.connect(data / "horde.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_served(tx: Transaction, *, copies: int) -> None:
    """Copy every request that was served, with its hold, job, result and payments, so many times."""
    changed = {
        requests: {"id": "o.id || '-' || n.i"},
        holds: {"hold_id": "o.hold_id || '-' || n.i"},
        jobs: {"id": "o.id || '-' || n.i", "request_id": "o.request_id || '-' || n.i"},
        results: {"job_id": "o.job_id || '-' || n.i", "request_id": "o.request_id || '-' || n.i"},
        transfers: {"transfer_id": "o.transfer_id || '-' || n.i", "ref": "o.ref || '-' || n.i"},
    }
    for table, new in changed.items():
        names = [column.name for column in table.c if column.name != "seq"]
        chosen = ", ".join(new.get(name, f"o.{name}") for name in names)
        which = "WHERE o.reason = 'job'" if table is transfers else ""
        statement = (
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {copies - 1}) "  # noqa: S608
            f"INSERT INTO {table.name} ({', '.join(names)}) "
            f"SELECT {chosen} FROM (SELECT * FROM {table.name} AS o {which}) AS o CROSS JOIN n"
        )
        connection_of(tx).execute(sa.text(statement))


def _give(tx: Transaction, rows: int) -> None:
    """Fill the journal up to so many rows with gifts from one to the next."""
    connection = connection_of(tx)
    missing = rows - int(connection.scalar(sa.select(sa.func.count()).select_from(transfers)) or 0)
    statement = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {missing}) "  # noqa: S608
        "INSERT INTO transfers (transfer_id, from_id, to_id, amount_mk, reason, ref, made_at_ms) "
        f"SELECT 'gift:' || i, 2 + i % {PEOPLE}, 2 + i * 7 % {PEOPLE}, 1 + i % 9973, 'gift', '', i FROM n"
    )
    connection.execute(sa.text(statement))


def _write_balances(tx: Transaction) -> None:
    """Have the cached balances say what the journal says."""
    summed = JOURNAL.replace("sum(amount_mk)", "sum(amount_mk) AS total_mk")
    connection_of(tx).execute(sa.delete(balances))
    connection_of(tx).execute(
        sa.text(
            "INSERT INTO balances (account_id, slot, posted_mk, held_mk) "  # noqa: S608
            f"SELECT account_id, 0, total_mk, 0 FROM ({summed}) WHERE account_id > {MINT}"
        )
    )


def _command(*arguments: str) -> None:
    """Run one command of `horde` to its end."""
    done = horde(*arguments, timeout_s=600)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]


def _bare(data: Path, query: str) -> None:
    """Run the query in a bare process that also loads SQLAlchemy, as every command does."""
    program = f"import sqlalchemy, sqlite3; sqlite3.connect({str(data / 'horde.db')!r}).execute({query!r}).fetchall()"
    subprocess.run([sys.executable, "-c", program], check=True)


def _median_s(call: Callable[[], None]) -> float:
    """Seconds of one call: the median of a few."""
    spent_s = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        call()
        spent_s.append(time.perf_counter() - began_s)
    return percentile(spent_s, 0.5)


if __name__ == "__main__":
    main()
