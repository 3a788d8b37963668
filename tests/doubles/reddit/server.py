"""The double's HTTP: Reddit's paths as praw calls them, over the town's memory."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.doubles.reddit.faults import PATIENCE_S, Fault, Faults
from tests.doubles.reddit.town import Thing, Town

TOKEN = "/api/v1/access_token"
FAULTLESS = "/_"
POSTING = ("/api/comment/", "/api/submit/", "/api/compose/")
Form = dict[str, str]
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RedditDouble:
    """The server. `town` is what it remembers, `faults` what goes wrong; remaining: calls left in this window."""

    def __init__(self, town: Town | None = None) -> None:
        self.town = town or Town()
        self.faults = Faults()
        self.remaining = 600
        self.reset_s = 300
        self.url = ""
        self._routes = Routes(self.town)

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[self._trouble])
        app.add_routes(self._routes.all())
        return app

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[RedditDouble]:
        """Serves on 127.0.0.1 for as long as the block runs."""
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _trouble(self, request: web.Request, handler: Next) -> web.StreamResponse:
        path = request.path
        if path.startswith(FAULTLESS):
            return await handler(request)
        self.town.calls[path] += 1
        fault = self.faults.take(path)
        if fault is not None and not fault.accepts:
            return await self._fail(request, fault)
        if path != TOKEN:
            token = request.headers.get("Authorization", "").partition(" ")[2]
            if self.town.tokens.get(token, 0) < self.town.now_s():
                header = {"www-authenticate": 'Bearer realm="reddit", error="invalid_token"'}
                return web.json_response({"message": "Unauthorized", "error": 401}, status=401, headers=header)
            if self.remaining <= 0:
                return self._too_many(self.reset_s)
            self.remaining -= 1
        answer = await handler(request)
        if fault is not None:
            return await self._fail(request, fault)
        answer.headers["x-ratelimit-remaining"] = f"{self.remaining:.1f}"
        answer.headers["x-ratelimit-used"] = str(600 - self.remaining)
        answer.headers["x-ratelimit-reset"] = str(self.reset_s)
        return answer

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        if fault.error is not None:
            return errors_of(*fault.error)
        match fault.end:
            case "drop":
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            case "hang":
                await asyncio.sleep(PATIENCE_S)
                return web.Response(status=504)
            case "429":
                return self._too_many(fault.wait_s)
            case status:
                return web.Response(status=int(status), text="<html>Our CDN was unable to reach our servers</html>")

    def _too_many(self, wait_s: float) -> web.Response:
        headers = {"retry-after": str(wait_s), "x-ratelimit-remaining": "0.0", "x-ratelimit-reset": str(wait_s)}
        return web.Response(status=429, headers=headers, text="Too Many Requests")


def errors_of(code: str, message: str, field: str = "") -> web.Response:
    """Reddit's way to say no: an error within a 200."""
    return web.json_response({"json": {"errors": [[code, message, field]]}})


def listing(things: list[Thing], request: web.Request) -> web.Response:
    """A page of these things, newest first; an anchor that is not among them gives an empty page, as there."""
    query, names = request.query, [one["name"] for one in things]
    page, limit = things, min(int(query.get("limit", "25")), 100)
    if "after" in query:
        page = things[names.index(query["after"]) + 1 :] if query["after"] in names else []
    elif "before" in query:
        page = things[: names.index(query["before"])] if query["before"] in names else []
    more = len(page) > limit
    page = page[:limit]
    children = [{"kind": one["name"][:2], "data": one} for one in page]
    after = page[-1]["name"] if more else None
    return web.json_response({"kind": "Listing", "data": {"after": after, "before": None, "children": children}})


class Routes:
    """Every path praw calls for us."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def all(self) -> list[web.RouteDef]:
        """The table of paths; praw writes some with a slash at their end."""
        return [
            web.post(TOKEN, self.token),
            web.get("/api/v1/me", self.me),
            web.get("/message/{box}/", self.box),
            web.get("/message/{box}", self.box),
            web.post("/api/read_message/", self.read),
            web.post("/api/comment/", self.comment),
            web.post("/api/editusertext/", self.edit),
            web.post("/api/del/", self.delete),
            web.post("/api/compose/", self.compose),
            web.post("/api/submit/", self.submit),
            web.get("/api/info/", self.info),
            web.get("/comments/{link}/", self.thread),
            web.get("/user/{name}/about", self.about_person),
            web.get("/user/{name}/{what}", self.written),
            web.get("/r/{name}/about", self.about_place),
            web.post("/_mention", self.by_hand),
            web.get("/_town", self.seen),
        ]

    async def token(self, request: web.Request) -> web.Response:
        """OAuth: a password (script) or a refresh token buys an access token."""
        given = request.headers.get("Authorization", "").partition(" ")[2]
        if base64.b64decode(given).decode() != ":".join(self.town.client):
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        form = await _form(request)
        if form.get("grant_type") == "client_credentials":
            return self._granted(is_stranger=True)
        by_password = form.get("grant_type") == "password"
        right = (
            (form.get("username"), form.get("password")) == (self.town.bot, self.town.password)
            if by_password
            else form.get("refresh_token") == self.town.refresh_token
        )
        if not right:
            if by_password:
                return web.json_response({"error": "invalid_grant"})
            return web.json_response({"message": "Bad Request", "error": 400}, status=400)
        return self._granted(is_stranger=False)

    def _granted(self, *, is_stranger: bool) -> web.Response:
        token = secrets.token_urlsafe(8)
        self.town.tokens[token] = self.town.now_s() + self.town.token_lives_s
        if is_stranger:
            self.town.strangers.add(token)
        body = {"access_token": token, "token_type": "bearer", "expires_in": self.town.token_lives_s, "scope": "*"}
        return web.json_response(body)

    async def me(self, _: web.Request) -> web.Response:
        """Who the bot is."""
        return web.json_response({"name": self.town.bot, "id": "bot", "is_suspended": self.town.suspended})

    async def box(self, request: web.Request) -> web.Response:
        """The inbox and its parts, newest first."""
        town, box = self.town, request.match_info["box"]
        names = town.sent if box == "sent" else town.inbox
        things = [town.things[name] for name in reversed(names)]
        if box == "unread":
            things = [one for one in things if one["name"] in town.unread]
        elif box == "mentions":
            things = [one for one in things if one.get("type") == "username_mention"]
        elif box == "messages":
            things = [one for one in things if one["name"].startswith("t4")]
        return listing(things, request)

    async def read(self, request: web.Request) -> web.Response:
        """The items are read."""
        for name in (await _form(request))["id"].split(","):
            self.town.unread.discard(name)
            if name in self.town.things:
                self.town.things[name]["new"] = False
        return web.json_response({})

    async def comment(self, request: web.Request) -> web.Response:
        """An answer to a comment, a post or a message; the same text twice is there twice."""
        town, form = self.town, await _form(request)
        parent = town.things.get(form["thing_id"])
        if town.suspended:
            return web.json_response({"message": "Forbidden", "error": 403}, status=403)
        if parent is None or (parent.get("gone") and parent["name"][:2] != "t4"):
            return errors_of("DELETED_COMMENT", "that comment has been deleted", "parent")
        if parent["name"].startswith("t4"):
            made = town.message(
                author=town.bot, to=parent["author"], text=form["text"], subject=f"re: {parent['subject']}",
                parent=parent["name"],
            )  # fmt: skip
            return _made(made)
        place = town.community(parent["subreddit"])
        if town.bot in place.banned:
            return web.json_response({"message": "Forbidden", "error": 403}, status=403)
        post = town.things[str(parent.get("link_id") or parent["name"])]
        if place.locked or post["locked"] or parent.get("locked"):
            return errors_of("THREAD_LOCKED", "Comments are locked.", "parent")
        if len(form["text"]) > place.text_chars_max:
            return errors_of("TOO_LONG", f"this is too long (max: {place.text_chars_max})", "text")
        return _made(town.comment(author=town.bot, parent=parent["name"], text=form["text"]))

    async def edit(self, request: web.Request) -> web.Response:
        """The text is another one."""
        form = await _form(request)
        thing = self.town.things.get(form["thing_id"])
        if thing is None or thing.get("gone"):
            return errors_of("DELETED_COMMENT", "that comment has been deleted", "thing_id")
        thing |= {"body": form["text"], "edited": self.town.now_s()}
        return _made(thing)

    async def delete(self, request: web.Request) -> web.Response:
        """The thing is gone, if it was there."""
        name = (await _form(request))["id"]
        if name in self.town.things:
            self.town.remove(name)
        return web.json_response({})

    async def compose(self, request: web.Request) -> web.Response:
        """A private message, of which nothing is told but that it went."""
        form = await _form(request)
        if self.town.suspended:
            return web.json_response({"message": "Forbidden", "error": 403}, status=403)
        if form["to"] in self.town.closed_messages:
            return errors_of("NOT_WHITELISTED_BY_USER_MESSAGE", "that user takes no messages", "to")
        self.town.message(author=self.town.bot, to=form["to"], text=form["text"], subject=form["subject"])
        return web.json_response({"json": {"errors": []}})

    async def submit(self, request: web.Request) -> web.Response:
        """A link post; the same link in the same subreddit is refused unless it is said to be posted again."""
        town, form = self.town, await _form(request)
        place = town.community(form["sr"])
        if town.suspended:
            return web.json_response({"message": "Forbidden", "error": 403}, status=403)
        if town.bot in place.banned:
            return errors_of("SUBREDDIT_NOTALLOWED", "you aren't allowed to post there.", "sr")
        if len(form["title"]) > 300:
            return errors_of("TOO_LONG", "this is too long (max: 300)", "title")
        if form.get("flair_id") and form["flair_id"] not in place.flairs:
            return errors_of("BAD_FLAIR_TEMPLATE_ID", "bad flair template id", "flair")
        there = [one for one in town.things.values() if one.get("url") == form["url"] and not one.get("gone")]
        if any(one["subreddit"] == place.name for one in there) and form.get("resubmit") != "True":
            return errors_of("ALREADY_SUB", "that link has already been submitted", "url")
        made = town.submit(
            author=town.bot, subreddit=place.name, title=form["title"], url=form["url"], text=form.get("text", ""),
            over_18=form["nsfw"] == "True", spoiler=form["spoiler"] == "True",
            link_flair_template_id=form.get("flair_id"),
        )  # fmt: skip
        told = {"url": f"https://reddit.test{made['permalink']}", "id": made["id"], "name": made["name"]}
        return web.json_response({"json": {"errors": [], "data": {**told, "drafts_count": 0}}})

    async def info(self, request: web.Request) -> web.Response:
        """Things by name, or posts by link; what is gone has no author any more."""
        if "url" in request.query:
            url = request.query["url"]
            return listing([one for one in self.town.things.values() if one.get("url") == url], request)
        names = request.query["id"].split(",")
        return listing([self.town.things[name] for name in names if name in self.town.things], request)

    async def thread(self, request: web.Request) -> web.Response:
        """A post and one of its comments with what is below it; a shadowed bot's own answers are missing."""
        town, link = self.town, f"t3_{request.match_info['link']}"
        root = town.things[f"t1_{request.query['comment']}"]
        below = [one for one in town.things.values() if one.get("parent_id") == root["name"]]
        hides = town.shadowed and self._is_stranger(request)
        shown = [one for one in below if not (hides and one["author"] == town.bot)]
        replies = {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": one} for one in shown]}}
        tree = [{"kind": "t1", "data": root | {"replies": replies if shown else ""}}]
        heads = [{"kind": "t3", "data": town.things[link]}]
        return web.json_response([{"kind": "Listing", "data": {"children": part}} for part in (heads, tree)])

    async def written(self, request: web.Request) -> web.Response:
        """What someone wrote; here only the bot's is asked for."""
        kind = {"comments": "t1", "submitted": "t3"}[request.match_info["what"]]
        return listing(self.town.of_bot(kind), request)

    async def about_person(self, request: web.Request) -> web.Response:
        """What someone says of themselves; a shadow-banned account is there for nobody else."""
        name = request.match_info["name"]
        if name == self.town.bot and self.town.shadowed and self._is_stranger(request):
            return web.json_response({"message": "Not Found", "error": 404}, status=404)
        profile = {"public_description": self.town.profiles.get(name.casefold(), "")}
        return web.json_response({"kind": "t2", "data": {"name": name, "subreddit": profile}})

    async def about_place(self, request: web.Request) -> web.Response:
        """What a subreddit says of itself."""
        place = self.town.community(request.match_info["name"])
        return web.json_response({"kind": "t5", "data": {"display_name": place.name, "over18": place.over_18}})

    def _is_stranger(self, request: web.Request) -> bool:
        return request.headers.get("Authorization", "").partition(" ")[2] in self.town.strangers

    async def by_hand(self, request: web.Request) -> web.Response:
        """Someone calls the bot: for people who try it by hand."""
        form = await _form(request)
        made = self.town.mention(form["text"], author=form.get("author", "ann"))
        return web.json_response({"name": made["name"]})

    async def seen(self, _: web.Request) -> web.Response:
        """Everything that was written, for people who try it by hand."""
        return web.json_response(list(self.town.things.values()))


def _made(thing: Thing) -> web.Response:
    things = [{"kind": thing["name"][:2], "data": thing}]
    return web.json_response({"json": {"errors": [], "data": {"things": things}}})


async def _form(request: web.Request) -> Form:
    found: Any = await request.post()
    return {name: str(value) for name, value in found.items()}
