"""Takes jobs from the horde so that the next one lies ready when the current one ends, and not much earlier."""

import asyncio

from worker.errors import HordeUnreachableError, JobUnusableError, NotWelcomeError
from worker.jobs import job_from
from worker.logs import say, warn
from worker.points import Edge, Step, reached
from worker.stages.faulting import report_fault
from worker.stages.held import HeldJob, Stage, Workplace
from worker.stages.leases import keep_lease
from worker.stages.patience import wait_s

# A plain v2 horde does not hold pops open: it is asked again after this time.
UNHELD_WAIT_S = 2.0
# The owner, or the horde, has put the worker to rest: that passes.
MAINTENANCE = "WorkerMaintenance"
REFUSED_WAIT_S = 60.0
# A job may lie ready for at most this part of its lease before it is drawn.
LEASE_SHARE = 0.5


async def pop_jobs(place: Workplace) -> None:
    """Pops until the worker stops.

    Raises:
        NotWelcomeError: the horde refuses this worker from the start, or its key at any time.
    """
    attempt, was_welcome = 0, False
    while True:
        await _room(place)
        await asyncio.sleep(place.streak.pause_s())
        try:
            was_held, found = await _pop(place)
        except HordeUnreachableError as exc:
            place.outage.began(exc)
            await asyncio.sleep(wait_s(attempt, asked_s=exc.retry_after_s))
            attempt += 1
            continue
        except NotWelcomeError as exc:
            is_resting = exc.code == MAINTENANCE
            if exc.status == 401 or not (was_welcome or is_resting):
                raise
            warn("pop.refused", cause=exc.explanation, code=exc.code, next=f"asking again in {REFUSED_WAIT_S:.0f} s")
            await asyncio.sleep(REFUSED_WAIT_S)
            continue
        place.outage.ended()
        attempt, was_welcome = 0, True
        if found and place.settings.once:
            return
        if not found and not was_held:
            await asyncio.sleep(UNHELD_WAIT_S)


async def _pop(place: Workplace) -> tuple[bool, bool]:
    """Whether the horde held the pop open, and whether it brought a job."""
    reached(Step.POP, Edge.BEFORE)
    try:
        answer = await place.horde.pop()
    except JobUnusableError as exc:
        _refuse(place, exc.field, reason=str(exc))
        return True, True
    reached(Step.POP, Edge.AFTER)
    for held in place.held:
        if held.job.id in answer.cancelled:
            held.cancel("cancelled by who asked")
    if answer.popped is None:
        return answer.was_held, False
    try:
        job = job_from(answer.popped, {entry.name: entry for entry in place.settings.models})
    except JobUnusableError as exc:
        _refuse(place, answer.popped.id or "", reason=str(exc))
        return answer.was_held, True
    held = HeldJob(job=job, lease_s=job.lease_s)
    place.held.add(held)
    wanted = job.wanted
    say(
        "job.popped",
        job_id=job.id,
        model=job.model.name,
        size=f"{wanted.width_px}x{wanted.height_px}",
        steps=wanted.steps,
        sampler=wanted.sampler,
        lease_s=job.lease_s,
    )
    place.tasks.create_task(keep_lease(place, held))
    place.ready.put_nowait(held)
    return answer.was_held, True


def _refuse(place: Workplace, job_id: str, *, reason: str) -> None:
    """The failure counts at once, so that the next pop knows of it; the report follows beside the work."""
    place.streak.failed(reason)
    place.tasks.create_task(_report(place, job_id, reason=reason))


async def _report(place: Workplace, job_id: str, *, reason: str) -> None:
    await report_fault(place, job_id, seed=0, reason=reason)
    if place.settings.once:
        place.stop.set()


async def _room(place: Workplace) -> None:
    """Returns when another job is wanted: a place is free and it would not lie ready for long."""
    while True:
        unmade = place.held.unmade
        if not unmade:
            return
        if len(unmade) <= place.settings.prefetch:
            longest_s = LEASE_SHARE * min(held.lease_s for held in unmade)
            ahead_s = sum(_seconds_left(place, held) for held in unmade)
            if ahead_s <= longest_s:
                return
            await place.held.change(timeout_s=ahead_s - longest_s)
        else:
            await place.held.change()


def _seconds_left(place: Workplace, held: HeldJob) -> float:
    whole_s = place.studio.seconds_for(held.job.model, held.job.wanted)
    if held.stage is Stage.MAKING:
        return whole_s * (1 - held.step / held.job.wanted.steps)
    return whole_s
