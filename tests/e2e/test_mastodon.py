"""A mention on a Mastodon server becomes one answer with its picture and one showcase post on the bot's timeline."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from tests.clients.worker import Worker
from tests.doubles.fediverse import Entry, Resident
from tests.doubles.mastodon import MastodonDouble
from tests.e2e.processes import UpProcess, horde

ANSWER_S = 45.0
LOOK_S = 0.05


@dataclass(kw_only=True)
class Town:
    """A Mastodon server with one person on it, and the suite as a process beside it."""

    double: MastodonDouble
    ada: Resident
    up: UpProcess
    data: Path

    async def start(self) -> None:
        await asyncio.to_thread(self.up.start)

    def say(self, text: str) -> str:
        return self.double.world.say(self.ada, text).id

    def answers(self, said: str) -> list[Entry]:
        return [post for post in self.double.world.of(self.double.world.bot) if post.in_reply_to == said]

    def shown(self) -> list[Entry]:
        return [post for post in self.double.world.of(self.double.world.bot) if post.in_reply_to is None]

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.data / "horde.db", timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    async def wait_until_sent(self, said: str) -> tuple[object, ...]:
        """Returns the commission's (id, request id, price) when both of its posts are settled as sent."""
        ends = time.monotonic() + ANSWER_S
        query = (
            "SELECT c.id, c.request_id, c.price_mk FROM commissions c WHERE c.remote_id = ? "
            "AND (SELECT count(*) FROM outbox o WHERE o.commission_id = c.id AND o.state = 'sent') = 2"
        )
        while time.monotonic() < ends:
            found = self.rows(query, said)
            if found:
                return found[0]
            await asyncio.sleep(LOOK_S)
        outbox = self.rows("SELECT target, state, attempts, reason FROM outbox ORDER BY id DESC LIMIT 4")
        raise AssertionError(f"not answered; outbox {outbox}\n{self.up.tail()}")

    async def assert_once(self, said: str, *, times: int) -> None:
        """One answer, one showcase post and one payment came of this; `times`: so many were asked so far."""
        _, request_id, price_mk = await self.wait_until_sent(said)
        assert [len(post.media) for post in self.answers(said)] == [1]
        assert len(self.shown()) == times
        jobs = self.rows("SELECT id FROM jobs WHERE request_id = ?", request_id)
        assert len(jobs) == 1
        assert self.rows("SELECT sum(amount_mk), count(*) FROM transfers WHERE ref = ?", jobs[0][0]) == [(price_mk, 1)]


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """The suite with the Mastodon bot on, not started, and a worker that tries to reach it."""
    data = tmp_path / "data"
    made = await asyncio.to_thread(horde, "account", "create", "painter", "--trusted", "--json", "--data", str(data))
    assert made.returncode == 0, made.stderr
    async with MastodonDouble() as double:
        env = {
            "HORDE_MASTODON_ENABLED": "true",
            "HORDE_MASTODON_BASE_URL": double.url,
            "HORDE_MASTODON_TOKEN": double.world.bot.token,
            "HORDE_MASTODON_POLL_S": "1",
            "HORDE_MASTODON_SHOWCASE_PER_HOUR": "40",
        }
        up = UpProcess(data, env=env)
        worker = Worker(up.url, str(json.loads(made.stdout)["api_key"]))
        worker.start()
        try:
            yield Town(double=double, ada=double.world.settle("ada"), up=up, data=data)
        finally:
            await asyncio.to_thread(worker.stop)
            await asyncio.to_thread(up.stop)


async def test_a_mention_is_answered_with_a_picture_and_shown_on_the_bots_timeline(town: Town) -> None:
    await town.start()
    said = town.say("@horde draw for me a red heart style: icon")
    await town.assert_once(said, times=1)
    (answer,), (shown,) = town.answers(said), town.shown()
    assert answer.text.startswith("@ada@")
    assert "a red heart" in answer.text
    assert f"/{shown.id}" in answer.text
    assert {answer.visibility, shown.visibility} == {"unlisted"}
    world = town.double.world
    for upload in (world.uploads[answer.media[0]], world.uploads[shown.media[0]]):
        assert (upload.body[:4], upload.content_type) == (b"RIFF", "image/webp")
        assert upload.description.startswith("AI generated picture: ")
    assert await asyncio.to_thread(town.up.stop) == 0
