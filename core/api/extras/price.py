"""Why does this cost so much: the price of a request that is not made, part by part."""

from collections.abc import Callable

from core.api.operations import Answer, Call, Operation, Operations, Tag
from core.api.v2.amounts import kudos_of
from core.domain.ids import WorkerId
from core.domain.kinds.alchemy import AlchemyParams, Form, tiles_of
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind, PricePart
from core.domain.kinds.text import TextParams
from core.domain.kudos.explain import explain
from core.domain.queue.limits import check, resolve_models
from core.domain.requests import RequestDraft
from core.ports.store import ReadTransaction
from core.wire import Rc
from core.wire.extras import PricedJobsOut, PriceOut, PricePartOut, PriceQuery

_ANYTHING = "anything"
"""Stands for prompt and picture: neither changes a price."""


async def explain_price(call: Call[None, PriceQuery]) -> Answer:
    """Say what the request would cost at most, and why, without making it."""
    context = call.context
    policy = context.policy
    draft = _draft_of(call.query)
    check(draft, policy)
    since_ms = context.clock.now_ms() - policy.online_s * 1_000

    def served(tx: ReadTransaction) -> frozenset[str]:
        return frozenset(name for worker in tx.workers.online(since_ms) for name in worker.offer.models)

    draft = resolve_models(draft, policy, (await context.uow.read(served)).__contains__)
    breakdown = explain(draft, policy)
    return PriceOut(
        kudos=kudos_of(sum(jobs.total_mk for jobs in breakdown)),
        kind=draft.kind.value,
        models=draft.models,
        breakdown=tuple(
            PricedJobsOut(
                jobs=jobs.count, each=kudos_of(jobs.price.total_mk), parts=tuple(map(_part, jobs.price.parts))
            )
            for jobs in breakdown
        ),
    )


def _part(part: PricePart) -> PricePartOut:
    """Return the part as it is told: its reason begins a sentence."""
    why = f"{part.why[:1].upper()}{part.why[1:]}."
    return PricePartOut(
        name=part.name,
        kudos=kudos_of(part.amount_mk),
        to="worker" if part.to == "worker" else "treasury",
        why=why,
        source=part.source,
    )


def _draft_of(query: PriceQuery) -> RequestDraft:
    """Return the draft that the query is about."""
    kind = Kind(query.kind)
    draft: dict[Kind, Callable[[PriceQuery], RequestDraft]] = {
        Kind.IMAGE: _image,
        Kind.TEXT: _text,
        Kind.ALCHEMY: _alchemy,
    }
    return draft[kind](query)


def _image(query: PriceQuery) -> RequestDraft:
    image = ImageParams(
        width_px=query.width,
        height_px=query.height,
        steps=query.steps,
        sampler=query.sampler_name,
        cfg_scale=query.cfg_scale,
        post_processing=_names(query.post_processing),
    )
    extra: dict[str, object] = {}
    if query.control_type:
        extra["control_type"] = query.control_type
    if query.loras:
        extra["loras"] = [{"name": _ANYTHING} for _ in range(query.loras)]
    if query.source_image or query.control_type:
        extra["source_image"] = _ANYTHING
    return RequestDraft(
        kind=Kind.IMAGE,
        prompt=_ANYTHING,
        models=_names(query.models),
        n=query.n,
        params=image,
        slow_workers=query.slow_workers,
        worker_ids=(WorkerId(_ANYTHING),) if query.worker_blacklist else (),
        worker_blacklist=query.worker_blacklist,
        extra=extra,
    )


def _text(query: PriceQuery) -> RequestDraft:
    params = TextParams(length_max=query.max_length, context_max=query.max_context_length)
    return RequestDraft(kind=Kind.TEXT, prompt=_ANYTHING, models=_names(query.models), n=query.n, params=params)


def _alchemy(query: PriceQuery) -> RequestDraft:
    forms = tuple(Form(name=name) for name in _names(query.forms))
    tiles = tiles_of(width_px=query.width, height_px=query.height)
    return RequestDraft(kind=Kind.ALCHEMY, params=AlchemyParams(forms=forms, source_image=_ANYTHING, tiles=tiles))


def _names(words: str) -> tuple[str, ...]:
    """Return the names of a list with commas."""
    return tuple(name.strip() for name in words.split(",") if name.strip())


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/extras/price",
        id="get_price",
        tag=Tag.KUDOS,
        summary="What a request would cost at most, and why, part by part",
        handler=explain_price,
        replies={200: PriceOut},
        refusals={400: (Rc.BAD_REQUEST,)},
        query=PriceQuery,
        ours=True,
    ),
)
