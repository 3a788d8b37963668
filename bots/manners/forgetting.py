"""Forget me: posts are taken away, rows emptied and the purse closed, in the transaction that answers."""

import logging
from collections.abc import Sequence

from bots.asked import Asked, Forget, Told
from bots.horde.port import Horde
from bots.platform import Target
from bots.replies import forgotten
from bots.store.outbox import posts_of_commission
from bots.store.people.forgetting import (
    add_last_words,
    commission_ids_of,
    drop_last_words,
    open_ids,
    said_last_words,
    take_votes,
    wipe_commissions,
)
from bots.store.ratings import recount
from bots.store.removals import add_removal
from bots.store.rows import OutboxState
from core.domain.ids import RequestId
from core.ports.clock import Clock
from core.ports.store import Transaction, UnitOfWork
from core.services.people.forget import forget_identity

BATCH = 100
_ON_THE_WAY = frozenset({OutboxState.SENDING, OutboxState.UNKNOWN})

_log = logging.getLogger(__name__)


def forget(tx: Transaction, asked: Asked, horde: Horde, forgets: Sequence[Forget]) -> Told:
    """What was known of the author on this platform is gone or on its way out; says so one last time."""
    platform, person, now_ms = asked.event.platform, asked.event.author.external_id, asked.now_ms
    ids = [one for one in commission_ids_of(tx, platform=platform, author_id=person) if one != asked.mine.id]
    for request_id, _ in open_ids(tx, ids=ids):
        payer = horde.status(tx, request_id=RequestId(request_id), now_ms=now_ms).account_id
        horde.cancel(tx, request_id=RequestId(request_id), account_id=payer, now_ms=now_ms)
    posts = sum(_let_go(tx, one, now_ms=now_ms) for one in ids)
    wipe_commissions(tx, ids=ids, now_ms=now_ms)
    for commission_id in take_votes(tx, platform=platform, voter_id=person):
        recount(tx, commission_id=commission_id, now_ms=now_ms)
    for room in forgets:
        room(tx, platform, person)
    others = forget_identity(tx, platform=platform, external_id=person, now_ms=now_ms)
    add_last_words(tx, commission_id=asked.mine.id, now_ms=now_ms)
    _log.info("person.forgotten platform=%s commissions=%d posts=%d", platform, len(ids), posts)
    return Told(text=forgotten(posts=posts, others=others), private=True)


class LastWords:
    """Forgets what could not be forgotten at once, since a post was on its way: the last reply itself, for one."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock) -> None:
        """Hold the ports."""
        self._uow = uow
        self._clock = clock

    async def forget_waiting(self) -> int:
        """What waited to be forgotten and can be is; returns how many commissions those were."""
        found = await self._uow.read(lambda tx: said_last_words(tx, limit=BATCH))
        if not found:
            return 0
        return await self._uow.write(self._forget)

    def _forget(self, tx: Transaction) -> int:
        now_ms = self._clock.now_ms()
        found = said_last_words(tx, limit=BATCH)
        for commission_id, stays in found:
            if not stays:
                _let_go(tx, commission_id, now_ms=now_ms)
        ids = [commission_id for commission_id, _ in found]
        drop_last_words(tx, ids=ids)
        wipe_commissions(tx, ids=ids, now_ms=now_ms)
        return len(ids)


def _let_go(tx: Transaction, commission_id: str, *, now_ms: int) -> int:
    """The commission's posts are taken away, those on their way later; returns how many."""
    rows = posts_of_commission(tx, commission_id=commission_id)
    posted = [row for row in rows if row.target in {Target.REPLY, Target.SHOWCASE}]
    for row in posted:
        if row.state is OutboxState.SENT:
            add_removal(tx, row, by=commission_id, now_ms=now_ms)
        elif row.state in _ON_THE_WAY or (row.state is OutboxState.PENDING and row.attempts > 0):
            add_last_words(tx, commission_id=commission_id, now_ms=now_ms)
    return sum(row.state is OutboxState.SENT for row in posted)
