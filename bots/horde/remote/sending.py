"""Orders go to the other horde: SENDING before the call; then there, refused, again later, or in doubt."""

import asyncio
import logging
from functools import partial
from typing import Final

import msgspec

from bots.horde.remote import settle
from bots.horde.remote.client import NotNow, Ordered, RemoteClient, Taken, TurnedDown, Uncertain
from bots.horde.remote.outage import Outage
from bots.horde.remote.words import with_sources
from bots.store.remote import RemoteRequest, RemoteState, claim_to_send, doubt_unsent, remotes_in
from core.domain.errors import HordeError, NotFound
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from core.ports.points import Edge, Step, reached
from core.ports.store import Transaction, UnitOfWork

SPARE_S: Final = 5.0
"""So much longer than a call may take, an order is left alone that somebody began to send."""

_log = logging.getLogger(__name__)


class Sending:
    """Sends what is due, one order after the other: their rate is limited anyway."""

    def __init__(
        self, *, client: RemoteClient, uow: UnitOfWork, clock: Clock, objects: ObjectStore, outage: Outage
    ) -> None:
        """Hold the ports."""
        self._client = client
        self._uow = uow
        self._clock = clock
        self._objects = objects
        self._outage = outage
        self._is_refused = False
        self._not_before_ms = 0

    async def recover(self) -> int:
        """What somebody began to send and did not come back from is looked for; returns how many that are."""
        now_ms = self._clock.now_ms()
        if not await self._uow.read(partial(remotes_in, state=RemoteState.SENDING, due_ms=now_ms, limit=1)):
            return 0
        doubted = await self._uow.write(partial(doubt_unsent, now_ms=now_ms, look_ms=self._look_ms()))
        if doubted:
            _log.info("remote.doubted orders=%d", doubted)
        return doubted

    async def send_one(self) -> bool:
        """The oldest order that is due is sent; returns False where there is none, or that horde cannot be reached."""
        access, now_ms = self._client.access, self._clock.now_ms()
        if now_ms < self._not_before_ms:
            return False
        if not await self._uow.read(partial(remotes_in, state=RemoteState.NEW, due_ms=now_ms, limit=1)):
            return False
        # A call waits its turn in the client before it is made: that is not the time it takes.
        turn_s = 1 / access.orders_per_s if access.orders_per_s else 0.0
        until_ms = now_ms + round((access.call_s + turn_s + SPARE_S) * 1_000)
        row = await self._uow.write(partial(claim_to_send, now_ms=now_ms, until_ms=until_ms), step=Step.REMOTE_CLAIM)
        if row is None:
            return False
        outcome = await self._attempt(row)
        goes_on = self._note(outcome)
        await self._uow.write(partial(self._settle, row=row, outcome=outcome), step=Step.REMOTE_ASKED)
        return goes_on

    def _note(self, outcome: Ordered) -> bool:
        """Returns whether the next order may be sent. What is wrong is told once when it starts and when it ends."""
        if isinstance(outcome, Uncertain) or (isinstance(outcome, NotNow) and outcome.is_down):
            self._outage.failed(outcome.reason)
            return False
        self._outage.answered()
        is_refused = isinstance(outcome, NotNow) and outcome.is_refused
        if isinstance(outcome, NotNow) and is_refused and not self._is_refused:
            _log.error("remote.takes_nothing reason=%r next='horde doctor'", outcome.reason)
        if self._is_refused and not is_refused:
            _log.info("remote.takes_again")
        self._is_refused = is_refused
        if isinstance(outcome, NotNow):
            # Limits are the account's: what holds for this order holds for the next.
            self._not_before_ms = self._clock.now_ms() + round(outcome.after_s * 1_000)
        return not isinstance(outcome, NotNow)

    async def _attempt(self, row: RemoteRequest) -> Ordered:
        try:
            body = await with_sources(msgspec.json.decode(row.body), self._objects.get)
        except NotFound:
            return TurnedDown(reason="the picture to work on is gone", code="SourceImageUnreadable")
        except HordeError as error:
            return NotNow(after_s=SPARE_S, reason=str(error))
        reached(Step.REMOTE_SEND, Edge.BEFORE)
        try:
            async with asyncio.timeout(self._client.access.call_s + SPARE_S / 2):
                outcome = await self._client.order(row.kind, body, key=row.id)
        except TimeoutError:
            outcome = Uncertain(reason="it does not answer in time")
        reached(Step.REMOTE_SEND, Edge.AFTER)
        return outcome

    def _settle(self, tx: Transaction, *, row: RemoteRequest, outcome: Ordered) -> None:
        now_ms = self._clock.now_ms()
        match outcome:
            case Taken():
                settle.arrived(tx, request_id=row.id, remote_id=outcome.remote_id, kudos=outcome.kudos, now_ms=now_ms)
                _log.info("remote.asked request_id=%s remote_id=%s", row.id, outcome.remote_id)
            case TurnedDown():
                settle.turn_down(tx, request_id=row.id, reason=outcome.reason, code=outcome.code, now_ms=now_ms)
                _log.info("remote.refused request_id=%s code=%s", row.id, outcome.code)
            case NotNow():
                pause_s = max(outcome.after_s, self._outage.pause_s() if outcome.is_down else 0.0)
                settle.ask_again(tx, request_id=row.id, due_ms=now_ms + round(pause_s * 1_000), now_ms=now_ms)
            case Uncertain():
                settle.doubt(tx, request_id=row.id, look_ms=self._look_ms(), now_ms=now_ms)
                _log.info("remote.unknown request_id=%s reason=%r", row.id, outcome.reason)

    def _look_ms(self) -> int:
        """Returns when an order that is in doubt can be seen at the earliest, if it is there."""
        access = self._client.access
        return self._clock.now_ms() + (0 if access.honours_keys else round(access.read_lag_s * 1_000))
