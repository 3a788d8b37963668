"""The one set of tables that all of the bots' rooms add to."""

from sqlalchemy import MetaData

metadata = MetaData()
