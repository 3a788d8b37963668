"""A call that may come again: what it does is done once for its ``Idempotency-Key``, and answered alike."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from aiohttp import web

from core.api.bodies import json_reply
from core.api.operations.call import Call, Reply
from core.api.operations.masks import MASK_HEADER, masked
from core.domain.calls.replays import Replay
from core.ports.store import Transaction
from core.services.people.replays import replay_of

REPLAYED: Final = {"Idempotent-Replay": "true"}


async def write_once(
    call: Call[Any, Any], use_case: Callable[[Transaction], msgspec.Struct | Reply]
) -> msgspec.Struct | Reply | web.StreamResponse:
    """Return what the use case answers, run in one transaction; with a key that was used, what was answered then.

    The answer is kept for a day, in the use case's own transaction; a refusal is not kept. It must hold no secret.

    Raises:
        Conflict: the key was used for something else.
    """
    once, account = call.once, call.caller
    if once is None or account is None:
        return await call.context.uow.write(use_case)
    now_ms = call.context.clock.now_ms()

    def do(tx: Transaction) -> msgspec.Struct | Reply | Replay:
        known = replay_of(tx, account_id=account.id, key=once.key, fingerprint=once.fingerprint)
        if known is not None:
            return known
        answer = use_case(tx)
        reply = answer if isinstance(answer, Reply) else Reply(message=answer)
        tx.replays.add(
            Replay(
                account_id=account.id,
                key=once.key,
                fingerprint=once.fingerprint,
                status=reply.status,
                body="" if reply.message is None else msgspec.json.encode(reply.message).decode(),
                at_ms=now_ms,
            )
        )
        return answer

    answer = await call.context.uow.write(do)
    return _again(call, answer) if isinstance(answer, Replay) else answer


def _again(call: Call[Any, Any], known: Replay) -> web.Response:
    if not known.body:
        return web.Response(status=known.status, headers=REPLAYED)
    mask = call.request.headers.get(MASK_HEADER)
    body = masked(msgspec.json.decode(known.body), mask) if mask else msgspec.Raw(known.body.encode())
    return json_reply(body, status=known.status, headers=REPLAYED)
