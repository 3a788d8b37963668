"""What people make of the pictures: votes and scores of every platform in one table."""

from bots.platform import PlatformEvent
from bots.store.outbox import post_of_remote
from bots.store.ratings import put_score, put_vote, recount
from core.ports.store import Transaction


def count_vote(tx: Transaction, event: PlatformEvent, now_ms: int) -> None:
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
    recount(tx, commission_id=row.commission_id, now_ms=now_ms)


def count_score(tx: Transaction, event: PlatformEvent, now_ms: int) -> None:
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
    recount(tx, commission_id=row.commission_id, now_ms=now_ms)
