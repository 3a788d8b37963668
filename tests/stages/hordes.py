"""A stage a horde, for the one suite that each passes: the engine, another suite over HTTP, a double of v2."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
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
from core.loops.wakeup import MemoryWakeup
from core.services.people.register import register
from core.store import Store, open_store
from tests.bots.scene import WordScreening
from tests.bots.square import HandClock
from tests.doubles.horde_asked import KEY, AskedHorde
from tests.stages.engine import POLICY, Engine

PACE = Pace(down_first_s=0.01, down_most_s=0.01)
SECRET = b"s" * 32
LIFETIME_S = 3_600


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
