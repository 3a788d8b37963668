"""The chore: something that is done again and again, and how often."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.ports.store import ReadTransaction, Transaction, UnitOfWork


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


async def in_rounds(uow: UnitOfWork, use_case: Callable[[Transaction], int], *, rounds_max: int = 100) -> int:
    """Return what the use case did in all: it runs, a transaction each, until there is nothing left to do.

    Others' transactions go in between. What is still left after ``rounds_max`` waits for the chore's next time.
    """
    done = 0
    for _ in range(rounds_max):
        of_this_round = await uow.write(use_case)
        if not of_this_round:
            break
        done += of_this_round
    return done
