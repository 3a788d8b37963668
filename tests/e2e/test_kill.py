"""Whatever process dies by SIGKILL at whatever point of a summons: it is answered once and paid once."""

import asyncio
import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from core.ports import points
from core.ports.clock import SystemClock
from core.services.kudos.audit import audit
from core.store import SqliteUnitOfWork
from tests.e2e.processes import ROOT, UpProcess, clean_environment, horde
from worker import points as worker_points

pytestmark = pytest.mark.kill

ANSWER_S = 45.0
DIE_S = 30.0
LOOK_S = 0.05
LEASE_S = "3"
TEXT = "@horde draw for me a red heart style: icon steps: 2"

SUITE_POINTS = [f"{step}.{edge}" for step in points.Step for edge in points.Edge if not step.startswith("remote_")]
WORKER_POINTS = [f"{step}.{edge}" for step in worker_points.Step for edge in worker_points.Edge]


class Nursery:
    """The process that real workers are forked from."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.worker_nursery"],
            cwd=ROOT,
            env=clean_environment({"OMP_NUM_THREADS": "1"}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._line()

    def _line(self) -> dict[str, int]:
        assert self._process.stdout
        found: dict[str, int] = json.loads(self._process.stdout.readline())
        return found

    def start(self, **env: str) -> int:
        """A worker runs; returns its pid."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"env": env}) + "\n")
        self._process.stdin.flush()
        return self._line()["started"]

    def wait_for_the_end(self) -> int:
        """Returns the exit code of the worker that runs; negative: the number of the signal that ended it."""
        return self._line()["code"]

    def stop(self, pid: int) -> int:
        """The worker was told to stop; returns its exit code."""
        os.kill(pid, signal.SIGTERM)
        return self.wait_for_the_end()

    def close(self) -> None:
        self._process.terminate()
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
        self._log.close()


class Scene:
    """One data folder, one `horde up`, one worker at a time."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.data = folder / "data"
        self.up = UpProcess(self.data, env={"HORDE_QUEUE_LEASE_S": LEASE_S, "HORDE_COMMONS_POSTS_PER_MINUTE": "1000"})
        self.asker_key = self._account("asker")
        self.worker_env = {
            "HORDE_WORKER_URL": self.up.url,
            "HORDE_WORKER_KEY": self._account("worker owner"),
            "HORDE_WORKER_NAME": "killed worker",
            "HORDE_WORKER_MODELS": f"tiny-glyphs={model}",
            "HORDE_WORKER_PILOT": "false",
            "HORDE_WORKER_PREFETCH": "0",
        }
        self.nursery = Nursery(folder / "worker.log")

    def _account(self, name: str) -> str:
        made = horde("account", "create", name, "--trusted", "--json", "--data", str(self.data))
        assert made.returncode == 0, made.stderr
        return str(json.loads(made.stdout)["api_key"])

    def write(self, key: str) -> int | None:
        """The mention is on the timeline, once however often this is called; None if the suite died meanwhile."""
        assert self.up.process
        while self.up.process.poll() is None:
            try:
                return int(self.up.post("/commons/posts", {"text": TEXT, "key": key}, apikey=self.asker_key)["id"])
            except (ConnectionError, http.client.HTTPException, urllib.error.URLError):
                time.sleep(LOOK_S)
        return None

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.data / "horde.db", timeout=10)) as connection:
            return connection.execute(query, values).fetchall()

    def answered(self, post_id: int) -> bool:
        replies = self.rows("SELECT id FROM commons_posts WHERE in_reply_to = ? AND kind = 'reply'", post_id)
        settled = self.rows(
            "SELECT count(*) FROM outbox JOIN inbox ON inbox.id = outbox.commission_id "
            "WHERE inbox.event_id = ? AND outbox.state = 'sent'",
            f"post-{post_id}",
        )
        return bool(replies) and settled == [(2,)]

    def wait_until_answered(self, post_id: int) -> None:
        ends = time.monotonic() + ANSWER_S
        while time.monotonic() < ends:
            if self.answered(post_id):
                return
            time.sleep(LOOK_S)
        outbox = self.rows("SELECT target, state, attempts, reason FROM outbox ORDER BY id DESC LIMIT 4")
        jobs = self.rows("SELECT state, tries FROM jobs ORDER BY rowid DESC LIMIT 2")
        raise AssertionError(f"not answered; outbox {outbox}, jobs {jobs}\n{self.up.tail()}")

    def assert_answered_once_and_paid_once(self, post_id: int) -> None:
        commissions = self.rows(
            "SELECT c.id, c.request_id, c.state, c.price_mk FROM commissions c "
            "JOIN inbox i ON i.id = c.id WHERE i.event_id = ?",
            f"post-{post_id}",
        )
        assert len(commissions) == 1
        commission_id, request_id, state, price_mk = commissions[0]
        assert state == "answered"
        posts = self.rows("SELECT kind FROM commons_posts WHERE in_reply_to = ?", post_id)
        assert posts == [("reply",)]
        shown = self.rows(
            "SELECT count(*) FROM commons_posts p JOIN outbox o ON o.idempotency_key = p.idempotency_key "
            "WHERE o.commission_id = ? AND p.kind = 'showcase'",
            commission_id,
        )
        assert shown == [(1,)]
        requests = self.rows("SELECT count(*), min(state) FROM requests WHERE id = ?", request_id)
        assert requests == [(1, "done")]
        jobs = self.rows("SELECT id FROM jobs WHERE request_id = ?", request_id)
        assert len(jobs) == 1
        paid = self.rows("SELECT sum(amount_mk), count(*) FROM transfers WHERE ref = ?", jobs[0][0])
        assert paid == [(price_mk, 1)]
        self.assert_ledger_is_right()

    def assert_ledger_is_right(self) -> None:
        async def check() -> None:
            uow = SqliteUnitOfWork.open(self.data / "horde.db", clock=SystemClock())
            try:
                report = await uow.read(audit)
            finally:
                uow.close()
            assert report.ok, report.differences
            assert report.sum_mk == 0

        asyncio.run(check())

    def close(self) -> None:
        self.nursery.close()
        with suppress(subprocess.TimeoutExpired):
            self.up.stop()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "tiny"
    command = [sys.executable, "-m", "tests.tiny_pipeline", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("kill")
    made = Scene(folder, model)
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_suite_is_killed_at_every_point(scene: Scene, tmp_path: Path) -> None:
    scene.up.start()
    worker = scene.nursery.start(**scene.worker_env)
    survived = []
    for point in SUITE_POINTS:
        once = tmp_path / point
        scene.up.stop()
        scene.up.start(HORDE_KILL_AT=point, HORDE_KILL_ONCE_FILE=str(once))
        post_id = scene.write(point)
        if not scene.up.wait_until_killed(within_s=DIE_S):
            survived.append(point)
            continue
        scene.up.start()
        post_id = post_id or scene.write(point)
        assert post_id
        scene.wait_until_answered(post_id)
        scene.assert_answered_once_and_paid_once(post_id)
    assert scene.nursery.stop(worker) == 0
    scene.up.stop()
    assert not survived, f"these points were never reached: {survived}"


def test_the_worker_is_killed_at_every_point(scene: Scene, tmp_path: Path) -> None:
    scene.up.start()
    for point in WORKER_POINTS:
        armed = {"HORDE_KILL_AT": point, "HORDE_KILL_ONCE_FILE": str(tmp_path / point)}
        scene.nursery.start(**scene.worker_env, **armed)
        post_id = scene.write(point)
        assert post_id
        assert scene.nursery.wait_for_the_end() == -signal.SIGKILL, point
        worker = scene.nursery.start(**scene.worker_env)
        scene.wait_until_answered(post_id)
        scene.assert_answered_once_and_paid_once(post_id)
        assert scene.nursery.stop(worker) == 0
    scene.up.stop()
