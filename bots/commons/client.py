"""The timeline as other platforms' clients see theirs: posts and votes to write and read, each call one transaction."""

from __future__ import annotations

import asyncio
import contextlib

from bots.commons.parse import PLATFORM, cursor_numbers, cursor_text, event_of_post, event_of_vote, mentions
from bots.commons.session import Reader
from bots.platform import PlatformEvent, Post, Target, Visibility
from bots.store import commons as timeline
from bots.store import outbox
from bots.store.commons_rows import NewPost, PostBody, PostKind, TimelinePost
from core.domain.errors import NotFound
from core.ports.clock import Clock
from core.ports.store import ReadTransaction, Transaction, UnitOfWork

BOT_ID = "horde"


class TimelineClient:
    """Reads and writes the timeline in the engine's database."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock, handle: str) -> None:
        """`handle` is the name by which people call the bot, without `@`."""
        self._uow = uow
        self._clock = clock
        self._handle = handle
        self._wrote = asyncio.Event()

    async def write(self, *, reader: Reader, text: str, key: str, answers: int | None, hidden: bool) -> int:
        """A person's post is on the timeline; returns its id. The same key is written once."""
        now_ms = self._clock.now_ms()

        def use_case(tx: Transaction) -> int:
            above = None if answers is None else _seen(tx, answers, reader)
            to_bot = above is not None and above.author_id == BOT_ID
            kind = PostKind.MENTION if to_bot or mentions(text, handle=self._handle) else PostKind.NOTE
            post = NewPost(
                idempotency_key=f"{reader.id}:{key}",
                kind=kind,
                author_id=reader.id,
                author_name=reader.name,
                account_id=reader.account_id,
                text=text,
                at_ms=now_ms,
                in_reply_to=None if above is None else above.in_reply_to or above.id,
                visibility=Visibility.PUBLIC if above is None else above.visibility,
                hidden=hidden,
                body=PostBody(answers=answers),
            )
            return timeline.write_post(tx, post=post)

        post_id = await self._uow.write(use_case)
        self._wrote.set()
        return post_id

    async def vote(self, *, reader: Reader, post_id: int, value: int) -> int:
        """The reader's one vote on this picture is `value`; returns the id of the post that keeps its votes."""
        now_ms = self._clock.now_ms()

        def use_case(tx: Transaction) -> int:
            post = _seen(tx, post_id, reader)
            if not post.body.media:
                raise NotFound(f"Post {post_id} has no picture to vote on. Vote on a post of the horde.")
            subject = post.body.subject or post.id
            if timeline.post_of_id(tx, post_id=subject) is None:
                raise NotFound(f"The picture of post {post_id} is being deleted, so nobody can vote on it any more.")
            timeline.put_vote(
                tx, post_id=subject, voter_id=reader.id, voter_name=reader.name, value=value, at_ms=now_ms
            )
            return subject

        kept_by = await self._uow.write(use_case)
        self._wrote.set()
        return kept_by

    async def post(self, post: Post) -> int:
        """The bot's post is on the timeline; returns its id. The same outbox row is written once."""
        now_ms = self._clock.now_ms()

        def use_case(tx: Transaction) -> int:
            answers = answered(post)
            if post.target is Target.NOTICE:
                # Nobody looks for mail here: what a person shall know stands where they wrote last.
                answers = timeline.latest_of(tx, author_id=post.to.external_id)
            above = None if answers is None else timeline.post_of_id(tx, post_id=answers)
            return timeline.write_post(
                tx,
                post=NewPost(
                    idempotency_key=post.idempotency_key,
                    kind=PostKind.SHOWCASE if post.target is Target.SHOWCASE else PostKind.REPLY,
                    author_id=BOT_ID,
                    author_name=self._handle,
                    text=post.text,
                    at_ms=now_ms,
                    in_reply_to=None if above is None else above.in_reply_to or above.id,
                    visibility=Visibility.DIRECT if post.target is Target.NOTICE else post.visibility,
                    hidden=False,
                    body=_body(tx, post),
                ),
            )

        return await self._uow.write(use_case)

    async def find(self, idempotency_key: str) -> int | None:
        """Returns the id of the post with this key, None if it is not on the timeline: there is no delay."""
        return await self._uow.read(lambda tx: timeline.post_of_key(tx, idempotency_key=idempotency_key))

    async def read(self, post_id: int) -> TimelinePost | None:
        """Returns the post, None if it is not on the timeline."""
        return await self._uow.read(lambda tx: timeline.post_of_id(tx, post_id=post_id))

    async def is_gone(self, post_id: int) -> bool:
        """Tells whether the post was removed (or never was)."""
        return await self._uow.read(lambda tx: timeline.post_of_id(tx, post_id=post_id)) is None

    async def rewrite(self, *, post_id: int, post: Post) -> bool:
        """The bot's post has this content; returns False if it is gone."""
        return await self._uow.write(
            lambda tx: timeline.change_body(tx, post_id=post_id, text=post.text, body=_body(tx, post))
        )

    async def remove(self, post_id: int) -> None:
        """The post is gone, and the votes on it."""
        await self._uow.write(lambda tx: timeline.remove_post(tx, post_id=post_id))

    async def news(self, cursor: str | None, *, limit: int) -> tuple[list[PlatformEvent], str]:
        """Returns what people wrote and voted after the cursor, posts first, and where reading goes on."""
        posts, votes = cursor_numbers(cursor)

        def query(tx: ReadTransaction) -> tuple[list[PlatformEvent], str]:
            last_post, last_vote = posts, votes
            events: list[PlatformEvent] = []
            for written in timeline.written_after(tx, after=posts, limit=limit, by_people=True):
                last_post = written.id
                event = event_of_post(written, cursor=cursor_text(posts=last_post, votes=last_vote))
                if event is not None:
                    events.append(event)
            for vote in timeline.votes_after(tx, after=votes, limit=limit):
                last_vote = vote.id
                events.append(event_of_vote(vote, cursor=cursor_text(posts=last_post, votes=last_vote)))
            return events, cursor_text(posts=last_post, votes=last_vote)

        return await self._uow.read(query)

    async def changed(self, *, timeout_s: float) -> None:
        """Returns when someone wrote or voted in this process, or after the time-out."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wrote.wait(), timeout_s)
        self._wrote.clear()


def answered(post: Post) -> int | None:
    """Returns the post of this timeline that a reply answers; a showcase post answers none."""
    if post.target is not Target.REPLY or post.in_reply_to is None or not post.in_reply_to.isdecimal():
        return None
    return int(post.in_reply_to)


def _seen(tx: Transaction, post_id: int, reader: Reader) -> TimelinePost:
    """Returns a post that this reader can see; raises NotFound otherwise, as if it were not there."""
    post = timeline.post_of_id(tx, post_id=post_id)
    mine = post is not None and reader.id in {post.author_id, post.body.to_id}
    if post is None or not (mine or (not post.hidden and post.visibility is not Visibility.DIRECT)):
        raise NotFound(f"There is no post {post_id} on this timeline. It may have been deleted: reload the page.")
    return post


def _body(tx: Transaction, post: Post) -> PostBody:
    return PostBody(
        answers=answered(post),
        subject=_subject(tx, post),
        commission_id=post.commission_id,
        media=post.media,
        facts=post.facts,
        spoiler=post.spoiler or "",
        label=post.label,
        to_id=post.to.external_id,
    )


def _subject(tx: Transaction, post: Post) -> int | None:
    """Returns the commission's earlier post on this timeline, so that its picture is voted on once."""
    for row in outbox.posts_of_commission(tx, commission_id=post.commission_id):
        if row.platform == PLATFORM and row.post.idempotency_key != post.idempotency_key:
            earlier = timeline.post_of_key(tx, idempotency_key=row.post.idempotency_key)
            if earlier is not None:
                there = timeline.post_of_id(tx, post_id=earlier)
                return earlier if there is None or there.body.subject is None else there.body.subject
    return None
