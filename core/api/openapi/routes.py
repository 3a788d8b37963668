"""The routes of the API's description of itself."""

from typing import Final

from aiohttp import web

from core.api.openapi.page.render import POLICY
from core.api.openapi.reference import REFERENCE
from core.api.operations import Answer, Call, Media, Operation, Operations, Tag

_CACHE: Final = {"Cache-Control": "public, max-age=60"}


async def show_page(call: Call[None, None]) -> Answer:
    """Show every operation on one page, which needs nothing from any other host."""
    body = call.request.app[REFERENCE].page()
    safe = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
    return web.Response(body=body, content_type="text/html", charset="utf-8", headers=_CACHE | safe)


async def give_openapi(call: Call[None, None]) -> Answer:
    """Describe the API as OpenAPI 3.1."""
    return _document(call.request.app[REFERENCE].openapi())


async def give_swagger(call: Call[None, None]) -> Answer:
    """Describe the API as Swagger 2.0, with the names that the public AI Horde's has."""
    return _document(call.request.app[REFERENCE].swagger())


def _document(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", charset="utf-8", headers=_CACHE)


def operations() -> Operations:
    """Return the operations of the reference."""
    json = Media(content_type="application/json", about="The document.")
    return (
        Operation(
            method="GET",
            path="/api/",
            id="get_reference",
            tag=Tag.REFERENCE,
            summary="This reference as a page",
            handler=show_page,
            replies={200: Media(content_type="text/html", about="The page.")},
        ),
        Operation(
            method="GET",
            path="/api/openapi.json",
            id="get_openapi",
            tag=Tag.REFERENCE,
            summary="This reference as OpenAPI 3.1",
            handler=give_openapi,
            replies={200: json},
            ours=True,
        ),
        Operation(
            method="GET",
            path="/api/swagger.json",
            id="get_swagger",
            tag=Tag.REFERENCE,
            summary="This reference as Swagger 2.0",
            handler=give_swagger,
            replies={200: json},
        ),
    )
