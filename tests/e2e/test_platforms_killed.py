"""Whenever the suite is killed, a summons on Mastodon, Reddit or Discord gets one reply, one showcase post, one price.

All points of the bots are played on Mastodon. The others play those at which the platform itself takes part (a summons
is stored, a post is sent and settled) and two at the desk. Discord keeps nothing for a bot that is away: what was not
stored is read from the channel, which the double names in `discord.channels`. Its first point is the one before the
inbox's COMMIT, where there is no cursor yet. The points of the engine between desk and outbox are the same for every
platform: tests/e2e/test_kill.py plays them.

The platforms play side by side, each with a suite of its own: what takes the time is how long a platform may lag
behind itself before a post counts as missing.
"""

import asyncio
import http.client
import json
import sqlite3
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from core.ports.clock import SystemClock
from core.ports.points import Edge, Step
from core.services.kudos.audit import audit
from core.store import SqliteUnitOfWork
from tests.clients.worker import Worker
from tests.e2e.processes import DoubleProcess, UpProcess, horde

pytestmark = pytest.mark.kill

ANSWER_S = 120.0
DIE_S = 30.0
LOOK_S = 0.05
START_S = 60.0
EVERY = tuple(
    f"{step}.{edge}"
    for step in (
        Step.OUTBOX_CLAIM,
        Step.OUTBOX_DELIVER,
        Step.OUTBOX_SETTLE,
        Step.INBOX,
        Step.DESK_ACCEPT,
        Step.DESK_REACT,
    )
    for edge in Edge
)
"""All points of the bots; those after which a post is looked for twice come first, so that the time for it runs."""
PLATFORMS = {
    "mastodon": EVERY,
    "reddit": (
        "outbox_deliver.before",
        "outbox_deliver.after",
        "outbox_settle.after",
        "inbox.before",
        "inbox.after",
        "desk_accept.after",
        "desk_react.before",
    ),
    "discord": (
        "inbox.before",
        "outbox_deliver.before",
        "outbox_deliver.after",
        "outbox_settle.after",
        "inbox.after",
        "desk_accept.before",
        "desk_accept.after",
        "desk_react.before",
    ),
}


class Painter(Worker):
    """A worker that says after each lost answer that what it held before is not being worked on."""

    _life = "1"

    def _paint(self) -> None:
        try:
            super()._paint()
        except (OSError, http.client.HTTPException) as error:
            self._life = str(int(self._life) + 1)
            raise OSError(str(error)) from error

    def _post(self, path: str, body: dict[str, object]) -> Any:
        headers = {"Content-Type": "application/json", "apikey": self._key, "Prefer": "wait=2"}
        sent = urllib.request.Request(  # noqa: S310 - our own address
            self.url + path, json.dumps(body).encode(), headers | {"Horde-Start-Id": self._life}, method="POST"
        )
        with urllib.request.urlopen(sent, timeout=30) as reply:  # noqa: S310 - as above
            return json.loads(reply.read())


class Town:
    """A platform's double, and the suite as a process beside it; both end with `running`."""

    def __init__(self, platform: str, folder: Path, running: ExitStack) -> None:
        self.data = folder / platform / "data"
        self.data.mkdir(parents=True)
        self.double = DoubleProcess(platform)
        running.callback(self.double.close)
        made = horde("account", "create", "painter", "--trusted", "--json", "--data", str(self.data))
        assert made.returncode == 0, made.stderr
        self.up = UpProcess(self.data, env=self.double.env)
        worker = Painter(self.up.url, str(json.loads(made.stdout)["api_key"]))
        worker.start()
        running.callback(self.up.stop)
        running.callback(worker.stop)

    def start(self, **env: str) -> None:
        """The suite runs; it may be killed before it is ready, by what an earlier life left to do."""
        self.up.start(ready=False, **env)
        assert self.up.process
        ends = time.monotonic() + START_S
        while self.up.process.poll() is None and time.monotonic() < ends:
            try:
                self.up.get("/api/v2/status/heartbeat")
            except OSError:
                time.sleep(LOOK_S)
            else:
                return

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.data / "horde.db", timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def wait_until_sent(self, said: Sequence[str]) -> None:
        """Returns when both posts of each of these summonses are settled as sent."""
        ends = time.monotonic() + ANSWER_S
        query = (
            "SELECT c.remote_id FROM commissions c WHERE "
            "(SELECT count(*) FROM outbox o WHERE o.commission_id = c.id AND o.state = 'sent') = 2"
        )
        while time.monotonic() < ends:
            if set(said) <= {str(row[0]) for row in self.rows(query)}:
                return
            time.sleep(LOOK_S)
        outbox = self.rows("SELECT target, state, attempts, reason FROM outbox WHERE state != 'sent'")
        lost = self.rows("SELECT remote_id, state FROM commissions WHERE state != 'answered'")
        raise AssertionError(f"not answered: {lost}; outbox {outbox}\n{self.up.tail()}")

    def assert_each_once(self, said: Sequence[str]) -> None:
        """One answer, one showcase post and one payment came of each."""
        mine = [post for post in self.double.posts() if post["by_bot"]]
        answers = [post for post in mine if post["in_reply_to"] is not None]
        assert sorted(post["in_reply_to"] for post in answers) == sorted(said)
        assert all(post["pictures"] for post in mine), mine
        shown = [post for post in mine if post["in_reply_to"] is None]
        assert len(shown) == len(said)
        for post_id in said:
            ((request_id, price_mk, state),) = self.rows(
                "SELECT request_id, price_mk, state FROM commissions WHERE remote_id = ?", post_id
            )
            assert state == "answered"
            ((job_id,),) = self.rows("SELECT id FROM jobs WHERE request_id = ?", request_id)
            assert self.rows("SELECT sum(amount_mk), count(*) FROM transfers WHERE ref = ?", job_id) == [(price_mk, 1)]
        asyncio.run(self._assert_ledger_is_right())

    async def _assert_ledger_is_right(self) -> None:
        uow = SqliteUnitOfWork.open(self.data / "horde.db", clock=SystemClock())
        try:
            report = await uow.read(audit)
        finally:
            uow.close()
        assert report.ok, report.differences
        assert report.sum_mk == 0


def play(platform: str, folder: Path) -> None:
    """The suite dies at each point, one after another, with a summons each time; in the end all of them are settled."""
    with ExitStack() as running:
        town = Town(platform, folder, running)
        said: list[str] = []
        survived = []
        for number, point in enumerate(PLATFORMS[platform], start=1):
            town.start(HORDE_KILL_AT=point, HORDE_KILL_ONCE_FILE=str(folder / platform / point))
            said += town.double.say(f"@horde draw for me {number} red hearts style: icon", by=[f"person{number}"])
            if not town.up.wait_until_killed(within_s=DIE_S):
                survived.append(point)
                town.up.stop()
        town.start()
        town.wait_until_sent(said)
        town.assert_each_once(said)
        assert not survived, f"these points were never reached: {survived}"


def test_whenever_the_suite_is_killed_it_answers_and_shows_and_charges_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(len(PLATFORMS)) as threads:
        plays = {platform: threads.submit(play, platform, tmp_path) for platform in PLATFORMS}
    failed = {platform: one.exception() for platform, one in plays.items() if one.exception()}
    assert not failed, "\n".join(f"{platform}: {error!r}" for platform, error in failed.items())
