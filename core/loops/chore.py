"""The chore: something that is done again and again, and how often."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.ports.store import ReadTransaction, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something done every ``every_s`` seconds, once over all processes.

    due: tells, from a read, whether there is anything to do (a chore each second must not write for nothing).
    in_transaction: the work itself, returns how much was done. outside: work that is not the database's.
    """

    name: str
    every_s: int
    due: Callable[[ReadTransaction, int], bool] | None = None
    in_transaction: Callable[[Transaction, int], int] | None = None
    outside: Callable[[int], Awaitable[int]] | None = None
