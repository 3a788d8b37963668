"""Leases: of several processes with the same platform, one runs it and the others wait to take over."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

from bots.platform import PlatformDown
from bots.store.outbox.leases import Held, give_back, holds, lease, take_lease
from bots.supervisor import Success
from core.ports.clock import Clock
from core.ports.store import Transaction, UnitOfWork

LEASE_S: Final = 15.0
RENEWALS: Final = 3
"""So often a lease is renewed in the time that it lasts."""

_log = logging.getLogger(__name__)


class Lease:
    """One process's claim on one name. `keep` runs for as long as the process does; `hold` runs work under it.

    Clocks of several machines need not agree: a lease counts as forsaken when who waits for it has seen it unchanged
    for as long as it lasts, by a clock of its own. One whose holder was a process of this machine and is gone is taken
    over at once.
    """

    def __init__(
        self, name: str, *, uow: UnitOfWork, clock: Clock, lasts_s: float = LEASE_S, process: int | None = None
    ) -> None:
        """Nothing is claimed yet. process: the id of the one that holds it; None is this one."""
        process = os.getpid() if process is None else process
        self.name = name
        self.holder = f"{socket.gethostname()}/{_machine()}/{process}/{_began(process)}/{secrets.token_hex(4)}"
        self._uow = uow
        self._clock = clock
        self._lasts_s = lasts_s
        self._held = asyncio.Event()
        self._lost = asyncio.Event()
        self._renewed_s = 0.0
        self._seen: tuple[Held, float] | None = None

    @property
    def is_held(self) -> bool:
        """Whether nobody else can have it now."""
        return self._held.is_set() and _now_s() - self._renewed_s < self._lasts_s

    def holds(self, tx: Transaction) -> bool:
        """Returns whether the lease is ours until the end of this transaction."""
        return holds(tx, name=self.name, holder=self.holder)

    async def keep(self, success: Success) -> None:
        """Takes the lease as soon as it can be had, and renews it, for ever."""
        while True:
            await self.claim()
            success.add()
            await asyncio.sleep(self._lasts_s / RENEWALS if self._held.is_set() else self._lasts_s / RENEWALS / 2)

    async def hold(self, work: Callable[[], Awaitable[None]]) -> None:
        """Runs the work as long as the lease is held, again whenever it is; raises what the work raises."""
        while True:
            await self._held.wait()
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self._end_of(work))
                group.create_task(self._stop_when_lost(running))

    async def give_back(self) -> None:
        """Others may have the lease at once, also where a claim that was cut off came through after all."""
        if self._held.is_set():
            self._let_go()
        await self._uow.write(partial(give_back, name=self.name, holder=self.holder))

    async def claim(self) -> None:
        """Takes or renews the lease if it can be had now; `is_held` tells."""
        before_s = _now_s()
        over = await self._forsaken()
        held = await self._uow.write(
            partial(take_lease, name=self.name, holder=self.holder, over=over, now_ms=self._clock.now_ms())
        )
        if held.holder == self.holder:
            self._renewed_s = before_s
            if not self._held.is_set():
                self._lost.clear()
                self._held.set()
                if self._seen is not None:
                    _log.info("bots.taken_over platform=%s", self.name)
            self._seen = None
            return
        if self._held.is_set():
            _log.warning("bots.lease_lost platform=%s: this process was away for too long", self.name)
            self._let_go()
        if self._seen is None:
            host, _, process, *_ = held.holder.split("/")
            _log.info("bots.waits platform=%s: process %s on %s runs it", self.name, process, host)
        if self._seen is None or self._seen[0] != held:
            self._seen = (held, _now_s())

    async def _forsaken(self) -> Held | None:
        """Returns the lease as it stands, if its holder is gone."""
        if self._held.is_set():
            return None
        held = await self._uow.read(partial(lease, name=self.name))
        if held is None:
            return None
        if _is_gone(held.holder):
            return held
        is_unchanged = self._seen is not None and self._seen[0] == held
        return held if is_unchanged and self._seen and _now_s() - self._seen[1] >= self._lasts_s else None

    def _let_go(self) -> None:
        self._held.clear()
        self._lost.set()

    async def _end_of(self, work: Callable[[], Awaitable[None]]) -> None:
        await work()
        raise PlatformDown("it ended by itself")

    async def _stop_when_lost(self, running: asyncio.Task[None]) -> None:
        await self._lost.wait()
        running.cancel()


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _machine() -> str:
    """Returns what two processes share that see each other's process ids; "" where that cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _began(process: int) -> str:
    """Returns when that process began, as the kernel counts; "" where there is none."""
    try:
        return (
            Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
        )
    except OSError:
        return ""


def _is_gone(holder: str) -> bool:
    """Tells whether the holder was a process of this machine that is no more."""
    _, machine, process, began, _ = holder.split("/")
    return bool(machine) and machine == _machine() and _began(int(process)) != began
