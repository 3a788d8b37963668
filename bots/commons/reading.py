"""What a reader of the timeline is shown: threads, the showcase, the queue and their own kudos, read in one view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bots.commons import render
from bots.commons.parse import PLATFORM, event_id_of_post
from bots.commons.session import Reader
from bots.commons.views import MeView, PostView, QueueView, ThreadView, VotesView, WayView
from bots.horde.remote.telling import remote_status
from bots.platform import Picture
from bots.store import commons as timeline
from bots.store.commons_rows import OpenSummons, PostKind, Tally, TimelinePost
from bots.store.rows import CommissionState
from core.domain.accounts import Account
from core.domain.errors import NotFound
from core.domain.ids import AccountId, RequestId
from core.ports.store import ReadTransaction
from core.services.queue.overview import overview
from core.services.queue.status import status

UNREAD_S = 120
"""So long a fresh mention counts as on its way although the desk has not opened its commission."""

_ON_THE_WAY = frozenset({CommissionState.NEW, CommissionState.ACCEPTED, CommissionState.FINISHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Glass:
    """Who reads, when, and how pictures are addressed: what every reading needs."""

    reader: Reader
    now_ms: int
    handle: str
    url_of: Callable[[Picture], str]


def read_threads(tx: ReadTransaction, glass: Glass, *, before: int | None, limit: int) -> tuple[ThreadView, ...]:
    """Returns the newest threads older than `before`, newest first."""
    firsts = timeline.threads_before(tx, before=before, limit=limit, reader_id=glass.reader.id)
    return _threads(tx, glass, firsts)


def read_thread(tx: ReadTransaction, glass: Glass, *, post_id: int) -> ThreadView | PostView:
    """Returns the thread that a post belongs to, or the post alone if it is one of the showcase.

    Raises NotFound for what is not there or not for this reader.
    """
    post = timeline.post_of_id(tx, post_id=post_id)
    first = post if post is None or post.in_reply_to is None else timeline.post_of_id(tx, post_id=post.in_reply_to)
    if first is None or (first.hidden and first.author_id != glass.reader.id):
        raise NotFound(f"There is no post {post_id} on this timeline. It may have been deleted.")
    if first.kind is PostKind.SHOWCASE:
        return _posts(tx, glass, [first])[0]
    return _threads(tx, glass, [first])[0]


def read_showcase(tx: ReadTransaction, glass: Glass, *, before: int | None, limit: int) -> tuple[PostView, ...]:
    """Returns the newest posts of the showcase older than `before`, newest first."""
    return _posts(tx, glass, timeline.showcase_before(tx, before=before, limit=limit))


def read_votes(tx: ReadTransaction, reader: Reader, *, post_id: int) -> VotesView:
    """Returns the votes that a post keeps, with this reader's own."""
    counted = timeline.tallies(tx, post_ids=[post_id], reader_id=reader.id).get(post_id) or Tally()
    return VotesView(post_id=post_id, up=counted.up, down=counted.down, mine=counted.mine)


def read_me(tx: ReadTransaction, reader: Reader) -> MeView:
    """Returns the reader with their balance."""
    return render.me_view(reader, account_of(tx, reader))


def read_queue(tx: ReadTransaction, *, now_ms: int) -> QueueView:
    """Returns the queue in three numbers."""
    seen = overview(tx, now_ms=now_ms)
    return QueueView(waiting=seen.waiting, processing=seen.processing, workers=seen.workers_online)


def read_ways(tx: ReadTransaction, *, since_ms: int, now_ms: int, limit: int) -> dict[int, WayView]:
    """Returns how far every unanswered summons of the timeline is, by its post."""
    summonses = timeline.open_summonses(tx, platform=PLATFORM, since_ms=since_ms, limit=limit)
    return {summons.post_id: _way(tx, summons.post_id, summons, now_ms) for summons in summonses}


def account_of(tx: ReadTransaction, reader: Reader) -> Account | None:
    """Returns the account whose kudos the reader spends, None for a guest who never asked for anything."""
    if reader.account_id is not None:
        return tx.accounts.get(AccountId(reader.account_id))
    return tx.accounts.by_identity(platform=PLATFORM, external_id=reader.id)


def _threads(tx: ReadTransaction, glass: Glass, firsts: Sequence[TimelinePost]) -> tuple[ThreadView, ...]:
    if not firsts:
        return ()
    replies = timeline.replies_of(tx, thread_ids=[post.id for post in firsts], reader_id=glass.reader.id)
    views = {
        view.id: view for view in _posts(tx, glass, [*firsts, *(post for below in replies.values() for post in below)])
    }
    asking = {
        post.id: post for first in firsts for post in (first, *replies[first.id]) if post.kind is PostKind.MENTION
    }
    summonses = timeline.summonses_of(
        tx, platform=PLATFORM, event_ids=[event_id_of_post(post_id) for post_id in asking]
    )
    threads = []
    for first in firsts:
        below = replies[first.id]
        answered = {post.body.answers for post in below if post.kind is PostKind.REPLY}
        waiting = [
            post
            for post in (first, *below)
            if post.id in asking and post.id not in answered and _is_on_the_way(post, summonses.get(post.id), glass)
        ]
        way = _way(tx, waiting[-1].id, summonses.get(waiting[-1].id), glass.now_ms) if waiting else None
        threads.append(ThreadView(post=views[first.id], replies=tuple(views[post.id] for post in below), way=way))
    return tuple(threads)


def _is_on_the_way(post: TimelinePost, summons: OpenSummons | None, glass: Glass) -> bool:
    if summons is None:
        return glass.now_ms - post.created_at_ms < UNREAD_S * 1_000
    return summons.state in _ON_THE_WAY


def _way(tx: ReadTransaction, post_id: int, summons: OpenSummons | None, now_ms: int) -> WayView:
    request = None
    if summons is not None and summons.request_id is not None:
        request_id = RequestId(summons.request_id)
        request = remote_status(tx, request_id=request_id)
        with suppress(NotFound):  # the horde forgets requests that ended long ago
            request = request or status(tx, request_id=request_id, now_ms=now_ms)
    way = render.way_view(post_id, summons, request)
    return way if summons is None else replace(way, owner=summons.author_id)


def _posts(tx: ReadTransaction, glass: Glass, posts: Sequence[TimelinePost]) -> tuple[PostView, ...]:
    subjects = {post.id: post.body.subject or post.id for post in posts}
    with_votes = [subjects[post.id] for post in posts if post.body.media]
    counted = timeline.tallies(tx, post_ids=with_votes, reader_id=glass.reader.id)
    return tuple(
        render.post_view(
            post,
            now_ms=glass.now_ms,
            handle=glass.handle,
            tally=counted.get(subjects[post.id]),
            url_of=glass.url_of,
        )
        for post in posts
    )
