"""How a post gets onto Reddit once, and where an earlier attempt at it is looked for."""

from __future__ import annotations

from typing import Final, assert_never

from bots.platform import (
    Absent,
    Ambiguous,
    Delivered,
    Finding,
    Found,
    Outcome,
    Post,
    Refused,
    Target,
    Unsure,
    Visibility,
)
from bots.reddit.client import RedditClient, Submitting
from bots.reddit.people import People
from bots.reddit.place import RedditPlace
from bots.reddit.render import body_of, marker_of, more_of, subject_of, title_of
from bots.reddit.standing import Standing, silently
from bots.reddit.submissions import Submissions
from bots.reddit.things import COMMENT, MESSAGE, SUBMISSION, OwnPost
from bots.reddit.wire import MaybeDone, Never, RedditTrouble
from core.ports.clock import Clock

SENT_MS: Final = 3 * 24 * 3_600_000
"""So far back a private message is looked for."""


class Posting:
    """Comments, messages and link posts of one account. Reddit knows no keys: what may have arrived is looked for."""

    def __init__(
        self,
        client: RedditClient,
        *,
        handle: str,
        url: str,
        clock: Clock,
        place: RedditPlace,
        standing: Standing,
        people: People,
        submissions: Submissions,
    ) -> None:
        """Hold the account and what it shares with reading; url: of the site, for addresses of posts."""
        self._client = client
        self._handle = handle
        self._url = url
        self._clock = clock
        self._place = place
        self._standing = standing
        self._people = people
        self._submissions = submissions

    async def deliver(self, post: Post) -> Outcome:
        """One comment, message or link post; what may have arrived is never sent again from here."""
        if (unseen := self._standing.unseen()) is not None:
            return unseen
        try:
            is_private = await self._goes_by_message(post)
            if post.target is Target.REPLY and await self._people.refuses(post.to.external_id):
                return Refused(reason="#nobot is in the profile of who asked")
        except RedditTrouble as trouble:
            return self._standing.outcome(trouble, has_begun=False)
        try:
            if post.target is Target.SHOWCASE:
                return await self._show(post)
            return await (self._write(post) if is_private else self._answer(post))
        except Never as no:
            if no.code == "ALREADY_SUB":
                return await self._shown_before(post)
            return await self._standing.refusal(no)
        except RedditTrouble as trouble:
            if isinstance(trouble, MaybeDone) and post.in_reply_to and not is_private:
                self._submissions.count(post.in_reply_to)
            return self._standing.outcome(trouble)

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
            return await self._standing.refusal(no)
        except RedditTrouble as trouble:
            return self._standing.outcome(trouble)
        return Delivered(remote_id=remote_id)

    async def delete(self, remote_id: str) -> Outcome:
        """The comment or link post is gone. A private message cannot be taken back: only its pictures go."""
        if not remote_id.startswith((f"{COMMENT}_", f"{SUBMISSION}_")):
            return Delivered(remote_id=remote_id)
        try:
            await self._client.delete(remote_id)
        except Never as no:
            return await self._standing.refusal(no)
        except RedditTrouble as trouble:
            return self._standing.outcome(trouble)
        return Delivered(remote_id=remote_id)

    async def _goes_by_message(self, post: Post) -> bool:
        """Tells whether the post goes to its reader alone: asked in private, or the bot has said enough there."""
        parent = post.in_reply_to or ""
        if post.target is Target.NOTICE:
            return True
        if post.target is not Target.REPLY or parent.startswith(f"{MESSAGE}_"):
            return False
        if post.visibility is Visibility.DIRECT:
            return True
        most = self._place.replies_per_post
        return most > 0 and await self._submissions.answers_below(parent) >= most

    async def _write(self, post: Post) -> Outcome:
        """A private message, which Reddit calls best effort: who takes none is told nothing."""
        await self._client.message(
            to=post.to.external_id, subject=subject_of(post), text=body_of(post, handle=self._handle)
        )
        # Reddit tells no name of it; if it cannot be found the message was sent all the same.
        found = await silently(self._find_sent(post))
        return Delivered(remote_id=found.fullname if found else f"{MESSAGE}_{post.outbox_id}")

    async def _answer(self, post: Post) -> Outcome:
        parent = post.in_reply_to or ""
        made = await self._client.reply(parent=parent, text=body_of(post, handle=self._handle))
        self._submissions.count(parent)
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
                nsfw=post.nsfw or self._place.nsfw,
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

    async def _find_shown(self, post: Post) -> OwnPost | None:
        link = post.media[0].url if post.media else ""
        mine = [*await self._client.newest("submitted"), *await self._client.with_link(link)]
        return next((one for one in mine if one.link == link and self._is_shown(one)), None)

    def _is_shown(self, one: OwnPost) -> bool:
        ours = one.author.casefold() == self._handle.casefold()
        return ours and one.subreddit.casefold() == self._place.showcase.casefold()

    async def _find_answer(self, post: Post) -> OwnPost | None:
        parent = post.in_reply_to or ""
        if post.target is Target.NOTICE or parent.startswith(f"{MESSAGE}_") or post.visibility is Visibility.DIRECT:
            return await self._find_sent(post)
        asked = await self._client.thing(parent)
        since_ms = asked.at_ms if asked else 0
        own = await self._client.own_comments(since_ms=since_ms)
        below = await self._client.replies_to(asked) if asked and asked.permalink else []
        mine = [one for one in below if one.author.casefold() == self._handle.casefold()]
        # One answer a parent is the outbox's rule, so the parent tells as surely as the marker.
        found = next((one for one in [*own, *mine] if marker_of(post) in one.text or one.parent == parent), None)
        return found or await self._find_sent(post)

    async def _find_sent(self, post: Post) -> OwnPost | None:
        sent = await self._client.own_messages(since_ms=self._clock.now_ms() - SENT_MS)
        return next((one for one in sent if marker_of(post) in one.text), None)

    def _address(self, post: OwnPost) -> str:
        if post.permalink:
            return f"{self._url}{post.permalink}"
        return f"{self._url}/comments/{post.fullname.partition('_')[2]}/"
