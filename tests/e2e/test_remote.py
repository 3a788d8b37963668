"""The bots before another horde: whenever they die around a call, one reply, one showcase post and one payment."""

import asyncio
import http.client
import json
import sqlite3
import time
import urllib.error
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from core.ports.clock import SystemClock
from core.ports.points import Edge, Step
from core.services.kudos.audit import audit
from core.store import SqliteUnitOfWork
from tests.doubles.horde_asked import KEY, AskedHorde
from tests.doubles.mastodon import MastodonDouble
from tests.e2e.processes import UpProcess, horde

ANSWER_S = 45.0
DIE_S = 20.0
LOOK_S = 0.05
POINTS = [f"{step}.{edge}" for step in Step for edge in Edge if step.startswith("remote_")]


@dataclass(kw_only=True)
class Scene:
    """The suite as a process, another horde on a port, and somebody with a key."""

    there: AskedHorde
    up: UpProcess
    data: Path
    asker_key: str

    async def start(self, **env: str) -> None:
        await asyncio.to_thread(lambda: self.up.start(ready=True, **env))

    async def say(self, text: str) -> int | None:
        """The mention is on the timeline, once however often this is called; None if the suite died meanwhile."""
        assert self.up.process
        while self.up.process.poll() is None:
            try:
                said = await asyncio.to_thread(
                    lambda: self.up.post("/commons/posts", {"text": text, "key": text}, apikey=self.asker_key)
                )
                return int(said["id"])
            except (ConnectionError, http.client.HTTPException, urllib.error.URLError):
                await asyncio.sleep(LOOK_S)
        return None

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.data / "horde.db", timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    async def reply_to(self, post_id: int) -> str:
        ends = time.monotonic() + ANSWER_S
        while not (found := self.rows("SELECT text FROM commons_posts WHERE in_reply_to = ?", post_id)):
            assert time.monotonic() < ends, self._why()
            await asyncio.sleep(LOOK_S)
        return str(found[0][0])

    async def assert_answered_and_paid_once(self, post_id: int) -> None:
        ends = time.monotonic() + ANSWER_S
        query = (
            "SELECT c.id, c.request_id, c.price_mk FROM commissions c JOIN inbox i ON i.id = c.id WHERE i.event_id = ? "
            "AND (SELECT count(*) FROM outbox o WHERE o.commission_id = c.id AND o.state = 'sent') = 2"
        )
        while not (found := self.rows(query, f"post-{post_id}")):
            assert time.monotonic() < ends, self._why()
            await asyncio.sleep(LOOK_S)
        ((commission_id, request_id, price_mk),) = found
        assert self.rows("SELECT kind FROM commons_posts WHERE in_reply_to = ?", post_id) == [("reply",)]
        shown = (
            "SELECT count(*) FROM commons_posts p JOIN outbox o ON o.idempotency_key = p.idempotency_key "
            "WHERE o.commission_id = ? AND p.kind = 'showcase'"
        )
        assert self.rows(shown, commission_id) == [(1,)]
        paid = self.rows("SELECT amount_mk, reason, to_id FROM transfers WHERE ref = ?", request_id)
        assert paid == [(price_mk, "remote", -4)]
        assert self.rows("SELECT count(*) FROM holds WHERE state = 'pending'") == [(0,)]

    def _why(self) -> str:
        orders = self.rows(
            "SELECT state, attempts, looks, reason FROM remote_requests ORDER BY asked_at_ms DESC LIMIT 2"
        )
        return f"not answered; orders {orders}\n{self.up.tail()}"


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    data = tmp_path / "data"
    made = await asyncio.to_thread(horde, "account", "create", "asker", "--trusted", "--json", "--data", str(data))
    assert made.returncode == 0, made.stderr
    async with AskedHorde(kudos=3.0) as there:
        there.paints = True
        env = {
            "HORDE_HORDE_URL": there.url,
            "HORDE_HORDE_KEY": KEY,
            "HORDE_HORDE_READ_LAG_S": "0.2",
            "HORDE_HORDE_CALL_S": "1",
            "HORDE_HORDE_ORDERS_PER_S": "0",
            "HORDE_COMMONS_POSTS_PER_MINUTE": "1000",
        }
        up = UpProcess(data, env=env, worker=True)  # one would be started, but for the other horde
        key = str(json.loads(made.stdout)["api_key"])
        try:
            yield Scene(there=there, up=up, data=data, asker_key=key)
        finally:
            await asyncio.to_thread(up.stop)


async def test_a_mention_is_answered_with_what_another_horde_made(scene: Scene) -> None:
    doctor = await asyncio.to_thread(
        lambda: horde(
            "doctor", "--data", str(scene.data), env={"HORDE_HORDE_URL": scene.there.url, "HORDE_HORDE_KEY": KEY}
        )
    )
    assert "is bots#7's, with 120.0 kudos" in doctor.stdout
    await scene.start()
    post_id = await scene.say("@horde draw for me a red heart style: icon")
    assert post_id
    await scene.assert_answered_and_paid_once(post_id)
    assert len(scene.there.orders) == 1
    scene.there.faults.append("400")
    refused = await scene.say("@horde draw for me a fish style: icon")
    assert refused
    assert "This horde does not draw fish." in await scene.reply_to(refused)
    assert len(scene.there.orders) == 1
    assert scene.rows("SELECT count(*) FROM requests") == scene.rows("SELECT count(*) FROM workers") == [(0,)]
    assert not (scene.data / "worker.key").exists()
    checked = await asyncio.to_thread(horde, "ledger", "check", "--data", str(scene.data))
    assert checked.returncode == 0, checked.stdout
    assert await asyncio.to_thread(scene.up.stop) == 0


async def test_the_bots_alone_need_no_engine_beside_them(tmp_path: Path) -> None:
    async with AskedHorde(kudos=3.0) as there, MastodonDouble() as town:
        there.paints = True
        env = {
            "HORDE_HORDE_URL": there.url,
            "HORDE_HORDE_KEY": KEY,
            "HORDE_MASTODON_ENABLED": "true",
            "HORDE_MASTODON_BASE_URL": town.url,
            "HORDE_MASTODON_TOKEN": town.world.bot.token,
            "HORDE_MASTODON_POLL_S": "1",
        }
        up = UpProcess(tmp_path / "data", env=env, options=("--only", "bots"), worker=True)
        said = town.world.say(town.world.settle("ada"), "@horde draw for me a red heart style: icon")
        await asyncio.to_thread(lambda: up.start(ready=False))
        try:
            ends = time.monotonic() + ANSWER_S
            while not (answers := [one for one in town.world.of(town.world.bot) if one.in_reply_to == said.id]):
                assert time.monotonic() < ends, up.tail()
                await asyncio.sleep(LOOK_S)
            assert [len(answer.media) for answer in answers] == [1]
        finally:
            assert await asyncio.to_thread(up.stop) == 0


@pytest.mark.kill
async def test_whenever_the_bots_die_around_a_call_they_answer_and_pay_once(scene: Scene, tmp_path: Path) -> None:
    survived = []
    for number, point in enumerate(POINTS, start=1):
        before = len(scene.there.orders)
        if point.startswith(Step.REMOTE_FOUND):
            scene.there.faults.append("accept-then-503")  # otherwise there is nothing to find
        await scene.start(HORDE_KILL_AT=point, HORDE_KILL_ONCE_FILE=str(tmp_path / point))
        text = f"@horde draw for me {number} red hearts style: icon"
        post_id = await scene.say(text)
        if not await asyncio.to_thread(lambda: scene.up.wait_until_killed(within_s=DIE_S)):
            survived.append(point)
            await asyncio.to_thread(scene.up.stop)
        await scene.start()
        post_id = post_id or await scene.say(text)
        assert post_id
        await scene.assert_answered_and_paid_once(post_id)
        assert 1 <= len(scene.there.orders) - before <= 2, point
        await asyncio.to_thread(scene.up.stop)
    assert not survived, f"these points were never reached: {survived}"
    asked = Counter(order.body["prompt"] for order in scene.there.orders.values())
    assert max(asked.values()) <= 2
    assert len(asked) == len(POINTS)
    uow = SqliteUnitOfWork.open(scene.data / "horde.db", clock=SystemClock())
    try:
        report = await uow.read(audit)
    finally:
        uow.close()
    assert report.ok, report.differences
    assert report.sum_mk == 0
