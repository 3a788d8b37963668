"""The objects' routes where this process serves them itself: signed PUT, signed GET, and GET of what is published."""

from typing import Final

from aiohttp import web

from core.api.bodies import chunks_of
from core.domain.errors import NotFound
from core.ports.points import Edge, Step, reached
from core.ports.signed import SignedObjects
from core.wire import Rc

_CHUNK_S: Final = 30.0
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def routes(objects: SignedObjects) -> list[web.RouteDef]:
    """Return the objects' routes."""

    async def put(request: web.Request) -> web.Response:
        """Take an upload, streamed to the disk."""
        grant = objects.verify("PUT", request.match_info["key"], request.query)
        declared = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        chunks = chunks_of(request, bytes_max=grant.bytes_max, chunk_s=_CHUNK_S)
        reached(Step.UPLOAD, Edge.BEFORE)
        head = await objects.receive(grant, chunks, declared_type=declared)
        reached(Step.UPLOAD, Edge.AFTER)
        return web.Response(headers={"ETag": f'"{head.etag}"'})

    async def get(request: web.Request) -> web.StreamResponse:
        """Give the object; ranges, If-None-Match and HEAD are answered from the file."""
        key = request.match_info["key"]
        public = objects.is_public(key)
        if not public:
            objects.verify("GET", key, request.query)
        found = await objects.find(key)
        if found is None:
            raise NotFound("There is no picture at this address. It may be expired.", code=Rc.OBJECT_NOT_FOUND)
        path, head, cache_s = found
        cache = f"public, max-age={cache_s}, immutable" if public else "private, no-store"
        return web.FileResponse(path, headers=_SAFE | {"Content-Type": head.content_type, "Cache-Control": cache})

    return [web.put("/objects/{key:.+}", put), web.get("/objects/{key:.+}", get)]
