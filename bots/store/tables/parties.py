"""Parties: threads with a theme, and who has got the award of which."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from bots.store.tables.base import metadata

parties = Table(
    "parties",
    metadata,
    Column("id", Text, ForeignKey("commissions.id", name="fk_parties_commission"), primary_key=True),
    Column("platform", Text, nullable=False),
    Column("community", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opener_id", Text, nullable=False),
    Column("opener_name", Text, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("theme", Text, nullable=False),
    Column("style", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("award_mk", BigInteger, nullable=False),
    Column("guests_max", Integer, nullable=False),
    Column("ends_at_ms", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Index("ix_parties_state", "state", "ends_at_ms"),
    Index("ix_parties_place", "platform", "place"),
)

party_guests = Table(
    "party_guests",
    metadata,
    Column("party_id", Text, ForeignKey("parties.id", name="fk_party_guests_party"), primary_key=True),
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger, nullable=False),
)
