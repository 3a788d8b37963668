"""A database that was restored from another server's backup: its events can be read, and readers go on as before."""

import logging
from typing import Final

import sqlalchemy as sa

from core.store.postgres.migrating import in_transaction

log = logging.getLogger(__name__)

# Numbers of transactions mean nothing on another server: where they are ahead of its own, no event below them would be
# shown until it has caught up, and no new one would come after a cursor.
_IS_AHEAD: Final = sa.text(
    """
    SELECT EXISTS (SELECT 1 FROM events WHERE xid >= pg_snapshot_xmax(pg_current_snapshot()))
        OR EXISTS (
            SELECT 1 FROM event_cursors
            WHERE CAST(CAST(xid AS text) AS xid8) >= pg_snapshot_xmax(pg_current_snapshot()))
    """
)
# So all get the number 0, as events that are brought in do, and their own numbers anew, in the order of reading.
_STEPS: Final = (
    "LOCK TABLE events, event_cursors IN ACCESS EXCLUSIVE MODE",
    """
    CREATE TEMPORARY TABLE placed ON COMMIT DROP AS
    SELECT e.seq AS was, e.xid, n.seq AS becomes
    FROM (SELECT seq, xid, row_number() OVER (ORDER BY xid, seq) AS place FROM events) AS e
    JOIN (SELECT seq, row_number() OVER (ORDER BY seq) AS place FROM events) AS n ON n.place = e.place
    """,
    """
    UPDATE event_cursors AS c SET xid = 0, seq = coalesce((
        SELECT max(p.becomes) FROM placed AS p
        WHERE (p.xid, p.was) <= (CAST(CAST(c.xid AS text) AS xid8), c.seq)), 0)
    """,
    "UPDATE events AS e SET xid = '0', seq = -p.becomes FROM placed AS p WHERE e.seq = p.was",
    "UPDATE events SET seq = -seq WHERE seq < 0",
)


def settle_positions(database_url: str) -> bool:
    """Leave every event readable on this server; return whether anything had to change. Raises ``Unavailable``."""

    def settle(connection: sa.Connection) -> bool:
        if not connection.scalar(_IS_AHEAD):
            return False
        for step in _STEPS:
            connection.exec_driver_sql(step)
        log.info("events.brought_in because=restored_from_another_server")
        return True

    return in_transaction(database_url, settle)
