"""What SQLite and PostgreSQL say differently, in one file."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from core.domain.ids import JobId

_FIRST: Final = (-(2**62), "")

# Each lane's first waiting jobs by index (lane_id, due_ms, id), merged: no other row is read.
HEADS: Final = sa.text(
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
HEADS_OF: Final = sa.text(
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
ADD_TO_BALANCES: Final = sa.text(
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
