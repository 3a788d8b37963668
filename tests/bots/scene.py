"""The whole of the bots on the real store, to be called step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bots.asked import Room
from bots.desk.desk import Desk
from bots.horde.embedded import EmbeddedHorde
from bots.horde.sources import SourcePictures
from bots.inbox import Inbox
from bots.manners import Gate, Rules, manners_room
from bots.outbox import Outbox, Patience
from bots.parties import Parties
from bots.platform import Platform, PlatformEvent
from bots.showcase import Ratings, Showcase
from bots.store.commissions import commission_of_event
from bots.store.outbox import posts_of_commission
from bots.store.rows import Commission, OutboxRow
from bots.styles import StyleShelf
from cdn.disk import DiskObjects
from core.api.sources import SourceFetcher, Sources
from core.domain.accounts import NewAccount
from core.domain.ids import AccountId
from core.domain.jobs import Leased, Outcome
from core.domain.moderation import ALLOWED, Verdict
from core.domain.policy import QueuePolicy
from core.domain.workers.offer import WorkerOffer
from core.services.people.register import register
from core.services.queue.complete import complete
from core.services.queue.fail import fail
from core.services.queue.pop import pop
from core.store import Store
from tests.bots.square import HandClock, Square

ROOT = Path(__file__).parents[2]
LOCATIONS = (ROOT / "core" / "store" / "migrations", ROOT / "bots" / "store" / "migrations")
STYLES = ROOT / "config" / "data" / "styles"
READ_S = 60.0


class WordScreening:
    """Refuses one word."""

    def screen_prompt(self, prompt: str) -> Verdict:
        if "forbidden" in prompt:
            return Verdict(allowed=False, rule="word-1", group="test", explanation="It has the forbidden word.")
        return ALLOWED


@dataclass(kw_only=True)
class Scene:
    """Everything of one test: the store, the horde, the square, and the parts of the bots to call step by step."""

    folder: Path
    clock: HandClock
    uow: Store
    policy: QueuePolicy
    horde: EmbeddedHorde
    objects: DiskObjects
    shelf: StyleShelf
    square: Square
    owner: NewAccount
    rules: Rules = field(default_factory=lambda: Rules(burst=0))
    text_model: str = ""
    patience: Patience = field(default_factory=lambda: Patience(call_s=0.2, first_s=5.0))

    @classmethod
    async def set_up(
        cls,
        folder: Path,
        uow: Store,
        clock: HandClock,
        *,
        policy: QueuePolicy | None = None,
        fetcher: SourceFetcher | None = None,
    ) -> Scene:
        """`uow` is a store on an empty database at the newest schema, the bots' too."""
        policy = policy or QueuePolicy(default_models=("tiny-glyphs",))
        objects = DiskObjects(folder / "objects", public_url="http://127.0.0.1:8000", secret=b"s" * 32, clock=clock)
        fetches = Sources(objects=objects, clock=clock, fetcher=fetcher or SourceFetcher())
        sources = SourcePictures(fetches=fetches, objects=objects, clock=clock, kept_s=3_600)
        return cls(
            folder=folder,
            clock=clock,
            uow=uow,
            policy=policy,
            horde=EmbeddedHorde(policy=policy, screening=WordScreening(), objects=objects, sources=sources),
            objects=objects,
            shelf=StyleShelf(STYLES),
            square=Square(clock),
            owner=await uow.write(lambda tx: register(tx, name="worker owner", trusted=True, now_ms=clock.now_ms())),
        )

    def desk(self) -> Desk:
        platforms = {self.square.name: self.square}
        return Desk(
            uow=self.uow,
            horde=self.horde,
            shelf=self.shelf,
            clock=self.clock,
            platforms=platforms,
            showcase=Showcase(platforms=platforms, places={self.square.name: self.square.name}),
            rooms=self.rooms(),
            gate=Gate(self.rules),
            on_outbox=lambda: None,
            on_accepted=lambda: None,
            text_model=self.text_model,
        )

    def rooms(self, platform: Platform | None = None) -> list[Room]:
        """What stands beside the desk; platform: in place of the square."""
        platforms: dict[str, Platform] = {(platform or self.square).name: platform or self.square}
        parties = Parties(uow=self.uow, clock=self.clock, horde=self.horde, platforms=platforms)
        rooms = [Ratings().room(), parties.room(), *self.more_rooms()]
        forgets = tuple(forget for room in rooms for forget in room.forgets)
        return [*rooms, manners_room(horde=self.horde, uow=self.uow, clock=self.clock, forgets=forgets)]

    def more_rooms(self) -> list[Room]:
        """What a scene has besides."""
        return []

    async def take_turns(self, platform: Platform | None = None) -> None:
        """What is due in the rooms beside the desk is done."""
        for room in self.rooms(platform):
            for turn in room.turns.values():
                while await turn():
                    pass

    def outbox(self) -> Outbox:
        return Outbox(
            uow=self.uow,
            clock=self.clock,
            delete_picture=self.horde.delete_picture,
            on_settled=lambda: None,
            patience=self.patience,
        )

    async def read_inbox(self) -> None:
        """What happened on the square is stored; the stream is read as after a start. Raises what reading raises."""
        inbox = Inbox(uow=self.uow, clock=self.clock, on_new=lambda: None)
        async with asyncio.timeout(READ_S), asyncio.TaskGroup() as group:
            reading = group.create_task(inbox.read(self.square))
            await self.square.all_acknowledged()
            reading.cancel()

    async def accept(self) -> None:
        await self.read_inbox()
        desk = self.desk()
        while await desk.accept_waiting() + await desk.look_waiting():
            pass

    async def work(self, make: Callable[[Leased], Outcome] | None = None, *, jobs_max: int = 1_000) -> list[Leased]:
        """A worker takes and finishes what waits, in the horde's order."""
        done: list[Leased] = []
        while len(done) < jobs_max:
            now_ms = self.clock.now_ms()
            offer = WorkerOffer(
                name="w", account_id=self.owner.account.id, models=("tiny-glyphs",), pixels_max=4_194_304
            )
            popped = await self.uow.write(lambda tx: pop(tx, offer=offer, policy=self.policy, now_ms=now_ms))  # noqa: B023
            if not popped.jobs:
                break
            for job in popped.jobs:
                outcome = (make or picture)(job)
                await self.uow.write(
                    lambda tx: complete(
                        tx,
                        job_id=job.job_id,  # noqa: B023
                        account_id=self.owner.account.id,
                        outcome=outcome,  # noqa: B023
                        policy=self.policy,
                        now_ms=now_ms,  # noqa: B023
                    )
                )
                done.append(job)
        return done

    async def spoil(self) -> None:
        """A worker takes what waits and fails at it until the horde gives up."""
        for _ in range(20):
            now_ms = self.clock.now_ms()
            offer = WorkerOffer(
                name="w", account_id=self.owner.account.id, models=("tiny-glyphs",), pixels_max=4_194_304
            )
            popped = await self.uow.write(lambda tx: pop(tx, offer=offer, policy=self.policy, now_ms=now_ms))  # noqa: B023
            for job in popped.jobs:
                await self.uow.write(
                    lambda tx: fail(
                        tx,
                        job_id=job.job_id,  # noqa: B023
                        account_id=self.owner.account.id,
                        policy=self.policy,
                        now_ms=now_ms,  # noqa: B023
                    )
                )

    async def react(self) -> None:
        while await self.desk().react_waiting():
            pass

    async def deliver(self) -> None:
        outbox = self.outbox()
        while await outbox.deliver_due(self.square):
            pass

    async def play(self) -> None:
        """Everything that can happen now happens."""
        await self.accept()
        await self.work()
        await self.react()
        await self.deliver()

    async def commission(self, event: PlatformEvent) -> Commission:
        found = await self.uow.read(
            lambda tx: commission_of_event(tx, platform=event.platform, event_id=event.event_id)
        )
        assert found is not None
        return found

    async def rows(self, event: PlatformEvent) -> Sequence[OutboxRow]:
        mine = await self.commission(event)
        return await self.uow.read(lambda tx: posts_of_commission(tx, commission_id=mine.id))

    async def balance_mk(self, account_id: int) -> int:
        account = await self.uow.read(lambda tx: tx.accounts.get(AccountId(account_id)))
        assert account is not None
        return account.available_mk


def picture(job: Leased) -> Outcome:
    """A finished picture's record."""
    return Outcome(object_key=f"pictures/2026/11/{job.job_id}.webp", seed=job.seed, width_px=256, height_px=256)


def censored_picture(job: Leased) -> Outcome:
    """What a worker says of a picture that it held back."""
    return replace(picture(job), state="censored")
