"""Errors as OpenAI's clients read them, made of the API's own."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from aiohttp import web

from core.api.bodies import json_reply
from core.wire.openai import OpenAIError, OpenAIProblem

PATHS: Final = "/v1/"
NOT_AGAIN: Final = {"x-should-retry": "false"}
"""OpenAI's own clients send a failed call again, unless they are told that it would not help."""
_TYPES: Final = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_MISSING_KEY: Final = "No API key was sent. Send it as `Authorization: Bearer KEY`; 0000000000 is everyone's."


@web.middleware
async def answer_as_openai(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Put the errors of this room's addresses into OpenAI's form; what is no error stays."""
    response = await handler(request)
    if not request.path.startswith(PATHS) or response.status < 400 or not isinstance(response, web.Response):
        return response
    status, problem = problem_of(response.status, bytes(response.body) if isinstance(response.body, bytes) else b"{}")
    kept = {name: value for name, value in response.headers.items() if name in {"Retry-After", "Allow"}}
    return json_reply(OpenAIError(error=problem), status=status, headers=kept | (NOT_AGAIN if status == 503 else {}))


def problem_of(status: int, body: bytes) -> tuple[int, OpenAIProblem]:
    """Return the status and the error that say in OpenAI's words what a body in ours says."""
    said: dict[str, Any] = msgspec.json.decode(body)
    fields: dict[str, str] = said.get("errors", {})
    if "apikey" in fields:
        return 401, OpenAIProblem(message=_MISSING_KEY, type=_TYPES[401], code="invalid_api_key")
    param = next(iter(fields), None)
    message = str(said.get("message", "")) + "".join(f" {name}: {why}." for name, why in fields.items())
    kind = _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return status, OpenAIProblem(message=message, type=kind, param=param, code=said.get("rc"))
