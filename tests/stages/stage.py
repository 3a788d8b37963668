"""What the contract suite needs of a platform's stage, and the scene that is played on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import func, select

from bots.desk.desk import Desk
from bots.inbox import Inbox
from bots.manners import Gate, Rules
from bots.outbox import Outbox, Patience
from bots.platform import Platform, Visibility
from bots.showcase import Showcase
from bots.store.outbox import posts_of_commission
from bots.store.ratings import Rating, rating_of
from bots.store.rows import OutboxRow
from bots.store.tables import commissions, inbox
from core.store import connection_of
from tests.bots.scene import Scene
from tests.stages.abilities import Abilities

PICTURE = b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0/\0\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
READ_S, ACKNOWLEDGE_S = 60.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A post of the bot as it stands on the platform."""

    id: str
    text: str
    visibility: Visibility
    in_reply_to: str | None
    pictures: int


class Stage(Protocol):
    """A platform with people on it. `lost_answers`: how it may take a post and not say so; () where it cannot."""

    name: str
    lost_answers: tuple[str, ...]
    abilities: Abilities

    def platform(self) -> Platform:
        """Returns a new life of the adapter."""
        ...

    async def say(self, text: str, *, in_reply_to: str | None = None, private: bool = False) -> str:
        """A person writes; returns the post's id."""
        ...

    async def say_as_bots(self, text: str) -> None:
        """The bot itself, and another bot where the platform has such, write this."""
        ...

    async def vote(self, post_id: str) -> None:
        """A person likes a post."""
        ...

    async def posts(self) -> Sequence[Shown]:
        """Returns what the bot has posted and what is still there, oldest first."""
        ...

    async def take_away(self, post_id: str) -> None:
        """A person takes their own post away."""
        ...

    def fault(self, kind: str) -> None:
        """The next post meets this: `503`, `drop`, `hang`, or one of `lost_answers`."""
        ...

    def outage(self, *, is_down: bool) -> None:
        """Nothing works from now on, or again."""
        ...

    def set_up(self, kind: str) -> None:
        """The platform is so from now on: one of the kinds that its abilities name."""
        ...

    def mend(self) -> None:
        """The platform is as ever."""
        ...

    async def show(self, alt_text: str, *, text: str, in_reply_to: str | None = None) -> str:
        """A person posts a picture with these words; returns the post's id."""
        ...

    def keeps_waiting(self) -> bool:
        """Tells whether someone waits for what the platform wants within seconds of an event."""
        ...


@dataclass(kw_only=True)
class Play:
    """One life of the bots on a stage, called step by step; `again` is the next life."""

    scene: Scene
    stage: Stage
    platform: Platform
    patience: Patience

    @classmethod
    def on(cls, stage: Stage, scene: Scene) -> Play:
        patience = Patience(call_s=2.0, first_s=5.0)
        return cls(scene=scene, stage=stage, platform=stage.platform(), patience=patience)

    async def again(self) -> Play:
        """Returns the bots after a restart: what was being sent is in doubt."""
        await self.platform.close()
        next_life = Play.on(self.stage, self.scene)
        await next_life.outbox().recover(next_life.platform)
        return next_life

    def desk(self) -> Desk:
        platforms, scene = {self.platform.name: self.platform}, self.scene
        rooms = scene.rooms(self.platform)
        return Desk(
            uow=scene.uow,
            horde=scene.horde,
            shelf=scene.shelf,
            clock=scene.clock,
            platforms=platforms,
            showcase=Showcase(platforms=platforms, places={self.platform.name: self.platform.name}),
            rooms=rooms,
            gate=Gate(Rules(burst=0)),
            on_outbox=lambda: None,
            on_accepted=lambda: None,
        )

    def outbox(self) -> Outbox:
        return Outbox(
            uow=self.scene.uow,
            clock=self.scene.clock,
            delete_picture=self.scene.horde.delete_picture,
            on_settled=lambda: None,
            patience=self.patience,
        )

    async def stored(self) -> int:
        """Returns how many events are in the inbox."""
        return await self.scene.uow.read(
            lambda tx: int(connection_of(tx).scalar(select(func.count()).select_from(inbox)) or 0)
        )

    async def read(self, events: int, *, most_s: float = READ_S) -> None:
        """The platform is read from where reading stopped until the inbox holds so many events in all.

        Raises what reading raises, and TimeoutError where it is not through by then.
        """
        inbox_of = Inbox(uow=self.scene.uow, clock=self.scene.clock, on_new=lambda: None)
        reading = asyncio.get_running_loop().create_task(inbox_of.read(self.platform))
        try:
            async with asyncio.timeout(most_s):
                while await self.stored() < events and not reading.done():  # noqa: ASYNC110 - a row gives no event
                    await asyncio.sleep(0.01)
            await self._acknowledged()
            failed = reading.exception() if reading.done() else None
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        if failed is not None:
            raise failed

    async def _acknowledged(self) -> None:
        """What was stored is acknowledged after that, where a platform wants it: so long as nobody waits for it."""
        await asyncio.sleep(0.1)
        with suppress(TimeoutError):
            async with asyncio.timeout(ACKNOWLEDGE_S):
                while self.stage.keeps_waiting():  # noqa: ASYNC110 - the double gives no event
                    await asyncio.sleep(0.01)

    async def make(self) -> None:
        """What was stored is dealt with, and the horde has made what was asked."""
        desk = self.desk()
        while await desk.accept_waiting() + await desk.look_waiting():
            pass
        for job in await self.scene.work():
            key = f"pictures/2026/11/{job.job_id}.webp"
            await self.scene.objects.put(key, PICTURE, content_type="image/webp")
        while await self.desk().react_waiting():
            pass

    async def deliver(self) -> None:
        """What is due now is sent or looked for."""
        outbox = self.outbox()
        while await outbox.deliver_due(self.platform):
            pass

    async def settle(self, *, passes: int = 10) -> None:
        """Time passes until nothing is left to be sent or looked for."""
        for _ in range(passes):
            await self.deliver()
            self.scene.clock.pass_s(61)

    async def ask(self, text: str = "@horde draw for me a red heart", *, private: bool = False) -> str:
        """A person asks for a picture, and it is made; nothing is sent yet. Returns the id of the summons."""
        said = await self.stage.say(text, private=private)
        await self.read(await self.stored() + 1)
        await self.make()
        return said

    async def rows(self) -> Sequence[OutboxRow]:
        """Returns all rows of the outbox."""

        def query(tx: object) -> list[OutboxRow]:
            ids = connection_of(tx).scalars(select(commissions.c.id).order_by(commissions.c.id))  # type: ignore[arg-type]  # any transaction reads
            return [row for one in list(ids) for row in posts_of_commission(tx, commission_id=one)]  # type: ignore[arg-type]  # likewise

        return await self.scene.uow.read(query)

    async def rating(self, commission_id: str) -> Rating:
        """Returns how people voted."""
        return await self.scene.uow.read(lambda tx: rating_of(tx, commission_id=commission_id))
