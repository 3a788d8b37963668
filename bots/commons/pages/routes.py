"""The timeline's routes, and how each request becomes an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from aiohttp import web

from bots.commons.pages import answers
from bots.commons.pages.asking import Asked, ask, wants_json
from bots.commons.pages.context import CommonsContext
from bots.commons.pages.deeds import Deeds
from bots.commons.pages.shown import Pages
from bots.commons.pages.streams import Streams
from bots.commons.session import new_guest
from core.domain.errors import HordeError

POST = r"/commons/posts/{post_id:\d{1,18}}"

Deed: TypeAlias = Callable[[Asked], Awaitable[web.StreamResponse]]


def routes(context: CommonsContext) -> Iterable[web.RouteDef]:
    """Returns the routes of the timeline; wiring mounts them at the root.

    It also appends `context.pulse.close` to the app's `on_shutdown`, so that open streams end at once.
    """
    pages = Pages(context)
    deeds = Deeds(context, pages)
    streams = Streams(context)
    door = Door(context, pages)
    return [
        web.get("/", door.route(pages.timeline)),
        web.get("/showcase", door.route(pages.showcase)),
        web.get(r"/posts/{post_id:\d{1,18}}", door.route(pages.post_page)),
        web.get("/commons/feed", door.route(pages.feed)),
        web.get("/commons/me", door.route(pages.me)),
        web.get("/commons/price", door.route(pages.price)),
        web.get("/commons/events", door.route(streams.events)),
        web.get(POST, door.route(pages.post)),
        web.post("/commons/posts", door.route(deeds.write)),
        web.post(f"{POST}/vote", door.route(deeds.vote)),
        web.post("/commons/name", door.route(deeds.rename)),
        web.post("/commons/key", door.route(deeds.use_key)),
        web.post("/commons/leave", door.route(deeds.leave)),
    ]


class Door:
    """What every route has in common: who asks, what an error becomes, and the cookie."""

    def __init__(self, context: CommonsContext, pages: Pages) -> None:
        """`pages` shows errors to those who look at pages."""
        self._context = context
        self._pages = pages

    def route(self, deed: Deed) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Returns the deed as a handler: with its reader, its errors as answers, and the cookie where it is new."""

        async def answer(request: web.Request) -> web.StreamResponse:
            asked: Asked | None = None
            try:
                asked = await ask(self._context, request)
                response = await deed(asked)
            except HordeError as error:
                response = await self._trouble(request, asked, error)
            if asked is not None and asked.remember is not None and not response.prepared:
                self._context.sessions.remember(response, asked.remember)
            return response

        return answer

    async def _trouble(self, request: web.Request, asked: Asked | None, error: HordeError) -> web.Response:
        """Returns the error as JSON, or as the timeline with the sentence beside the box and the text kept."""
        status = answers.status_of(error)
        if wants_json(request) or request.path == "/commons/events":
            response = web.json_response({"message": str(error), "rc": error.code}, status=status)
        else:
            reader = (asked.reader if asked else None) or self._context.sessions.reader(request) or new_guest()
            fields = asked.fields if asked else {}
            is_key = request.path == "/commons/key"
            response = await self._pages.write_page(
                reader,
                text=fields.get("text", "") or f"@{self._context.platform.handle} draw for me ",
                trouble="" if is_key else str(error),
                key_trouble=str(error) if is_key else "",
                status=status,
            )
        response.headers.update(answers.headers_of(error))
        return response
