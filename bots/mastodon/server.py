"""The server as the adapter asks it: each question one call of Mastodon.py, each answer a value of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from bots.mastodon.client import Line, NotReady
from bots.mastodon.entities import (
    FediAccount,
    Instance,
    Notification,
    Status,
    account_of,
    instance_of,
    media_of,
    notification_of,
    status_of,
)
from bots.mastodon.parse import TYPES
from bots.mastodon.render import Draft

PAGE: Final = 40
LOOK_EVERY_S: Final = 0.25
LOOKS_MAX: Final = 60


class Server:
    """One account on one server. Every method raises what `Line.call` raises, and retries nothing."""

    def __init__(self, make: Callable[[], Any], *, posting_threads: int = 2) -> None:
        """`make` returns the SDK's object; each thread has one of its own, as it is not made to be shared."""
        self._reading = Line("mastodon.reads", make=make)
        self._posting = Line("mastodon.posts", make=make, threads=posting_threads)

    async def me(self) -> FediAccount:
        """Returns the bot's own account."""
        return account_of(await self._reading.call(lambda api: api.account_verify_credentials()))

    async def instance(self) -> Instance:
        """Returns the server's limits, as it tells them now."""
        return instance_of(await self._reading.call(lambda api: api.instance()))

    async def notifications(self, *, after: str | None = None, before: str | None = None) -> Sequence[Notification]:
        """Returns a page of what concerns us, oldest first: the next ones `after` an id, or the last ones `before`.

        `min_id` pages forward; `since_id` would give the newest page and pass over what is between.
        """
        page = await self._reading.call(
            lambda api: api.notifications(types=list(TYPES), min_id=after, max_id=before, limit=PAGE)
        )
        return [notification_of(one) for one in reversed(page)]

    async def status(self, status_id: str) -> Status:
        """Returns a post as it is now; SaidNo with code 404 where it is gone."""
        return status_of(await self._posting.call(lambda api: api.status(status_id)))

    async def answers(self, status_id: str) -> Sequence[Status]:
        """Returns what was written under a post."""
        context = await self._posting.call(lambda api: api.status_context(status_id))
        return [status_of(one) for one in context["descendants"]]

    async def own_posts(self, me: FediAccount, *, replies: bool, before: str | None = None) -> Sequence[Status]:
        """Returns a page of the bot's own posts, newest first."""
        page = await self._posting.call(
            lambda api: api.account_statuses(
                me.id, exclude_replies=not replies, exclude_reblogs=True, max_id=before, limit=PAGE
            )
        )
        return [status_of(one) for one in page]

    async def upload(self, body: bytes, *, content_type: str, alt_text: str) -> str:
        """Returns the id of a picture that is ready to be posted; raises NotReady if the server takes too long."""
        sent = media_of(
            await self._posting.call(
                lambda api: api.media_post(body, mime_type=content_type, description=alt_text, synchronous=False)
            )
        )
        for _ in range(LOOKS_MAX):
            if sent.is_ready:
                return sent.id
            await asyncio.sleep(LOOK_EVERY_S)
            sent = media_of(await self._posting.call(lambda api: api.media(sent.id)))  # noqa: B023 - awaited here
        reason = f"the server is not done with a picture after {LOOKS_MAX * LOOK_EVERY_S:g} s"
        raise NotReady(reason)

    async def is_ready(self, media_id: str) -> bool:
        """Tells whether an uploaded picture can be posted; SaidNo with code 404 where it is posted already, or gone."""
        return media_of(await self._posting.call(lambda api: api.media(media_id))).is_ready

    async def post(self, draft: Draft, *, media_ids: Sequence[str], in_reply_to: str | None, key: str) -> Status:
        """The post is on the server, once for this key if the server knows keys."""
        return status_of(
            await self._posting.call(
                lambda api: api.status_post(
                    draft.text,
                    in_reply_to_id=in_reply_to,
                    media_ids=list(media_ids) or None,
                    sensitive=draft.sensitive,
                    visibility=draft.visibility,
                    spoiler_text=draft.spoiler or None,
                    idempotency_key=key,
                )
            )
        )

    async def change(self, status_id: str, draft: Draft, *, media_ids: Sequence[str]) -> Status:
        """The post has these words; its pictures stay."""
        return status_of(
            await self._posting.call(
                lambda api: api.status_update(
                    status_id,
                    draft.text,
                    spoiler_text=draft.spoiler or None,
                    sensitive=draft.sensitive,
                    media_ids=list(media_ids) or None,
                )
            )
        )

    async def remove(self, status_id: str) -> None:
        """The post is gone, and its pictures."""
        await self._posting.call(lambda api: api.status_delete(status_id, delete_media=True))

    async def try_call(self, name: str, *given: object) -> object:
        """Returns the answer to any call of the SDK by its name, for checking what the token may do."""
        return await self._reading.call(partial(_named, name=name, given=given))

    async def close(self) -> None:
        """The threads end; may be called twice."""
        await asyncio.gather(self._reading.close(), self._posting.close())


def _named(api: Any, *, name: str, given: tuple[object, ...]) -> object:  # noqa: ANN401 - the SDK has no types
    return getattr(api, name)(*given)
