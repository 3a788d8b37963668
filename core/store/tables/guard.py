"""What moderators keep people out with: filters, time-outs of addresses, modes."""

import sqlalchemy as sa

from core.store.tables.base import NUMBER, metadata

filters = sa.Table(
    "filters",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("pattern", sa.Text, nullable=False),
    sa.Column("type", sa.Integer, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("replacement", sa.Text, nullable=False),
    sa.Column("account_id", NUMBER, sa.ForeignKey("accounts.id"), nullable=False),
    sa.Column("made_at_ms", sa.BigInteger, nullable=False),
)

address_blocks = sa.Table(
    "address_blocks",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("address_hash", sa.Text),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_address_blocks_until", "until_ms"),
)

address_strikes = sa.Table(
    "address_strikes",
    metadata,
    sa.Column("id", NUMBER, primary_key=True),
    sa.Column("address_hash", sa.Text, nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Index("ix_address_strikes", "address_hash", "at_ms"),
    sqlite_autoincrement=True,
)

worker_addresses = sa.Table(
    "worker_addresses",
    metadata,
    sa.Column("worker_id", sa.Text, sa.ForeignKey("workers.id"), primary_key=True),
    sa.Column("address_hash", sa.Text, nullable=False),
    sa.Column("seen_at_ms", sa.BigInteger, nullable=False),
)

modes = sa.Table(
    "modes",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("is_on", sa.Boolean, nullable=False),
)
