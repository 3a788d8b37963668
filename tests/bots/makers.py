"""Workers of every kind, to be called step by step."""

from collections.abc import Callable, Sequence

from core.domain.jobs import Leased, Outcome
from core.domain.kinds.alchemy import FORMS
from core.domain.kinds.kind import Kind
from core.domain.workers.offer import WorkerOffer
from core.services.queue.complete import complete
from core.services.queue.pop import pop
from tests.bots.scene import Scene


def writer(scene: Scene, *models: str, length_max: int = 512) -> WorkerOffer:
    """A worker that writes texts."""
    return WorkerOffer(
        kind=Kind.TEXT,
        name="writer",
        account_id=scene.owner.account.id,
        models=models or ("small-writer-7B",),
        length_max=length_max,
        context_max=8_192,
    )


def alchemist(scene: Scene, *forms: str) -> WorkerOffer:
    """A worker that reads and changes pictures."""
    return WorkerOffer(
        kind=Kind.ALCHEMY,
        name="alchemist",
        account_id=scene.owner.account.id,
        forms=forms or tuple(sorted(FORMS)),
        tiles_max=64,
    )


def painter(scene: Scene, *, img2img: bool = True, lora: bool = True, model: str = "tiny-glyphs") -> WorkerOffer:
    """A worker that draws."""
    return WorkerOffer(
        name="w",
        account_id=scene.owner.account.id,
        models=(model,),
        pixels_max=4_194_304,
        allow_img2img=img2img,
        allow_lora=lora,
    )


async def work(scene: Scene, offer: WorkerOffer, make: Callable[[Leased], Outcome]) -> Sequence[Leased]:
    """The worker takes and finishes what waits for it; with nothing to do it is seen at least."""
    done: list[Leased] = []
    while True:
        now_ms = scene.clock.now_ms()
        popped = await scene.uow.write(lambda tx: pop(tx, offer=offer, policy=scene.policy, now_ms=now_ms))  # noqa: B023
        for job in popped.jobs:
            outcome = make(job)
            await scene.uow.write(
                lambda tx: complete(
                    tx,
                    job_id=job.job_id,  # noqa: B023
                    account_id=scene.owner.account.id,
                    outcome=outcome,  # noqa: B023
                    policy=scene.policy,
                    now_ms=now_ms,  # noqa: B023
                )
            )
        if not popped.jobs:
            return done
        done += popped.jobs


def text(words: str) -> Callable[[Leased], Outcome]:
    """What a writer hands in."""
    return lambda _: Outcome(body={"text": words}, content_type="text/plain")


def finding(name: str, found: object) -> Callable[[Leased], Outcome]:
    """What an alchemist hands in that read a picture."""
    return lambda _: Outcome(body={name: found}, content_type="application/json")
