"""Feeds the studio: one job after the other, and whatever goes wrong with one does not end the worker."""

from worker.errors import JobCancelledError
from worker.logs import say
from worker.points import Edge, Step, reached
from worker.stages.faulting import give_up
from worker.stages.held import HeldJob, Stage, Workplace


async def make_pictures(place: Workplace) -> None:
    """Draws what lies ready until the worker stops."""
    while True:
        held = await place.ready.get()
        if held.is_cancelled:
            drop(place, held)
            continue
        held.enter(Stage.MAKING)
        place.held.touch()
        await _make(place, held)


def drop(place: Workplace, held: HeldJob) -> None:
    """The job is no longer held; that is no failure."""
    place.let_go(held)
    say("job.dropped", job_id=held.job.id, reason=held.end or "not wanted any more")


async def _make(place: Workplace, held: HeldJob) -> None:
    job = held.job

    def step_ended(step: int) -> None:
        held.step = step
        if held.is_cancelled:
            raise JobCancelledError(held.end)

    reached(Step.MAKE, Edge.BEFORE)
    try:
        made = await place.studio.make(job.model, job.wanted, step_ended)
    except JobCancelledError:
        drop(place, held)
        return
    except Exception as exc:  # noqa: BLE001 -- a pipeline may fail in any way: the job is faulted, the worker lives on
        held.enter(Stage.FINISHING)
        place.held.touch()
        place.tasks.create_task(give_up(place, held, reason=reason_of(exc)))
        return
    reached(Step.MAKE, Edge.AFTER)
    held.enter(Stage.FINISHING)
    place.held.touch()
    await place.made.put((held, made))


def reason_of(exc: BaseException) -> str:
    """One line that names the failure."""
    first_line = (str(exc).strip().splitlines() or [""])[0]
    return f"{type(exc).__name__}: {first_line}"[:240]
