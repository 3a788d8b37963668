"""A local Mastodon server for the real Mastodon.py: its API over a port, and every fault on order.

`python -m tests.doubles.mastodon` starts one (`--gotosocial` for the other kind) and prints its address, the bot's
token and a person's; `--mood` names what goes wrong.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from aiohttp import web

from core.ports.clock import Clock, SystemClock
from tests.doubles.fediverse import Entry, Fediverse, Json, Resident, Wrong
from tests.doubles.fediverse_stream import Streams

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
POST_STATUS = "POST /api/v1/statuses"
PAGE_MAX = 80


class HasId(Protocol):
    """What can be put in pages."""

    id: str


Row = TypeVar("Row", bound=HasId)


class MastodonDouble:
    """The server. `faults` are taken by the next calls of their route, one each, before or after it was done.

    They are 503, 500, 429, drop, hang, and the same after `accept-then-`; repeat: a proxy sends the call twice.
    `outage` holds for every call until it is None. `calls` counts what was asked, `limited_calls` what was asked
    against a rate limit.
    """

    def __init__(self, *, clock: Clock | None = None, is_gotosocial: bool = False) -> None:
        self.world = Fediverse(now_ms=(clock or SystemClock()).now_ms, is_gotosocial=is_gotosocial)
        self.faults: list[tuple[str, str]] = []
        self.outage: str | None = None
        self.calls: Counter[str] = Counter()
        self.limited_calls = 0
        self.streams = Streams(who=self._who)
        self.world.on_notice = self.streams.tell
        if is_gotosocial:
            self.streams.offered = {"websocket"}
        self._limited_until_s = 0.0
        self._over = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return self.world.url

    async def __aenter__(self) -> MastodonDouble:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """The server takes calls, at the port that it had before if it had one."""
        app = web.Application(middlewares=[self._guard], client_max_size=20 * 1_048_576)
        app.add_routes(self._routes())
        self._over.clear()
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = int(self._runner.addresses[0][1])
        self.world.url = f"http://127.0.0.1:{self._port}"
        self.streams.url = f"ws://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Nothing listens at the address; what was said is remembered."""
        self._over.set()
        self.streams.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def limit_for_s(self, seconds: float) -> None:
        """Every call of the next seconds gets a 429."""
        self._limited_until_s = time.time() + seconds

    @web.middleware
    async def _guard(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        resource = request.match_info.route.resource
        name = f"{request.method} {(resource.canonical if resource else request.path).rstrip('/')}"
        self.calls[name] += 1
        fault = self.outage or next((kind for route, kind in self.faults if route == name), None)
        if fault is not None and self.outage is None:
            self.faults.remove((name, fault))
        if time.time() < self._limited_until_s:
            self.limited_calls += 1
            return self._limited(error("Too many requests", 429))
        if fault == "repeat":
            await handler(request)
            fault = None
        if fault is not None and not fault.startswith("accept-then-"):
            return await self._fail(request, fault)
        try:
            answer = await handler(request)
        except Wrong as wrong:
            answer = error(str(wrong), wrong.code)
        if fault is not None:
            return await self._fail(request, fault.removeprefix("accept-then-"))
        return answer if answer.prepared else self._limited(answer)

    def _limited(self, answer: web.StreamResponse) -> web.StreamResponse:
        is_limited = time.time() < self._limited_until_s
        reset = dt.datetime.fromtimestamp(self._limited_until_s if is_limited else time.time() + 300, dt.UTC)
        answer.headers["X-RateLimit-Limit"] = "300"
        answer.headers["X-RateLimit-Remaining"] = "0" if is_limited else "299"
        answer.headers["X-RateLimit-Reset"] = reset.isoformat().replace("+00:00", "Z")
        return answer

    async def _fail(self, request: web.Request, fault: str) -> web.StreamResponse:
        if fault == "429":
            return self._limited(error("Too many requests", 429))
        if fault.isdecimal():
            return error("We are sorry, but something has gone wrong on our end.", int(fault))
        if fault == "hang":
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), 30)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    def _who(self, request: web.Request, scope: str) -> Resident:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        one = next((one for one in self.world.people.values() if one.token == token), None)
        if one is None:
            raise Wrong(401, "The access token is invalid")
        if one.disabled:
            raise Wrong(403, "Your login is currently disabled")
        if not {scope, scope.partition(":")[0]} & one.scopes:
            raise Wrong(403, "This action is outside the authorized scopes")
        return one

    def _routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v1/instance/", self._instance_1),
            web.get("/api/v2/instance/", self._instance_2),
            web.get("/api/v1/instance", self._instance_1),
            web.get("/api/v2/instance", self._instance_2),
            web.get("/api/v1/accounts/verify_credentials", self._me),
            web.get("/api/v1/accounts/{id}/statuses", self._own),
            web.get("/api/v1/notifications", self._notifications),
            web.post("/api/v2/media", self._upload),
            web.post("/api/v1/media", self._upload),
            web.get("/api/v1/media/{id}", self._media),
            web.put("/api/v1/media/{id}", self._media),
            web.post("/api/v1/statuses", self._post),
            web.get("/api/v1/statuses/{id}", self._status),
            web.put("/api/v1/statuses/{id}", self._edit),
            web.delete("/api/v1/statuses/{id}", self._delete),
            web.get("/api/v1/statuses/{id}/context", self._context),
            web.post("/api/v1/statuses/{id}/favourite", self._favourite),
            *self.streams.routes(),
        ]

    async def _instance_1(self, _: web.Request) -> web.Response:
        version = "0.17.0+git-a1b2c3" if self.world.is_gotosocial else "4.4.2"
        return web.json_response({"uri": self.world.domain, "version": version, "configuration": self._limits()})

    async def _instance_2(self, _: web.Request) -> web.Response:
        version = "0.17.0+git-a1b2c3" if self.world.is_gotosocial else "4.4.2"
        shown: Json = {"domain": self.world.domain, "version": version, "configuration": self._limits()}
        return web.json_response(shown if self.world.is_gotosocial else shown | {"api_versions": {"mastodon": 6}})

    def _limits(self) -> Json:
        world = self.world
        return {
            "statuses": {
                "max_characters": world.chars_max, "max_media_attachments": world.media_max,
                "characters_reserved_per_url": 23,
            },
            "media_attachments": {
                "description_limit": world.description_max, "image_size_limit": world.image_bytes_max,
                "image_matrix_limit": world.image_pixels_max, "supported_mime_types": world.kinds,
            },
            "urls": {"streaming": self.streams.url},
        }  # fmt: skip

    async def _me(self, request: web.Request) -> web.Response:
        return web.json_response(self.world.account_json(self._who(request, "read:accounts")))

    async def _own(self, request: web.Request) -> web.Response:
        viewer = self._who(request, "read:statuses")
        found = [
            post
            for post in self.world.posts.values()
            if post.author == request.match_info["id"]
            and self.world.may_see(viewer, post)
            and not (request.query.get("exclude_replies") and post.in_reply_to is not None)
        ]
        return web.json_response([self.world.status_json(post) for post in paged(found, request)])

    async def _notifications(self, request: web.Request) -> web.Response:
        me, types = self._who(request, "read:notifications"), request.query.getall("types[]", [])
        mine = [one for one in self.world.notices if one.to == me.id and (not types or one.type in types)]
        return web.json_response([self.world.notice_json(one) for one in paged(mine, request)])

    async def _upload(self, request: web.Request) -> web.Response:
        me, form = self._who(request, "write:media"), await request.post()
        file, description = form["file"], str(form.get("description", ""))
        if not isinstance(file, web.FileField):
            raise Wrong(self.world.refusal, "Validation failed: File can't be blank")
        upload = self.world.upload(me, file.file.read(), content_type=file.content_type, description=description)
        return web.json_response(self.world.media_json(upload), status=202 if upload.looks_left else 200)

    async def _media(self, request: web.Request) -> web.Response:
        me = self._who(request, "write:media")
        upload = self.world.uploads.get(request.match_info["id"])
        if upload is None or upload.owner != me.id:
            raise Wrong(404, "Record not found")
        upload.looks_left = max(upload.looks_left - 1, 0)
        return web.json_response(self.world.media_json(upload), status=206 if upload.looks_left else 200)

    async def _post(self, request: web.Request) -> web.Response:
        me, key = self._who(request, "write:statuses"), request.headers.get("Idempotency-Key")
        known = self.world.keys.get((me.id, key)) if key and not self.world.is_gotosocial else None
        if known is not None and self.world.breaks_on_known_keys:
            return error("We are sorry, but something has gone wrong on our end.", 500)
        if known is not None and known in self.world.posts:
            return web.json_response(self.world.status_json(self.world.posts[known]))
        form = await self._form(request)
        post = self.world.say(
            me,
            form.get("status", [""])[0],
            visibility=form.get("visibility", ["public"])[0],
            in_reply_to=form.get("in_reply_to_id", [None])[0],
            spoiler=form.get("spoiler_text", [""])[0],
            sensitive=form.get("sensitive", ["false"])[0].lower() in {"true", "1"},
            media=tuple(form.get("media_ids[]", [])),
        )
        if key:
            self.world.keys[me.id, key] = post.id
        return web.json_response(self.world.status_json(post))

    async def _status(self, request: web.Request) -> web.Response:
        viewer = self._who(request, "read:statuses")
        return web.json_response(self.world.status_json(self.world.seen(viewer, request.match_info["id"])))

    async def _edit(self, request: web.Request) -> web.Response:
        post, form = self._mine(request), await self._form(request)
        post.text, post.spoiler = form["status"][0], form.get("spoiler_text", [""])[0]
        post.media = form.get("media_ids[]", [])
        return web.json_response(self.world.status_json(post))

    async def _delete(self, request: web.Request) -> web.Response:
        post = self._mine(request)
        shown = self.world.status_json(post)
        self.world.remove(post.id)
        return web.json_response(shown)

    def _mine(self, request: web.Request) -> Entry:
        me = self._who(request, "write:statuses")
        post = self.world.seen(me, request.match_info["id"])
        if post.author != me.id:
            raise Wrong(404, "Record not found")
        return post

    async def _context(self, request: web.Request) -> web.Response:
        viewer = self._who(request, "read:statuses")
        above = {self.world.seen(viewer, request.match_info["id"]).id}
        below = []
        for post in self.world.posts.values():
            if post.in_reply_to in above:
                above.add(post.id)
                below.append(post)
        shown = [self.world.status_json(post) for post in below if self.world.may_see(viewer, post)]
        return web.json_response({"ancestors": [], "descendants": shown})

    async def _favourite(self, request: web.Request) -> web.Response:
        me = self._who(request, "write:favourites")
        post = self.world.seen(me, request.match_info["id"])
        self.world.favourite(me, post.id)
        return web.json_response(self.world.status_json(post))

    async def _form(self, request: web.Request) -> dict[str, list[Any]]:
        if request.content_type == "application/json":
            given = await request.json()
            return {
                f"{name}[]" if isinstance(value, list) else name: value if isinstance(value, list) else [value]
                for name, value in given.items()
            }
        form = await request.post()
        return {name: [str(one) for one in form.getall(name)] for name in form}


def paged(rows: list[Row], request: web.Request) -> list[Row]:
    """Returns a page, newest first: what comes right after `min_id`, or the newest before `max_id`."""

    def place(row_id: str) -> tuple[int, str]:
        return len(row_id), row_id

    query, limit = request.query, min(int(request.query.get("limit", 20)), PAGE_MAX)
    found = sorted(rows, key=lambda row: place(row.id))
    if "min_id" in query:
        return [row for row in found if place(row.id) > place(query["min_id"])][:limit][::-1]
    if "since_id" in query:
        found = [row for row in found if place(row.id) > place(query["since_id"])]
    if "max_id" in query:
        found = [row for row in found if place(row.id) < place(query["max_id"])]
    return found[::-1][:limit]


def error(words: str, code: int) -> web.Response:
    """Returns an error as the API writes it."""
    return web.json_response({"error": words}, status=code)


if __name__ == "__main__":
    from functools import partial

    from tests.doubles.people import run
    from tests.doubles.towns import MastodonTown

    is_gotosocial = "--gotosocial" in sys.argv
    run(partial(MastodonTown, is_gotosocial=is_gotosocial), extra=("--gotosocial",))
