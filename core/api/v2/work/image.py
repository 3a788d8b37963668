"""The worker's routes for pictures: take a job (or wait for one), and hand it in."""

import logging
from contextlib import suppress

from core.api import intake
from core.api.limits.limit import WORKERS
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.orders.drafts import seed_of
from core.api.v2.work import payloads
from core.api.v2.work.holding import answer_pop
from core.api.v2.work.offers import offer_of
from core.api.v2.work.results import complete_job, fail_job, lease_for, likely_lease
from core.domain.errors import Conflict, NotFound
from core.domain.jobs import Outcome
from core.domain.kinds.kind import Kind
from core.wire import Rc
from core.wire.work import GenerationPayloadStable, GenerationSubmitted, PopHeaders, PopInputStable, SubmitInputStable

log = logging.getLogger(__name__)


async def pop_pictures(call: Call[PopInputStable, None]) -> Answer:
    """Give the worker a job, or say that there is none; with ``Prefer: wait=N`` only after N seconds without one."""
    offer = offer_of(call.message, account_id=call.account.id, headers=call.request.headers)
    return await answer_pop(call, offer, lambda popped: payloads.popped_of(call.context, popped))


async def submit_picture(call: Call[SubmitInputStable, None]) -> Answer:
    """Take a worker's result: check the picture, publish it, pay. A broken one puts the job back into the queue."""
    context, message = call.context, call.message
    if message.state == "faulted":
        view = await lease_for(context, call.account, job_id=message.id, kind=Kind.IMAGE)
        return await fail_job(context, view, why=message.state)
    view = await likely_lease(context, call.account, job_id=message.id, kind=Kind.IMAGE)
    censored = _is_censored(message)
    try:
        picture = await intake.take(context, view, generation=message.generation, censored=censored)
    except intake.PictureRefused as exc:
        view = await lease_for(context, call.account, job_id=message.id, kind=Kind.IMAGE)  # its end goes before
        log.warning("job.picture_refused job_id=%s worker_id=%s why=%s", view.job_id, view.worker_id, exc.__cause__)
        with suppress(Conflict, NotFound):
            await fail_job(context, view, why="refused")
        raise
    outcome = Outcome(
        object_key=picture.key,
        seed=seed_of(message.seed),
        state="censored" if censored else "ok",
        gen_metadata=tuple(payloads.metadata_of(entry) for entry in message.gen_metadata),
        width_px=picture.width_px,
        height_px=picture.height_px,
        content_type=intake.WEBP,
    )
    reply = await complete_job(context, view, outcome, withdraw=lambda: intake.withdraw(context, picture))
    await intake.forget(context, view, generation=message.generation)
    return reply


def _is_censored(message: SubmitInputStable) -> bool:
    return (
        message.censored
        or message.state in {"censored", "csam"}
        or any(entry.type == "censorship" for entry in message.gen_metadata)
    )


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/generate/pop",
        id="post_image_job_pop",
        tag=Tag.IMAGE,
        summary="A worker takes jobs, or waits for one",
        handler=pop_pictures,
        body=PopInputStable,
        headers=PopHeaders,
        replies={200: GenerationPayloadStable},
        refusals={
            400: (Rc.INVALID_PRIORITY_USERNAME,),
            403: (Rc.ANON_FORBIDDEN_WORKER, Rc.WRONG_CREDENTIALS, Rc.WORKER_MAINTENANCE, Rc.TOO_MANY_WORKERS),
        },
        caller=Caller.ACCOUNT,
        limits=WORKERS,
        often=True,
    ),
    Operation(
        method="POST",
        path="/api/v2/generate/submit",
        id="post_image_job_submit",
        tag=Tag.IMAGE,
        summary="A worker hands a picture in",
        handler=submit_picture,
        body=SubmitInputStable,
        replies={200: GenerationSubmitted},
        refusals={
            400: (Rc.ABORTED_GEN, Rc.DUPLICATE_GEN, Rc.IMAGE_VALIDATION_FAILED),
            404: (Rc.INVALID_JOB_ID,),
        },
        caller=Caller.ACCOUNT,
        limits=WORKERS,
        often=True,
        pictures=True,
    ),
)
