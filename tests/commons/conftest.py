"""The timeline behind real HTTP, on the real SQLite unit of work and the disk store, with a bot that a test plays."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bots.commons.adapter import CommonsPlatform
from bots.commons.pages.context import CommonsContext
from bots.commons.pages.routes import routes
from bots.commons.price import PriceTag
from bots.platform import Author, Picture, Post, PostFacts, Target, Visibility
from bots.store.inbox import store_events
from bots.store.outbox import add_post
from bots.styles import load_book
from cdn import DiskObjects
from core.domain.accounts import NewAccount
from core.domain.moderation import Verdict
from core.domain.policy import QueuePolicy
from core.ports.clock import SystemClock
from core.services.people.register import register
from core.store import SqliteUnitOfWork
from core.store.migrate import upgrade
from core.web.routes import WebContext
from core.web.routes import routes as web_routes

ROOT = Path(__file__).parents[2]
SECRET = b"a secret of 32 bytes for tests.."


class ForbiddenWord:
    """A screening of one rule."""

    def screen_prompt(self, prompt: str) -> Verdict:
        return Verdict(allowed="forbidden" not in prompt, rule="test-1")


class HandClock(SystemClock):
    """The machine's clock, moved forward by hand."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


@dataclass
class Reply:
    status: int
    body: Any
    headers: Any

    @property
    def text(self) -> str:
        assert isinstance(self.body, str)
        return self.body


@dataclass
class Visitor:
    """A browser without a screen: keeps its cookie and its page's token."""

    address: str
    session: aiohttp.ClientSession
    token: str = ""

    async def get(self, path: str, **headers: str) -> Reply:
        return await self._call("GET", path, headers=headers)

    async def json(self, path: str) -> Any:
        reply = await self.get(path, Accept="application/json")
        assert reply.status == 200, reply.body
        return json.loads(reply.text)

    async def form(self, path: str, **fields: str) -> Reply:
        return await self._call("POST", path, data={"token": self.token} | fields)

    async def send(self, path: str, headers: dict[str, str] | None = None, **fields: object) -> Reply:
        reply = await self._call("POST", path, json=fields, headers={"X-Commons-Token": self.token} | (headers or {}))
        reply.body = json.loads(reply.text)
        return reply

    async def arrive(self) -> Visitor:
        """Opens the page, as people do first."""
        self.token = (await self.json("/commons/me"))["token"]
        return self

    async def _call(self, method: str, path: str, **options: Any) -> Reply:
        url = f"{self.address}{path}"
        async with self.session.request(method, url, allow_redirects=False, **options) as response:
            return Reply(response.status, await response.text(), response.headers)


@dataclass
class Timeline:
    """What a test talks to."""

    address: str
    uow: SqliteUnitOfWork
    clock: HandClock
    context: CommonsContext
    platform: CommonsPlatform
    sessions: list[aiohttp.ClientSession] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def stranger(self) -> Visitor:
        """Someone who has no cookie yet."""
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.sessions.append(session)
        return Visitor(address=self.address, session=session)

    async def visitor(self) -> Visitor:
        return await self.stranger().arrive()

    async def account(self, name: str, **options: Any) -> NewAccount:
        now_ms = self.clock.now_ms()
        return await self.uow.write(lambda tx: register(tx, name=name, now_ms=now_ms, **options))

    async def summon(self, visitor: Visitor, text: str = "@horde draw for me a red heart") -> int:
        reply = await visitor.send("/commons/posts", text=text)
        assert reply.status == 201, reply.body
        return int(reply.body["id"])

    async def answer(self, post_id: int, *, target: Target = Target.REPLY, pictures: int = 1, **changes: Any) -> int:
        """Plays the outbox: writes the row and delivers it; returns the new post's id."""
        post = await self.post(post_id, target=target, pictures=pictures, **changes)
        delivered = await self.platform.deliver(post)
        return int(delivered.remote_id)  # type: ignore[union-attr]  # the test fails here if it was refused

    async def post(self, post_id: int, *, target: Target = Target.REPLY, pictures: int = 1, **changes: Any) -> Post:
        """Returns an outbox row's post for the summons in `post_id`."""
        event = (await self.event_of(post_id)).event_id
        now_ms = self.clock.now_ms()
        commission_id = await self.uow.write(lambda tx: _commission(tx, event, now_ms))
        media = tuple(
            Picture(
                key=f"pictures/2026/11/{post_id}-{number}.webp",
                url="",
                alt_text="AI generated picture: a red heart",
                width_px=64,
                height_px=64,
                content_type="image/webp",
                seed=41 + number,
            )
            for number in range(pictures)
        )
        facts = PostFacts(
            requester="guest-1234",
            requester_id="guest:1",
            prompt="a red heart",
            style="plain",
            model="tiny-glyphs",
            price_mk=910,
            balance_mk=-910,
            request_id="r-1",
        )
        values: dict[str, Any] = {
            "outbox_id": "",
            "commission_id": commission_id,
            "idempotency_key": f"{commission_id}-{target.value}",
            "platform": "commons",
            "target": target,
            "text": "Here is your picture: “a red heart”\nStyle plain · seed 41\nIt cost 0.91 kudos.",
            "to": Author(external_id="guest:1", display_name="guest-1234"),
            "media": media,
            "in_reply_to": str(post_id) if target is Target.REPLY else None,
            "visibility": Visibility.PUBLIC,
            "facts": facts if pictures else None,
        }
        post = Post(**(values | changes))
        await self.uow.write(lambda tx: add_post(tx, post=post, now_ms=now_ms))
        return post

    async def event_of(self, post_id: int) -> Any:
        """Stores what the adapter reads until the summons of that post; returns its event."""
        events, _ = await self.platform.client.news(None, limit=1_000)
        now_ms = self.clock.now_ms()
        await self.uow.write(lambda tx: store_events(tx, events=events, now_ms=now_ms))
        return next(event for event in events if event.remote_id == str(post_id))


def _commission(tx: Any, event_id: str, now_ms: int) -> str:
    from bots.store.commissions import change_commission, commission_of_event
    from bots.store.rows import CommissionState

    found = commission_of_event(tx, platform="commons", event_id=event_id)
    assert found is not None
    change_commission(tx, commission_id=found.id, state=CommissionState.ANSWERED, now_ms=now_ms)
    return found.id


@pytest.fixture
async def timeline(tmp_path: Path) -> AsyncIterator[Timeline]:
    database = tmp_path / "horde.db"
    upgrade(f"sqlite:///{database}", [ROOT / "core/store/migrations", ROOT / "bots/store/migrations"])
    clock = HandClock()
    uow = SqliteUnitOfWork.open(database, clock=clock)
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
    book = load_book(ROOT / "config/data/styles", default="plain")
    platform = CommonsPlatform(uow=uow, clock=clock)
    context = CommonsContext(
        uow=uow,
        objects=DiskObjects(tmp_path, public_url="http://127.0.0.1:8000", secret=SECRET, clock=clock),
        clock=clock,
        screening=ForbiddenWord(),
        platform=platform,
        prices=PriceTag(handle="horde", book=lambda: book, policy=QueuePolicy()),
        secret=SECRET,
        public_url="http://127.0.0.1:0",
        version="0.0",
        posts_per_minute=300,
    )
    app.add_routes([*routes(context), *web_routes(WebContext(uow=uow, clock=clock, version="0.0"))])
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    found = Timeline(address=address, uow=uow, clock=clock, context=context, platform=platform)
    try:
        yield found
    finally:
        for session in found.sessions:
            await session.close()
        context.pulse.stop()
        await runner.cleanup()
        uow.close()
