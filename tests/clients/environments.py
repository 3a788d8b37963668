"""Virtual environments for clients that others wrote, each with its own pins, made once and kept outside the tree."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parent
READY = "ready"


class NotMadeError(Exception):
    """An environment could not be made; the tests of its client cannot run and must fail."""


def kept() -> Path:
    """Where environments lie, for this and later runs."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "horde-suite" / "clients"


def environment(name: str) -> Path:
    """The Python of the environment of one client, which has exactly the packages of its requirements.txt.

    Raises:
        NotMadeError: the package index could not be reached, or a package is not to be had for this Python.
    """
    pins = FOLDER / name / "requirements.txt"
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:16]
    home = kept() / f"{name}-{digest}"
    home.parent.mkdir(parents=True, exist_ok=True)
    with _alone(home.with_suffix(".lock")):
        if not (home / READY).exists():
            _make(name, home, pins)
    return home / "bin" / "python"


def _make(name: str, home: Path, pins: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    python = home / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", str(pins))
    for command in ((sys.executable, "-m", "venv", str(home)), (str(python), *install)):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode:
            said = "\n".join(done.stderr.splitlines()[-8:])
            raise NotMadeError(
                f"The environment of the client {name} could not be made with {pins}. The tests of real clients need "
                f"the package index once, as `make setup` does: connect, and run them again. pip said:\n{said}"
            )
    (home / READY).touch()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keeps other processes out; two runs of the tests may start at once."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
