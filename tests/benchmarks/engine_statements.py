"""`statements_*`: how often a use case speaks to the database, BEGIN and COMMIT apart, when nothing is special."""

from tests.benchmarks.engine_ground import Ground, people
from tests.benchmarks.harness import Figure
from tests.core.scene import draft
from tests.core.spoken import spoken

TARGETS = {"pop": "at most 3 and 1 COMMIT on PostgreSQL", "complete": "at most 8 and 1 COMMIT on PostgreSQL"}


async def statements(ground: Ground) -> list[Figure]:
    """The statements of each use case, counted the third time it is done."""
    scene = ground.scene
    asker, owner = await people(scene, 2, trusted=True)
    offer = scene.offer(owner, "counted", reports_progress=True)
    other = scene.offer(owner, "other", models=("nothing",))
    counts: dict[str, int] = {}
    for _ in range(3):
        with spoken(ground.uow) as said:
            accepted = await scene.ask(asker, draft("counted"))
        counts["accept"] = len(said)
        with spoken(ground.uow) as said:
            await scene.pop(other)
        counts["pop_empty"] = len(said)
        with spoken(ground.uow) as said:
            job = await scene.pop_one(offer)
        counts["pop"] = len(said)
        with spoken(ground.uow) as said:
            await scene.report(job.job_id, owner)
        counts["progress"] = len(said)
        with spoken(ground.uow) as said:
            await scene.hand_in(job, owner, lease_id=job.lease_id)
        counts["complete"] = len(said)
        accepted = await scene.ask(asker, draft("cancelled"))
        with spoken(ground.uow) as said:
            await scene.cancel(accepted.request_id)
        counts["cancel"] = len(said)
    return [
        Figure(name=f"statements_{ground.store}_{name}", value=count, unit="statements", target=TARGETS.get(name, ""))
        for name, count in counts.items()
    ]
