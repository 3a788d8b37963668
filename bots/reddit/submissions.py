"""The posts below which the bot is called: whether they have an age limit, and how often it has answered there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bots.reddit.client import RedditClient
from bots.reddit.things import COMMENT, InboxItem
from bots.reddit.wire import Never
from core.ports.clock import Clock

HOUR_MS: Final = 3_600_000
COUNTED_MS: Final = 7 * 24 * HOUR_MS
REMEMBERED_MAX: Final = 5_000


class Submissions:
    """What is remembered is what Reddit said: after a restart it is asked again, so nothing is lost."""

    def __init__(self, client: RedditClient, *, clock: Clock) -> None:
        """Nothing is known yet."""
        self._client = client
        self._clock = clock
        self._of_comment: dict[str, str] = {}
        self._nsfw_communities: dict[str, tuple[bool, int]] = {}
        self._answers: Counter[str] = Counter()
        self._counted_until_ms = 0

    async def with_age_limit(self, items: Sequence[InboxItem]) -> set[str]:
        """Returns those posts among the items' that are not safe for work, or in a place that is not."""
        found: set[str] = set()
        for item in items:
            if item.submission:
                self._remember(item.fullname, item.submission)
        places = {item.submission: item.subreddit for item in items if item.submission and not item.is_message}
        for post in await self._client.things(list(places)) if places else []:
            if post.is_nsfw:
                found.add(post.fullname)
        for submission, community in places.items():
            if submission not in found and await self._is_nsfw(community):
                found.add(submission)
        return found

    async def answers_below(self, parent: str) -> int:
        """Returns how often the bot has answered below the post that this comment is under; raises RedditTrouble."""
        submission = await self._submission_of(parent)
        if self._counted_until_ms <= self._clock.now_ms():
            own = await self._client.own_comments(since_ms=self._clock.now_ms() - COUNTED_MS)
            self._answers = Counter(one.submission for one in own)
            self._counted_until_ms = self._clock.now_ms() + HOUR_MS
        return self._answers[submission] if submission else 0

    def count(self, parent: str) -> None:
        """There is, or may be, one more answer below that post."""
        submission = parent if not parent.startswith(f"{COMMENT}_") else self._of_comment.get(parent)
        if submission:
            self._answers[submission] += 1

    async def _submission_of(self, parent: str) -> str:
        if not parent.startswith(f"{COMMENT}_"):
            return parent
        if parent not in self._of_comment:
            found = await self._client.thing(parent)
            self._remember(parent, found.submission if found else "")
        return self._of_comment[parent]

    async def _is_nsfw(self, community: str) -> bool:
        known = self._nsfw_communities.get(community.casefold())
        if known is None or known[1] <= self._clock.now_ms():
            try:
                found = await self._client.community(community)
            except Never:
                found = None
            known = (bool(found and found.is_nsfw), self._clock.now_ms() + HOUR_MS)
            self._nsfw_communities[community.casefold()] = known
            _cut(self._nsfw_communities)
        return known[0]

    def _remember(self, comment: str, submission: str) -> None:
        self._of_comment[comment] = submission
        _cut(self._of_comment)


def _cut(known: dict[str, str] | dict[str, tuple[bool, int]]) -> None:
    while len(known) > REMEMBERED_MAX:
        del known[next(iter(known))]
