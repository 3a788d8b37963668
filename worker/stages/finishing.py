"""Finishes pictures while the next one is drawn: screen, enlarge, encode, upload, submit."""

import asyncio
import time
from concurrent.futures import Executor
from dataclasses import dataclass

from core.wire.requests import GenerationMetadataStable
from core.wire.work import SubmitInputStable
from worker.errors import HordeRefusedError, HordeUnreachableError, LeaseLostError
from worker.horde import note, picture_inline
from worker.jobs import Job
from worker.logs import say, warn
from worker.picture import Origin, encode_webp, enlarged, withheld
from worker.pipeline.studio import Made
from worker.points import Edge, Step, reached
from worker.screen import Screen
from worker.settings.keys import Settings
from worker.stages.faulting import give_up
from worker.stages.held import HeldJob, Workplace
from worker.stages.making import drop, reason_of
from worker.stages.patience import persist

HAND_IN_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A picture as it goes out."""

    body: bytes
    is_censored: bool
    nsfw_score: float
    notes: tuple[GenerationMetadataStable, ...]


def finish(made: Made, job: Job, *, screen: Screen, settings: Settings) -> Finished:
    """The picture screened, at the asked size and encoded; replaced by a neutral one where it must not be shown.

    It is screened as it was made: that shows the same and costs less. A plain function, because it runs in a CPU pool.
    """
    nsfw_score = screen.score(made.image)
    must_censor = job.must_censor or not settings.allow_nsfw
    is_censored = must_censor and nsfw_score >= settings.nsfw_threshold
    origin = Origin(
        wanted=job.wanted,
        sizes=made.sizes,
        model=job.model.name,
        baseline=job.model.baseline,
        is_censored=is_censored,
    )
    image = withheld(made.sizes) if is_censored else enlarged(made.image, made.sizes)
    notes = []
    if is_censored:
        notes.append(note("censorship", "nsfw"))
    if made.sizes.note:
        notes.append(note("information", "see_ref", made.sizes.note))
    return Finished(
        body=encode_webp(image, origin, quality=settings.webp_quality),
        is_censored=is_censored,
        nsfw_score=nsfw_score,
        notes=tuple(notes),
    )


async def finish_pictures(place: Workplace, pool: Executor) -> None:
    """Finishes what was made until the worker stops."""
    while True:
        held, made = await place.made.get()
        if held.is_cancelled:
            drop(place, held)
            continue
        try:
            await _finish(place, held, made, pool)
        except LeaseLostError as exc:
            held.cancel(str(exc))
            place.streak.failed(str(exc))
            drop(place, held)
        except HordeUnreachableError as exc:
            held.cancel(f"it could not be handed in: {exc}")
            drop(place, held)
        except Exception as exc:  # noqa: BLE001 -- one picture that cannot be finished does not end the worker
            await give_up(place, held, reason=reason_of(exc))


async def _finish(place: Workplace, held: HeldJob, made: Made, pool: Executor) -> None:
    job = held.job
    loop = asyncio.get_running_loop()
    finished = await loop.run_in_executor(pool, lambda: finish(made, job, screen=place.screen, settings=place.settings))
    if job.upload_url:
        url, outage = job.upload_url, place.store_outage
        reached(Step.UPLOAD, Edge.BEFORE)
        await persist(lambda: place.horde.upload(url, finished.body), outage=outage, within_s=HAND_IN_WITHIN_S)
        reached(Step.UPLOAD, Edge.AFTER)
    result = SubmitInputStable(
        id=job.id,
        generation="R2" if job.upload_url else picture_inline(finished.body),
        state="censored" if finished.is_censored else "ok",
        seed=job.wanted.seed,
        censored=finished.is_censored,
        gen_metadata=finished.notes,
    )
    reached(Step.SUBMIT, Edge.BEFORE)
    try:
        # A submit may be repeated: where the first one arrived, the horde says so, and that is success.
        reward = await persist(lambda: place.horde.submit(result), outage=place.outage, within_s=HAND_IN_WITHIN_S)
    except HordeRefusedError as exc:
        warn("submit.refused", job_id=job.id, cause=exc.explanation, code=exc.code)
        place.streak.failed(str(exc))
        place.let_go(held)
        return
    reached(Step.SUBMIT, Edge.AFTER)
    place.streak.succeeded()
    place.let_go(held)
    place.jobs_done += 1
    say(
        "job.submitted",
        job_id=job.id,
        reward="taken before" if reward is None else reward,
        censored=finished.is_censored or None,
        made_s=made.seconds,
        whole_s=time.monotonic() - held.popped_s,
        kib=len(finished.body) / 1024,
    )
