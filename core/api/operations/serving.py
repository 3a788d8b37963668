"""From the table of operations to routes: who calls is found, the query and body are read, the answer is sent."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from core.api.auth import KNOWN_KEYS, api_key_of
from core.api.bodies import message_in, read_body
from core.api.context import CONTEXT, ApiContext
from core.api.errors import MissingKeyError
from core.api.limits import Caught
from core.api.operations.call import Call, Reply
from core.api.operations.idempotency import idempotency_of
from core.api.operations.operation import Answer, Caller, Operation
from core.domain.accounts import Account
from core.domain.errors import NotPermitted
from core.services.kudos.keys import look_up
from core.services.people.authenticate import authenticate
from core.wire import MalformedBodyError, Rc, violations_of

LIMITS_LEFT: web.RequestKey[Mapping[str, str]] = web.RequestKey("limits_left", Mapping)
_NOTHING: Mapping[str, str] = {}
_SHARED_KEY: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes_of(operations: Iterable[Operation]) -> list[web.RouteDef]:
    """Return a route for each operation; those of GET answer HEAD too."""
    return [
        web.get(operation.path, endpoint(operation))
        if operation.method == "GET"
        else web.route(operation.method, operation.path, endpoint(operation))
        for operation in operations
    ]


def endpoint(operation: Operation) -> _Endpoint:
    """Return what aiohttp calls for the operation. The order: limits, key, query, body, handler."""

    async def answer(request: web.Request) -> web.StreamResponse:
        context = request.app[CONTEXT]
        if context.rate_limits is not None and operation.limits:
            request[LIMITS_LEFT] = await context.rate_limits.admit(operation.limits, _caught(request, operation))
        _refuse_nul(request)
        caller, shared_key = await _caller_of(request, operation)
        query = _query_of(request, operation.query)
        once, message = None, None
        if operation.body is not None or operation.idempotent:
            body = await _body_of(request, context, operation)
            message = message_in(request, body, operation.body) if operation.body is not None else None
            once = idempotency_of(request, body, whose=_whose(request, caller)) if operation.idempotent else None
        call: Call[Any, Any] = Call(
            request=request,
            context=context,
            message=message,
            query=query,
            caller=caller,
            shared_key=shared_key,
            once=once,
        )
        try:
            return _sent(call, await operation.handler(call))
        finally:
            if operation.method != "GET" and not operation.often:
                request.app[KNOWN_KEYS].forget()  # it may have changed an account

    return answer


def _whose(request: web.Request, caller: Account | None) -> str:
    """Return who it is of all that share an account: of the anonymous, those at one address."""
    return request.app[CONTEXT].addresses.of(request) if caller is not None and caller.is_anonymous else ""


def _sent(call: Call[Any, Any], answer: Answer) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    return call.respond(answer if isinstance(answer, Reply) else Reply(message=answer))


async def tell_limits(request: web.Request, response: web.StreamResponse) -> None:
    """Put into the reply's headers how many more calls are taken; what a refusal says of itself stays."""
    for name, value in request.get(LIMITS_LEFT, _NOTHING).items():
        response.headers.setdefault(name, value)


def _caught(request: web.Request, operation: Operation) -> Caught:
    return Caught(
        operation=operation.id,
        method=request.method,
        path=request.path,
        address=request.app[CONTEXT].addresses.of(request),
        api_key=request.headers.get("apikey", "").strip(),
    )


async def _body_of(request: web.Request, context: ApiContext, operation: Operation) -> bytes:
    bytes_max = context.base64_body_bytes_max if operation.pictures else context.body_bytes_max
    return await read_body(request, bytes_max=bytes_max, body_s=context.body_s_max)


async def _caller_of(request: web.Request, operation: Operation) -> tuple[Account | None, str | None]:
    """Return whose key it is, if the operation asks, and the shared key where one stands in for its owner's.

    Raises:
        MissingKeyError, Unauthorized: no key where one is needed, or nobody's.
        NotPermitted: a moderator is needed.
    """
    if operation.caller is Caller.ANYBODY:
        return None, None
    try:
        api_key = api_key_of(request)
    except MissingKeyError:
        if operation.caller is Caller.PERHAPS_KNOWN:
            return None, None
        raise
    uow = request.app[CONTEXT].uow
    if operation.shared_keys and _SHARED_KEY.fullmatch(api_key):
        _, owner = await uow.read(lambda tx: look_up(tx, key_id=api_key.lower()))
        return owner, api_key.lower()
    if operation.often:
        return await request.app[KNOWN_KEYS].account(api_key), None
    account = await uow.read(lambda tx: authenticate(tx, api_key=api_key))
    if operation.caller is Caller.MODERATOR and not account.moderator:
        message = "Only moderators may do this. Ask one of them."
        raise NotPermitted(message, code=Rc.NOT_MODERATOR)
    return account, None


def _query_of(request: web.Request, query: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    """Return the query as the Struct; what is empty counts as left out, what is not known is ignored.

    Raises:
        MalformedBodyError: values that break their limits, each named.
    """
    if query is None:
        return None
    given = {name: value for name, value in request.query.items() if value}
    try:
        return msgspec.convert(given, query, strict=False)
    except msgspec.ValidationError as exc:
        errors = violations_of(given, query, strict=False) or {"query": str(exc)}
        raise MalformedBodyError("Input payload validation failed", errors) from exc


def _refuse_nul(request: web.Request) -> None:
    if "%00" in request.rel_url.raw_query_string:
        raise MalformedBodyError(
            "The address holds a NUL character (%00). Remove it and send again.", rc=Rc.NUL_BYTE_IN_PAYLOAD
        )
