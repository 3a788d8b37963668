"""The route by which pictures were rated for the public horde's data set, which takes none any more."""

from core.api.limits import a_minute
from core.api.operations import Answer, Call, Operation, Operations, Tag
from core.api.v2.orders import seen
from core.domain.errors import InvalidRequest
from core.services.queue.status import status
from core.wire import Rc
from core.wire.requests import AestheticsPayload
from core.wire.work import GenerationSubmitted


async def rate_order(call: Call[AestheticsPayload, None]) -> Answer:
    """Refuse: pictures are shared with no data set here, as on the public horde since it gave that up.

    Raises:
        NotFound: there is no such order.
        InvalidRequest: always else.
    """
    request_id, now_ms = seen.order_id_of(call.at("id")), call.context.clock.now_ms()
    await call.context.uow.read(lambda tx: status(tx, request_id=request_id, now_ms=now_ms))
    message = (
        "The pictures of this order are shared with no data set, so nobody takes its ratings. "
        "Where a bot posted them to a showcase, vote there."
    )
    raise InvalidRequest(message, field="id", code=Rc.AESTHETICS_NOT_PUBLIC)


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/generate/rate/{id}",
        id="post_aesthetics",
        tag=Tag.IMAGE,
        summary="Rate the pictures of an order that is shared with a data set (none is)",
        handler=rate_order,
        body=AestheticsPayload,
        replies={200: GenerationSubmitted},
        refusals={400: (Rc.AESTHETICS_NOT_PUBLIC,), 404: (Rc.REQUEST_NOT_FOUND,)},
        limits=(a_minute(5),),
    ),
)
