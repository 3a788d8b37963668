"""Three kinds of work: requests have a kind and one price, jobs what their work is worth, results a body."""

import sqlalchemy as sa
from alembic import op

revision = "core_0002"
down_revision = "core_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Requests have a kind and the price of all their jobs, jobs the worth of their work, results a body."""
    op.add_column("requests", sa.Column("kind", sa.Text(), nullable=False, server_default="image"))
    op.execute("ALTER TABLE requests RENAME COLUMN job_price_mk TO price_mk")
    op.execute("ALTER TABLE lanes RENAME COLUMN step_class TO length_class")
    op.add_column("jobs", sa.Column("worth_mk", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("results", sa.Column("body", sa.Text()))
    op.execute("UPDATE jobs SET worth_mk = price_mk")
    op.execute(
        "UPDATE requests SET price_mk = (SELECT sum(j.price_mk) FROM jobs j WHERE j.request_id = requests.id) "
        "WHERE EXISTS (SELECT 1 FROM jobs j WHERE j.request_id = requests.id)"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "UPDATE requests SET draft = json_remove(json_set(draft, '$.params', json_extract(draft, '$.image')), "
            "'$.image')"
        )
    else:
        op.execute(
            "UPDATE requests SET draft = ((draft::jsonb - 'image') "
            "|| jsonb_build_object('params', draft::jsonb -> 'image'))::text"
        )


def downgrade() -> None:
    """Only pictures are asked for; raises where another kind of work is on record."""
    connection = op.get_bind()
    others = connection.execute(sa.text("SELECT count(*) FROM requests WHERE kind <> 'image'")).scalar_one()
    if others:
        message = f"{others} requests are for texts or alchemy, which the schema before core_0002 cannot hold."
        raise RuntimeError(message)
    if connection.dialect.name == "sqlite":
        op.execute(
            "UPDATE requests SET draft = json_remove(json_set(draft, '$.image', json_extract(draft, '$.params')), "
            "'$.params')"
        )
    else:
        op.execute(
            "UPDATE requests SET draft = ((draft::jsonb - 'params') "
            "|| jsonb_build_object('image', draft::jsonb -> 'params'))::text"
        )
    op.execute(
        "UPDATE requests SET price_mk = (SELECT max(j.price_mk) FROM jobs j WHERE j.request_id = requests.id) "
        "WHERE EXISTS (SELECT 1 FROM jobs j WHERE j.request_id = requests.id)"
    )
    op.drop_column("results", "body")
    op.drop_column("jobs", "worth_mk")
    op.execute("ALTER TABLE lanes RENAME COLUMN length_class TO step_class")
    op.execute("ALTER TABLE requests RENAME COLUMN price_mk TO job_price_mk")
    op.drop_column("requests", "kind")
