"""Cross-origin answers as v2 gives them, because browser clients of any origin use the API."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from core.api.context import CONTEXT
from core.api.errors import API_PATHS

_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS, PUT, DELETE, PATCH",
    "Access-Control-Allow-Headers": (
        "Accept, Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, apikey, Client-Agent, X-Fields, "
        "X-Forwarded-For, Proxied-For, Proxy-Authorization, Prefer, If-None-Match, Idempotency-Key, Horde-Progress, "
        "Horde-Start-Id, Authorization"
    ),
    "Access-Control-Expose-Headers": (
        "ETag, Retry-After, Preference-Applied, Idempotent-Replay, Horde-Node, X-RateLimit-Limit, "
        "X-RateLimit-Remaining, X-RateLimit-Reset"
    ),
}
_Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def allow_any_origin(request: web.Request, response: web.StreamResponse) -> None:
    """Put the CORS headers, and which server answered, on every reply of the API and of the objects."""
    if request.path.startswith(API_PATHS):
        response.headers.update(_HEADERS)
        response.headers["Horde-Node"] = request.app[CONTEXT].node


@web.middleware
async def answer_preflight(request: web.Request, handler: _Route) -> web.StreamResponse:
    """Answer OPTIONS on any API address with 200 and no body."""
    if request.method == "OPTIONS" and request.path.startswith(API_PATHS):
        return web.Response(headers={"Access-Control-Max-Age": "86400"})
    return await handler(request)
