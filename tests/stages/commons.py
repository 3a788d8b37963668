"""The stage of the local timeline: it lives in the database, so no answer can be lost on the way."""

from __future__ import annotations

from collections.abc import Sequence

from bots.commons.adapter import CommonsPlatform
from bots.commons.client import BOT_ID
from bots.commons.session import Reader
from bots.platform import Author, Post, Target
from bots.store.commons import remove_post, written_after
from core.ports.clock import Clock
from core.ports.store import UnitOfWork
from tests.stages.abilities import Abilities, Unchanging
from tests.stages.stage import Shown

ADA = Reader(id="guest:ada", name="Ada")


class CommonsStage(Unchanging):
    """The timeline with a guest on it."""

    abilities = Abilities(has_parents=True)
    lost_answers: tuple[str, ...] = ()

    def __init__(self, *, uow: UnitOfWork, clock: Clock) -> None:
        self.name = "commons"
        self._uow = uow
        self._clock = clock
        self._said = 0

    def platform(self) -> CommonsPlatform:
        return CommonsPlatform(uow=self._uow, clock=self._clock)

    async def say(self, text: str, *, in_reply_to: str | None = None, private: bool = False) -> str:
        self._said += 1
        return str(
            await self.platform().client.write(
                reader=ADA,
                text=f"{text}\nprivate" if private else text,
                key=f"key-{self._said}",
                answers=None if in_reply_to is None else int(in_reply_to),
                hidden=private,
            )
        )

    async def say_as_bots(self, text: str) -> None:
        await self.platform().client.post(
            Post(
                outbox_id="",
                commission_id="",
                idempotency_key=text,
                platform=self.name,
                target=Target.REPLY,
                text=text,
                to=Author(external_id=ADA.id, display_name=ADA.name),
            )
        )

    async def vote(self, post_id: str) -> None:
        await self.platform().client.vote(reader=ADA, post_id=int(post_id), value=1)

    async def posts(self) -> Sequence[Shown]:
        found = await self._uow.read(lambda tx: written_after(tx, after=0, limit=1_000))
        return [
            Shown(
                id=str(post.id),
                text=post.text,
                visibility=post.visibility,
                in_reply_to=None if post.in_reply_to is None else str(post.in_reply_to),
                pictures=len(post.body.media),
            )
            for post in found
            if post.author_id == BOT_ID
        ]

    async def take_away(self, post_id: str) -> None:
        await self._uow.write(lambda tx: remove_post(tx, post_id=int(post_id)))

    def fault(self, kind: str) -> None:
        raise AssertionError(kind)

    def outage(self, *, is_down: bool) -> None:
        raise AssertionError(is_down)
