"""An order from its making to its end while the client holds the line; nobody's order is made for nobody."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from core.api.context import HELD
from core.api.held import is_gone
from core.api.operations import Call
from core.api.v2.orders import seen
from core.api.v2.orders.asking import ask
from core.domain.errors import Unavailable
from core.domain.ids import RequestId
from core.domain.requests import RequestDraft, RequestState
from core.services.queue.cancel import cancel

log = logging.getLogger(__name__)
QUIET_S: Final = 10.0


@asynccontextmanager
async def order(call: Call[Any, Any], draft: RequestDraft, *, is_screened: bool) -> AsyncIterator[RequestId]:
    """Make the order for the block; what is left of it when the block ends, however it ends, is cancelled.

    Raises:
        Unavailable: nobody could make it now.
    """
    context = call.context
    accepted = await ask(call, draft, is_screened=is_screened)
    request_id = accepted.request_id
    try:
        if not accepted.is_possible:
            wanted = ", ".join(draft.models) or "any model"
            raise Unavailable(
                f"No worker that was seen lately serves {wanted} at this size. GET /v1/models lists what there is."
            )
        yield request_id
    finally:
        now_ms = context.clock.now_ms()
        if await context.uow.write(lambda tx: cancel(tx, request_id=request_id, now_ms=now_ms)):
            log.info("request.cancelled_at_the_door request_id=%s", request_id)


async def ended(
    call: Call[Any, Any], request_id: RequestId, *, while_quiet: Callable[[], Awaitable[None]] | None = None
) -> seen.Seen:
    """Return the order when all of it has ended and some of it is there.

    while_quiet: is done every few seconds until then.

    Raises:
        Unavailable: it took too long, or nothing of it could be made, or the server stops.
        ConnectionResetError: the client has gone.
    """
    request, context, held = call.request, call.context, call.request.app[HELD]
    now = asyncio.get_running_loop().time
    until = now() + context.door_s_max
    async with context.changes.watching(request_id) as watch:
        while True:
            found = await context.uow.read(seen.look(context, request_id))
            if found.status.done:
                return _made(found)
            if (left_s := until - now()) <= 0:
                raise Unavailable(
                    f"Nothing was made within {context.door_s_max:g} s, so the order was cancelled; the queue is "
                    f"{found.status.queue_position} long. Try a smaller one, or the /api/v2 routes, which do not wait."
                )
            watch.busy = found.status.processing > 0
            woken = False
            async with held.hold(request, wait_s=min(left_s, QUIET_S)):
                await watch.changed()
                woken = True
            if is_gone(request):
                raise ConnectionResetError
            if held.closing:
                raise Unavailable("The server is being stopped. Ask again in a moment.")
            if while_quiet is not None and not woken:
                await while_quiet()


def _made(found: seen.Seen) -> seen.Seen:
    if found.status.results:
        return found
    if found.status.state is RequestState.FAULTED:
        raise Unavailable("Several workers tried and none could make it. Change the prompt or the model.")
    raise Unavailable(f"The order is {found.status.state}: nothing was made of it. Ask again.")
