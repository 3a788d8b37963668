"""The local timeline's posts and votes: written once each, read by page, by thread and by what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, case, delete, func, insert, or_, select, update

from bots.platform import Visibility
from bots.store.commons_rows import CastVote, NewPost, OpenSummons, PostBody, PostKind, Tally, TimelinePost
from bots.store.ids import new_id
from bots.store.rows import CommissionState
from bots.store.tables import commissions, commons_posts, commons_votes, inbox
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of, take_turn

BY_PEOPLE = (PostKind.MENTION.value, PostKind.NOTE.value)
ID_TIME_CHARS = 10
OPEN_STATES = (CommissionState.NEW.value, CommissionState.ACCEPTED.value, CommissionState.FINISHED.value)


def write_post(tx: Transaction, *, post: NewPost) -> int:
    """The post is on the timeline; returns its id, the earlier one if the key was there."""
    take_turn(connection_of(tx), "commons.posts")  # who reads what is new goes by the id
    there = post_of_key(tx, idempotency_key=post.idempotency_key)
    if there is not None:
        return there
    written = connection_of(tx).execute(
        insert(commons_posts)
        .values(
            idempotency_key=post.idempotency_key,
            kind=post.kind.value,
            author_id=post.author_id,
            author_name=post.author_name,
            account_id=post.account_id,
            text=post.text,
            in_reply_to=post.in_reply_to,
            visibility=post.visibility.value,
            body=msgspec.json.encode(post.body).decode(),
            hidden=post.hidden,
            created_at_ms=post.at_ms,
        )
        .returning(commons_posts.c.id)
    )
    return int(written.scalar_one())


def post_of_key(tx: ReadTransaction | Transaction, *, idempotency_key: str) -> int | None:
    """Returns the id of the post written under this key."""
    found: int | None = connection_of(tx).scalar(
        select(commons_posts.c.id).where(commons_posts.c.idempotency_key == idempotency_key)
    )
    return found


def post_of_id(tx: ReadTransaction | Transaction, *, post_id: int) -> TimelinePost | None:
    """Returns the post of that id, hidden or not."""
    row = connection_of(tx).execute(select(commons_posts).where(commons_posts.c.id == post_id)).first()
    return None if row is None else _post(row)


def change_body(tx: Transaction, *, post_id: int, text: str, body: PostBody) -> bool:
    """The post has this text and body; returns False if there is no such post."""
    changed = connection_of(tx).execute(
        update(commons_posts)
        .where(commons_posts.c.id == post_id)
        .values(text=text, body=msgspec.json.encode(body).decode())
    )
    return changed.rowcount == 1


def remove_post(tx: Transaction, *, post_id: int) -> None:
    """The post and the votes on it are gone."""
    connection = connection_of(tx)
    connection.execute(delete(commons_votes).where(commons_votes.c.post_id == post_id))
    connection.execute(delete(commons_posts).where(commons_posts.c.id == post_id))


def latest_of(tx: ReadTransaction | Transaction, *, author_id: str) -> int | None:
    """Returns the id of a person's newest post."""
    found: int | None = connection_of(tx).scalar(
        select(commons_posts.c.id)
        .where(commons_posts.c.author_id == author_id)
        .order_by(commons_posts.c.id.desc())
        .limit(1)
    )
    return found


def threads_before(
    tx: ReadTransaction | Transaction, *, before: int | None, limit: int, reader_id: str
) -> list[TimelinePost]:
    """Returns the first posts of threads that this reader may see, newest first, older than `before`."""
    wanted = _by_people().where(commons_posts.c.in_reply_to.is_(None), _seen_by(reader_id))
    if before is not None:
        wanted = wanted.where(commons_posts.c.id < before)
    found = connection_of(tx).execute(wanted.order_by(commons_posts.c.id.desc()).limit(limit))
    return [_post(row) for row in found]


def replies_of(
    tx: ReadTransaction | Transaction, *, thread_ids: Sequence[int], reader_id: str
) -> Mapping[int, Sequence[TimelinePost]]:
    """Returns what this reader may see below these threads' first posts, oldest first."""
    found = connection_of(tx).execute(
        select(commons_posts)
        .where(commons_posts.c.in_reply_to.in_(thread_ids), _seen_by(reader_id))
        .order_by(commons_posts.c.id)
    )
    replies: dict[int, list[TimelinePost]] = {thread_id: [] for thread_id in thread_ids}
    for row in found:
        post = _post(row)
        if post.visibility is not Visibility.DIRECT or reader_id in {post.author_id, post.body.to_id}:
            replies[row.in_reply_to].append(post)
    return replies


def showcase_before(tx: ReadTransaction | Transaction, *, before: int | None, limit: int) -> list[TimelinePost]:
    """Returns the posts of the showcase, newest first, older than `before`."""
    wanted = select(commons_posts).where(
        commons_posts.c.kind == PostKind.SHOWCASE.value, commons_posts.c.hidden.is_(False)
    )
    if before is not None:
        wanted = wanted.where(commons_posts.c.id < before)
    return [_post(row) for row in connection_of(tx).execute(wanted.order_by(commons_posts.c.id.desc()).limit(limit))]


def written_after(
    tx: ReadTransaction | Transaction, *, after: int, limit: int, by_people: bool = False
) -> list[TimelinePost]:
    """Returns the posts with larger ids, oldest first; of people alone if asked."""
    wanted = _by_people() if by_people else select(commons_posts)
    found = connection_of(tx).execute(
        wanted.where(commons_posts.c.id > after).order_by(commons_posts.c.id).limit(limit)
    )
    return [_post(row) for row in found]


def put_vote(tx: Transaction, *, post_id: int, voter_id: str, voter_name: str, value: int, at_ms: int) -> bool:
    """The person's vote on this post is `value`; returns False if it was before. One vote a person and post.

    A vote taken back stays as a row of value 0, so that who reads what is new sees the change.
    """
    connection = connection_of(tx)
    take_turn(connection, "commons.votes")  # who reads what is new goes by the id
    same = and_(commons_votes.c.post_id == post_id, commons_votes.c.voter_id == voter_id)
    before = connection.scalar(select(commons_votes.c.value).where(same)) or 0
    if before == value:
        return False
    connection.execute(delete(commons_votes).where(same))
    connection.execute(
        insert(commons_votes).values(
            post_id=post_id, voter_id=voter_id, voter_name=voter_name, value=value, at_ms=at_ms
        )
    )
    return True


def votes_after(tx: ReadTransaction | Transaction, *, after: int, limit: int) -> list[CastVote]:
    """Returns the changes of votes with larger ids, oldest first; of each person and post only the last."""
    found = connection_of(tx).execute(
        select(commons_votes).where(commons_votes.c.id > after).order_by(commons_votes.c.id).limit(limit)
    )
    return [
        CastVote(
            id=row.id,
            post_id=row.post_id,
            voter_id=row.voter_id,
            voter_name=row.voter_name,
            value=row.value,
            at_ms=row.at_ms,
        )
        for row in found
    ]


def tallies(tx: ReadTransaction | Transaction, *, post_ids: Sequence[int], reader_id: str) -> Mapping[int, Tally]:
    """Returns the votes on these posts; a post without any is left out."""
    mine = case((commons_votes.c.voter_id == reader_id, commons_votes.c.value), else_=0)
    found = connection_of(tx).execute(
        select(
            commons_votes.c.post_id,
            func.sum(case((commons_votes.c.value > 0, 1), else_=0)).label("up"),
            func.sum(case((commons_votes.c.value < 0, 1), else_=0)).label("down"),
            func.sum(mine).label("mine"),
        )
        .where(commons_votes.c.post_id.in_(post_ids))
        .group_by(commons_votes.c.post_id)
    )
    return {row.post_id: Tally(up=row.up, down=row.down, mine=row.mine) for row in found}


def newest(tx: ReadTransaction | Transaction) -> tuple[int, int]:
    """Returns the largest ids of posts and of votes, 0 where there are none."""
    connection = connection_of(tx)
    posts: int | None = connection.scalar(select(func.max(commons_posts.c.id)))
    votes: int | None = connection.scalar(select(func.max(commons_votes.c.id)))
    return posts or 0, votes or 0


def open_summonses(tx: ReadTransaction | Transaction, *, platform: str, since_ms: int, limit: int) -> list[OpenSummons]:
    """Returns the unanswered summonses of the timeline that came in since then, oldest first."""
    found = connection_of(tx).execute(
        _summonses(platform)
        .where(commissions.c.id > new_id(since_ms)[:ID_TIME_CHARS], commissions.c.state.in_(OPEN_STATES))
        .order_by(commissions.c.id)
        .limit(limit)
    )
    return [_summons(row) for row in found]


def summonses_of(
    tx: ReadTransaction | Transaction, *, platform: str, event_ids: Sequence[str]
) -> Mapping[int, OpenSummons]:
    """Returns how the summonses of these events stand, by the post they came from, answered or not."""
    found = connection_of(tx).execute(_summonses(platform).where(inbox.c.event_id.in_(event_ids)))
    return {summons.post_id: summons for summons in map(_summons, found)}


def _summonses(platform: str) -> Select[tuple[object, ...]]:
    return (
        select(
            commissions.c.id,
            commissions.c.state,
            commissions.c.request_id,
            commissions.c.remote_id,
            commissions.c.author_id,
        )
        .join(inbox, inbox.c.id == commissions.c.id)
        .where(inbox.c.platform == platform)
    )


def _summons(row: Row[tuple[object, ...]]) -> OpenSummons:
    return OpenSummons(
        post_id=int(row.remote_id),
        commission_id=row.id,
        state=CommissionState(row.state),
        request_id=row.request_id,
        author_id=row.author_id,
    )


def _by_people() -> Select[tuple[object, ...]]:
    return select(commons_posts).where(commons_posts.c.kind.in_(BY_PEOPLE))


def _seen_by(reader_id: str) -> ColumnElement[bool]:
    return or_(commons_posts.c.hidden.is_(False), commons_posts.c.author_id == reader_id)


def _post(row: Row[tuple[object, ...]]) -> TimelinePost:
    return TimelinePost(
        id=row.id,
        kind=PostKind(row.kind),
        author_id=row.author_id,
        author_name=row.author_name,
        account_id=row.account_id,
        text=row.text,
        in_reply_to=row.in_reply_to,
        visibility=Visibility(row.visibility),
        hidden=row.hidden,
        created_at_ms=row.created_at_ms,
        body=msgspec.json.decode(row.body, type=PostBody),
    )
