"""Which models there are: served by whom, waited for by how many."""

from core.api.operations import Answer, Call, Operation, Operations, Tag
from core.domain.errors import NotFound
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.services.statistics.models import ModelFigures, model_figures
from core.wire import Rc
from core.wire.people import ActiveModel
from core.wire.showing.status import ModelsQuery


async def list_models(call: Call[None, ModelsQuery]) -> Answer:
    """List the models that workers serve now, or that someone waits for."""
    context, query, now_ms = call.context, call.query, call.context.clock.now_ms()
    kind = Kind(query.type)
    found = await context.uow.read(
        lambda tx: model_figures(tx, kind=kind, now_ms=now_ms, online_s=context.policy.online_s)
    )
    least = query.min_count or 0
    most = query.max_count if isinstance(query.max_count, int) else None
    return [
        _shown(one, kind)
        for one in found
        if least <= one.workers
        and (most is None or one.workers <= most)
        and is_meant(one.name, query.model_state, context.policy)
    ]


async def show_model(call: Call[None, None]) -> Answer:
    """Show one model, as a list of one: of pictures, or else of texts."""
    context, name, now_ms = call.context, call.at("name"), call.context.clock.now_ms()
    for kind in (Kind.IMAGE, Kind.TEXT):
        found = await context.uow.read(
            lambda tx, kind=kind: model_figures(  # type: ignore[misc] # bound now
                tx, kind=kind, now_ms=now_ms, online_s=context.policy.online_s
            )
        )
        for one in found:
            if one.name == name:
                return [_shown(one, kind)]
    if name in (context.policy.known_models or ()):
        return [_shown(ModelFigures(name=name), Kind.IMAGE)]
    message = f"No worker serves a model {name[:60]!r} now, and nobody waits for it. The list shows those there are."
    raise NotFound(message, code=Rc.MODEL_NOT_FOUND)


def is_meant(name: str, state: str, policy: QueuePolicy) -> bool:
    """Tell whether a model is one of those asked for; where the horde knows no list, all are known."""
    known = policy.known_models is None or name in policy.known_models
    return state == "all" or known is (state == "known")


def _shown(one: ModelFigures, kind: Kind) -> ActiveModel:
    return ActiveModel(
        name=one.name,
        count=one.threads,
        jobs=one.jobs,
        queued=one.things,
        performance=round(one.speed, 2),
        eta=one.eta_s,
        type=kind.value,
    )


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/status/models",
        id="get_models",
        tag=Tag.STATUS,
        summary="The models that workers serve now, or that someone waits for",
        handler=list_models,
        query=ModelsQuery,
        replies={200: list[ActiveModel]},
    ),
    Operation(
        method="GET",
        path="/api/v2/status/models/{name}",
        id="get_model",
        tag=Tag.STATUS,
        summary="One model",
        handler=show_model,
        replies={200: list[ActiveModel]},
        refusals={404: (Rc.MODEL_NOT_FOUND,)},
    ),
)
