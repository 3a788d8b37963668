"""Renews the lease of every held job and tells the horde how far it is; stops what nobody waits for any more."""

import asyncio
import time

from worker.errors import HordeRefusedError, HordeUnreachableError, LeaseLostError
from worker.logs import warn
from worker.stages.held import HeldJob, Stage, Workplace

# While a picture is drawn people watch its steps: some six reports a picture, at most five a second, at least one.
REPORTS_A_PICTURE = 6
STEP_REPORT_MIN_S = 0.2
STEP_REPORT_MAX_S = 1.0
# Otherwise a sign of life well within the lease is enough.
SIGN_OF_LIFE_S = 5.0


async def keep_lease(place: Workplace, held: HeldJob) -> None:
    """Reports until the job is no longer held; returns early on a horde that knows no progress."""
    expected_s = place.studio.seconds_for(held.job.model, held.job.wanted)
    step_report_s = min(STEP_REPORT_MAX_S, max(STEP_REPORT_MIN_S, expected_s / REPORTS_A_PICTURE))
    reported_s, reported_step = time.monotonic(), 0
    while place.horde.knows_progress:
        silence_s = min(SIGN_OF_LIFE_S, held.lease_s / 4)
        await _moved(held, timeout_s=step_report_s if held.stage is Stage.MAKING else silence_s)
        if held.is_cancelled or not place.held.holds(held):
            return
        step = held.step
        is_due = time.monotonic() - reported_s >= silence_s
        try:
            if (is_due or step != reported_step) and await _report(place, held, step):
                reported_s, reported_step = time.monotonic(), step
        except LeaseLostError:
            # A picture that is made is handed in all the same: while the job still waits, the horde takes it.
            if held.stage is not Stage.FINISHING:
                held.cancel("the lease is over")
            return


async def _report(place: Workplace, held: HeldJob, step: int) -> bool:
    """Whether the horde took the report; raises LeaseLostError."""
    try:
        reply = await place.horde.progress(held.job.id, step=step, steps=held.job.wanted.steps)
    except HordeUnreachableError as exc:
        place.outage.began(exc)
        return False
    except HordeRefusedError as exc:
        warn("progress.refused", job_id=held.job.id, cause=exc.explanation, code=exc.code)
        return True
    place.outage.ended()
    if reply is not None:
        held.lease_s = max(1.0, float(reply.ttl))
        if reply.cancelled:
            held.cancel("cancelled by who asked")
    return True


async def _moved(held: HeldJob, *, timeout_s: float) -> None:
    held.moved.clear()
    try:
        async with asyncio.timeout(timeout_s):
            await held.moved.wait()
    except TimeoutError:
        return
