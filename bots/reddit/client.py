"""Reddit through praw, on threads of its own: the one place that touches the SDK and its untyped answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

import praw
import prawcore
import requests
from praw.exceptions import PRAWException

from bots.hands import Hand, HandFullError
from bots.reddit.things import InboxItem, Me, OwnPost, item_of, post_of
from bots.reddit.wire import CALL_S, Never, OnceRequestor, Pace, RedditTrouble, TokenGone, ToldToWait, trouble_of

PAGE: Final = 100
ITEMS_MAX: Final = 1_000
"""What Reddit keeps of any listing."""
MARKED_AT_ONCE: Final = 25
READ_S: Final = 4.0
"""Less than the supervisor takes for a recovery: while Reddit hangs, an outage must not look like many."""
OLD_IN_A_ROW: Final = 25
STEPS_BACK: Final = 5

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who the bot is. Either a password (script app) or a refresh token; `oauth_url` has the API, `url` the site."""

    client_id: str
    client_secret: str = field(repr=False)
    username: str
    password: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    user_agent: str
    url: str = "https://www.reddit.com"
    oauth_url: str = "https://oauth.reddit.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """A link post as it is to be."""

    subreddit: str
    title: str
    link: str
    more: str | None
    flair_id: str
    nsfw: bool
    spoiler: bool


@dataclass(slots=True, kw_only=True)
class _Line:
    """A praw object with the connections it uses, which it does not close itself; `make` makes another one."""

    make: Callable[[requests.Session], Any]
    session: requests.Session
    reddit: Any

    def do(self, work: Callable[[Any], T]) -> T:
        """Returns what the work returns; once more with a new token where the old one is not taken any more."""
        try:
            return work(self.reddit)
        except TokenGone:
            self.reddit = self.make(self.session)
            return work(self.reddit)

    def close(self) -> None:
        """The connections are closed."""
        self.session.close()


class RedditClient:
    """Every call Reddit needs of us, as coroutines. Each raises one of the troubles of `wire`.

    Three hands, so that a slow listing holds up no post: one reads the inbox, one looks things up, one writes.
    """

    def __init__(self, credentials: Credentials, *, call_s: float = CALL_S) -> None:
        """call_s: how long one request may take."""
        self._credentials = credentials
        self._pace = Pace()
        make, end = partial(self._line, call_s), _Line.close
        self._reads = Hand("reddit.reads", make=partial(self._line, min(call_s, READ_S)), end=end)
        self._looks = Hand("reddit.looks", make=make, end=end)
        self._writes = Hand("reddit.writes", make=make, end=end)

    async def me(self) -> Me:
        """Returns the account we are logged in with."""
        return await self._call(self._reads, _me)

    async def is_suspended(self) -> bool:
        """Tells whether Reddit has suspended the bot's account."""
        return (await self._call(self._looks, _me)).is_suspended

    async def unread(self) -> list[InboxItem]:
        """Returns what is unread, newest first."""
        return [item_of(one) for one in await self._walk(self._reads, "message/unread/", params={"mark": "false"})]

    async def inbox_since(self, at_ms: int) -> list[InboxItem]:
        """Returns what came into the inbox since, read or not, newest first."""
        old_in_a_row = 0

        def ends(one: Mapping[str, object]) -> bool:
            # What moderators let through late stands among newer items, so a single old one is not the end.
            nonlocal old_in_a_row
            old_in_a_row = old_in_a_row + 1 if item_of(one).at_ms < at_ms else 0
            return old_in_a_row >= OLD_IN_A_ROW

        found = [item_of(one) for one in await self._walk(self._reads, "message/inbox/", until=ends)]
        return [item for item in found if item.at_ms >= at_ms]

    async def mark_read(self, fullnames: Sequence[str]) -> None:
        """These items are read."""
        for start in range(0, len(fullnames), MARKED_AT_ONCE):
            ids = ",".join(fullnames[start : start + MARKED_AT_ONCE])
            await self._call(self._reads, partial(_post, path="api/read_message/", data={"id": ids}))

    async def reply(self, *, parent: str, text: str) -> OwnPost:
        """The comment or message answers its parent."""
        data = {"thing_id": parent, "text": text}
        things = await self._call(self._writes, partial(_post, path="api/comment/", data=data))
        # Nothing comes back from a quarantined community, though the comment is there.
        return post_of(vars(things[0]) if things else {})

    async def message(self, *, to: str, subject: str, text: str) -> None:
        """The private message is sent; Reddit does not tell its name."""
        await self._call(self._writes, lambda reddit: reddit.redditor(to).message(subject=subject, message=text))

    async def submit(self, wanted: Submitting) -> OwnPost:
        """The link post is in the subreddit. Raises Never with ALREADY_SUB where the link is there already."""

        def work(reddit: Any) -> OwnPost:  # noqa: ANN401 - praw is not typed here
            made = reddit.subreddit(wanted.subreddit).submit(
                wanted.title,
                url=wanted.link,
                selftext=wanted.more,
                flair_id=wanted.flair_id or None,
                nsfw=wanted.nsfw,
                spoiler=wanted.spoiler,
                resubmit=False,
                send_replies=False,
            )
            fields = vars(made)
            return post_of({**fields, "name": fields.get("name") or f"t3_{fields['id']}"})

        return await self._call(self._writes, work)

    async def rewrite(self, *, fullname: str, text: str) -> None:
        """The comment or text post has this text."""
        data = {"thing_id": fullname, "text": text}
        await self._call(self._writes, partial(_post, path="api/editusertext/", data=data))

    async def delete(self, fullname: str) -> None:
        """The post is gone; it may have been before."""
        await self._call(self._writes, partial(_post, path="api/del/", data={"id": fullname}))

    async def own_comments(self, *, since_ms: int) -> list[OwnPost]:
        """Returns the bot's comments since, newest first."""
        path = f"user/{self._credentials.username}/comments"
        found = await self._walk(
            self._looks, path, params={"sort": "new"}, until=lambda one: post_of(one).at_ms < since_ms
        )
        return [post_of(one) for one in found]

    async def own_messages(self, *, since_ms: int) -> list[OwnPost]:
        """Returns the private messages that the bot sent since, newest first."""
        found = await self._walk(self._looks, "message/sent/", until=lambda one: post_of(one).at_ms < since_ms)
        return [post_of(one) for one in found]

    async def newest(self, kind: str) -> list[OwnPost]:
        """Returns the bot's newest hundred `comments` or `submitted`."""
        path = f"user/{self._credentials.username}/{kind}"
        return [post_of(one) for one in await self._walk(self._looks, path, params={"sort": "new"}, most=PAGE)]

    async def with_link(self, link: str) -> list[OwnPost]:
        """Returns everybody's posts of this link."""
        return [post_of(one) for one in await self._walk(self._looks, "api/info/", params={"url": link}, most=PAGE)]

    async def thing(self, fullname: str) -> OwnPost | None:
        """Returns the comment or post, None if Reddit knows none."""
        found = await self._walk(self._looks, "api/info/", params={"id": fullname}, most=1)
        return post_of(found[0]) if found else None

    async def replies_to(self, comment: OwnPost) -> list[OwnPost]:
        """Returns the direct answers below a comment."""
        return [post_of(one) for one in await self._call(self._looks, partial(_replies, comment=comment))]

    async def close(self) -> None:
        """The threads end; may be called twice."""
        await asyncio.gather(self._reads.close(), self._looks.close(), self._writes.close())

    async def _call(self, hand: Hand[_Line], work: Callable[[Any], T]) -> T:
        try:
            return await hand.do(lambda line: line.do(work))
        except RedditTrouble:
            raise
        except (PRAWException, prawcore.PrawcoreException) as exc:
            raise trouble_of(exc) from exc
        except HandFullError as exc:
            raise ToldToWait(str(exc), wait_s=1.0) from exc

    async def _walk(
        self,
        hand: Hand[_Line],
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        until: Callable[[Mapping[str, object]], bool] = lambda _: False,
        most: int = ITEMS_MAX,
    ) -> list[Mapping[str, object]]:
        """Returns a listing from its newest thing until one that is too old, a page a call."""
        found: list[Mapping[str, object]] = []
        after, back = "", 0
        while len(found) < most:
            given = {
                "limit": str(min(PAGE, most - len(found))),
                **(params or {}),
                **({"after": after} if after else {}),
            }
            page = await self._call(hand, partial(_get, path=path, params=given))
            things = [child["data"] for child in page["data"]["children"]]
            if not things and after and back < STEPS_BACK and back + 1 < len(found):
                # What the page was to begin after may have been deleted meanwhile: then the one before it will do.
                back += 1
                after = str(found[-1 - back]["name"])
                continue
            known = {one["name"] for one in found[-PAGE:]}
            for thing in things:
                if until(thing):
                    return found
                if thing["name"] not in known:
                    found.append(thing)
            after, back = page["data"].get("after") or "", 0
            if not after:
                break
        return found

    def _line(self, call_s: float) -> _Line:
        session, make = requests.Session(), partial(self._make, call_s=call_s)
        return _Line(make=make, session=session, reddit=make(session))

    def _make(self, session: requests.Session, *, call_s: float) -> Any:  # noqa: ANN401 - praw is not typed here
        who = self._credentials
        secret = {"refresh_token": who.refresh_token} if who.refresh_token else {"password": who.password}
        try:
            return praw.Reddit(
                client_id=who.client_id,
                client_secret=who.client_secret,
                username=who.username,
                user_agent=who.user_agent,
                reddit_url=who.url,
                oauth_url=who.oauth_url,
                check_for_updates=False,
                ratelimit_seconds=-1,  # never sleep for it: the outbox waits instead
                requestor_class=OnceRequestor,
                requestor_kwargs={"pace": self._pace, "call_s": call_s, "session": session},
                **secret,
            )
        except (PRAWException, prawcore.PrawcoreException) as exc:
            raise Never("SETTINGS", str(exc)) from exc


def _post(reddit: Any, *, path: str, data: Mapping[str, str]) -> Any:  # noqa: ANN401 - praw is not typed here
    return reddit.post(path, data=dict(data))


def _get(reddit: Any, *, path: str, params: Mapping[str, str]) -> Any:  # noqa: ANN401 - praw is not typed here
    return reddit.request(method="GET", path=path, params=dict(params))


def _me(reddit: Any) -> Me:  # noqa: ANN401 - praw is not typed here
    found = reddit.request(method="GET", path="api/v1/me")
    return Me(name=str(found.get("name", "")), is_suspended=bool(found.get("is_suspended")))


def _replies(reddit: Any, *, comment: OwnPost) -> list[Mapping[str, object]]:  # noqa: ANN401 - praw is not typed here
    link = comment.permalink.split("/comments/", 1)[-1].split("/", 1)[0]
    path = f"comments/{link}/"
    params = {"comment": comment.fullname.partition("_")[2], "limit": str(PAGE), "depth": "2"}
    _, tree = reddit.request(method="GET", path=path, params=params)
    roots = [child["data"] for child in tree["data"]["children"] if child["kind"] == "t1"]
    below = next((root.get("replies") or {} for root in roots if root["name"] == comment.fullname), {})
    return [child["data"] for child in below.get("data", {}).get("children", []) if child["kind"] == "t1"]
