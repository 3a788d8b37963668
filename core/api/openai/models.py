"""GET /v1/models: what workers serve now."""

from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.domain.errors import NotFound
from core.domain.kinds.kind import Kind
from core.ports.store import ReadTransaction
from core.wire import Rc
from core.wire.openai import ModelCard, ModelCards


async def list_models(call: Call[None, None]) -> Answer:
    """List the models of pictures and texts that workers serve now."""
    return ModelCards(data=await _cards(call))


async def get_model(call: Call[None, None]) -> Answer:
    """Say whether a model is served now."""
    wanted = call.at("id")
    for card in await _cards(call):
        if card.id == wanted:
            return card
    raise NotFound(
        f"No worker that was seen lately serves {wanted[:60]!r}. GET /v1/models lists what there is.",
        code=Rc.NOT_FOUND,
    )


async def _cards(call: Call[None, None]) -> tuple[ModelCard, ...]:
    context = call.context
    since_ms = context.clock.now_ms() - context.policy.online_s * 1_000

    def served(tx: ReadTransaction) -> frozenset[str]:
        online = (worker.offer for worker in tx.workers.online(since_ms))
        return frozenset(name for offer in online if offer.kind is not Kind.ALCHEMY for name in offer.models)

    names = sorted(await context.uow.read(served))
    return tuple(ModelCard(id=name, created=since_ms // 1_000) for name in names)


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/v1/models",
        id="list_models",
        tag=Tag.OPENAI,
        summary="The models that are served now",
        handler=list_models,
        replies={200: ModelCards},
        caller=Caller.PERHAPS_KNOWN,
        ours=True,
    ),
    Operation(
        method="GET",
        path="/v1/models/{id:.+}",
        id="retrieve_model",
        tag=Tag.OPENAI,
        summary="One model",
        handler=get_model,
        replies={200: ModelCard},
        refusals={404: (Rc.NOT_FOUND,)},
        caller=Caller.PERHAPS_KNOWN,
        ours=True,
    ),
)
