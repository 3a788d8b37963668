"""What every demo does: starts and stops `horde up` in a data folder, and says what happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from config.commands.up import NOTE
from core.domain.errors import HordeError

READY_S = 60.0
ANSWER_S = 300.0
STOP_S = 10.0
LOOK_S = 0.1


class DemoFailedError(HordeError):
    """The demo did not get its answer; the sentence says where it stopped."""


def say(line: str) -> None:
    """One line is on the terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@asynccontextmanager
async def suite(folder: Path, *, env: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """`horde up` on a free port, with its log in the data folder; stopped like by Ctrl-C."""
    log = folder / "up.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "config.cli", "up", "--data", str(folder), "--port", "0"),
            stdout=out,
            stderr=out,
            start_new_session=True,
            env=os.environ | {"HORDE_SERVER_HOST": "127.0.0.1", "HORDE_SERVER_PUBLIC_URL": ""} | dict(env or {}),
        )
    try:
        yield await _url(process, folder, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        try:
            code = await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its worker, too
            code = await process.wait()
    if code != 0:
        raise DemoFailedError(f"The suite ended with exit code {code} instead of 0. Its log: {log}\n{_tail(log)}")


async def _url(process: asyncio.subprocess.Process, folder: Path, log: Path) -> str:
    ends = time.monotonic() + READY_S
    note = folder / NOTE
    while time.monotonic() < ends:
        if process.returncode is not None:
            raise DemoFailedError(f"The suite did not start. Its log: {log}\n{_tail(log)}")
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return str(json.loads(note.read_text(encoding="utf-8"))["url"])
        await asyncio.sleep(LOOK_S)
    raise DemoFailedError(f"The suite was not ready within {READY_S:.0f} s. Its log: {log}\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
