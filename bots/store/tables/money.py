"""Tips that wait for their minute, and the pots of sponsors."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from bots.store.tables.base import metadata

tips = Table(
    "bot_tips",
    metadata,
    Column("id", Text, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("giver_id", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("giver_name", Text, nullable=False),
    Column("from_account", BigInteger, nullable=False),
    Column("to_account", BigInteger, nullable=False),
    Column("amount_mk", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("rounds", Integer, nullable=False, server_default="0"),
    Column("due_ms", BigInteger, nullable=False),
    Column("made_at_ms", BigInteger, nullable=False),
    UniqueConstraint("platform", "message_id", "giver_id", "mark", name="uq_bot_tips_key"),
    Index("ix_bot_tips_due", "state", "due_ms"),
    Index("ix_bot_tips_giver", "platform", "giver_id"),
)

pots = Table(
    "bot_pots",
    metadata,
    Column("id", Text, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("community", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("sponsor_id", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("budget_mk", BigInteger, nullable=False),
    Column("member_day_mk", BigInteger),
    Column("request_mk", BigInteger),
    Column("moves", Integer, nullable=False, server_default=text("0")),
    Column("opened_at_ms", BigInteger, nullable=False),
    Column("closed_at_ms", BigInteger),
    Index("ix_bot_pots_community", "platform", "community", "state"),
)

pot_payments = Table(
    "bot_pot_payments",
    metadata,
    Column(
        "commission_id", Text, ForeignKey("commissions.id", name="fk_bot_pot_payments_commission"), primary_key=True
    ),
    Column("pot_id", Text, ForeignKey("bot_pots.id", name="fk_bot_pot_payments_pot"), nullable=False),
    Column("member_id", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Index("ix_bot_pot_payments_member", "pot_id", "member_id", "at_ms"),
)
