"""The URLs by which a database is named."""

from typing import Final

from core.domain.errors import Unavailable

SQLITE: Final = "sqlite:///"
POSTGRES: Final = "postgresql://"


def is_postgres_url(database_url: str) -> bool:
    """Tell which store the URL means; raises ``Unavailable`` where it is neither."""
    if database_url.startswith(POSTGRES):
        return True
    if not database_url.startswith(SQLITE):
        message = (
            f"The database URL {database_url.partition(':')[0]}:... is not understood: write "
            "sqlite:////path/horde.db or postgresql://user:password@host:5432/horde."
        )
        raise Unavailable(message)
    return False


def shown(database_url: str) -> str:
    """Return the URL as it may be shown: without its password."""
    head, at, rest = database_url.rpartition("@")
    scheme, mark, user = head.partition("://")
    name, colon, _ = user.partition(":")
    return f"{scheme}{mark}{name}{':***' if colon else ''}@{rest}" if at else database_url
