"""The routes of AI Horde API v2, by noun, and our extras under the same prefix."""

from aiohttp import web

from core.api.v2 import orders, people, state, stream, work


def routes() -> list[web.RouteDef]:
    """Return every route under ``/api/v2``."""
    return [*orders.routes(), *work.routes(), *people.routes(), *state.routes(), *stream.routes()]
