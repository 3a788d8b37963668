"""The HTTP application: every route in one aiohttp app that wiring serves, with other rooms' pages."""

from collections.abc import Iterable

from aiohttp import web

from core.api import extras, objects, openai, openapi, v2
from core.api.auth import KNOWN_KEYS, KnownKeys
from core.api.context import CONTEXT, HELD, ApiContext
from core.api.cors import allow_any_origin, answer_preflight
from core.api.errors import answer_errors
from core.api.held import HeldPops
from core.api.openai.errors import answer_as_openai
from core.api.operations import Operations, routes_of, tell_limits
from core.api.serving import note_head


def operations() -> Operations:
    """Return the whole table of operations: what is routed, described and tested."""
    return (*v2.operations(), *extras.operations(), *openai.operations(), *openapi.operations())


def create_app(context: ApiContext, *more: Iterable[web.AbstractRouteDef]) -> web.Application:
    """Return the app with the API's routes and ``more`` (other rooms' pages); it holds nothing that needs closing."""
    app = web.Application(
        middlewares=[note_head, answer_preflight, answer_as_openai, answer_errors],
        client_max_size=context.base64_body_bytes_max,
    )
    app[CONTEXT] = context
    app[HELD] = HeldPops()
    app[KNOWN_KEYS] = KnownKeys(context.uow, kept_s=context.keys_known_s)
    app.on_response_prepare.append(allow_any_origin)
    app.on_response_prepare.append(tell_limits)
    app.on_startup.append(lambda _: context.changes.begin())
    app.on_shutdown.append(app[HELD].close)
    app.on_cleanup.append(lambda _: context.changes.end())
    table = operations()
    app[openapi.REFERENCE] = openapi.Reference(table, version=context.version, public_url=context.public_url)
    app.add_routes(routes_of(table))
    if context.signed_objects is not None:
        app.add_routes(objects.routes(context.signed_objects))
    for routes in more:
        app.add_routes(routes)
    return app
