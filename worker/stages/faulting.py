"""Tells the horde that a job failed here and why, so that it goes to another worker at once."""

from core.wire.work import SubmitInputStable
from worker.errors import HordeRefusedError, HordeUnreachableError, LeaseLostError
from worker.horde import note
from worker.logs import warn
from worker.stages.held import HeldJob, Workplace
from worker.stages.patience import persist

FAULT_WITHIN_S = 30.0


async def give_up(place: Workplace, held: HeldJob, *, reason: str) -> None:
    """The job is reported as faulted and no longer held."""
    place.streak.failed(reason)
    try:
        await report_fault(place, held.job.id, seed=held.job.wanted.seed, reason=reason)
    finally:
        place.let_go(held)


async def report_fault(place: Workplace, job_id: str, *, seed: int, reason: str) -> None:
    """The job is reported as faulted with its reason, which the worker's log has too; the worker goes on."""
    warn("job.faulted", job_id=job_id, reason=reason)
    result = SubmitInputStable(
        id=job_id,
        generation="faulted",
        state="faulted",
        seed=seed,
        gen_metadata=(note("information", "see_ref", reason),),
    )
    try:
        await persist(lambda: place.horde.submit(result), outage=place.outage, within_s=FAULT_WITHIN_S)
    except (LeaseLostError, HordeUnreachableError, HordeRefusedError) as exc:
        warn("fault.unreported", job_id=job_id, cause=str(exc))
