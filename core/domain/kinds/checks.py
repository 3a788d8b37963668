"""Checks that the kinds share: each is an error that names the field, its limit and the value."""

from core.domain.errors import InvalidRequest


def between(field: str, value: float, least: float, most: float, unit: str = "", *, code: str | None = None) -> None:
    """Raise ``InvalidRequest`` unless least <= value <= most (and value is a number)."""
    if not least <= value <= most:
        what = f"{value} {unit}".strip()
        message = f"The value of {field} is {what}, but it must be from {least} to {most}. Ask again within that."
        raise InvalidRequest(message, field=field, limit=(least, most), value=value, code=code)


def at_most(field: str, unit: str, value: int, most: int, *, code: str | None = None) -> None:
    """Raise ``InvalidRequest`` if there is more than the most."""
    if value > most:
        message = f"The field {field} has {value} {unit}, but at most {most} are taken. Leave something out."
        raise InvalidRequest(message, field=field, limit=most, value=value, code=code)


def rows_of(value: object, field: str) -> list[dict[str, object]]:
    """Return a carried list of objects; raises ``InvalidRequest`` where it is something else."""
    found: list[dict[str, object]] = []
    for row in value if isinstance(value, list | tuple) else [value] if value else []:
        if not isinstance(row, dict):
            message = f"The field {field} must be a list of objects. Look the format up in the API's description."
            raise InvalidRequest(message, field=field, value=type(row).__name__)
        found.append(row)
    return found


def number(row: dict[str, object], name: str, default: float) -> float:
    """Return a number of a carried object; what is no number counts as not a number at all."""
    value = row.get(name, default)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
