"""A stage a horde, for the one suite that each passes: the engine, another suite over HTTP, a double of v2."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from bots.horde.embedded import EmbeddedHorde
from bots.horde.port import Horde
from bots.horde.remote import Offers, Pace, RemoteAccess, RemoteHorde, RemoteWork
from bots.horde.sources import SourcePictures
from cdn.disk import DiskObjects
from config.hordes.remote import FetchedPictures
from core.api import ApiContext, ApiServer, create_app, listen
from core.api.sources import SourceFetcher, Sources
from core.domain.accounts import NewAccount
from core.domain.jobs import Leased, Outcome
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.policy import WorkerPolicy
from core.loops.wakeup import MemoryWakeup
from core.services.people.register import register
from core.services.queue.complete import complete
from core.services.queue.expire import expire
from core.services.queue.fail import fail
from core.services.queue.pop import pop
from core.store import Store, open_store
from tests.bots.scene import WordScreening
from tests.bots.square import HandClock
from tests.clients.worker import FORMS, MODEL, STORY, TEXT_MODEL, found_in_a_picture, picture
from tests.doubles.horde_asked import KEY, AskedHorde

POLICY = QueuePolicy(default_models=(MODEL,), workers=WorkerPolicy(suspicions_max=None))
PACE = Pace(down_first_s=0.01, down_most_s=0.01)
SECRET = b"s" * 32
LIFETIME_S = 3_600


@dataclass(kw_only=True)
class Engine:
    """An engine with its own workers, moved by hand."""

    uow: Store
    clock: HandClock
    objects: DiskObjects
    owner: NewAccount

    @classmethod
    async def on(cls, uow: Store, clock: HandClock, objects: DiskObjects) -> Engine:
        now_ms = clock.now_ms()
        owner = await uow.write(lambda tx: register(tx, name="owner", trusted=True, now_ms=now_ms))
        return cls(uow=uow, clock=clock, objects=objects, owner=owner)

    def offers(self) -> list[WorkerOffer]:
        mine = self.owner.account.id
        return [
            WorkerOffer(name="painter", account_id=mine, models=(MODEL,), pixels_max=4_194_304),
            WorkerOffer(
                name="writer", account_id=mine, kind=Kind.TEXT, models=(TEXT_MODEL,), context_max=4_096, length_max=512
            ),
            WorkerOffer(name="alchemist", account_id=mine, kind=Kind.ALCHEMY, forms=FORMS, tiles_max=80),
        ]

    async def make(self, *, state: str = "ok") -> int:
        """Everything that waits is made; returns how many jobs that were."""
        made = 0
        while jobs := await self._popped():
            for kind, job in jobs:
                outcome = replace(await self._outcome(kind, job), state=state)
                await self._write(
                    lambda tx, job=job, outcome=outcome: complete(
                        tx,
                        job_id=job.job_id,
                        account_id=self.owner.account.id,
                        outcome=outcome,
                        policy=POLICY,
                        now_ms=self.clock.now_ms(),
                    )
                )
                made += 1
        return made

    async def spoil(self) -> None:
        """Workers fail at what waits until it is given up."""
        while jobs := await self._popped():
            for _, job in jobs:
                await self._write(
                    lambda tx, job=job: fail(
                        tx,
                        job_id=job.job_id,
                        account_id=self.owner.account.id,
                        policy=POLICY,
                        now_ms=self.clock.now_ms(),
                    )
                )

    async def expire(self) -> None:
        """What waited too long is over."""
        self.clock.pass_s(POLICY.request_lifetime_s + 1)
        await self._write(lambda tx: expire(tx, now_ms=self.clock.now_ms()))

    async def _popped(self) -> list[tuple[Kind, Leased]]:
        found: list[tuple[Kind, Leased]] = []
        for offer in self.offers():
            popped = await self.uow.write(
                lambda tx, offer=offer: pop(tx, offer=offer, policy=POLICY, now_ms=self.clock.now_ms())  # type: ignore[misc]  # bound now
            )
            found += [(offer.kind, job) for job in popped.jobs]
        return found

    async def _outcome(self, kind: Kind, job: Leased) -> Outcome:
        if kind is Kind.TEXT:
            return Outcome(body={"text": STORY})
        if kind is Kind.ALCHEMY and (value := found_in_a_picture(job.model)) != "R2":
            return Outcome(body={job.model: value})
        key = f"pictures/2026/11/made-{job.job_id}.webp"
        await self.objects.put(key, picture(64, 64), content_type="image/webp")
        return Outcome(object_key=key, seed=job.seed, width_px=64, height_px=64)

    async def _write(self, use_case: Callable[..., object]) -> None:
        await self.uow.write(use_case)


class HordeStage(Protocol):
    """A horde and those who work in it. lost_answers: how the answer to an order can be lost on its way."""

    name: str
    lost_answers: tuple[str, ...]

    @property
    def horde(self) -> Horde: ...

    async def settle(self) -> None:
        """All that can be told and done now is told and done, on both sides."""

    async def make(self, *, state: str = "ok") -> None:
        """What was asked is made."""

    async def spoil(self) -> None:
        """What was asked is given up."""

    async def expire(self) -> None:
        """Nobody made it in time."""

    def lose_answer(self, how: str) -> None:
        """The next order's answer is lost."""

    def orders_made(self) -> int:
        """How many orders there were over there."""


@dataclass(kw_only=True)
class EmbeddedStage:
    """The engine in the same database."""

    horde: EmbeddedHorde
    engine: Engine
    name: str = "embedded"
    lost_answers: tuple[str, ...] = ()

    async def settle(self) -> None:
        return

    async def make(self, *, state: str = "ok") -> None:
        await self.engine.make(state=state)

    async def spoil(self) -> None:
        await self.engine.spoil()

    async def expire(self) -> None:
        await self.engine.expire()

    def lose_answer(self, how: str) -> None:
        raise AssertionError(how)

    def orders_made(self) -> int:
        return 1


@dataclass(kw_only=True)
class RemoteStage:
    """What every horde over there has in common."""

    horde: RemoteHorde
    work: RemoteWork
    clock: HandClock
    access: RemoteAccess
    name: str
    lost_answers: tuple[str, ...] = ()

    async def settle(self) -> None:
        """Time passes until nothing more happens by itself."""
        for _ in range(8):
            await self.work.turn()
            self.clock.pass_s(max(2 * self.access.read_lag_s + self.access.call_s, 20.0))


@dataclass(kw_only=True)
class SuiteStage(RemoteStage):
    """Another suite's API on a port, with its own database and workers."""

    engine: Engine
    server: ApiServer

    async def make(self, *, state: str = "ok") -> None:
        await self.work.turn()
        await self.engine.make(state=state)
        await self.settle()

    async def spoil(self) -> None:
        await self.work.turn()
        await self.engine.spoil()
        await self.settle()

    async def expire(self) -> None:
        await self.work.turn()
        await self.engine.expire()
        await self.settle()

    def lose_answer(self, how: str) -> None:
        raise AssertionError(how)

    def orders_made(self) -> int:
        return 1


@dataclass(kw_only=True)
class DoubleStage(RemoteStage):
    """The double of the public server."""

    double: AskedHorde
    seen: list[str] = field(default_factory=list)

    async def make(self, *, state: str = "ok") -> None:
        await self.work.turn()
        self.double.make(state=state)
        await self.settle()

    async def spoil(self) -> None:
        await self.work.turn()
        self.double.spoil()
        await self.settle()

    async def expire(self) -> None:
        await self.work.turn()
        self.clock.pass_s(1_200)
        self.double.forget()
        await self.settle()

    def lose_answer(self, how: str) -> None:
        self.double.faults.append(how)

    def orders_made(self) -> int:
        return len(self.double.orders)


@dataclass(kw_only=True)
class Ground:
    """Where the bots stand: their own database and pictures."""

    folder: Path
    uow: Store
    clock: HandClock
    objects: DiskObjects
    sources: SourcePictures

    @classmethod
    def on(cls, folder: Path, uow: Store, clock: HandClock) -> Ground:
        objects = DiskObjects(folder / "objects", public_url="http://127.0.0.1:8000", secret=SECRET, clock=clock)
        sources = SourcePictures(
            fetches=Sources(objects=objects, clock=clock), objects=objects, clock=clock, kept_s=86_400
        )
        return cls(folder=folder, uow=uow, clock=clock, objects=objects, sources=sources)

    def remote(self, access: RemoteAccess) -> tuple[RemoteHorde, RemoteWork]:
        offers = Offers()
        work = RemoteWork(
            access=access,
            uow=self.uow,
            clock=self.clock,
            objects=self.objects,
            pictures=FetchedPictures(fetcher=SourceFetcher(), is_local=True),
            secret=SECRET,
            offers=offers,
            pace=PACE,
        )
        horde = RemoteHorde(
            access=access,
            offers=offers,
            policy=POLICY,
            screening=WordScreening(),
            objects=self.objects,
            sources=self.sources,
            lifetime_s=LIFETIME_S,
            on_order=work.hint,
        )
        return horde, work


async def embedded(ground: Ground) -> EmbeddedStage:
    horde = EmbeddedHorde(policy=POLICY, screening=WordScreening(), objects=ground.objects, sources=ground.sources)
    return EmbeddedStage(horde=horde, engine=await Engine.on(ground.uow, ground.clock, ground.objects))


async def suite(ground: Ground, stack: AsyncExitStack, *, database_url: str) -> SuiteStage:
    """Another suite is served on a free port until the stack ends."""
    clock = ground.clock
    uow = await open_store(database_url, clock=clock, key_secret="theirs")
    stack.push_async_callback(uow.aclose)
    listening = listen(host="127.0.0.1", port=0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    objects = DiskObjects(ground.folder / "theirs", public_url=url, secret=b"t" * 32, clock=clock)
    context = ApiContext(
        uow=uow,
        objects=objects,
        signed_objects=objects,
        clock=clock,
        wakeup=MemoryWakeup(),
        screening=WordScreening(),
        policy=POLICY,
        public_url=url,
        secret=b"u" * 32,
        version="0.1.0",
    )
    server = ApiServer(create_app(context), listening=listening, stop_s=2.0)
    await server.start()
    stack.push_async_callback(server.stop)
    engine = await Engine.on(uow, clock, objects)
    await engine.make()  # the workers are seen
    now_ms = clock.now_ms()
    bots = await uow.write(lambda tx: register(tx, name="bots", trusted=True, now_ms=now_ms))
    access = RemoteAccess(url=url, key=bots.api_key, honours_keys=True, orders_per_s=0, read_lag_s=1.0, call_s=5.0)
    horde, work = ground.remote(access)
    return SuiteStage(horde=horde, work=work, clock=clock, access=access, name="suite", engine=engine, server=server)


async def double(ground: Ground, stack: AsyncExitStack, *, honours_keys: bool = False) -> DoubleStage:
    there = await stack.enter_async_context(AskedHorde(honours_keys=honours_keys, kudos=0.5))
    access = RemoteAccess(url=there.url, key=KEY, honours_keys=honours_keys, orders_per_s=0, read_lag_s=1.0, call_s=1.0)
    horde, work = ground.remote(access)
    return DoubleStage(
        horde=horde,
        work=work,
        clock=ground.clock,
        access=access,
        name="double",
        double=there,
        lost_answers=("accept-then-503", "accept-then-drop", "accept-then-hang"),
    )
