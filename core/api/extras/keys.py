"""Key rotation: an account gets a new API key, and the old one is worth nothing from then on."""

from typing import Final

from core.api.limits.limit import a_minute
from core.api.operations import Answer, Call, Caller, Operation, Operations, Reply, Tag
from core.services.people.rotate import rotate_key
from core.wire import Rc
from core.wire.extras import NewKeyOut

_NOT_STORED: Final = {"Cache-Control": "no-store"}


async def rotate(call: Call[None, None]) -> Answer:
    """Return a new API key for the caller's account, shown this once; the one that was sent works no more."""
    account, now_ms = call.account, call.context.clock.now_ms()
    made = await call.context.uow.write(lambda tx: rotate_key(tx, actor=account, account_id=account.id, now_ms=now_ms))
    return Reply(message=NewKeyOut(username=made.account.handle, apikey=made.api_key), headers=_NOT_STORED)


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/extras/keys/rotate",
        id="rotate_key",
        tag=Tag.USERS,
        summary="A new API key for the old one",
        handler=rotate,
        replies={200: NewKeyOut},
        refusals={403: (Rc.ANON_FORBIDDEN,)},
        caller=Caller.ACCOUNT,
        limits=(a_minute(5),),
        ours=True,
    ),
)
