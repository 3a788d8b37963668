"""Copy: everything of one database is in another, checked, or nothing is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from core.domain.errors import InvalidRequest, Unavailable
from core.domain.kudos.ledger import AuditReport
from core.ports.clock import Clock
from core.services.kudos.audit import audit
from core.store.copy.ends import opened
from core.store.copy.numbers import carry_numbers
from core.store.copy.positions import copy_events
from core.store.copy.rows import Tell, check_counts, check_empty, copy_tables
from core.store.memory import Memory
from core.store.migrate import is_current, is_empty, upgrade
from core.store.postgres.locks import is_postgres
from core.store.tables import metadata
from core.store.transaction import SqlTransaction
from core.store.urls import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What was copied: the number of rows by table, and what the audit of the copy said."""

    rows: Mapping[str, int]
    report: AuditReport


async def copy_database(
    *,
    from_url: str,
    to_url: str,
    versions: Sequence[Path],
    others: Sequence[sa.MetaData],
    clock: Clock,
    tell: Tell,
) -> Copied:
    """Return what was copied; the target, which must be empty, has it all in one transaction, or is left empty.

    versions: the locations of all migrations. others: the tables of other rooms in the same database, after ours.
    Every reader of events goes on where it stood. Raises ``InvalidRequest`` where both are the same, ``Unavailable``
    where one cannot be used or the copy is not right.
    """
    if from_url == to_url:
        message = f"--from and --to both name {shown(from_url)}. Name another database to copy into."
        raise InvalidRequest(message, field="to")
    _check_source(from_url, versions)
    _prepare_target(to_url, versions)
    tables = [table for one in (metadata, *others) for table in one.sorted_tables]
    async with opened(from_url, writes=False) as source, opened(to_url, writes=True) as target:

        def work() -> Copied:
            return _copy(source.connection, target.connection, tables, clock=clock, tell=tell)

        run = target.run or source.run
        copied: Copied = work() if run is None else await run(work)
    return copied


def _check_source(database_url: str, versions: Sequence[Path]) -> None:
    """Raise ``Unavailable`` unless there is a horde at this program's schema."""
    if is_empty(database_url):
        message = f"There is no horde in {shown(database_url)}, so nothing can be copied from it. Check --from."
        raise Unavailable(message)
    if not is_current(database_url, versions):
        message = (
            f"{shown(database_url)} is not at this program's schema. Bring it there first: "
            f"HORDE_DATA_DATABASE_URL='{shown(database_url)}' horde db upgrade"
        )
        raise Unavailable(message)


def _prepare_target(database_url: str, versions: Sequence[Path]) -> None:
    """Leave the target with this program's tables; raise ``Unavailable`` where it has those of another version."""
    if is_empty(database_url):
        upgrade(database_url, versions)
    elif not is_current(database_url, versions):
        message = f"{shown(database_url)} has the tables of another version. Copy into a fresh database."
        raise Unavailable(message)


def _copy(
    source: sa.Connection, target: sa.Connection, tables: Sequence[sa.Table], *, clock: Clock, tell: Tell
) -> Copied:
    """Copy, compare and audit inside the two open transactions."""
    if is_postgres(source):  # readers go on, writers wait; nothing may change between two of our reads
        names = ", ".join(table.name for table in tables)
        source.exec_driver_sql(f"LOCK TABLE {names} IN SHARE MODE")
    check_empty(target, tables)
    rows = copy_tables(source, target, tables, tell) | copy_events(source, target, tell)
    carry_numbers(source, target, tables)
    check_counts(source, target, tables)
    if is_postgres(target):  # so that its plans are right from the first pop, and not only when it looks by itself
        target.exec_driver_sql("ANALYZE " + ", ".join(table.name for table in tables))
    report = audit(SqlTransaction(target, Memory(""), clock))
    if not report.ok:
        message = (
            f"The copied ledger has {len(report.differences)} differences, the first: {report.differences[0]} "
            "Nothing was kept. Look at the source first: horde ledger check"
        )
        raise Unavailable(message)
    return Copied(rows=rows, report=report)
