"""Reddit through praw, on threads of its own: the one place that touches the SDK and its untyped answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import prawcore
from praw.exceptions import PRAWException

from bots.hands import Hand, HandFullError
from bots.reddit.line import Credentials, Line, open_line
from bots.reddit.things import Community, InboxItem, Me, OwnPost, community_of, item_of, post_of
from bots.reddit.wire import CALL_S, NOT_FOUND, Never, Pace, RedditTrouble, ToldToWait, trouble_of

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
class Submitting:
    """A link post as it is to be."""

    subreddit: str
    title: str
    link: str
    more: str | None
    flair_id: str
    nsfw: bool
    spoiler: bool


class RedditClient:
    """Every call Reddit needs of us, as coroutines. Each raises one of the troubles of `wire`.

    Three hands, so that a slow listing holds up no post: one reads the inbox, one looks things up, one writes; and one
    that Reddit takes for a stranger, who sees of the bot what everybody sees.
    """

    def __init__(self, credentials: Credentials, *, call_s: float = CALL_S) -> None:
        """call_s: how long one request may take."""
        self._credentials = credentials
        opened = partial(open_line, credentials, pace=Pace())
        make, end = partial(opened, call_s=call_s), Line.close
        self._reads = Hand("reddit.reads", make=partial(opened, call_s=min(call_s, READ_S)), end=end)
        self._looks = Hand("reddit.looks", make=make, end=end)
        self._writes = Hand("reddit.writes", make=make, end=end)
        self._strangers = Hand("reddit.strangers", make=partial(make, as_stranger=True), end=end)

    async def me(self) -> Me:
        """Returns the account we are logged in with."""
        return await self._call(self._reads, _me)

    async def is_suspended(self) -> bool:
        """Tells whether Reddit has suspended the bot's account."""
        return (await self._call(self._looks, _me)).is_suspended

    async def is_seen(self) -> bool:
        """Tells whether strangers see the bot's account: those who are shadow-banned see themselves as ever."""
        return await self._about(self._strangers, f"user/{self._credentials.username}/about") is not None

    async def profile(self, name: str) -> str:
        """Returns what someone has written about themselves, "" for those who are not there."""
        about = await self._about(self._looks, f"user/{name}/about")
        own = (about or {}).get("subreddit")
        return str(own.get("public_description") or "") if isinstance(own, Mapping) else ""

    async def community(self, name: str) -> Community | None:
        """Returns what a subreddit says of itself, None for one that is not to be seen."""
        about = await self._about(self._reads, f"r/{name}/about")
        return None if about is None else community_of(about)

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

    async def mentions_since(self, at_ms: int) -> list[InboxItem]:
        """Returns who has called the bot since, read or not, newest first."""
        found = await self._walk(self._reads, "message/mentions/", until=lambda one: item_of(one).at_ms < at_ms)
        return [item_of(one) for one in found]

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
        found = await self.things([fullname])
        return found[0] if found else None

    async def things(self, fullnames: Sequence[str]) -> list[OwnPost]:
        """Returns those of these comments and posts that Reddit knows, whoever wrote them."""
        found: list[OwnPost] = []
        for start in range(0, len(fullnames), PAGE):
            ids = ",".join(fullnames[start : start + PAGE])
            page = await self._walk(self._looks, "api/info/", params={"id": ids}, most=PAGE)
            found += [post_of(one) for one in page]
        return found

    async def replies_to(self, comment: OwnPost) -> list[OwnPost]:
        """Returns the direct answers below a comment."""
        return [post_of(one) for one in await self._call(self._looks, partial(_replies, comment=comment))]

    async def close(self) -> None:
        """The threads end; may be called twice."""
        hands = (self._reads, self._looks, self._writes, self._strangers)
        await asyncio.gather(*(hand.close() for hand in hands))

    async def _call(self, hand: Hand[Line], work: Callable[[Any], T]) -> T:
        try:
            return await hand.do(lambda line: line.do(work))
        except RedditTrouble:
            raise
        except (PRAWException, prawcore.PrawcoreException) as exc:
            raise trouble_of(exc) from exc
        except HandFullError as exc:
            raise ToldToWait(str(exc), wait_s=1.0) from exc

    async def _about(self, hand: Hand[Line], path: str) -> Mapping[str, Any] | None:
        try:
            found = await self._call(hand, partial(_get, path=path, params={}))
        except Never as no:
            if no.code in NOT_FOUND:
                return None
            raise
        data = found.get("data")
        return data if isinstance(data, Mapping) else {}

    async def _walk(
        self,
        hand: Hand[Line],
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
