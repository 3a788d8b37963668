"""A process of its own that does one thing to a store and dies, or writes until it may write no more.

`python -m tests.core.fault_process URL VERB ACCOUNT REQUEST JOB`; HORDE_KILL_AT says at which side of the COMMIT.
"""

import asyncio
import json
import resource
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.domain.errors import Unavailable
from core.domain.ids import AccountId, JobId, RequestId
from core.domain.jobs import Outcome
from core.domain.kudos.ledger import TransferReason
from core.ports.points import Step
from core.ports.store import T, Transaction, UnitOfWork
from core.services.events.prune import prune_requests
from core.services.kudos.transfer import transfer
from core.services.queue.complete import complete
from core.services.queue.fail import fail
from core.services.queue.release import release
from core.services.statistics.roll_up import roll_up
from core.store import open_store
from tests.core.scene import START_MS, HandClock, Scene, draft

LATER_S = {"reclaim": 300, "expire": 1_300, "progress": 2, "complete": 2, "prune": 40 * 24 * 3_600}
"""How long after the scene began a verb happens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a verb is done to."""

    account_id: AccountId
    request_id: RequestId
    job_id: JobId


@dataclass
class Doomed:
    """A unit of work whose every write passes the kill points around its COMMIT."""

    inner: UnitOfWork

    async def write(self, use_case: Callable[[Transaction], T]) -> T:
        return await self.inner.write(use_case, step=Step.POP)


async def do(scene: Scene, verb: str, subject: Subject) -> object:
    """Do one verb of the cycle, in one transaction."""
    account_id, job_id, now_ms = subject.account_id, subject.job_id, scene.clock.now_ms()
    verbs: dict[str, Callable[[], Awaitable[object]]] = {
        "submit": lambda: scene.ask(account_id, draft("from the dead", n=2), key="dead"),
        "pop": lambda: scene.pop(scene.offer(account_id, start_id="first life")),
        "progress": lambda: scene.report(job_id, account_id, step=3),
        "complete": lambda: scene.do(
            lambda tx: complete(
                tx,
                job_id=job_id,
                account_id=account_id,
                outcome=Outcome(object_key="pictures/dead.webp"),
                policy=scene.policy,
                now_ms=now_ms,
            )
        ),
        "fail": lambda: scene.do(
            lambda tx: fail(tx, job_id=job_id, account_id=account_id, policy=scene.policy, now_ms=now_ms)
        ),
        "release": lambda: scene.do(lambda tx: release(tx, job_id=job_id, account_id=account_id, now_ms=now_ms)),
        "cancel": lambda: scene.cancel(subject.request_id),
        "reclaim": scene.reclaim,
        "expire": scene.expire,
        "roll_up": lambda: scene.do(roll_up),
        "prune": lambda: scene.do(lambda tx: prune_requests(tx, policy=scene.policy, now_ms=now_ms)),
        "transfer": lambda: scene.do(
            lambda tx: transfer(
                tx,
                transfer_id="dead",
                from_id=account_id,
                to_id=AccountId(0),
                amount_mk=5,
                reason=TransferReason.GIFT,
                now_ms=now_ms,
            )
        ),
    }
    return await verbs[verb]()


async def cycle(scene: Scene, account_id: AccountId) -> None:
    """Ask for a picture, take the job and hand it in."""
    await scene.ask(account_id)
    await scene.hand_in(await scene.pop_one(scene.offer(account_id, "cycler")), account_id)


async def write_until_the_limit(scene: Scene, account_id: AccountId, *, limit_bytes: int) -> None:
    """Write until no file may grow any more, say so five times, and go on when it may again."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    cycles = 0
    refusals: list[str] = []
    while len(refusals) < 5:
        try:
            await cycle(scene, account_id)
        except Unavailable as error:
            refusals.append(str(error))
        else:
            cycles += 1
    report = await scene.audit()
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await cycle(scene, account_id)
    print(json.dumps({"cycles": cycles, "refusal": refusals[0], "transfers": report.transfers}))


async def main(url: str, verb: str, *ids: str) -> None:
    """Do what the command line says."""
    clock = HandClock(START_MS)
    uow = await open_store(url, clock=clock)
    if verb == "limit":
        await write_until_the_limit(Scene(uow=uow, clock=clock), AccountId(int(ids[0])), limit_bytes=int(ids[1]))
    else:
        clock.pass_s(LATER_S.get(verb, 0))
        scene = Scene(uow=Doomed(uow), clock=clock)  # type: ignore[arg-type]  # all that a verb asks of it
        subject = Subject(account_id=AccountId(int(ids[0])), request_id=RequestId(ids[1]), job_id=JobId(ids[2]))
        await do(scene, verb, subject)
        print("alive")
    await uow.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
