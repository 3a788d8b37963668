"""What people make of the pictures: votes and scores of every platform in one table, and what comes of them."""

import logging
from dataclasses import dataclass

from bots.asked import Room
from bots.platform import EventKind, PlatformEvent, Target
from bots.store.outbox import post_of_remote, posts_of_commission
from bots.store.ratings import Rating, put_score, put_vote, recount
from bots.store.removals import add_removal
from bots.store.rows import OutboxState
from core.ports.store import Transaction

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """Counts votes. hide_below: a result whose votes add up to this or less leaves the showcase; None for never."""

    hide_below: int | None = -3

    def room(self) -> Room:
        """Returns what this room brings to the conversation."""
        return Room(reactions={EventKind.VOTE: self.count_vote, EventKind.SCORE: self.count_score})

    def count_vote(self, tx: Transaction, event: PlatformEvent, now_ms: int) -> None:
        """The vote counts for the commission whose post it is about; a vote on anything else is nothing to us."""
        row = post_of_remote(tx, platform=event.platform, remote_id=event.remote_id)
        if row is None:
            return
        put_vote(
            tx,
            platform=event.platform,
            remote_id=event.remote_id,
            voter_id=event.author.external_id,
            value=event.value,
            at_ms=event.at_ms,
        )
        self._weigh(tx, recount(tx, commission_id=row.commission_id, now_ms=now_ms), now_ms)

    def count_score(self, tx: Transaction, event: PlatformEvent, now_ms: int) -> None:
        """The sum of votes that a platform tells counts for the commission whose post it is about."""
        row = post_of_remote(tx, platform=event.platform, remote_id=event.remote_id)
        if row is None:
            return
        put_score(
            tx,
            platform=event.platform,
            remote_id=event.remote_id,
            teller_id=event.author.external_id,
            value=event.value,
            at_ms=event.at_ms,
        )
        self._weigh(tx, recount(tx, commission_id=row.commission_id, now_ms=now_ms), now_ms)

    def _weigh(self, tx: Transaction, rating: Rating, now_ms: int) -> None:
        """A result that people voted far down leaves the showcase, once; its requester keeps picture and reply."""
        if self.hide_below is None or rating.up - rating.down > self.hide_below:
            return
        for row in posts_of_commission(tx, commission_id=rating.commission_id):
            if row.target is Target.SHOWCASE and row.state is OutboxState.SENT:
                add_removal(tx, row, by=rating.commission_id, now_ms=now_ms, with_pictures=False)
                _log.info("showcase.hidden commission=%s up=%d down=%d", rating.commission_id, rating.up, rating.down)
