"""The answers to `stop`, `start` and `forget me`."""

from collections.abc import Sequence

from bots.asked import Asked, Forget, Room, Told
from bots.grammar import CommandWord
from bots.horde.port import Horde
from bots.manners.forgetting import LastWords, forget
from bots.replies import started, stopped
from bots.store.people.manners import opt_in, opt_out
from core.ports.clock import Clock
from core.ports.store import Transaction, UnitOfWork


def manners_room(*, horde: Horde, uow: UnitOfWork, clock: Clock, forgets: Sequence[Forget] = ()) -> Room:
    """Returns what this room brings; forgets: of the rooms that keep something of people of their own."""
    last_words = LastWords(uow=uow, clock=clock)
    return Room(
        answers={
            CommandWord.STOP: _stop,
            CommandWord.START: _start,
            CommandWord.FORGET_ME: lambda tx, asked: forget(tx, asked, horde, forgets),
        },
        turns={"forget": last_words.forget_waiting},
    )


def _stop(tx: Transaction, asked: Asked) -> Told:
    event = asked.event
    is_new = opt_out(tx, platform=event.platform, external_id=event.author.external_id, now_ms=asked.now_ms)
    return Told(text=stopped(handle=asked.handle, is_new=is_new), private=True)


def _start(tx: Transaction, asked: Asked) -> Told:
    event = asked.event
    return Told(
        text=started(was_stopped=opt_in(tx, platform=event.platform, external_id=event.author.external_id)),
        private=True,
    )
