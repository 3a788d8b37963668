"""The folder that Alembic calls its script location."""
