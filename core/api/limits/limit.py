"""How often an operation may be called, as part of the table of operations; what counts it is in another module."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Per(StrEnum):
    """The window of a limit."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"

    @property
    def seconds(self) -> int:
        """How long the window is."""
        return {Per.SECOND: 1, Per.MINUTE: 60, Per.HOUR: 3_600}[self]


class By(StrEnum):
    """Whose calls are counted together."""

    ADDRESS = "address"
    """Those of one client address to this operation."""
    PATH = "path"
    """Those of one client address to this very path: each request's id has its own count."""
    KEY = "key"
    """Those with one API key to this path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many calls in a window. relaxed: for addresses that are known; anonymous: for the key that all share."""

    times: int
    per: Per
    by: By = By.PATH
    relaxed: int | None = None
    anonymous: int | None = None

    def __str__(self) -> str:
        """As v2 says it in the body of a 429; a client of it looks for exactly these words."""
        return f"{self.times} per 1 {self.per}"


def a_second(times: int, by: By = By.PATH, *, relaxed: int | None = None, anonymous: int | None = None) -> Limit:
    """Return a limit of so many calls a second."""
    return Limit(times=times, per=Per.SECOND, by=by, relaxed=relaxed, anonymous=anonymous)


def a_minute(times: int, by: By = By.PATH, *, relaxed: int | None = None) -> Limit:
    """Return a limit of so many calls a minute."""
    return Limit(times=times, per=Per.MINUTE, by=by, relaxed=relaxed)


def an_hour(times: int, by: By = By.PATH, *, relaxed: int | None = None) -> Limit:
    """Return a limit of so many calls an hour."""
    return Limit(times=times, per=Per.HOUR, by=by, relaxed=relaxed)


DEFAULT: Final = (a_minute(90, By.ADDRESS, relaxed=300),)
"""What holds for an operation that names no limit of its own."""
NONE: Final[tuple[Limit, ...]] = ()
ORDER: Final = (a_minute(90, relaxed=300), a_second(2, relaxed=10), a_second(2, By.KEY, relaxed=60, anonymous=60))
"""Asking for pictures and texts."""
WORKERS: Final = (a_second(60, By.ADDRESS),)
"""Pops and submits."""
