"""The worker that `horde up` keeps running beside itself: a child process with its own account and key."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from config.commands.work import LEASH
from config.settings import WorkerSettings

log = logging.getLogger(__name__)

BAD_SETTINGS_EXIT = 2
RESTART_S = (1.0, 2.0, 5.0, 15.0, 60.0)
STOP_S = 4.0
OURS_ALONE = ("HORDE_WORKER_ENABLED", "HORDE_WORKER_MODEL")


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledWorker:
    """Starts the worker, restarts it when it dies, and stops it within `STOP_S` seconds."""

    url: str
    key: str
    settings: WorkerSettings
    models: str

    async def run(self, stop: asyncio.Event) -> None:
        """Keeps one worker alive until `stop` is set; a worker that says its settings are wrong stays down."""
        failures = 0
        while not stop.is_set():
            started = asyncio.get_running_loop().time()
            process = await self._start()
            code = await _until_end_or_stop(process, stop)
            if stop.is_set():
                return
            if code == BAD_SETTINGS_EXIT:
                log.error("worker.stopped cause=settings next='mend [worker] in the settings, then start again'")
                return
            lived_s = asyncio.get_running_loop().time() - started
            failures = 0 if lived_s > RESTART_S[-1] else failures + 1
            pause_s = RESTART_S[min(failures, len(RESTART_S)) - 1]
            log.warning("worker.died code=%s restart_in_s=%s", code, pause_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "config.cli",
            "work",
            stdin=asyncio.subprocess.PIPE,
            env={**_inherited(), **self._environment()},
            start_new_session=True,
        )

    def _environment(self) -> Mapping[str, str]:
        given = {
            LEASH: "1",
            "HORDE_WORKER_URL": self.url,
            "HORDE_WORKER_KEY": self.key,
            "HORDE_WORKER_NAME": self.settings.name,
            "HORDE_WORKER_THREADS": str(self.settings.threads),
        }
        return given | ({"HORDE_WORKER_MODELS": self.models} if self.models else {})


def _inherited() -> dict[str, str]:
    """Our environment without the keys of our own [worker] section that the worker does not know."""
    return {name: value for name, value in os.environ.items() if name not in OURS_ALONE}


async def _until_end_or_stop(process: asyncio.subprocess.Process, stop: asyncio.Event) -> int:
    async with asyncio.TaskGroup() as tasks:
        stopping = tasks.create_task(_stop_when(stop, process))
        code = await process.wait()
        stopping.cancel()
    return code


async def _stop_when(stop: asyncio.Event, process: asyncio.subprocess.Process) -> None:
    await stop.wait()
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    await asyncio.sleep(STOP_S)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
