"""Several processes on one PostgreSQL are one horde: the same answers from each, and work that crosses them."""

import io
import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.e2e.processes import UpProcess, free_port, horde
from tests.postgres import server

ENV = {
    "HORDE_DATA_SECRET": "2b" * 32,
    "HORDE_COMMONS_ENABLED": "true",
    "HORDE_QUEUE_LEASE_S": "1",
    "HORDE_MODELS_DEFAULT_MODELS": "glyphs",
    "HORDE_SERVER_REUSE_PORT": "true",
}
ORDER = {"prompt": "a red heart", "models": ["glyphs"], "params": {"width": 64, "height": 64, "steps": 2}}


@dataclass
class Place:
    """One database and one data folder, whose processes end with the test."""

    data: Path
    env: dict[str, str]
    running: ExitStack

    def up(self, only: str, *, port: int | None = None) -> UpProcess:
        """A process with these parts, ready."""
        process = UpProcess(self.data, port=port, env=self.env, options=("--only", only))
        process.start(ready="api" in only)
        self.running.callback(process.stop)
        return process

    def key(self, name: str) -> str:
        """The key of a new trusted account."""
        made = horde("account", "create", name, "--trusted", "--json", "--data", str(self.data), env=self.env)
        assert made.returncode == 0, made.stderr
        return str(json.loads(made.stdout)["api_key"])


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with server().database() as url, ExitStack() as running:
        yield Place(tmp_path / "data", ENV | {"HORDE_DATA_DATABASE_URL": url}, running)


def call(url: str, method: str = "GET", body: object = None, **headers: str) -> tuple[int, Any]:
    """Status and JSON of an answer, whatever it is."""
    request = urllib.request.Request(  # noqa: S310 - our own address
        url,
        data=body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "image/webp" if isinstance(body, bytes) else "application/json", **headers},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=40) as response:  # noqa: S310 - as above
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def webp() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(body, "WEBP")
    return body.getvalue()


def pop(process: UpProcess, key: str, **headers: str) -> Any:
    worker = {"name": "worker", "models": ["glyphs"], "max_pixels": 4_194_304, "bridge_agent": "test:1:none"}
    status, job = call(f"{process.url}/api/v2/generate/pop", "POST", worker, apikey=key, **headers)
    assert status == 200, job
    return job


def ask(process: UpProcess, key: str) -> str:
    status, order = call(f"{process.url}/api/v2/generate/async", "POST", ORDER, apikey=key)
    assert status == 202, order
    return str(order["id"])


def test_work_crosses_processes_and_each_gives_the_same_answers(place: Place) -> None:
    key = place.key("ada")
    one, two = place.up("api"), place.up("api")
    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(pop, one, key, Prefer="wait=25")
        with pytest.raises(TimeoutError):
            held.result(timeout=1.0)
        request_id = ask(two, key)
        job = held.result(timeout=20)
    assert job["payload"]["prompt"] == ORDER["prompt"]

    check = f"/api/v2/generate/check/{request_id}"
    assert call(one.url + check) == call(two.url + check)
    assert call(one.url + check)[1]["processing"] == 1
    assert job["r2_upload"].startswith(one.url)
    assert call(job["r2_upload"].replace(one.url, two.url), "PUT", webp())[0] == 200

    result = {"id": job["id"], "generation": "R2", "state": "ok", "seed": "1"}
    assert call(f"{two.url}/api/v2/generate/submit", "POST", result, apikey=key)[0] == 200
    status, refusal = call(f"{one.url}/api/v2/generate/submit", "POST", result, apikey=key)
    assert (status, refusal["rc"]) == (400, "DuplicateGen")
    seen = [call(f"{process.url}/api/v2/generate/status/{request_id}") for process in (one, two)]
    assert seen[0] == seen[1]
    assert seen[0][1]["done"]
    assert len(seen[0][1]["generations"]) == 1
    people = [call(f"{process.url}/api/v2/find_user", apikey=key) for process in (one, two)]
    assert people[0] == people[1]

    request_id = ask(one, key)
    job = pop(two, key, **{"Horde-Progress": "1"})
    assert call(f"{one.url}/api/v2/generate/status/{request_id}", "DELETE")[0] == 200
    step = {"id": job["id"], "step": 1, "steps": 2}
    status, said = call(f"{two.url}/api/v2/generate/progress", "POST", step, apikey=key)
    assert (status, said["cancelled"]) == (200, True)


def test_what_a_worker_lost_is_put_back_once_by_two_processes_of_loops(place: Place) -> None:
    key = place.key("ada")
    one, two = place.up("api"), place.up("api")
    request_id = ask(one, key)
    assert pop(one, key, **{"Horde-Progress": "1"})["id"]
    place.up("loops,bots")
    place.up("loops")
    job = pop(two, key, Prefer="wait=25")
    assert job["id"], two.tail()
    time.sleep(1.5)  # a second process that put it back as well would do so within its tick
    for process in (one, two):
        status, check = call(f"{process.url}/api/v2/generate/check/{request_id}")
        assert (status, check["restarted"], check["processing"]) == (200, 1, 1), check


def test_two_processes_share_one_port_and_one_goes_on_alone(place: Place) -> None:
    key, port = place.key("ada"), free_port()
    one = place.up("api", port=port)
    two = place.up("api", port=port)
    until = time.monotonic() + 30
    while two.log.read_text().count("horde.up ") < 2:  # the first may have answered that the second is ready
        assert time.monotonic() < until, two.tail()
        time.sleep(0.05)
    orders = {ask(one, key) for _ in range(10)}
    assert len(orders) == 10
    one.stop(signal.SIGKILL)
    assert two.process
    assert two.process.poll() is None
    waiting = {call(f"{two.url}/api/v2/generate/check/{request_id}")[1]["waiting"] for request_id in orders}
    assert waiting == {1}
