"""How a post gets onto the server once: prepared first, sent in one call, looked for when nobody knows."""

from __future__ import annotations

import asyncio
import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Final

from bots.mastodon.account import Account, Known
from bots.mastodon.client import NobodyKnows, NotTaken, SaidNo
from bots.mastodon.entities import FediAccount, Status
from bots.mastodon.finding import GONE, find
from bots.mastodon.pictures import UNFIT, Attached, attach
from bots.mastodon.render import Draft, Manners, draft_of, is_marked
from bots.platform import (
    Absent,
    Ambiguous,
    Delivered,
    Finding,
    Found,
    Outcome,
    PlatformDown,
    Post,
    Refused,
    RetryAt,
    Target,
    Unsure,
)
from core.domain.errors import NotFound, Unavailable
from core.ports.clock import Clock
from core.ports.objects import ObjectStore

HOUR_MS: Final = 3_600_000
LOOK_EVERY_S: Final = 0.5
LOOKS_MAX: Final = 10
_ATTACHED_TO: Final = re.compile(r"already attached to status:?\s*(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A post but for the one call that makes it."""

    known: Known
    parent: Status | None
    attached: Attached


class Posting:
    """Posts of one account. Whatever is not known for certain is left to the outbox, which looks before it resends."""

    def __init__(self, account: Account, *, manners: Manners, objects: ObjectStore, clock: Clock) -> None:
        """Hold the account and what the operator wants."""
        self._account = account
        self._manners = manners
        self._objects = objects
        self._clock = clock
        self._showing = asyncio.Lock()

    async def deliver(self, post: Post) -> Outcome:
        """The post is on the server, or the outcome says what is known of it."""
        # One showcase post at a time: two that look at the budget side by side would both find room.
        async with self._showing if post.target is Target.SHOWCASE else nullcontext():
            try:
                ready = await self._prepare(post)
            except (PlatformDown, NotTaken, NobodyKnows, Unavailable) as error:
                return self._account.later(error)
            except NotFound as error:
                return Refused(reason=f"the picture is gone: {error}")
            except SaidNo as error:
                return await self._account.refused(error)
            return ready if isinstance(ready, RetryAt) else await self._send(post, ready)

    async def reconcile(self, post: Post) -> Finding:
        """Looks under the answered post and through the bot's own posts for this one."""
        try:
            known = await self._account.ask()
            found = await find(self._account.server, post, known.me)
        except (PlatformDown, NotTaken, NobodyKnows, SaidNo) as error:
            return Unsure(reason=str(error))
        return Absent() if found is None else Found(remote_id=found.id, url=found.url)

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The post has these words; its pictures and its warning stay as they are."""
        try:
            known, there = await self._account.ask(), await self._account.server.status(remote_id)
            links = () if there.media else tuple(one.url for one in post.media)
            draft = self._draft(post, known=known, parent=None, links=links)
            draft = replace(
                draft, spoiler=draft.spoiler or there.spoiler, sensitive=draft.sensitive or there.is_sensitive
            )
            await self._account.server.change(remote_id, draft, media_ids=[one.id for one in there.media])
        except (PlatformDown, NotTaken) as error:
            return self._account.later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        except SaidNo as error:
            return await self._account.refused(error)
        return Delivered(remote_id=remote_id, url=there.url)

    async def delete(self, remote_id: str) -> Outcome:
        """The post is gone, also if it was before."""
        try:
            await self._account.server.remove(remote_id)
        except (PlatformDown, NotTaken) as error:
            return self._account.later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        except SaidNo as error:
            if error.code not in GONE:
                return await self._account.refused(error)
        return Delivered(remote_id=remote_id)

    async def _prepare(self, post: Post) -> _Ready | RetryAt:
        """Returns the post with its pictures uploaded, or until when the showcase has no room."""
        known, parent = await self._account.ask(), None
        if post.target is Target.SHOWCASE:
            full_until_ms = await self._full_until_ms(known.me)
            if full_until_ms is not None:
                reason = f"{self._manners.showcase_per_hour} showcase posts an hour are spent"
                return RetryAt(at_ms=full_until_ms, reason=reason, is_planned=True)
        elif post.in_reply_to is not None:
            parent = await self._account.server.status(post.in_reply_to)
        attached = await attach(post.media, server=self._account.server, objects=self._objects, instance=known.instance)
        return _Ready(known=known, parent=parent, attached=attached)

    async def _send(self, post: Post, ready: _Ready) -> Outcome:
        """Sends the post; where its pictures are what the server refuses, once more with links instead."""
        try:
            sent = await self._sent(post, ready, attached=ready.attached)
        except SaidNo as error:
            if error.code not in UNFIT:
                return await self._account.refused(error)
            # Some servers answer a key or a picture that they have seen with an error: the post may be there.
            found = await self._found(post, told=str(error))
            if isinstance(found, Found):
                return Delivered(remote_id=found.remote_id, url=found.url)
            if isinstance(found, Unsure):
                return Ambiguous(reason=found.reason)
            return await self._send_otherwise(post, ready, no=error)
        except NotTaken as error:
            return self._account.later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        return Delivered(remote_id=sent.id, url=sent.url)

    async def _send_otherwise(self, post: Post, ready: _Ready, *, no: SaidNo) -> Outcome:
        """The server refused the post with its pictures: after a moment they are sent once more, then linked.

        Each refusal is certain, so nothing is doubled; servers say in their own words that a picture is not ready.
        """
        if not ready.attached.media_ids:
            return await self._account.refused(no)
        linked = Attached(links=tuple(one.url for one in post.media))
        try:
            are_ready = await self._are_ready(ready.attached.media_ids)
            for attached in [ready.attached, linked] if are_ready else [linked]:
                try:
                    sent = await self._sent(post, ready, attached=attached)
                except SaidNo as again:
                    no = again
                else:
                    return Delivered(remote_id=sent.id, url=sent.url)
        except NotTaken as error:
            return self._account.later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        return await self._account.refused(no)

    async def _are_ready(self, media_ids: tuple[str, ...]) -> bool:
        """Returns whether the server says of each picture that it may be posted, after a moment."""
        for _ in range(LOOKS_MAX):
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                ready = [await self._account.server.is_ready(media_id) for media_id in media_ids]
            except SaidNo:
                return False
            if all(ready):
                return True
        return False

    async def _sent(self, post: Post, ready: _Ready, *, attached: Attached) -> Status:
        draft = self._draft(post, known=ready.known, parent=ready.parent, links=attached.links)
        return await self._account.server.post(
            draft, media_ids=attached.media_ids, in_reply_to=post.in_reply_to, key=post.idempotency_key
        )

    async def _found(self, post: Post, *, told: str) -> Finding:
        """Returns what the server says of the post; some name the one that has its pictures already."""
        named = _ATTACHED_TO.search(told)
        if named is not None:
            try:
                there = await self._account.server.status(named[1])
            except SaidNo:
                pass
            except (NotTaken, NobodyKnows) as error:
                return Unsure(reason=str(error))
            else:
                if is_marked(there, post):
                    return Found(remote_id=there.id, url=there.url)
        return await self.reconcile(post)

    def _draft(self, post: Post, *, known: Known, parent: Status | None, links: tuple[str, ...]) -> Draft:
        return draft_of(
            post, manners=self._manners, instance=known.instance, handle=known.me.acct, parent=parent, links=links
        )

    async def _full_until_ms(self, me: FediAccount) -> int | None:
        """Returns when the showcase has room again, None if it has now; the server's own list is what counts."""
        since_ms = self._clock.now_ms() - HOUR_MS
        recent = sorted(
            post.created_at_ms
            for post in await self._account.server.own_posts(me, replies=False)
            if post.created_at_ms > since_ms and post.visibility != "direct"
        )
        allowed = self._manners.showcase_per_hour
        return None if len(recent) < allowed else recent[-allowed] + HOUR_MS
