"""What SQLite and PostgreSQL say differently, in one file."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from core.domain.ids import JobId

_FIRST: Final = (-(2**62), "")


class Said(sa.Executable, sa.ClauseElement):
    """One statement in two dialects, with the same parameters and the same columns; it is compiled once for each."""

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's own attribute, which it wants as a list
        ("sqlite", InternalTraversal.dp_clauseelement),
        ("postgres", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, *, sqlite: sa.TextClause, postgres: sa.TextClause) -> None:
        """Hold the two texts."""
        self.sqlite = sqlite
        self.postgres = postgres


@compiles(Said, "sqlite")
def _for_sqlite(said: Said, compiler: SQLCompiler, **more: Any) -> str:  # noqa: ANN401 - the compiler's own
    return compiler.process(said.sqlite, **more)


@compiles(Said, "postgresql")
def _for_postgres(said: Said, compiler: SQLCompiler, **more: Any) -> str:  # noqa: ANN401 - the compiler's own
    return compiler.process(said.postgres, **more)


# Each lane's first waiting jobs by index (lane_id, due_ms, id), merged: no other row is read.
_HEADS_SQLITE: Final = sa.text(
    """
    SELECT j.id AS job_id, j.request_id, j.lane_id, j.due_ms, j.ordinal
    FROM json_each(:lanes) AS l
    CROSS JOIN jobs AS j
    WHERE j.id IN (
        SELECT h.id FROM jobs AS h
        WHERE h.state = 'waiting' AND h.lane_id = json_extract(l.value, '$[0]')
          AND (h.due_ms, h.id) > (json_extract(l.value, '$[1]'), json_extract(l.value, '$[2]'))
        ORDER BY h.due_ms, h.id LIMIT :per_lane)
    ORDER BY j.due_ms, j.id LIMIT :limit
    """
)

# The same for some accounts, by index (account_id, lane_id, due_ms, id).
_HEADS_OF_SQLITE: Final = sa.text(
    """
    SELECT j.id AS job_id, j.request_id, j.lane_id, j.due_ms, j.ordinal
    FROM json_each(:accounts) AS a
    CROSS JOIN json_each(:lanes) AS l
    CROSS JOIN jobs AS j
    WHERE j.id IN (
        SELECT h.id FROM jobs AS h
        WHERE h.state = 'waiting' AND h.account_id = a.value AND h.lane_id = json_extract(l.value, '$[0]')
          AND (h.due_ms, h.id) > (json_extract(l.value, '$[1]'), json_extract(l.value, '$[2]'))
        ORDER BY h.due_ms, h.id LIMIT :per_lane)
    ORDER BY j.due_ms, j.id LIMIT :limit
    """
)

# The balance rows of a transaction in one statement, in order of id.
_ADD_TO_BALANCES_SQLITE: Final = sa.text(
    """
    INSERT INTO balances (account_id, slot, posted_mk, held_mk)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
           json_extract(value, '$[2]'), json_extract(value, '$[3]')
    FROM json_each(:rows) WHERE true
    ON CONFLICT (account_id, slot) DO UPDATE
    SET posted_mk = posted_mk + excluded.posted_mk, held_mk = held_mk + excluded.held_mk
    """
)

# How many waiting jobs of a kind are due before a request's first, counted to a limit.
AHEAD: Final = sa.text(
    """
    WITH first AS (
        SELECT due_ms, id FROM jobs WHERE request_id = :request_id AND state = 'waiting' ORDER BY due_ms, id LIMIT 1)
    SELECT count(*) FROM (
        SELECT 1 FROM first CROSS JOIN lanes AS l CROSS JOIN jobs AS j
        WHERE l.kind = :kind AND j.lane_id = l.id AND j.state = 'waiting'
          AND (j.due_ms, j.id) < (first.due_ms, first.id)
        LIMIT :limit) AS counted
    """
)

_HEADS_POSTGRES: Final = sa.text(
    """
    SELECT j.* FROM jsonb_array_elements(CAST(:lanes AS jsonb)) AS l(mark)
    CROSS JOIN LATERAL (
        SELECT h.id AS job_id, h.request_id, h.lane_id, h.due_ms, h.ordinal FROM jobs AS h
        WHERE h.state = 'waiting' AND h.lane_id = CAST(l.mark ->> 0 AS bigint)
          AND (h.due_ms, h.id) > (CAST(l.mark ->> 1 AS bigint), l.mark ->> 2)
        ORDER BY h.due_ms, h.id LIMIT :per_lane) AS j
    ORDER BY j.due_ms, j.job_id LIMIT :limit
    """
)
_HEADS_OF_POSTGRES: Final = sa.text(
    """
    SELECT j.* FROM jsonb_array_elements(CAST(:accounts AS jsonb)) AS a(id)
    CROSS JOIN jsonb_array_elements(CAST(:lanes AS jsonb)) AS l(mark)
    CROSS JOIN LATERAL (
        SELECT h.id AS job_id, h.request_id, h.lane_id, h.due_ms, h.ordinal FROM jobs AS h
        WHERE h.state = 'waiting' AND h.account_id = CAST(a.id AS bigint)
          AND h.lane_id = CAST(l.mark ->> 0 AS bigint)
          AND (h.due_ms, h.id) > (CAST(l.mark ->> 1 AS bigint), l.mark ->> 2)
        ORDER BY h.due_ms, h.id LIMIT :per_lane) AS j
    ORDER BY j.due_ms, j.job_id LIMIT :limit
    """
)
_ADD_TO_BALANCES_POSTGRES: Final = sa.text(
    """
    INSERT INTO balances AS b (account_id, slot, posted_mk, held_mk)
    SELECT CAST(r.one ->> 0 AS bigint), CAST(r.one ->> 1 AS integer), CAST(r.one ->> 2 AS bigint),
           CAST(r.one ->> 3 AS bigint)
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS r(one)
    ON CONFLICT (account_id, slot) DO UPDATE
    SET posted_mk = b.posted_mk + excluded.posted_mk, held_mk = b.held_mk + excluded.held_mk
    """
)
HEADS: Final = Said(sqlite=_HEADS_SQLITE, postgres=_HEADS_POSTGRES)
HEADS_OF: Final = Said(sqlite=_HEADS_OF_SQLITE, postgres=_HEADS_OF_POSTGRES)
ADD_TO_BALANCES: Final = Said(sqlite=_ADD_TO_BALANCES_SQLITE, postgres=_ADD_TO_BALANCES_POSTGRES)

SQLITE_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
)


def lanes_from(lane_ids: Sequence[int], after: Mapping[int, tuple[int, JobId]] | None) -> str:
    """Return the ``lanes`` parameter of the heads statements: for each lane after which (due_ms, job id) to begin."""
    marks = after or {}
    return json.dumps([(lane_id, *marks.get(lane_id, _FIRST)) for lane_id in lane_ids])
