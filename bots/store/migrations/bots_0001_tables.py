"""The bots' first tables: inbox, cursors, commissions, outbox, votes, ratings and the local timeline."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bots_0001"
down_revision = None
branch_labels = ("bots",)
depends_on = None


def _row_number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables are there, empty."""
    _create_inbox()
    _create_commissions()
    _create_outbox()
    _create_votes()
    _create_commons()


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("platform", "event_id", name="uq_inbox_event"),
    )
    op.create_index("ix_inbox_state", "inbox", ["state", "id"])
    op.create_table(
        "bot_cursors",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("moved_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", name="pk_bot_cursors"),
    )


def _create_commissions() -> None:
    op.create_table(
        "commissions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("request_id", sa.Text()),
        sa.Column("prompt", sa.Text(), nullable=False, server_default=""),
        sa.Column("order_text", sa.Text(), nullable=False, server_default=""),
        sa.Column("style", sa.Text(), nullable=False, server_default=""),
        sa.Column("style_version", sa.Text(), nullable=False, server_default=""),
        sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("spoiler", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("price_mk", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("balance_mk", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commissions"),
        sa.UniqueConstraint("request_id", name="uq_commissions_request"),
    )
    op.create_index("ix_commissions_state", "commissions", ["state"])
    op.create_index("ix_commissions_author", "commissions", ["platform", "author_id", "id"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("commission_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("waits_for", sa.Text()),
        sa.Column("waits_until_ms", sa.BigInteger()),
        sa.Column("unknown_since_ms", sa.BigInteger()),
        sa.Column("absent_at_ms", sa.BigInteger()),
        sa.Column("remote_id", sa.Text()),
        sa.Column("remote_url", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["commission_id"], ["commissions.id"], name="fk_outbox_commission"),
        sa.UniqueConstraint("commission_id", "target", name="uq_outbox_target"),
        sa.UniqueConstraint("idempotency_key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "next_at_ms"])
    op.create_index("ix_outbox_remote", "outbox", ["platform", "remote_id"])


def _create_votes() -> None:
    op.create_table(
        "votes",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("voter_id", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "remote_id", "voter_id", name="pk_votes"),
    )
    op.create_table(
        "ratings",
        sa.Column("commission_id", sa.Text(), nullable=False),
        sa.Column("up", sa.Integer(), nullable=False),
        sa.Column("down", sa.Integer(), nullable=False),
        sa.Column("changed_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("commission_id", name="pk_ratings"),
        sa.ForeignKeyConstraint(["commission_id"], ["commissions.id"], name="fk_ratings_commission"),
    )


def _create_commons() -> None:
    op.create_table(
        "commons_posts",
        sa.Column("id", _row_number(), nullable=False, autoincrement=True),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("in_reply_to", sa.BigInteger()),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commons_posts"),
        sa.UniqueConstraint("idempotency_key", name="uq_commons_posts_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_commons_posts_parent", "commons_posts", ["in_reply_to"])
    op.create_index("ix_commons_posts_kind", "commons_posts", ["kind", "id"])
    op.create_table(
        "commons_votes",
        sa.Column("id", _row_number(), nullable=False, autoincrement=True),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("voter_id", sa.Text(), nullable=False),
        sa.Column("voter_name", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commons_votes"),
        sa.ForeignKeyConstraint(["post_id"], ["commons_posts.id"], name="fk_commons_votes_post"),
        sa.UniqueConstraint("post_id", "voter_id", name="uq_commons_votes_voter"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """The bots' tables are gone, and everything in them."""
    for name in ("commons_votes", "commons_posts", "ratings", "votes", "outbox", "commissions", "bot_cursors", "inbox"):
        op.drop_table(name)
