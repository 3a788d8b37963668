"""Random batches of everything that moves kudos, each at once from several processes; then the books are right."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.errors import HordeError
from core.domain.ids import ANONYMOUS, AccountId, RequestId
from core.domain.jobs import Leased
from core.domain.kudos.ledger import TransferReason
from core.domain.policy import QueuePolicy
from core.services.kudos.transfer import transfer
from core.services.kudos.void import expire_holds
from core.store import open_store
from tests.core.scene import HandClock, Scene, draft
from tests.stores import StoreKind, fresh

PROCESSES = 3
WORKERS = 3
NUMBER = st.integers(0, 20)
OPERATION = st.tuples(
    st.sampled_from(
        ("ask", "ask", "pop", "pop", "complete", "complete", "fail", "release", "report", "cancel", "tidy", "give")
    ),
    NUMBER,
    NUMBER,
)
BATCHES = st.lists(st.lists(OPERATION, min_size=2, max_size=8), min_size=3, max_size=8)


class Crowd:
    """Several processes on one database, and what they know to act on."""

    def __init__(self, scenes: list[Scene], clock: HandClock) -> None:
        self.scenes = scenes
        self.clock = clock
        self.accounts: list[AccountId] = []
        self.requests: list[RequestId] = []
        self.leased: list[tuple[Leased, AccountId]] = []
        self.gifts = 0

    async def gather(self) -> None:
        """Let the people come."""
        scene = self.scenes[0]
        made = [(await scene.account(name, kudos=kudos)).account.id for name, kudos in (("ann", 20), ("bob", 0))]
        self.accounts = [*made, ANONYMOUS, (await scene.guest()).id]

    def act(self, scene: Scene, what: str, one: int, other: int) -> Coroutine[object, object, object] | None:
        """Return what is to be done, or None where there is nothing to do it with."""
        account = self.accounts[one % len(self.accounts)]
        if what == "ask":
            return self._ask(scene, account, n=1 + other % 3)
        if what == "pop":
            return self._pop(scene, self.accounts[one % 2], f"w{one % 2}-{other % WORKERS}", limit=1 + other % 2)
        if what == "tidy":
            return self._tidy(scene)
        if what == "give":
            self.gifts += other % 3 != 0  # the same gift may come twice
            return self._give(scene, account, self.accounts[other % len(self.accounts)], f"gift {self.gifts}")
        if what == "cancel":
            return scene.cancel(self.requests[other % len(self.requests)]) if self.requests else None
        if not self.leased:
            return None
        job, owner = self.leased[other % len(self.leased)]
        calls: dict[str, Callable[[], Coroutine[object, object, object]]] = {
            "complete": partial(scene.hand_in, job, owner, lease_id=job.lease_id if one % 2 else None),
            "fail": partial(scene.fail, job, owner),
            "release": partial(scene.release, job, owner),
            "report": partial(scene.report, job.job_id, owner),
        }
        return calls[what]()

    async def _ask(self, scene: Scene, account: AccountId, *, n: int) -> None:
        self.requests.append((await scene.ask(account, draft(n=n))).request_id)

    async def _pop(self, scene: Scene, owner: AccountId, name: str, *, limit: int) -> None:
        popped = await scene.pop(scene.offer(owner, name, reports_progress=True, start_id=name), limit=limit)
        self.leased += [(job, owner) for job in popped.jobs]

    async def _tidy(self, scene: Scene) -> None:
        await scene.reclaim()
        await scene.expire()
        await scene.do(lambda tx: expire_holds(tx, now_ms=self.clock.now_ms()))

    async def _give(self, scene: Scene, giver: AccountId, taker: AccountId, gift: str) -> None:
        await scene.do(
            lambda tx: transfer(
                tx,
                transfer_id=gift,
                from_id=giver,
                to_id=taker,
                amount_mk=3_000,
                reason=TransferReason.GIFT,
                floor_mk=0,
                now_ms=self.clock.now_ms(),
            )
        )


async def side_by_side(url: str, batches: list[list[tuple[str, int, int]]]) -> None:
    """Do each batch at once; after it the ledger is clean, nothing was paid twice and no job is in two hands."""
    clock = HandClock()
    async with AsyncExitStack() as opened:
        scenes = []
        for _ in range(PROCESSES):
            store = await open_store(url, clock=clock)
            opened.push_async_callback(store.aclose)
            scenes.append(Scene(uow=store, clock=clock, policy=QueuePolicy(fee_per_mille=37)))
        crowd = Crowd(scenes, clock)
        await crowd.gather()
        for number, batch in enumerate(batches):
            acts = [crowd.act(scenes[place % PROCESSES], *what) for place, what in enumerate(batch)]
            found = await asyncio.gather(*(act for act in acts if act is not None), return_exceptions=True)
            for one in found:
                if isinstance(one, BaseException) and not isinstance(one, HordeError):
                    raise one
            report = await scenes[0].audit()
            assert report.sum_mk == 0
            leases = [job.lease_id for job, _ in crowd.leased]
            assert len(leases) == len(set(leases))
            clock.pass_s(25 if number % 3 == 2 else 1)


@contextmanager
def url_of(kind: StoreKind) -> Iterator[str]:
    """Yield an empty database."""
    with tempfile.TemporaryDirectory() as folder, fresh(kind, Path(folder)) as url:
        yield url


@pytest.mark.parametrize("kind", list(StoreKind))
def test_the_books_are_right_after_each_batch(kind: StoreKind) -> None:
    examples = 15 if kind is StoreKind.POSTGRES else 8

    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(batches=BATCHES)
    def run(batches: list[list[tuple[str, int, int]]]) -> None:
        with url_of(kind) as url:
            asyncio.run(side_by_side(url, batches))

    run()
