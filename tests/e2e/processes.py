"""The real processes of the suite, started, killed and asked from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_S = 60.0
LOOK_S = 0.05


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def horde(
    *arguments: str, env: Mapping[str, str] | None = None, timeout_s: float = 120
) -> subprocess.CompletedProcess[str]:
    """Runs one command of `horde` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "config.cli", *arguments],
        cwd=ROOT,
        env=clean_environment(env),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def clean_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours without what would configure the suite."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HORDE_")} | dict(more or {})


class UpProcess:
    """`horde up` on a fixed port and data folder; may be started again after it was killed."""

    def __init__(
        self,
        data: Path,
        *,
        port: int | None = None,
        env: Mapping[str, str] | None = None,
        worker: bool = False,
        options: Sequence[str] = (),
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"up-{self.port}.log"
        self._env = dict(env or {})
        self._options = (*options,) if worker else ("--no-worker", *options)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: bool = True, **env: str) -> None:
        """Starts it; with `ready` returns when it answers."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "config.cli",
                    "up",
                    "--data",
                    str(self.data),
                    "--port",
                    str(self.port),
                    *self._options,
                ],
                cwd=ROOT,
                env=clean_environment(self._env | env),
                stdout=out,
                stderr=out,
            )
        if ready:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        ends = time.monotonic() + START_S
        while time.monotonic() < ends:
            assert self.process
            assert self.process.poll() is None, f"horde up ended: {self.tail()}"
            try:
                self.get("/api/v2/status/heartbeat")
            except (urllib.error.URLError, ConnectionError):
                time.sleep(LOOK_S)
            else:
                return
        raise AssertionError(f"horde up was not ready in {START_S} s: {self.tail()}")

    def wait_until_killed(self, *, within_s: float) -> bool:
        """Tells whether it ended by SIGKILL in that time."""
        assert self.process
        try:
            return self.process.wait(within_s) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            return False

    def stop(self, number: int = signal.SIGTERM, *, within_s: float = 15) -> int:
        """Ends it and returns its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-25:])

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as response:  # noqa: S310 - our own address
            return json.loads(response.read())

    def post(self, path: str, body: Mapping[str, object], **headers: str) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own address
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **headers},
            method="POST",
        )
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - as above
            return json.loads(response.read())


class DoubleProcess:
    """A platform's double as a process; what was said there outlives the suite."""

    def __init__(self, platform: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.doubles.{platform}", "--json"],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        told = json.loads(self._process.stdout.readline())
        self._people_url = str(told["people_url"])
        self.env: dict[str, str] = told["env"]
        self.pid = self._process.pid

    def say(self, *texts: str, by: Sequence[str] = ("ada",)) -> list[str]:
        """These people write these texts, in turn, as fast as can be; returns the posts' ids."""
        said: list[str] = self._ask(
            "/say", [{"text": text, "by": by[number % len(by)]} for number, text in enumerate(texts)]
        )
        return said

    def command(self, name: str, *, by: Sequence[str], **options: object) -> list[str]:
        """Each of these people uses a command of the platform's own; returns the ids of what is to be answered."""
        asked: list[str] = self._ask("/command", [{"name": name, "by": one, "options": options} for one in by])
        return asked

    def acknowledged_ms(self) -> list[int | None]:
        """How long each command waited until the bot said that it has it; None: it never did."""
        waited: list[int | None] = self._ask("/acknowledged")
        return waited

    def posts(self) -> list[dict[str, Any]]:
        """Everything that stands there, oldest first: id, by, by_bot, text, in_reply_to, pictures, place."""
        found: list[dict[str, Any]] = self._ask("/posts")
        return found

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout:
            self._process.stdout.close()

    def _ask(self, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own address
            self._people_url + path, data=None if body is None else json.dumps(body).encode()
        )
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - as above
            return json.loads(response.read())
