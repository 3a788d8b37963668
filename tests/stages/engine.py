"""An engine with workers of every kind, moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from cdn.disk import DiskObjects
from core.domain.accounts import NewAccount
from core.domain.jobs import Leased, Outcome
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.policy import WorkerPolicy
from core.services.people.register import register
from core.services.queue.complete import complete
from core.services.queue.expire import expire
from core.services.queue.fail import fail
from core.services.queue.pop import pop
from core.store import Store
from tests.bots.square import HandClock
from tests.clients.worker import FORMS, MODEL, STORY, TEXT_MODEL, found_in_a_picture, picture

POLICY: Final = QueuePolicy(default_models=(MODEL,), workers=WorkerPolicy(suspicions_max=None))


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
