"""A small horde without HTTP: a store on a file, a clock in the hand, and the use cases as short calls."""

import functools
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from core.domain.accounts import Account, NewAccount
from core.domain.ids import AccountId, JobId, LeaseId, RequestId
from core.domain.jobs import JobState, Leased, Outcome, Popped, ProgressReply, Rewarded
from core.domain.kinds.image import ImageParams
from core.domain.kudos.ledger import AuditReport
from core.domain.moderation import ALLOWED, Verdict
from core.domain.policy import QueuePolicy
from core.domain.requests import Accepted, RequestDraft, RequestStatus
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.policy import WorkerPolicy
from core.ports.store import Transaction, UnitOfWork
from core.services.kudos.audit import audit
from core.services.people.identify import identify
from core.services.people.register import register
from core.services.queue.cancel import cancel
from core.services.queue.complete import complete
from core.services.queue.expire import expire
from core.services.queue.fail import fail
from core.services.queue.pop import pop
from core.services.queue.progress import progress
from core.services.queue.reclaim import reclaim
from core.services.queue.release import release
from core.services.queue.status import status
from core.services.queue.submit import submit
from core.store.migrate import CORE_VERSIONS, upgrade

T = TypeVar("T")
ALL_VERSIONS = (CORE_VERSIONS, Path(__file__).parents[2] / "bots" / "store" / "migrations")
START_MS = 1_800_000_000_000
POLICY = QueuePolicy(workers=WorkerPolicy(suspicions_max=None))
"""The clock stands while a job is made, which no machine does: nothing is held against that here."""
MODEL = "tiny"


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self, at_ms: int = START_MS) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def pass_s(self, seconds: float) -> None:
        self.at_ms += round(seconds * 1_000)


@functools.cache
def _template_folder() -> tempfile.TemporaryDirectory[str]:
    """Return the template's folder; the cache holds it, so it is gone when the process ends, and not before."""
    return tempfile.TemporaryDirectory(prefix="horde-template-")


@functools.cache
def template() -> Path:
    """Return an empty database at the present schema, the bots' too, made once a test process."""
    path = Path(_template_folder().name) / "horde.db"
    upgrade(f"sqlite:///{path}", ALL_VERSIONS)
    return path


def fresh_database(folder: Path) -> Path:
    """Return a copy of the template in the folder."""
    return Path(shutil.copy(template(), folder / "horde.db"))


def draft(prompt: str = "a red heart", *, n: int = 1, px: int = 512, steps: int = 30, **more: Any) -> RequestDraft:
    """Return a plain image draft."""
    image = ImageParams(width_px=px, height_px=px, steps=steps)
    return replace(RequestDraft(prompt=prompt, models=(MODEL,), n=n, params=image), **more)


@dataclass
class Scene:
    """The horde of one test."""

    uow: UnitOfWork
    clock: HandClock
    policy: QueuePolicy = field(default_factory=lambda: POLICY)

    async def do(self, use_case: Callable[[Transaction], T]) -> T:
        return await self.uow.write(use_case)

    async def account(self, name: str = "someone", *, kudos: int = 0, **more: Any) -> NewAccount:
        now_ms = self.clock.now_ms()
        return await self.do(lambda tx: register(tx, name=name, kudos_mk=kudos * 1_000, now_ms=now_ms, **more))

    async def guest(self, external_id: str = "g1") -> Account:
        now_ms = self.clock.now_ms()
        return await self.do(
            lambda tx: identify(tx, platform="p", external_id=external_id, display_name=external_id, now_ms=now_ms)
        )

    async def look(self, account_id: AccountId) -> Account:
        found = await self.uow.read(lambda tx: tx.accounts.get(account_id))
        assert found is not None
        return found

    async def ask(
        self,
        account_id: AccountId,
        a_draft: RequestDraft | None = None,
        *,
        key: str | None = None,
        verdict: Verdict = ALLOWED,
    ) -> Accepted:
        now_ms = self.clock.now_ms()
        return await self.do(
            lambda tx: submit(
                tx,
                account_id=account_id,
                draft=a_draft or draft(),
                verdict=verdict,
                policy=self.policy,
                now_ms=now_ms,
                idempotency_key=key,
            )
        )

    def offer(self, account_id: AccountId, name: str = "worker", **more: Any) -> WorkerOffer:
        return replace(WorkerOffer(name=name, account_id=account_id, models=(MODEL,)), **more)

    async def pop(self, offer: WorkerOffer, *, limit: int = 1) -> Popped:
        now_ms = self.clock.now_ms()
        return await self.do(lambda tx: pop(tx, offer=offer, policy=self.policy, now_ms=now_ms, limit=limit))

    async def pop_one(self, offer: WorkerOffer) -> Leased:
        popped = await self.pop(offer)
        assert len(popped.jobs) == 1, popped
        return popped.jobs[0]

    async def hand_in(
        self, job: Leased, account_id: AccountId, *, state: str = "ok", lease_id: LeaseId | None = None
    ) -> Rewarded:
        now_ms = self.clock.now_ms()
        return await self.do(
            lambda tx: complete(
                tx,
                job_id=job.job_id,
                account_id=account_id,
                outcome=Outcome(object_key=f"pictures/{job.lease_id}.webp", state=state),
                policy=self.policy,
                now_ms=now_ms,
                lease_id=lease_id,
            )
        )

    async def fail(self, job: Leased, account_id: AccountId) -> JobState:
        now_ms = self.clock.now_ms()
        return await self.do(
            lambda tx: fail(tx, job_id=job.job_id, account_id=account_id, policy=self.policy, now_ms=now_ms)
        )

    async def release(self, job: Leased, account_id: AccountId) -> JobState:
        now_ms = self.clock.now_ms()
        return await self.do(lambda tx: release(tx, job_id=job.job_id, account_id=account_id, now_ms=now_ms))

    async def report(self, job_id: JobId, account_id: AccountId, *, step: int = 1, steps: int = 10) -> ProgressReply:
        now_ms = self.clock.now_ms()
        return await self.do(
            lambda tx: progress(tx, job_id=job_id, account_id=account_id, step=step, steps=steps, now_ms=now_ms)
        )

    async def cancel(self, request_id: RequestId) -> bool:
        now_ms = self.clock.now_ms()
        return await self.do(lambda tx: cancel(tx, request_id=request_id, now_ms=now_ms))

    async def reclaim(self) -> int:
        now_ms = self.clock.now_ms()
        return await self.do(lambda tx: reclaim(tx, policy=self.policy, now_ms=now_ms))

    async def expire(self) -> int:
        now_ms = self.clock.now_ms()
        return await self.do(lambda tx: expire(tx, now_ms=now_ms))

    async def status(self, request_id: RequestId) -> RequestStatus:
        now_ms = self.clock.now_ms()
        return await self.uow.read(lambda tx: status(tx, request_id=request_id, now_ms=now_ms))

    async def audit(self) -> AuditReport:
        report = await self.uow.read(audit)
        assert report.ok, report.differences
        return report
