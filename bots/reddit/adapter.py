"""Reddit as a platform: its inbox as events, the bot's comments, messages and link posts as deliveries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from bots.platform import Capabilities, Finding, Outcome, Parent, PlatformEvent, Post
from bots.reddit.client import RedditClient
from bots.reddit.line import Credentials
from bots.reddit.parse import PLATFORM
from bots.reddit.people import People
from bots.reddit.place import RedditPlace, RedditRhythm
from bots.reddit.posting import Posting
from bots.reddit.reading import Reading
from bots.reddit.render import COMMENT_CHARS_MAX, MARGIN_CHARS
from bots.reddit.standing import Standing
from bots.reddit.submissions import Submissions
from core.ports.clock import Clock


class RedditPlatform:
    """A Reddit account that answers u/mentions, replies and private messages, and shows pictures in a subreddit."""

    def __init__(
        self,
        *,
        credentials: Credentials,
        clock: Clock,
        place: RedditPlace | None = None,
        rhythm: RedditRhythm | None = None,
        client: RedditClient | None = None,
    ) -> None:
        """Hold the account; nothing is asked of Reddit before `events` or `deliver`."""
        self._handle = credentials.username
        self._client = client or RedditClient(credentials)
        self._standing = Standing(self._client, handle=self._handle, clock=clock)
        place, rhythm = place or RedditPlace(), rhythm or RedditRhythm()
        people, submissions = People(self._client, clock=clock), Submissions(self._client, clock=clock)
        self._reading = Reading(
            self._client,
            handle=self._handle,
            clock=clock,
            place=place,
            rhythm=rhythm,
            standing=self._standing,
            people=people,
            submissions=submissions,
        )
        self._posting = Posting(
            self._client,
            handle=self._handle,
            url=credentials.url,
            clock=clock,
            place=place,
            standing=self._standing,
            people=people,
            submissions=submissions,
        )
        self._capabilities = Capabilities(
            text_chars_max=COMMENT_CHARS_MAX - MARGIN_CHARS,
            media_max=20,
            alt_text_chars_max=500,
            can_edit=True,
            can_delete=True,
            can_be_private=True,
            can_show=bool(place.showcase),
            can_notify=True,
            nsfw_allowed=place.nsfw,
            read_lag_s=rhythm.read_lag_s,
            deliveries_at_once=1,
        )

    @property
    def name(self) -> str:
        """Always `reddit`."""
        return PLATFORM

    @property
    def handle(self) -> str:
        """The account's name, without u/."""
        return self._handle

    @property
    def capabilities(self) -> Capabilities:
        """What Reddit can do; it makes what is posted twice twice, so the outbox looks before it sends again."""
        return self._capabilities

    @property
    def reads(self) -> int:
        """How many looks at the inbox came back: so the end of an outage is known also where nothing is new."""
        return self._reading.reads

    def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields what came into the inbox, oldest first, and new scores, and goes on for ever; see `Reading`."""
        return self._reading.events(cursor)

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """What is stored is marked as read: unread it would only be read once more."""
        await self._reading.acknowledge(events)

    async def deliver(self, post: Post) -> Outcome:
        """One comment, message or link post; what may have arrived is never sent again from here."""
        return await self._posting.deliver(post)

    async def reconcile(self, post: Post) -> Finding:
        """Looks through the bot's own posts."""
        return await self._posting.reconcile(post)

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The comment has this content; nothing else can be changed."""
        return await self._posting.edit(remote_id, post)

    async def delete(self, remote_id: str) -> Outcome:
        """The comment or link post is gone; a private message cannot be taken back."""
        return await self._posting.delete(remote_id)

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns the post, comment or message that the summons answers."""
        return await self._reading.parent(event)

    async def progress(self, event_remote_id: str, text: str) -> None:
        """Shows nothing while one waits: each line would be a comment."""

    async def introduce(self) -> str:
        """Returns a sentence on the account; raises where it is another one than is set, or suspended."""
        return await self._standing.introduce()

    async def close(self) -> None:
        """The threads end; a call under way is left behind after three seconds."""
        await self._client.close()
