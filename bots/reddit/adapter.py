"""Reddit as a platform: its inbox as events, the bot's comments, messages and link posts as deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Final, TypeVar, assert_never

from bots.platform import (
    Absent,
    Ambiguous,
    Capabilities,
    Delivered,
    EventKind,
    Finding,
    Found,
    Outcome,
    Parent,
    PlatformDown,
    PlatformEvent,
    PlatformMisconfigured,
    Post,
    Refused,
    RetryAt,
    Target,
    Unsure,
    Visibility,
)
from bots.reddit.client import Credentials, RedditClient, Submitting
from bots.reddit.parse import PLATFORM, Place, event_of_item, event_of_score
from bots.reddit.place import RedditPlace, RedditRhythm
from bots.reddit.render import (
    COMMENT_CHARS_MAX,
    MARGIN_CHARS,
    body_of,
    marker_of,
    more_of,
    subject_of,
    title_of,
)
from bots.reddit.things import COMMENT, MESSAGE, SUBMISSION, InboxItem, OwnPost
from bots.reddit.wire import MaybeDone, Never, NotSent, RedditTrouble, ToldToWait, WrongCredentials
from core.ports.clock import Clock

AGAIN_MS: Final = 30_000
SUSPENDED_MS: Final = 15 * 60_000
OVERLAP_MS: Final = 3_600_000
"""So far behind its place the inbox is read again: moderators let things through late."""
REMEMBERED: Final = 5_000
OLD_MS: Final = 3 * 24 * 3_600_000
"""Nobody waits for an answer to what is older than three days."""

T = TypeVar("T")


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
        self._url = credentials.url
        self._clock = clock
        self._place = place or RedditPlace()
        self._rhythm = rhythm or RedditRhythm()
        self._client = client or RedditClient(credentials)
        self._to_mark: dict[str, None] = {}
        self._capabilities = Capabilities(
            text_chars_max=COMMENT_CHARS_MAX - MARGIN_CHARS,
            media_max=20,
            alt_text_chars_max=500,
            can_edit=True,
            can_delete=True,
            can_be_private=True,
            can_show=bool(self._place.showcase),
            nsfw_allowed=self._place.nsfw,
            read_lag_s=self._rhythm.read_lag_s,
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

    async def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields what came into the inbox, oldest first, and new scores, and goes on for ever.

        What is unread is the stream; the whole inbox since the cursor is read at the start and now and then, as someone
        may have read an item in a browser. At the very first start only what is unread counts.
        """
        await self.introduce()
        place, seen, scores = Place.of(cursor), dict[str, None](), dict[str, int]()
        loop = asyncio.get_running_loop()
        inbox_at = scores_at = loop.time()
        while True:
            items = await self._patiently(self._client.unread())
            if place is not None and loop.time() >= inbox_at:
                inbox_at = loop.time() + self._rhythm.inbox_s
                items += await self._patiently(self._client.inbox_since(place.at_ms - OVERLAP_MS))
            for item in sorted(items, key=lambda item: (item.at_ms, item.fullname)):
                if item.fullname in seen:
                    continue
                _remember(seen, item.fullname)
                place = (place or Place(at_ms=0, fullname="")).after(item)
                event = self._heard(item, place)
                if event is not None:
                    yield event
                elif item.is_new:
                    _remember(self._to_mark, item.fullname)
            if loop.time() >= scores_at:
                scores_at = loop.time() + self._rhythm.scores_s
                for post in await self._patiently(self._scored()):
                    if scores.get(post.fullname, 1) != post.score:
                        yield event_of_score(post, handle=self._handle, now_ms=self._clock.now_ms())
                    scores[post.fullname] = post.score
            await self._mark()
            await asyncio.sleep(self._rhythm.unread_s)

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """What is stored is marked as read, now or with the next look: unread it would only be read once more."""
        for event in events:
            if event.kind is not EventKind.SCORE:
                _remember(self._to_mark, event.remote_id)
        await self._mark()

    async def deliver(self, post: Post) -> Outcome:
        """One comment, message or link post; what may have arrived is never sent again from here."""
        try:
            if post.target is Target.SHOWCASE:
                return await self._show(post)
            return await self._answer(post)
        except Never as no:
            if no.code == "ALREADY_SUB":
                return await self._shown_before(post)
            return await self._refusal(no)
        except RedditTrouble as trouble:
            return self._outcome(trouble)

    async def reconcile(self, post: Post) -> Finding:
        """Looks through the bot's own posts: for the link of a showcase post, for the marker or the parent else."""
        try:
            found = await (self._find_shown(post) if post.target is Target.SHOWCASE else self._find_answer(post))
        except RedditTrouble as trouble:
            return Unsure(reason=str(trouble))
        return Absent() if found is None else Found(remote_id=found.fullname, url=self._address(found))

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The comment has this content. A link post keeps its link and title for ever."""
        if not remote_id.startswith(f"{COMMENT}_"):
            return Refused(reason=f"{remote_id} is no comment; Reddit changes nothing else afterwards")
        try:
            await self._client.rewrite(fullname=remote_id, text=body_of(post, handle=self._handle))
        except Never as no:
            return await self._refusal(no)
        except RedditTrouble as trouble:
            return self._outcome(trouble)
        return Delivered(remote_id=remote_id)

    async def delete(self, remote_id: str) -> Outcome:
        """The comment or link post is gone. A private message cannot be taken back: only its pictures go."""
        if not remote_id.startswith((f"{COMMENT}_", f"{SUBMISSION}_")):
            return Delivered(remote_id=remote_id)
        try:
            await self._client.delete(remote_id)
        except Never as no:
            return await self._refusal(no)
        except RedditTrouble as trouble:
            return self._outcome(trouble)
        return Delivered(remote_id=remote_id)

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns the post that the summons answers."""
        del event
        return None

    async def progress(self, event_remote_id: str, text: str) -> None:
        """Shows nothing while one waits."""

    async def close(self) -> None:
        """The threads end; a call under way is left behind after three seconds."""
        await self._client.close()

    async def introduce(self) -> str:
        """Returns a sentence on the account; raises where it is another one than is set, or suspended."""
        me = await self._patiently(self._client.me())
        if me.name.casefold() != self._handle.casefold():
            message = f"these credentials are u/{me.name}'s, but reddit.username is {self._handle}"
            raise PlatformMisconfigured(message)
        if me.is_suspended:
            message = f"u/{me.name} is suspended; appeal at reddit.com/appeals"
            raise PlatformDown(message)
        return f"logged in as u/{me.name}"

    async def _patiently(self, reading: Awaitable[T]) -> T:
        """Returns what is read; anything else is an outage, or for a person to mend.

        Where Reddit asks to wait, nobody waits here: the supervisor would take that for a recovery. Until the time has
        come its next tries end before they reach Reddit.
        """
        try:
            return await reading
        except WrongCredentials as exc:
            raise PlatformMisconfigured(f"{exc}. Check the settings of [reddit]: horde doctor") from exc
        except RedditTrouble as trouble:
            raise PlatformDown(str(trouble)) from trouble

    def _heard(self, item: InboxItem, place: Place) -> PlatformEvent | None:
        if self._clock.now_ms() - item.at_ms > OLD_MS:
            return None
        if not item.is_message and not self._place.hears(item.subreddit):
            return None
        return event_of_item(item, handle=self._handle, cursor=place.cursor)

    async def _scored(self) -> list[OwnPost]:
        return [*await self._client.newest("submitted"), *await self._client.newest("comments")]

    async def _mark(self) -> None:
        names = list(self._to_mark)
        if not names:
            return
        try:
            await self._client.mark_read(names)
        except RedditTrouble:
            # Nothing depends on it, and an outage is told by the next look at the inbox.
            return
        for name in names:
            self._to_mark.pop(name, None)

    async def _answer(self, post: Post) -> Outcome:
        parent, body = post.in_reply_to or "", body_of(post, handle=self._handle)
        if parent.startswith(f"{COMMENT}_") and post.visibility is Visibility.DIRECT:
            await self._client.message(to=post.to.display_name, subject=subject_of(post), text=body)
            # Reddit tells no name of it; if it cannot be found the message was sent all the same.
            found = await self._silently(self._find_sent(post))
            return Delivered(remote_id=found.fullname if found else f"{MESSAGE}_{post.outbox_id}")
        made = await self._client.reply(parent=parent, text=body)
        if not made.fullname:
            return Ambiguous(reason="Reddit took the comment and did not tell its name")
        return Delivered(remote_id=made.fullname, url=self._address(made))

    async def _show(self, post: Post) -> Outcome:
        if not post.media:
            return Refused(reason="a showcase post needs a picture")
        made = await self._client.submit(
            Submitting(
                subreddit=self._place.showcase,
                title=title_of(post),
                link=post.media[0].url,
                more=more_of(post),
                flair_id=self._place.flair_id,
                nsfw=self._place.nsfw,
                spoiler=post.spoiler is not None,
            )
        )
        return Delivered(remote_id=made.fullname, url=self._address(made))

    async def _shown_before(self, post: Post) -> Outcome:
        finding = await self.reconcile(post)
        match finding:
            case Found():
                return Delivered(remote_id=finding.remote_id, url=finding.url)
            case Absent():
                return Refused(reason="someone else has posted this link in the subreddit")
            case Unsure():
                return Ambiguous(reason=finding.reason)
            case _:
                assert_never(finding)

    async def _refusal(self, no: Never) -> Outcome:
        """A no may be about the post, or about an account that is suspended for some time."""
        if no.code in {"FORBIDDEN", "USER_REQUIRED"} and await self._silently(self._client.is_suspended()):
            return RetryAt(at_ms=self._clock.now_ms() + SUSPENDED_MS, reason="the account is suspended")
        return Refused(reason=str(no))

    def _outcome(self, trouble: RedditTrouble) -> Outcome:
        now_ms = self._clock.now_ms()
        match trouble:
            case ToldToWait():
                return RetryAt(at_ms=now_ms + round(trouble.wait_s * 1_000), reason=str(trouble))
            case NotSent():
                return RetryAt(at_ms=now_ms + AGAIN_MS, reason=str(trouble))
            case WrongCredentials():
                return RetryAt(at_ms=now_ms + SUSPENDED_MS, reason=str(trouble))
            case MaybeDone():
                return Ambiguous(reason=str(trouble))
            case _:
                return Refused(reason=str(trouble))

    async def _silently(self, looking: Awaitable[T]) -> T | None:
        try:
            return await looking
        except RedditTrouble:
            return None

    async def _find_shown(self, post: Post) -> OwnPost | None:
        link = post.media[0].url if post.media else ""
        mine = [*await self._client.newest("submitted"), *await self._client.with_link(link)]
        return next((one for one in mine if one.link == link and self._is_shown(one)), None)

    def _is_shown(self, one: OwnPost) -> bool:
        ours = one.author.casefold() == self._handle.casefold()
        return ours and one.subreddit.casefold() == self._place.showcase.casefold()

    async def _find_answer(self, post: Post) -> OwnPost | None:
        parent = post.in_reply_to or ""
        if parent.startswith(f"{MESSAGE}_") or post.visibility is Visibility.DIRECT:
            return await self._find_sent(post)
        asked = await self._client.thing(parent)
        since_ms = asked.at_ms if asked else 0
        own = await self._client.own_comments(since_ms=since_ms)
        below = await self._client.replies_to(asked) if asked and asked.permalink else []
        mine = [one for one in below if one.author.casefold() == self._handle.casefold()]
        # One answer a parent is the outbox's rule, so the parent tells as surely as the marker.
        return next((one for one in [*own, *mine] if marker_of(post) in one.text or one.parent == parent), None)

    async def _find_sent(self, post: Post) -> OwnPost | None:
        sent = await self._client.own_messages(since_ms=self._clock.now_ms() - OLD_MS)
        return next((one for one in sent if marker_of(post) in one.text), None)

    def _address(self, post: OwnPost) -> str:
        if post.permalink:
            return f"{self._url}{post.permalink}"
        return f"{self._url}/comments/{post.fullname.partition('_')[2]}/"


def _remember(names: dict[str, None], fullname: str) -> None:
    """The name is among the newest few thousand; what falls out is only asked for once more."""
    names[fullname] = None
    if len(names) > REMEMBERED:
        del names[next(iter(names))]
