"""The worker's routes for texts: take a job (or wait for one), and hand it in."""

from collections.abc import Mapping
from typing import Final

from msgspec import structs

from core.api.limits.limit import WORKERS
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.orders.drafts import seed_of
from core.api.v2.work.holding import answer_pop
from core.api.v2.work.offers import start_id_of
from core.api.v2.work.payloads import messages_of, metadata_of
from core.api.v2.work.results import complete_job, fail_job, lease_for, likely_lease
from core.domain.ids import AccountId
from core.domain.jobs import Leased, Outcome, Popped
from core.domain.kinds.kind import Kind
from core.domain.kinds.text import TextParams
from core.domain.workers.offer import WorkerOffer
from core.wire import Rc
from core.wire.text import (
    GenerationPayloadKobold,
    ModelPayloadKobold,
    ModelPayloadStyleKobold,
    NoValidRequestFoundKobold,
    PopInputKobold,
    SubmitInputKobold,
)
from core.wire.work import GenerationSubmitted, PopHeaders

_SKIPPED: Final = frozenset(NoValidRequestFoundKobold.__struct_fields__)


async def pop_texts(call: Call[PopInputKobold, None]) -> Answer:
    """Give the worker a job, or say that there is none; with ``Prefer: wait=N`` only after N seconds without one."""
    offer = offer_of(call.message, account_id=call.account.id, headers=call.request.headers)
    return await answer_pop(call, offer, popped_of)


def offer_of(message: PopInputKobold, *, account_id: AccountId, headers: Mapping[str, str]) -> WorkerOffer:
    """Return what the worker offers."""
    return WorkerOffer(
        kind=Kind.TEXT,
        name=message.name,
        account_id=account_id,
        models=tuple(dict.fromkeys(message.models)),
        length_max=message.max_length,
        context_max=message.max_context_length,
        softprompts=tuple(dict.fromkeys(word for word in message.softprompts if word)),
        nsfw=message.nsfw,
        bridge_agent=message.bridge_agent,
        threads=message.threads,
        amount=message.amount,
        priority_usernames=message.priority_usernames,
        require_upfront_kudos=message.require_upfront_kudos,
        extra_slow=message.extra_slow_worker,
        start_id=start_id_of(headers),
        reports_progress=headers.get("Horde-Progress", "").strip() == "1",
    )


def popped_of(popped: Popped) -> GenerationPayloadKobold:
    """Return the reply to a pop: the jobs, or that there is none and why."""
    if not popped.jobs:
        known = {name: count for name, count in popped.skipped.items() if name in _SKIPPED}
        skipped = NoValidRequestFoundKobold(**known)
        return GenerationPayloadKobold(skipped=skipped, messages=messages_of(popped))
    first = popped.jobs[0]
    return GenerationPayloadKobold(
        payload=_payload(first),
        id=first.job_id,
        ids=tuple(job.job_id for job in popped.jobs),
        messages=messages_of(popped),
        ttl=first.ttl_s,
        softprompt=_params(first).softprompt,
        model=first.model,
    )


def _payload(job: Leased) -> ModelPayloadKobold:
    params = _params(job)
    style = {name: job.extra[name] for name in ModelPayloadStyleKobold.__struct_fields__ if name in job.extra}
    plain = ModelPayloadKobold(
        prompt=job.prompt, n=1, max_length=params.length_max, max_context_length=params.context_max
    )
    return structs.replace(plain, **style)


def _params(job: Leased) -> TextParams:
    if not isinstance(job.params, TextParams):
        raise TypeError(type(job.params).__name__)
    return job.params


async def submit_text(call: Call[SubmitInputKobold, None]) -> Answer:
    """Take a worker's text and pay for what was written."""
    context, message = call.context, call.message
    if message.state == "faulted":
        view = await lease_for(context, call.account, job_id=message.id, kind=Kind.TEXT)
        return await fail_job(context, view, why=message.state)
    view = await likely_lease(context, call.account, job_id=message.id, kind=Kind.TEXT)
    censored = message.state in {"censored", "csam"} or bool(message.gen_metadata)
    outcome = Outcome(
        body={"text": message.generation},
        seed=seed_of(message.seed),
        state="censored" if censored else "ok",
        gen_metadata=tuple(map(metadata_of, message.gen_metadata)),
        content_type="text/plain",
    )
    return await complete_job(context, view, outcome)


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/generate/text/pop",
        id="post_text_job_pop",
        tag=Tag.TEXT,
        summary="A worker takes jobs, or waits for one",
        handler=pop_texts,
        body=PopInputKobold,
        headers=PopHeaders,
        replies={200: GenerationPayloadKobold},
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
        path="/api/v2/generate/text/submit",
        id="post_text_job_submit",
        tag=Tag.TEXT,
        summary="A worker hands a text in",
        handler=submit_text,
        body=SubmitInputKobold,
        replies={200: GenerationSubmitted},
        refusals={400: (Rc.ABORTED_GEN, Rc.DUPLICATE_GEN), 404: (Rc.INVALID_JOB_ID,)},
        caller=Caller.ACCOUNT,
        limits=WORKERS,
        often=True,
    ),
)
