"""What moderators have set (modes, time-outs of addresses, filters), as this process knows it: seconds old, no more."""

import asyncio
import hmac
import logging
import math
from collections import OrderedDict
from dataclasses import replace
from typing import Final

from core.api.limits.addresses import counted_as
from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotPermitted
from core.domain.guard import Mode, block_that_holds
from core.domain.policy import QueuePolicy
from core.ports.clock import Clock
from core.ports.store import ReadTransaction, Transaction, UnitOfWork
from core.services.moderation.guard import InForce, in_force, note_address, strike
from core.services.moderation.patterns import FilterBook

log = logging.getLogger(__name__)

KEPT_MS: Final = 3_000
"""What another process sets is known here after this time; what is set here, at once."""
NOTED_EVERY_MS: Final = 24 * 3_600_000
_WORKERS_MAX: Final = 20_000


class Standing:
    """What holds now. One read of the database every few seconds at most, and only while somebody asks.

    Addresses are hashed with the server's secret before anything is written; only what moderators themselves name is
    kept as it is, until the time-out ends.
    """

    def __init__(self, uow: UnitOfWork, clock: Clock, *, secret: bytes, filters: FilterBook) -> None:
        """Know nothing yet. filters: is filled from here."""
        self._uow = uow
        self._clock = clock
        self._secret = secret
        self._filters = filters
        self._seen: InForce | None = None
        self._at_ms = -math.inf
        self._reading = asyncio.Lock()
        self._noted: OrderedDict[str, tuple[str, int]] = OrderedDict()

    async def now(self) -> InForce:
        """Return what moderators have set; while somebody reads it again, the others get what was known before."""
        now_ms = self._clock.now_ms()
        if self._seen is not None and (0 <= now_ms - self._at_ms < KEPT_MS or self._reading.locked()):
            return self._seen
        async with self._reading:
            if self._seen is None or not 0 <= now_ms - self._at_ms < KEPT_MS:

                def read(tx: ReadTransaction) -> InForce:
                    return in_force(tx, now_ms=now_ms)

                seen = await self._uow.read(read)
                self._filters.put(seen.filters)
                self._seen, self._at_ms = seen, now_ms
        return self._seen

    async def renew(self) -> InForce:
        """Return what moderators have set, read now: something was changed here."""
        self._at_ms = -math.inf
        async with self._reading:
            pass  # a read that had begun before the change is over
        self._at_ms = -math.inf
        return await self.now()

    def hash_of(self, address: str) -> str:
        """Return the keyed hash of an address, or of the /64 of an IPv6 one."""
        return hmac.new(self._secret, b"address:" + counted_as(address).encode(), "sha256").hexdigest()

    async def admit(self, address: str) -> InForce:
        """Return what holds now, if the address is not kept out, else raise ``NotPermitted``."""
        seen = await self.now()
        if seen.blocks:
            now_ms = self._clock.now_ms()
            block = block_that_holds(address, address_hash=self.hash_of(address), blocks=seen.blocks, now_ms=now_ms)
            if block is not None:
                message = (
                    f"Your address is in a time-out for another {block.left_s(now_ms)} seconds. Wait until it is over; "
                    "if you think that it is a mistake, write to the moderators."
                )
                raise NotPermitted(message, code="TimeoutIP")
        return seen

    async def admit_order(self, address: str) -> InForce:
        """Return what holds now, if orders are taken from the address; raises ``InvalidRequest`` in maintenance."""
        seen = await self.now()
        if Mode.MAINTENANCE in seen.modes:
            message = "This horde is in maintenance and takes no orders now. What waits is kept. Try again later."
            raise InvalidRequest(message, code="MaintenanceMode")
        return await self.admit(address)

    async def strike(self, address: str) -> None:
        """Have the address be in a time-out, for a prompt from it was refused."""
        address_hash, now_ms = self.hash_of(address), self._clock.now_ms()
        block = await self._uow.write(lambda tx: strike(tx, address_hash=address_hash, now_ms=now_ms))
        log.info("address.struck seconds=%s", block.left_s(now_ms))
        await self.renew()

    async def came_from(self, address: str, *, worker_name: str, owner: Account) -> None:
        """Have the keyed hash of a worker's address be known; it is written when it changes, and once a day."""
        address_hash, now_ms = self.hash_of(address), self._clock.now_ms()
        known, at_ms = self._noted.get(worker_name, ("", 0))
        if known == address_hash and now_ms - at_ms < NOTED_EVERY_MS:
            return

        def note(tx: Transaction) -> bool:
            return note_address(tx, worker_name=worker_name, owner=owner, address_hash=address_hash, now_ms=now_ms)

        if await self._uow.write(note):
            self._noted[worker_name] = (address_hash, now_ms)
            self._noted.move_to_end(worker_name)
            if len(self._noted) > _WORKERS_MAX:
                self._noted.popitem(last=False)

    @staticmethod
    def policy_under(policy: QueuePolicy, modes: frozenset[Mode]) -> QueuePolicy:
        """Return the queue's numbers in these modes."""
        workers = policy.workers
        if Mode.INVITE_ONLY in modes:
            workers = replace(workers, invite_only=True)
        if Mode.RAID in modes:
            workers = replace(
                workers, aborts_max=workers.aborts_max // 2, aborts_alchemy_max=workers.aborts_alchemy_max // 2
            )
        return policy if workers is policy.workers else replace(policy, workers=workers)
