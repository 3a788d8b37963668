"""What people asked of the bots about themselves: to be left alone, to be forgotten, and how fast they write."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, Table, Text, false

from bots.store.tables.base import metadata

opt_outs = Table(
    "bot_opt_outs",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)

paces = Table(
    "bot_paces",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("external_id", Text, primary_key=True),
    Column("left_m", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("told", Boolean, nullable=False, server_default=false()),
)

# The last words to somebody who is forgotten: they go too when they were said.
forgets = Table(
    "bot_forgets",
    metadata,
    Column("commission_id", Text, ForeignKey("commissions.id", name="fk_bot_forgets_commission"), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
)
