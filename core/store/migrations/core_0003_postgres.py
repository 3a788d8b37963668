"""What only PostgreSQL needs: events by the transaction that wrote them, and the journal's guard.

Transactions there run side by side, so events become visible out of the order of their numbers; readers go by
(xid, seq), and see nothing of a transaction that an older one may still overtake. Events that are brought in from
elsewhere (a copy, a restored backup) get the xid 0: then cursors that are numbers alone hold for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "core_0003"
down_revision = "core_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Events know the transaction that wrote them; the journal refuses changes there too."""
    op.add_column("event_cursors", sa.Column("xid", sa.BigInteger(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("ALTER TABLE events ADD COLUMN xid xid8 NOT NULL DEFAULT '0'")
    op.execute("ALTER TABLE events ALTER COLUMN xid SET DEFAULT pg_current_xact_id()")
    op.execute("CREATE INDEX ix_events_xid ON events (xid, seq)")
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'a transfer is never changed or deleted' USING ERRCODE = 'integrity_constraint_violation'; "
        "END $$"
    )
    op.execute(
        "CREATE TRIGGER transfers_no_change BEFORE UPDATE OR DELETE ON transfers "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER transfers_no_truncate BEFORE TRUNCATE ON transfers "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """They do not."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER transfers_no_truncate ON transfers")
        op.execute("DROP TRIGGER transfers_no_change ON transfers")
        op.execute("DROP FUNCTION refuse_change()")
        op.execute("DROP INDEX ix_events_xid")
        op.drop_column("events", "xid")
    op.drop_column("event_cursors", "xid")
