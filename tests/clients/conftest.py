"""One suite process, one little worker and two accounts for all real clients; what they fetch elsewhere is here too."""

import http.server
import json
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clients.environments import FOLDER, environment
from tests.clients.worker import MODEL, TEXT_MODEL, Worker, picture_base64
from tests.e2e.processes import UpProcess, clean_environment, horde

CLIENT_S = 100

ELSEWHERE: dict[str, object] = {
    "/models.json": {MODEL: {"requirements": {"min_steps": 4, "max_steps": 60, "clip_skip": 1}}},
    "/version.json": {"version": "1.0", "message": {"en": "There is a new version."}},
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """What clients are told of this horde. elsewhere: a double of the other hosts that some of them ask."""

    url: str
    key: str
    worker_key: str
    shared_key: str
    worker_user: str
    elsewhere: str
    worker: Worker

    def environment(self) -> dict[str, str]:
        return {
            "PLACE_URL": self.url,
            "PLACE_KEY": self.key,
            "PLACE_WORKER_KEY": self.worker_key,
            "PLACE_WORKER_USER": self.worker_user,
            "PLACE_SHARED_KEY": self.shared_key,
            "PLACE_ELSEWHERE": self.elsewhere,
            "PLACE_MODEL": MODEL,
            "PLACE_TEXT_MODEL": TEXT_MODEL,
            "PLACE_SOURCE": picture_base64(),
            "AI_HORDE_URL": f"{self.url}/api/",
            "OPENAI_BASE_URL": f"{self.url}/v1",
        }


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    """Answers with the documents above."""

    def do_GET(self) -> None:
        found = ELSEWHERE.get(self.path)
        body = json.dumps(found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests' output is theirs."""


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory, elsewhere: str) -> Iterator[Place]:
    """A suite with the public server's limits on calls, as a client meets it elsewhere too."""
    data = tmp_path_factory.mktemp("clients") / "data"
    key = _account(data, "asker", "--trusted", "--kudos", "100000")
    worker_key = _account(data, "owner", "--trusted")
    up = UpProcess(data, env={"HORDE_API_RATE_LIMITS": "v2"})
    up.start()
    worker = Worker(up.url, worker_key)
    worker.start()
    try:
        yield Place(
            url=up.url,
            key=key,
            worker_key=worker_key,
            shared_key=_shared_key(up.url, key),
            worker_user="owner#2",
            elsewhere=elsewhere,
            worker=worker,
        )
    finally:
        worker.stop()
        up.stop()
    assert worker.went_wrong == []


def _account(data: Path, name: str, *options: str) -> str:
    made = horde("account", "create", name, *options, "--json", "--data", str(data))
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["api_key"])


def _shared_key(url: str, key: str) -> str:
    sent = urllib.request.Request(  # noqa: S310 - our own address
        f"{url}/api/v2/sharedkeys",
        json.dumps({"name": "lent to clients", "kudos": 5000}).encode(),
        {"apikey": key, "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(sent, timeout=10) as reply:  # noqa: S310 - as above
        return str(json.loads(reply.read())["id"])


Run = Callable[..., Any]


@pytest.fixture
def run(place: Place, tmp_path: Path) -> Run:
    """Returns a function that runs the script of one client in its own environment and returns what it printed."""

    def start(name: str, *arguments: str, **env: str) -> Any:
        done = subprocess.run(
            [str(environment(name)), str(FOLDER / name / "flow.py"), *arguments],
            cwd=tmp_path,
            env=clean_environment(place.environment() | env),
            capture_output=True,
            text=True,
            timeout=CLIENT_S,
            check=False,
        )
        assert done.returncode == 0, f"{name} stopped:\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
        return json.loads(done.stdout.splitlines()[-1])

    return start
