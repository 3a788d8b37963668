# ruff: noqa: S608 - the SQL is made of the tables' own names, values are parameters
"""What SQLite and PostgreSQL say differently, in one file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from core.domain.ids import JobId
from core.store.tables import jobs, requests

_FIRST: Final = (-(2**62), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One statement as each of the two stores wants it; the parameters have the same names."""

    sqlite: sa.Executable
    postgres: sa.Executable


_CANDIDATE: Final = (sa.Column("job_id", sa.Text), *(jobs.c[name] for name in ("request_id", "lane_id", "due_ms")))
_COLUMNS: Final = (*_CANDIDATE, jobs.c.ordinal, requests.c.draft)


def _heads(text: str) -> sa.Executable:
    return sa.text(text).columns(*_COLUMNS)


# Each lane's first waiting jobs by index (lane_id, due_ms, id), merged: no other row is read.
HEADS: Final = Said(
    sqlite=_heads(
        """
        SELECT j.id AS job_id, j.request_id, j.lane_id, j.due_ms, j.ordinal, r.draft
        FROM json_each(:lanes) AS l
        CROSS JOIN jobs AS j
        CROSS JOIN requests AS r
        WHERE j.rowid IN (
            SELECT h.rowid FROM jobs AS h
            WHERE h.state = 'waiting' AND h.lane_id = json_extract(l.value, '$[0]')
              AND (h.due_ms, h.id) > (json_extract(l.value, '$[1]'), json_extract(l.value, '$[2]'))
            ORDER BY h.due_ms, h.id LIMIT :per_lane)
          AND r.id = j.request_id
        ORDER BY j.due_ms, j.id LIMIT :limit
        """
    ),
    postgres=_heads(
        """
        SELECT h.id AS job_id, h.request_id, h.lane_id, h.due_ms, h.ordinal, r.draft
        FROM unnest(CAST(:lanes AS bigint[]), CAST(:dues AS bigint[]), CAST(:ids AS text[])) AS l(lane_id, due_ms, id)
        CROSS JOIN LATERAL (
            SELECT * FROM jobs AS j
            WHERE j.state = 'waiting' AND j.lane_id = l.lane_id AND (j.due_ms, j.id) > (l.due_ms, l.id)
            ORDER BY j.due_ms, j.id LIMIT :per_lane) AS h
        JOIN requests AS r ON r.id = h.request_id
        ORDER BY h.due_ms, h.id LIMIT :limit
        """
    ),
)

# The same for some accounts, by index (account_id, lane_id, due_ms, id); who has nothing waiting is asked once.
HEADS_OF: Final = Said(
    sqlite=_heads(
        """
        SELECT j.id AS job_id, j.request_id, j.lane_id, j.due_ms, j.ordinal, r.draft
        FROM json_each(:accounts) AS a
        CROSS JOIN json_each(:lanes) AS l
        CROSS JOIN jobs AS j
        CROSS JOIN requests AS r
        WHERE EXISTS (SELECT 1 FROM jobs AS w WHERE w.state = 'waiting' AND w.account_id = a.value)
          AND j.rowid IN (
            SELECT h.rowid FROM jobs AS h
            WHERE h.state = 'waiting' AND h.account_id = a.value AND h.lane_id = json_extract(l.value, '$[0]')
              AND (h.due_ms, h.id) > (json_extract(l.value, '$[1]'), json_extract(l.value, '$[2]'))
            ORDER BY h.due_ms, h.id LIMIT :per_lane)
          AND r.id = j.request_id
        ORDER BY j.due_ms, j.id LIMIT :limit
        """
    ),
    postgres=_heads(
        """
        SELECT h.id AS job_id, h.request_id, h.lane_id, h.due_ms, h.ordinal, r.draft
        FROM (
            SELECT one.account_id FROM unnest(CAST(:accounts AS bigint[])) AS one(account_id)
            CROSS JOIN LATERAL (
                SELECT 1 FROM jobs AS w WHERE w.state = 'waiting' AND w.account_id = one.account_id
                ORDER BY w.lane_id, w.due_ms, w.id LIMIT 1) AS something) AS a
        CROSS JOIN unnest(CAST(:lanes AS bigint[]), CAST(:dues AS bigint[]), CAST(:ids AS text[]))
            AS l(lane_id, due_ms, id)
        CROSS JOIN LATERAL (
            SELECT * FROM jobs AS j
            WHERE j.state = 'waiting' AND j.account_id = a.account_id AND j.lane_id = l.lane_id
              AND (j.due_ms, j.id) > (l.due_ms, l.id)
            ORDER BY j.due_ms, j.id LIMIT :per_lane) AS h
        JOIN requests AS r ON r.id = h.request_id
        ORDER BY h.due_ms, h.id LIMIT :limit
        """
    ),
)

_LEASED: Final = "state = 'leased', lease_id = :lease, step = 0, steps = 0"
_DRAFT: Final = "(SELECT r.draft FROM requests AS r WHERE r.id = jobs.request_id) AS draft"
_JOB: Final = ", ".join(f"jobs.{column.name}" for column in jobs.c)


def _claim(text: str) -> sa.Executable:
    return sa.text(text).columns(*jobs.c, requests.c.draft)


# SQLite's writer is alone, so the first is the first: of the people's jobs, else of everyone's.
CLAIM_FIRST_SQLITE: Final = _claim(
    f"""
    UPDATE jobs SET {_LEASED} WHERE rowid = coalesce((
        SELECT j.rowid FROM json_each(:people) AS a CROSS JOIN json_each(:lanes) AS l CROSS JOIN jobs AS j
        WHERE EXISTS (SELECT 1 FROM jobs AS w WHERE w.state = 'waiting' AND w.account_id = a.value)
          AND j.rowid = (
            SELECT h.rowid FROM jobs AS h
            WHERE h.state = 'waiting' AND h.account_id = a.value AND h.lane_id = l.value
            ORDER BY h.due_ms, h.id LIMIT 1)
        ORDER BY j.due_ms, j.id LIMIT 1), (
        SELECT j.rowid FROM json_each(CASE WHEN :everyone THEN :lanes ELSE '[]' END) AS l CROSS JOIN jobs AS j
        WHERE j.rowid = (
            SELECT h.rowid FROM jobs AS h WHERE h.state = 'waiting' AND h.lane_id = l.value
            ORDER BY h.due_ms, h.id LIMIT 1)
        ORDER BY j.due_ms, j.id LIMIT 1))
    RETURNING {_JOB}, {_DRAFT}
    """
)

# One statement finds the heads and claims the first that no other transaction has in its hands. It claims nothing
# where there are lanes that this process does not know yet. A row that is locked stays where it is, so it is updated by
# its place. ``seen``: how many heads there were to choose from.
CLAIM_FIRST_POSTGRES: Final = sa.text(
    f"""
    WITH newest AS MATERIALIZED (SELECT coalesce(max(id), 0) AS id FROM lanes),
    served AS MATERIALIZED (
        SELECT one.account_id FROM unnest(CAST(:people AS bigint[])) AS one(account_id)
        CROSS JOIN LATERAL (
            SELECT 1 FROM jobs AS w WHERE w.state = 'waiting' AND w.account_id = one.account_id
            ORDER BY w.lane_id, w.due_ms, w.id LIMIT 1) AS something),
    heads AS MATERIALIZED (
        (SELECT 0 AS turn, h.id, h.due_ms
         FROM served CROSS JOIN unnest(CAST(:lanes AS bigint[])) AS l(lane_id)
         CROSS JOIN LATERAL (
            SELECT j.id, j.due_ms FROM jobs AS j
            WHERE j.state = 'waiting' AND j.account_id = served.account_id AND j.lane_id = l.lane_id
            ORDER BY j.due_ms, j.id LIMIT :per_lane) AS h
         ORDER BY h.due_ms, h.id LIMIT :heads)
        UNION ALL
        (SELECT 1, h.id, h.due_ms
         FROM unnest(CAST(:lanes AS bigint[])) AS l(lane_id)
         CROSS JOIN LATERAL (
            SELECT j.id, j.due_ms FROM jobs AS j
            WHERE j.state = 'waiting' AND j.lane_id = l.lane_id
            ORDER BY j.due_ms, j.id LIMIT :per_lane) AS h
         WHERE :everyone
         ORDER BY h.due_ms, h.id LIMIT :heads)),
    ordered AS MATERIALIZED (SELECT array_agg(id ORDER BY turn, due_ms, id) AS ids FROM heads),
    chosen AS MATERIALIZED (
        SELECT j.ctid AS place FROM jobs AS j
        WHERE j.id = ANY (CAST((SELECT ids FROM ordered) AS text[])) AND j.state = 'waiting'
          AND (SELECT id FROM newest) <= :highest
        ORDER BY array_position((SELECT ids FROM ordered), j.id) LIMIT 1 FOR NO KEY UPDATE OF j SKIP LOCKED),
    claimed AS (
        UPDATE jobs SET {_LEASED.replace(":lease", "CAST(:lease AS text)")} WHERE jobs.ctid = (SELECT place FROM chosen)
        RETURNING {_JOB}, {_DRAFT})
    SELECT (SELECT id FROM newest) AS newest, (SELECT count(*) FROM heads) AS seen, claimed.*
    FROM (VALUES (1)) AS always LEFT JOIN claimed ON true
    """
).columns(sa.Column("newest", sa.BigInteger), sa.Column("seen", sa.BigInteger), *jobs.c, requests.c.draft)

CLAIM_ONE: Final = Said(
    sqlite=_claim(f"UPDATE jobs SET {_LEASED} WHERE id = :job AND state = 'waiting' RETURNING {_JOB}, {_DRAFT}"),
    postgres=_claim(
        f"""
        UPDATE jobs SET {_LEASED} WHERE id = (
            SELECT j.id FROM jobs AS j WHERE j.id = :job AND j.state = 'waiting' FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING {_JOB}, {_DRAFT}
        """
    ),
)

# Further jobs of a request, each with a lease id of its own.
CLAIM_MORE: Final = Said(
    sqlite=_claim(
        f"""
        UPDATE jobs SET state = 'leased', step = 0, steps = 0, lease_id = l.value
        FROM (
            SELECT id, row_number() OVER (ORDER BY ordinal) - 1 AS place FROM jobs
            WHERE request_id = :request AND state = 'waiting' ORDER BY ordinal LIMIT :limit) AS free
        JOIN json_each(:leases) AS l ON l.key = free.place
        WHERE jobs.id = free.id
        RETURNING {_JOB}, {_DRAFT}
        """
    ),
    postgres=_claim(
        f"""
        WITH free AS MATERIALIZED (
            SELECT id, ordinal FROM jobs WHERE request_id = :request AND state = 'waiting'
            ORDER BY ordinal LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED),
        numbered AS (SELECT id, row_number() OVER (ORDER BY ordinal) AS place FROM free)
        UPDATE jobs SET state = 'leased', step = 0, steps = 0, lease_id = (CAST(:leases AS text[]))[numbered.place]
        FROM numbered WHERE jobs.id = numbered.id
        RETURNING {_JOB}, {_DRAFT}
        """
    ),
)

# How many waiting jobs of a kind are due before one of them, counted to a limit.
AHEAD: Final = Said(
    sqlite=sa.text(
        """
        SELECT count(*) FROM (
            SELECT 1 FROM lanes AS l CROSS JOIN jobs AS j
            WHERE l.kind = :kind AND j.lane_id = l.id AND j.state = 'waiting' AND (j.due_ms, j.id) < (:due_ms, :job_id)
            LIMIT :limit) AS counted
        """
    ).columns(sa.Column("count", sa.BigInteger)),
    postgres=sa.text(
        """
        SELECT count(*) FROM (
            SELECT 1 FROM lanes AS l CROSS JOIN LATERAL (
                SELECT 1 FROM jobs AS j
                WHERE j.lane_id = l.id AND j.state = 'waiting'
                  AND (j.due_ms, j.id) < (CAST(:due_ms AS bigint), CAST(:job_id AS text))
                ORDER BY j.due_ms, j.id LIMIT :limit) AS earlier
            WHERE l.kind = :kind
            LIMIT :limit) AS counted
        """
    ).columns(sa.Column("count", sa.BigInteger)),
)

SQLITE_SETTINGS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA temp_store = MEMORY",
)


def lanes_from(
    lane_ids: Sequence[int], after: Mapping[int, tuple[int, JobId]] | None, *, is_postgres: bool
) -> Mapping[str, object]:
    """Return the heads statements' parameters: the lanes, and for each after which (due_ms, job id) to begin."""
    marks = after or {}
    begins = [marks.get(lane_id, _FIRST) for lane_id in lane_ids]
    if is_postgres:
        return {"lanes": list(lane_ids), "dues": [due_ms for due_ms, _ in begins], "ids": [one for _, one in begins]}
    return {"lanes": json.dumps([(lane_id, *begin) for lane_id, begin in zip(lane_ids, begins, strict=True)])}
