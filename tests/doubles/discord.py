"""A local Discord for the real discord.py: REST and gateway over one port, and every fault on order.

`python -m tests.doubles.discord` starts one and prints what to set.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web

from core.ports.clock import Clock, SystemClock
from tests.doubles.discord_deeds import Deeds, made_ms
from tests.doubles.discord_gateway import Json
from tests.doubles.discord_limits import Limits, too_many
from tests.doubles.discord_world import (
    APP,
    Channel,
    Wrong,
    application,
    body_of,
    hears,
    message_of,
    plain,
    user,
)

POST_MESSAGE = "POST /channels/{c}/messages"
POST_THREAD = "POST /channels/{c}/messages/{m}/threads"
PATCH_ORIGINAL = "PATCH /webhooks/{a}/{t}/messages/@original"
QUIET_MINUTES = {60, 1_440, 4_320, 10_080}
TOKEN_MS, ACKNOWLEDGE_MS, NONCE_MS = 15 * 60_000, 3_000, 3 * 60_000
LOADING, EPHEMERAL = 1 << 7, 1 << 6
RESPONSES = {2: {4, 5, 9}, 3: {4, 5, 6, 7, 9}, 4: {8}, 5: {4, 5, 6, 7}}
"""How each kind of interaction may be responded to."""
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class DiscordDouble(Deeds):
    """The server. `faults` are taken by the next calls of their route, one each, before or after it was done.

    They are 503, drop, hang, those of `too_many`, and the same after `accept-then-`. `outage` holds for every call,
    and for the gateway, until it is None.
    """

    def __init__(self, *, clock: Clock | None = None, token: str = "bot-token") -> None:
        super().__init__(clock=clock or SystemClock(), token=token)
        self.token = token
        self.accepts: str | None = None
        """The only token that it takes, where that is another one than the bot's."""
        self.url = ""
        self.faults: list[tuple[str, str]] = []
        self.outage: str | None = None
        self.calls: Counter[str] = Counter()
        self.commands: list[Json] = []
        self.limits = Limits()
        self._nonces: dict[tuple[int, str], int] = {}
        self._over = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> DiscordDouble:
        app = web.Application(middlewares=[self._guard], client_max_size=26 * 1_048_576)
        api, one = "/api/v10", "/api/v10/channels/{c}/messages/{m}"
        original = api + "/webhooks/{a}/{t}/messages/@original"
        app.add_routes(
            [
                web.get("/gateway/", self.gateway.serve),
                web.get(api + "/users/@me", self._me),
                web.get(api + "/oauth2/applications/@me", self._application),
                web.get(api + "/applications/{a}/commands", self._commands),
                web.put(api + "/applications/{a}/commands", self._put_commands),
                web.post(api + "/users/@me/channels", self._direct),
                web.get(api + "/channels/{c}", self._channel),
                web.post(api + "/channels/{c}/messages", self._post),
                web.get(api + "/channels/{c}/messages", self._list),
                web.get(one, self._get),
                web.get(one + "/reactions/{e}", self._reactors),
                web.patch(one, self._patch),
                web.delete(one, self._delete),
                web.post(one + "/threads", self._thread),
                web.post(api + "/interactions/{i}/{t}/callback", self._callback),
                web.patch(original, self._patch_original),
                web.get(original, self._get_original),
                web.delete(original, self._delete_original),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.gateway.url = f"ws{self.url.removeprefix('http')}/gateway/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await self.gateway.drop(1001)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v10"

    @web.middleware
    async def _guard(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        path = request.match_info.route.resource
        route = f"{request.method} {(path.canonical if path else '').removeprefix('/api/v10')}"
        if request.path.startswith("/gateway"):
            return await handler(request) if self.outage is None else await self._broken(request, self.outage)
        self.calls[route] += 1
        major = request.match_info.get("c") or request.match_info.get("t") or ""
        headers, refused = ({}, None) if "/interactions/" in route else self.limits.take(route, major)
        if refused is not None:
            refused.headers.update(headers)
            return refused
        response = await self._answered(request, handler, route)
        response.headers.update(headers)
        return response

    async def _answered(self, request: web.Request, handler: Answer, route: str) -> web.StreamResponse:
        fault = self.outage or next((kind for where, kind in self.faults if where == route), "")
        if not self.outage and fault:
            self.faults.remove((route, fault))
        try:
            if request.headers.get("Authorization") not in {f"Bot {self.accepts or self.token}", None}:
                raise Wrong(401, 0, "401: Unauthorized")
            if not fault or fault.startswith("accept-then-"):
                response = await handler(request)
            if not fault:
                return response
        except Wrong as wrong:
            return plain({"message": str(wrong), "code": wrong.code}, status=wrong.status)
        return await self._broken(request, fault.removeprefix("accept-then-"))

    async def _broken(self, request: web.Request, kind: str) -> web.StreamResponse:
        if kind == "hang":
            await self._over.wait()
        if kind in {"drop", "hang"}:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        return too_many(kind) if kind.startswith("429") else plain({"message": "broken", "code": 0}, status=int(kind))

    async def _me(self, _: web.Request) -> web.Response:
        return plain(self.bot)

    async def _application(self, _: web.Request) -> web.Response:
        return plain(application())

    async def _commands(self, _: web.Request) -> web.Response:
        return plain(self.commands)

    async def _put_commands(self, request: web.Request) -> web.Response:
        given = json.loads(await request.text())
        self.commands = [
            {**one, "id": str(n), "application_id": str(APP), "version": "1"} for n, one in enumerate(given)
        ]
        return plain(self.commands)

    async def _direct(self, request: web.Request) -> web.Response:
        person = user(int(json.loads(await request.text())["recipient_id"]), "someone")
        return plain({"id": str(self.direct(person).id), "type": 1, "recipients": [person]})

    async def _channel(self, request: web.Request) -> web.Response:
        place = self._place(request)
        return plain(place.shown())

    async def _post(self, request: web.Request) -> web.Response:
        place, given = self._place(request), await body_of(request)
        if place.is_shut:
            code, why = (
                (50013, "Missing Permissions") if place.guild_id else (50007, "Cannot send messages to this user")
            )
            raise Wrong(403, code, why)
        if place.is_locked:
            raise Wrong(403, 160005, "Thread is locked")
        key = (place.id, str(given.get("nonce")))
        if given.get("enforce_nonce") and key in self._nonces and self._is_recent(self._nonces[key]):
            seen = place.messages.get(self._nonces[key])
            if seen is None:
                raise Wrong(404, 10008, "Unknown Message")
            return plain(seen)
        if len(given.get("content") or "") > 2_000:
            raise Wrong(400, 50035, "Invalid Form Body")
        answered = given.get("message_reference")
        if answered and place.hides_past:
            raise Wrong(400, 160002, "Cannot reply without permission to read message history")
        if answered and answered.get("fail_if_not_exists", True) and int(answered["message_id"]) not in place.messages:
            raise Wrong(400, 50035, "Invalid Form Body: message_reference: Unknown message")
        message = message_of(self.snowflake(), place, self.bot, given.get("content") or "", attachments=given["files"])
        message["components"] = given.get("components") or []
        if answered:
            message["message_reference"] = answered
        place.messages[int(message["id"])] = message
        place.is_archived = False
        self._nonces[key] = int(message["id"])
        return plain(message)

    def _is_recent(self, number: int) -> bool:
        return self.clock.now_ms() - made_ms(number) < NONCE_MS

    async def _list(self, request: web.Request) -> web.Response:
        after, limit = int(request.query.get("after", 0)), int(request.query.get("limit", 50))
        place = self._place(request)
        # Who may not read what was said is not refused: there is just nothing.
        ids = [] if place.hides_past else sorted(one for one in place.messages if one > after)[:limit]
        return plain([hears(place.messages[one], place) for one in reversed(ids)])

    async def _get(self, request: web.Request) -> web.Response:
        message = self._one(request)
        signs = {sign: people for sign, people in self.reactions.get(int(message["id"]), {}).items() if people}
        shown = [{"emoji": _emoji(sign), "count": len(people), "me": False} for sign, people in signs.items()]
        return plain({**hears(message, self._place(request)), "reactions": shown})

    async def _reactors(self, request: web.Request) -> web.Response:
        return plain(self.reactions.get(int(self._one(request)["id"]), {}).get(request.match_info["e"], []))

    async def _patch(self, request: web.Request) -> web.Response:
        message, given = self._one(request), await body_of(request)
        message["content"] = given.get("content", message["content"])
        return plain(message)

    async def _delete(self, request: web.Request) -> web.Response:
        self._place(request).messages.pop(int(self._one(request)["id"]))
        return web.Response(status=204)

    async def _thread(self, request: web.Request) -> web.Response:
        place, message, given = self._place(request), self._one(request), await body_of(request)
        if place.is_shut or not place.may_thread:
            raise Wrong(403, 50013, "Missing Permissions")
        if place.parent_id is not None or place.guild_id is None:
            raise Wrong(400, 50024, "Cannot execute action on this channel type")
        if int(message["id"]) in self.channels:
            raise Wrong(400, 160004, "A thread has already been created for this message")
        if not 1 <= len(given["name"]) <= 100 or given.get("auto_archive_duration", 1_440) not in QUIET_MINUTES:
            raise Wrong(400, 50035, "Invalid Form Body")
        thread = Channel(int(message["id"]), place.guild_id, parent_id=place.id, name=given["name"])
        thread.quiet_minutes = given.get("auto_archive_duration", 1_440)
        self.channels[thread.id] = thread
        await self.gateway.dispatch("THREAD_CREATE", {**thread.shown(), "newly_created": True}, waits=False)
        return plain(thread.shown(), status=201)

    async def _callback(self, request: web.Request) -> web.Response:
        asked = self.asked[request.match_info["t"]]
        if self.clock.now_ms() - asked.asked_ms > ACKNOWLEDGE_MS:
            raise Wrong(404, 10062, "Unknown interaction")
        if asked.acknowledged_ms is not None:
            raise Wrong(400, 40060, "Interaction has already been acknowledged.")
        given = await body_of(request)
        kind, sent = int(given["type"]), given.get("data") or {}
        if kind not in RESPONSES[asked.kind]:
            raise Wrong(400, 50035, f"Invalid Form Body: a response of type {kind} is none to one of {asked.kind}")
        asked.response, asked.acknowledged_ms = given, self.clock.now_ms()
        kept: Json = {"id": str(asked.id), "type": asked.kind}
        if kind in {8, 9}:
            if kind == 8 and len(sent["choices"]) > 25:
                raise Wrong(400, 50035, "Invalid Form Body: 25 choices at most")
            return plain({"interaction": kept})
        if kind == 6:
            asked.original = asked.under
            return plain({"interaction": kept})
        flags = int(sent.get("flags", 0)) | (LOADING if kind == 5 else 0)
        asked.original = message_of(self.snowflake(), asked.channel, self.bot, sent.get("content") or "", flags=flags)
        if not flags & EPHEMERAL:
            asked.channel.messages[int(asked.original["id"])] = asked.original
        kept["response_message_id"] = asked.original["id"]
        return plain({"interaction": kept, "resource": {"type": kind, "message": asked.original}})

    async def _patch_original(self, request: web.Request) -> web.Response:
        original, given = self._original(request), await body_of(request)
        original["content"] = given.get("content") or ""
        original["flags"] &= ~LOADING
        original["components"] = given.get("components", original["components"]) or []
        if given["files"]:
            original["attachments"] = given["files"]
        return plain(original)

    async def _get_original(self, request: web.Request) -> web.Response:
        return plain(self._original(request))

    async def _delete_original(self, request: web.Request) -> web.Response:
        gone = self._original(request)
        asked = self.asked[request.match_info["t"]]
        asked.channel.messages.pop(int(gone["id"]), None)
        asked.original = None
        return web.Response(status=204)

    def _place(self, request: web.Request) -> Channel:
        place = self.channels.get(int(request.match_info["c"]))
        if place is None:
            raise Wrong(404, 10003, "Unknown Channel")
        if place.guild_id and self.is_banned:
            raise Wrong(403, 50001, "Missing Access")
        return place

    def _one(self, request: web.Request) -> Json:
        message = self._place(request).messages.get(int(request.match_info["m"]))
        if message is None:
            raise Wrong(404, 10008, "Unknown Message")
        return message

    def _original(self, request: web.Request) -> Json:
        asked = self.asked.get(request.match_info["t"])
        if asked is None or self.clock.now_ms() - asked.asked_ms > TOKEN_MS:
            raise Wrong(404, 10015, "Unknown Webhook")
        if asked.original is None:
            raise Wrong(404, 10008, "Unknown Message")
        return asked.original


def _emoji(sign: str) -> Json:
    name, _, number = sign.partition(":")
    return {"id": number or None, "name": name}


if __name__ == "__main__":
    from tests.doubles.people import run
    from tests.doubles.towns import DiscordTown

    run(DiscordTown)
