"""Values that are carried unread: how large and how deep they may be, so that they can be stored and sent again."""

from typing import Final

import msgspec

from core.domain.errors import InvalidRequest

LEVELS_MAX: Final = 20


def check_carried(value: object, *, field: str, bytes_max: int) -> None:
    """Return if the value is small and flat enough.

    Raises:
        InvalidRequest: it is nested deeper than 20 levels, or has more bytes as JSON than ``bytes_max``.
    """
    level, here = 0, [value]
    while here:
        level += 1
        if level > LEVELS_MAX + 1:
            message = f"The field {field} is nested deeper than {LEVELS_MAX} levels. Send it flatter."
            raise InvalidRequest(message, field=field, limit=LEVELS_MAX, value=level - 1)
        here = [inner for outer in here for inner in _inside(outer)]
    size = len(msgspec.json.encode(value))
    if size > bytes_max:
        message = f"The field {field} has {size} bytes as JSON; {bytes_max} are taken. Send less."
        raise InvalidRequest(message, field=field, limit=bytes_max, value=size)


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []
