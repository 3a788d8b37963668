"""The chore: something that is done again and again, and how often."""

import asyncio
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


async def in_rounds(uow: UnitOfWork, use_case: Callable[[Transaction], int], *, most_s: float = 1.0) -> int:
    """Return what the use case did in all: it runs, a transaction each, until there is nothing left to do.

    Others' transactions go in between. What is left after ``most_s`` waits for the chore's next time.
    """
    now = asyncio.get_running_loop().time
    until, done = now() + most_s, 0
    while (of_this_round := await uow.write(use_case)) > 0:
        done += of_this_round
        if now() >= until:
            break
    return done
