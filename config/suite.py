"""One process of the suite: what wiring made, started in order, owned by one TaskGroup, stopped in five seconds."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from enum import StrEnum
from functools import partial

from config.bundled_worker import BundledWorker
from config.secrets_file import stored_key, write_private
from config.settings import Settings
from config.wiring import Ground, Rooms, build_rooms, open_ground
from core.api import ApiServer, listen, raise_open_files_limit, sweep_seldom
from core.services.people.register import register

log = logging.getLogger(__name__)

KEY_FILE = "worker.key"
SHUTDOWN_S = 2.0


class Part(StrEnum):
    """What a process of the suite may run; several processes on one PostgreSQL share the work out by this."""

    API = "api"
    BOTS = "bots"
    LOOPS = "loops"
    WORKER = "worker"


class Suite:
    """What `horde up` runs: everything, or some parts of it."""

    def __init__(self, settings: Settings, *, parts: frozenset[Part] = frozenset(Part)) -> None:
        """Hold the settings; nothing runs and nothing is written yet."""
        self._settings = settings
        self._parts = parts

    async def run(self, stop: asyncio.Event, *, on_ready: Callable[[str], None]) -> None:
        """Serves until `stop` is set. Raises Unavailable where port, data folder or database cannot be used."""
        settings, server_settings = self._settings, self._settings.server
        serves = Part.API in self._parts
        works = settings.worker.enabled and not settings.horde.url and {Part.API, Part.WORKER} <= self._parts
        raise_open_files_limit()
        async with AsyncExitStack() as closing:
            local_url = f"http://{server_settings.host}:{server_settings.port}"
            if serves:
                listening = listen(
                    host=server_settings.host, port=server_settings.port, reuse_port=server_settings.reuse_port
                )
                closing.callback(listening.close)
                local_url = f"http://{server_settings.host}:{listening.getsockname()[1]}"
            public_url = server_settings.public_url or local_url
            ground = await closing.enter_async_context(open_ground(settings))
            rooms = build_rooms(ground, public_url=public_url)
            key = await worker_key(ground) if works else ""
            if serves:
                server = ApiServer(rooms.app, listening=listening, stop_s=SHUTDOWN_S)
                await server.start()
                closing.push_async_callback(server.stop)
            sweep_seldom()
            log.info("horde.up parts=%s page=%s data=%s", ",".join(sorted(self._parts)), public_url, settings.folder)
            on_ready(local_url)
            async with asyncio.TaskGroup() as tasks:
                for part, run in (
                    (Part.LOOPS, rooms.loops.run),
                    (Part.LOOPS, rooms.sender.run),
                    (Part.BOTS, rooms.runner.run),
                    (Part.API, rooms.wakeup.run),
                ):
                    if part in self._parts:
                        tasks.create_task(run())
                if works:
                    worker = BundledWorker(
                        url=local_url, key=key, settings=settings.worker, models=settings.worker.model
                    )
                    tasks.create_task(worker.run(stop))
                await stop.wait()
                log.info("horde.stopping")
                await stop_parts(rooms)
        log.info("horde.stopped")


async def stop_parts(rooms: Rooms) -> None:
    """Bots, loops and held pops end; the server still answers the worker that hands its jobs back."""
    await asyncio.gather(rooms.runner.stop(), rooms.loops.stop(), rooms.sender.stop(), rooms.wakeup.stop())


async def worker_key(ground: Ground) -> str:
    """The API key of the account that earns what the bundled worker makes; made at the first start."""
    path = ground.settings.folder / KEY_FILE
    key = stored_key(path)
    if key is None:
        now_ms = ground.clock.now_ms()
        made = await ground.uow.write(partial(register, name="bundled worker", trusted=True, now_ms=now_ms))
        key = made.api_key
        await asyncio.to_thread(write_private, path, key)
    return key
