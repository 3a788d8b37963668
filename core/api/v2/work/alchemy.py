"""The alchemist's routes: take forms of pictures (or wait for one), and hand their results in."""

import logging
from collections.abc import Mapping
from contextlib import suppress

from msgspec import UNSET, to_builtins

from core.api import intake
from core.api.context import ApiContext
from core.api.limits.limit import WORKERS
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.nesting import check_carried
from core.api.v2.orders.alchemy import UPLOADED
from core.api.v2.work.holding import answer_pop
from core.api.v2.work.offers import start_id_of
from core.api.v2.work.payloads import source_address, upload_address
from core.api.v2.work.results import complete_job, fail_job, lease_for
from core.domain.errors import Conflict, InvalidRequest, NotFound
from core.domain.ids import AccountId
from core.domain.jobs import Leased, LeaseView, Outcome, Popped
from core.domain.kinds.alchemy import AlchemyParams
from core.domain.kinds.kind import Kind
from core.domain.kinds.postprocessors import POST_PROCESSORS
from core.domain.workers.offer import WorkerOffer
from core.wire import Rc
from core.wire.alchemy import (
    InterrogationPopFormPayload,
    InterrogationPopInput,
    InterrogationPopPayload,
    InterrogationSubmitInput,
    NoValidInterrogationsFound,
)
from core.wire.work import GenerationSubmitted, PopHeaders

log = logging.getLogger(__name__)


async def pop_forms(call: Call[InterrogationPopInput, None]) -> Answer:
    """Give the worker forms, or say that there are none; with ``Prefer: wait=N`` only after N seconds without one."""
    offer = offer_of(call.message, account_id=call.account.id, headers=call.request.headers)
    return await answer_pop(call, offer, lambda popped: popped_of(call.context, popped))


def offer_of(message: InterrogationPopInput, *, account_id: AccountId, headers: Mapping[str, str]) -> WorkerOffer:
    """Return what the worker offers."""
    return WorkerOffer(
        kind=Kind.ALCHEMY,
        name=message.name,
        account_id=account_id,
        forms=tuple(dict.fromkeys(message.forms)),
        tiles_max=message.max_tiles,
        bridge_agent=message.bridge_agent,
        threads=message.threads,
        amount=message.amount,
        priority_usernames=message.priority_usernames,
        start_id=start_id_of(headers),
        reports_progress=headers.get("Horde-Progress", "").strip() == "1",
    )


def popped_of(context: ApiContext, popped: Popped) -> InterrogationPopPayload:
    """Return the reply to a pop: the forms, or null and why."""
    if not popped.jobs:
        known = {name: count for name, count in popped.skipped.items() if name in _SKIPPED}
        return InterrogationPopPayload(skipped=NoValidInterrogationsFound(**known))
    return InterrogationPopPayload(forms=tuple(_form(context, job) for job in popped.jobs))


_SKIPPED = frozenset(NoValidInterrogationsFound.__struct_fields__)


def _form(context: ApiContext, job: Leased) -> InterrogationPopFormPayload:
    if not isinstance(job.params, AlchemyParams):
        raise TypeError(type(job.params).__name__)
    form = job.params.forms[job.ordinal]
    changes = form.name in POST_PROCESSORS
    return InterrogationPopFormPayload(
        id=job.job_id,
        form=form.name,
        payload=dict(form.payload),
        source_image=source_address(context, job, job.params.source_image),
        r2_upload=upload_address(context, job) if changes else UNSET,
    )


async def submit_form(call: Call[InterrogationSubmitInput, None]) -> Answer:
    """Take a form's result: what was read, or the picture that was uploaded, checked as any other."""
    context, message = call.context, call.message
    view = await lease_for(context, call.account, job_id=message.id, kind=Kind.ALCHEMY)
    if message.state == "faulted":
        return await fail_job(context, view, why=message.state)
    if view.model not in POST_PROCESSORS:
        body = _read(view, message)
        check_carried(body, field="result", bytes_max=context.body_bytes_max)
        return await complete_job(context, view, Outcome(body=body, content_type="application/json"))
    generation = _picture(view, message)
    try:
        picture = await intake.take(context, view, generation=generation, censored=True)
    except intake.PictureRefused as exc:
        log.warning("job.picture_refused job_id=%s worker_id=%s why=%s", view.job_id, view.worker_id, exc.__cause__)
        with suppress(Conflict, NotFound):
            await fail_job(context, view, why="refused")
        raise
    outcome = Outcome(
        object_key=picture.key,
        body={view.model: UPLOADED},
        width_px=picture.width_px,
        height_px=picture.height_px,
        content_type=intake.WEBP,
    )
    reply = await complete_job(context, view, outcome, withdraw=lambda: intake.withdraw(context, picture))
    await intake.forget(context, view, generation=generation)
    return reply


def _read(view: LeaseView, message: InterrogationSubmitInput) -> Mapping[str, object]:
    """Return the result under the form's name, and nothing else.

    Raises:
        InvalidRequest: there is none.
    """
    if not isinstance(message.result, dict) or view.model not in message.result:
        raise InvalidRequest(
            f'The result of the form {view.model!r} is missing. Give it as {{"result": {{"{view.model}": …}}}}.',
            field="result",
            value=str(to_builtins(message.result))[:60],
        )
    return {view.model: message.result[view.model]}


def _picture(view: LeaseView, message: InterrogationSubmitInput) -> str:
    """Return where the changed picture is: uploaded, or itself as base64."""
    found = message.result if isinstance(message.result, str) else message.result.get(view.model)
    if not isinstance(found, str) or not found:
        raise InvalidRequest(
            f'Upload the picture to r2_upload, then give {{"result": {{"{view.model}": "R2"}}}}.', field="result"
        )
    return found


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/interrogate/pop",
        id="post_interrogate_pop",
        tag=Tag.ALCHEMY,
        summary="A worker takes forms, or waits for one",
        handler=pop_forms,
        body=InterrogationPopInput,
        headers=PopHeaders,
        replies={200: InterrogationPopPayload},
        refusals={
            400: (Rc.BAD_REQUEST, Rc.INVALID_PRIORITY_USERNAME, Rc.POLYMORPHIC_NAME_CONFLICT),
            403: (
                Rc.ANON_FORBIDDEN_WORKER,
                Rc.TOO_MANY_WORKERS,
                Rc.WORKER_FLAGGED_MAINTENANCE,
                Rc.WORKER_MAINTENANCE,
                Rc.WRONG_CREDENTIALS,
            ),
        },
        caller=Caller.ACCOUNT,
        limits=WORKERS,
        often=True,
    ),
    Operation(
        method="POST",
        path="/api/v2/interrogate/submit",
        id="post_interrogate_submit",
        tag=Tag.ALCHEMY,
        summary="A worker hands a form's result in",
        handler=submit_form,
        body=InterrogationSubmitInput,
        replies={200: GenerationSubmitted},
        refusals={
            400: (Rc.ABORTED_GEN, Rc.BAD_REQUEST, Rc.DUPLICATE_GEN, Rc.IMAGE_VALIDATION_FAILED),
            404: (Rc.INVALID_JOB_ID,),
        },
        caller=Caller.ACCOUNT,
        limits=WORKERS,
        often=True,
        pictures=True,
    ),
)
