"""Reddit's inbox as events, read without a gap; what is stored is marked as read, and what is disliked taken away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from bots.platform import EventKind, Parent, PlatformEvent
from bots.reddit.client import RedditClient
from bots.reddit.parse import Place, event_of_item, event_of_score, parent_of
from bots.reddit.people import People
from bots.reddit.place import RedditPlace, RedditRhythm
from bots.reddit.standing import SUSPENDED_MS, Standing, patiently
from bots.reddit.submissions import Submissions
from bots.reddit.things import COMMENT, MESSAGE, InboxItem
from bots.reddit.wire import Never, RedditTrouble
from core.ports.clock import Clock

OVERLAP_MS: Final = 3_600_000
"""So far behind its place the inbox is read again: moderators let things through late."""
REMEMBERED: Final = 5_000
OLD_MS: Final = 3 * 24 * 3_600_000
"""Nobody waits for an answer to what is older than three days."""


class Reading:
    """Reads one account's inbox and scores, for as long as `events` is iterated; `reads` counts the looks."""

    def __init__(
        self,
        client: RedditClient,
        *,
        handle: str,
        clock: Clock,
        place: RedditPlace,
        rhythm: RedditRhythm,
        standing: Standing,
        people: People,
        submissions: Submissions,
    ) -> None:
        """Hold the account and what it shares with posting."""
        self.reads = 0
        self._client = client
        self._handle = handle
        self._clock = clock
        self._place = place
        self._rhythm = rhythm
        self._standing = standing
        self._people = people
        self._submissions = submissions
        self._to_mark: dict[str, None] = {}
        self._to_delete: dict[str, None] = {}

    async def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields what came into the inbox, oldest first, and new scores, and goes on for ever.

        What is unread is the stream; the whole inbox since the cursor is read at the start and now and then, as someone
        may have read an item in a browser. At the very first start only what is unread counts.
        """
        await self._standing.introduce()
        place, seen, scores = Place.of(cursor), dict[str, None](), dict[str, int]()
        now_s = asyncio.get_running_loop().time
        inbox, audit, scored = (_Due(now_s, every_s) for every_s in (self._rhythm.inbox_s, 0.0, self._rhythm.scores_s))
        audit.put_off(self._audit_s())
        while True:
            items = await patiently(self._client.unread())
            self.reads += 1
            if place is not None and inbox.is_due():
                items += await patiently(self._client.inbox_since(place.at_ms - OVERLAP_MS))
            if audit.is_due():
                await self._standing.look()
                items += await self._mentions(place)
                audit.put_off(self._audit_s())
            fresh = [item for item in items if item.fullname not in seen]
            with_age_limit = await self._look_around(fresh)
            for item in sorted(fresh, key=lambda item: (item.at_ms, item.fullname)):
                if item.fullname in seen:
                    continue
                _remember(seen, item.fullname)
                place = (place or Place(at_ms=0, fullname="")).after(item)
                event = self._heard(item, place, is_nsfw=item.submission in with_age_limit)
                if event is not None:
                    yield event
                elif item.is_new:
                    _remember(self._to_mark, item.fullname)
            if scored.is_due():
                async for event in self._scores(scores):
                    yield event
            await self._tidy()
            await asyncio.sleep(self._rhythm.unread_s)

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """What is stored is marked as read, and disliked answers go; now or with the next look."""
        for event in events:
            if event.kind is not EventKind.SCORE:
                _remember(self._to_mark, event.remote_id)
            # Of a score the bot's own vote is taken off; people see it with that vote.
            elif self._is_disliked(event.value + 1) and event.remote_id.startswith(f"{COMMENT}_"):
                _remember(self._to_delete, event.remote_id)
        await self._tidy()

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns what the summons answers, None if it answers none or that is gone; raises PlatformDown."""
        wanted = event.in_reply_to
        if not wanted:
            return None
        if wanted.startswith(f"{MESSAGE}_"):
            sent = await patiently(self._client.own_messages(since_ms=self._clock.now_ms() - 10 * OLD_MS))
            found = next((one for one in sent if one.fullname == wanted), None)
        else:
            found = await patiently(self._client.thing(wanted))
        return None if found is None else parent_of(found, handle=self._handle)

    def _is_disliked(self, score: int) -> bool:
        return self._place.delete_below != 0 and score <= self._place.delete_below

    async def _look_around(self, fresh: Sequence[InboxItem]) -> set[str]:
        """Returns the posts with an age limit; some of those who write are got to know."""
        near = [item for item in fresh if self._is_ours(item)]
        if not near:
            return set()
        await self._people.get_to_know(item.author for item in near if item.author)
        return await patiently(self._submissions.with_age_limit(near))

    def _heard(self, item: InboxItem, place: Place, *, is_nsfw: bool) -> PlatformEvent | None:
        if not self._is_ours(item) or self._people.is_known_to_refuse(item.author):
            return None
        return event_of_item(item, handle=self._handle, cursor=place.cursor, is_nsfw=is_nsfw)

    def _is_ours(self, item: InboxItem) -> bool:
        if self._clock.now_ms() - item.at_ms > OLD_MS:
            return False
        return item.is_message or self._place.hears(item.subreddit)

    async def _mentions(self, place: Place | None) -> list[InboxItem]:
        """Returns who called the bot lately, for what neither the unread items nor the inbox had."""
        if place is None:
            return []
        return await patiently(self._client.mentions_since(place.at_ms - OVERLAP_MS))

    async def _scores(self, known: dict[str, int]) -> AsyncIterator[PlatformEvent]:
        posts = [*await patiently(self._client.newest("submitted")), *await patiently(self._client.newest("comments"))]
        for post in posts:
            if known.get(post.fullname, 1) != post.score:
                yield event_of_score(post, handle=self._handle, now_ms=self._clock.now_ms())
            known[post.fullname] = post.score

    async def _tidy(self) -> None:
        """Nothing depends on it being now: what fails is done with the next look, and an outage is told by that."""
        await self._each(self._to_mark, self._client.mark_read)
        for name in list(self._to_delete):
            await self._each({name: None}, lambda names: self._client.delete(names[0]), done=self._to_delete)

    async def _each(
        self,
        waiting: dict[str, None],
        work: Callable[[Sequence[str]], Awaitable[None]],
        *,
        done: dict[str, None] | None = None,
    ) -> None:
        names = list(waiting)
        if not names:
            return
        try:
            await work(names)
        except Never:
            pass  # it will not be taken next time either
        except RedditTrouble:
            return
        for name in names:
            (waiting if done is None else done).pop(name, None)

    def _audit_s(self) -> float:
        """Returns when to look again: sooner while nobody sees the bot."""
        return min(self._rhythm.audit_s, SUSPENDED_MS / 1_000) if self._standing.is_unseen else self._rhythm.audit_s


class _Due:
    """Something that is done every so often, the first time at once."""

    def __init__(self, now_s: Callable[[], float], every_s: float) -> None:
        self._now_s = now_s
        self._every_s = every_s
        self._at_s = now_s()

    def is_due(self) -> bool:
        if self._now_s() < self._at_s:
            return False
        self._at_s = self._now_s() + self._every_s
        return True

    def put_off(self, seconds: float) -> None:
        self._at_s = self._now_s() + seconds


def _remember(known: dict[str, None], name: str) -> None:
    known[name] = None
    while len(known) > REMEMBERED:
        del known[next(iter(known))]
