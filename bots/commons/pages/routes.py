"""The timeline's routes, and how each request becomes an answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

from aiohttp import web

from bots.commons.pages import answers
from bots.commons.pages.asking import Asked, ask, post_number, read_body, wants_json
from bots.commons.pages.context import CommonsContext
from bots.commons.pages.deeds import Deeds
from bots.commons.pages.shown import Pages
from bots.commons.pages.streams import Streams
from bots.commons.session import Reader, new_guest
from core.domain.errors import HordeError, InvalidRequest

POST = r"/commons/posts/{post_id:\d{1,18}}"

TROUBLE_PLACES: Mapping[str, str] = {"/commons/posts": "trouble", "/commons/key": "key_trouble"}
"""Where on the page the error of a form is said; those of all else stand at the top."""

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
        web.get("/best", door.route(pages.best)),
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
            fields: Mapping[str, str] = {}
            try:
                if request.method == "POST":
                    fields = await read_body(request)
                asked = await ask(self._context, request, fields)
                response = await deed(asked)
            except HordeError as error:
                response = await self._trouble(request, asked.reader if asked else None, fields, error)
            if asked is not None and asked.remember is not None and not response.prepared:
                self._context.sessions.remember(response, asked.remember)
            return response

        return answer

    async def _trouble(
        self, request: web.Request, reader: Reader | None, fields: Mapping[str, str], error: HordeError
    ) -> web.Response:
        """Returns the error as JSON, or as the timeline with its sentence where it belongs and the text kept."""
        status = answers.status_of(error)
        if wants_json(request) or request.path == "/commons/events":
            response = web.json_response({"message": str(error), "rc": error.code}, status=status)
        else:
            response = await self._pages.write_page(
                reader or self._context.sessions.reader(request) or new_guest(),
                text=fields.get("text", "") or self._pages.begin,
                answers=_post_number(fields),
                troubles={TROUBLE_PLACES.get(request.path, "page_trouble"): str(error)},
                status=status,
            )
        response.headers.update(answers.headers_of(error))
        return response


def _post_number(fields: Mapping[str, str]) -> int | None:
    """Returns which post was replied to, none where that was the error."""
    try:
        return post_number(fields)
    except InvalidRequest:
        return None
