"""The outbox: each post is sent once; where that is not known, the platform is asked before anything is resent."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, assert_never

from bots.leases import Lease
from bots.platform import (
    Absent,
    Ambiguous,
    Delivered,
    Finding,
    Found,
    Outcome,
    Platform,
    PlatformDown,
    Refused,
    RetryAt,
    Target,
    Unsure,
)
from bots.store.commissions import change_commission, commission
from bots.store.outbox import (
    claim_due,
    doubt_unfinished,
    due_unknown,
    next_due_ms,
    settle_absent,
    settle_dead,
    settle_later,
    settle_sent,
    settle_unknown,
)
from bots.store.rows import CommissionState, OutboxRow
from core.ports.clock import Clock
from core.ports.points import Edge, Step, reached
from core.ports.store import Transaction, UnitOfWork

REMOVALS: Final = frozenset({Target.REMOVE_REPLY, Target.REMOVE_SHOWCASE})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the outbox waits. Retries: first_s, doubled at each attempt, at most most_s, plus up to a tenth."""

    call_s: float = 30.0
    first_s: float = 5.0
    most_s: float = 900.0
    unsure_s: float = 24 * 3_600.0

    def pause_ms(self, attempts: int) -> int:
        """Returns how long to wait after this many attempts."""
        pause_s = min(self.first_s * 2.0 ** min(max(attempts - 1, 0), 20), self.most_s)
        return round(pause_s * (1 + random.random() / 10) * 1_000)


class Outbox:
    """Delivers the due rows of platforms; on_settled is called from any thread when others may have become due."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        clock: Clock,
        delete_picture: Callable[[str], Awaitable[None]],
        on_settled: Callable[[], None],
        patience: Patience | None = None,
        lease: Lease | None = None,
    ) -> None:
        """Hold the ports. lease: only while it is held rows are claimed and sent; None where nobody else can be."""
        self._uow = uow
        self._clock = clock
        self._delete_picture = delete_picture
        self._on_settled = on_settled
        self._patience = patience or Patience()
        self._lease = lease
        self._down: set[str] = set()

    async def recover(self, platform: Platform) -> int:
        """What an earlier life of this process left SENDING will be looked for; returns how many rows that are."""
        now_ms = self._clock.now_ms()
        doubted = await self._uow.write(partial(doubt_unfinished, platform=platform.name, now_ms=now_ms))
        if doubted:
            _log.info("outbox.doubted platform=%s rows=%d", platform.name, doubted)
        return doubted

    async def deliver_due(self, platform: Platform) -> int:
        """Every row of the platform that is due is looked for or sent, some at once; returns how many those were."""
        now_ms, limit = self._clock.now_ms(), platform.capabilities.deliveries_at_once
        due_ms = await self._uow.read(partial(next_due_ms, platform=platform.name))
        if due_ms is None or due_ms > now_ms:
            return 0
        doubtful = await self._uow.read(partial(due_unknown, platform=platform.name, now_ms=now_ms, limit=limit))
        claimed = await self._uow.write(
            partial(self._claim, platform=platform.name, now_ms=now_ms, limit=limit), step=Step.OUTBOX_CLAIM
        )
        ends = await asyncio.gather(
            *(self._reconcile(platform, row) for row in doubtful),
            *(self._deliver(platform, row) for row in claimed),
            return_exceptions=True,
        )
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        return len(ends)

    def is_well(self, platform: Platform) -> bool:
        """Tells whether no delivery to the platform has failed since one that went well."""
        return platform.name not in self._down

    async def next_due_s(self, platform: Platform, *, most_s: float) -> float:
        """Returns how many seconds from now the platform's next row is due, at most most_s."""
        due_ms = await self._uow.read(partial(next_due_ms, platform=platform.name))
        if due_ms is None:
            return most_s
        wait_s = (due_ms - self._clock.now_ms()) / 1_000
        # A row that is due but was not taken waits for another one: the hint or the tick tells.
        return min(wait_s, most_s) if wait_s > 0 else most_s

    def _claim(self, tx: Transaction, *, platform: str, now_ms: int, limit: int) -> list[OutboxRow]:
        """Takes what is due; nothing where another process runs the platform by now, which has doubted all it found."""
        if self._lease is not None and not self._lease.holds(tx):
            return []
        return claim_due(tx, platform=platform, now_ms=now_ms, limit=limit)

    async def _deliver(self, platform: Platform, row: OutboxRow) -> None:
        reached(Step.OUTBOX_DELIVER, Edge.BEFORE)
        try:
            outcome = await self._attempt(platform, row)
        except Exception:
            # A fault in the adapter says nothing of the post: it may be there.
            await self._write(self._settle, row=row, platform=platform, outcome=Ambiguous(reason="the adapter failed"))
            raise
        reached(Step.OUTBOX_DELIVER, Edge.AFTER)
        self._note(platform, outcome)
        await self._write(self._settle, row=row, platform=platform, outcome=outcome)

    async def _attempt(self, platform: Platform, row: OutboxRow) -> Outcome:
        if self._lease is not None and not self._lease.is_held:
            return Ambiguous(reason="this process was away for too long: another one may have it")
        try:
            async with asyncio.timeout(self._patience.call_s):
                if row.target in REMOVALS:
                    outcome = await platform.delete(row.post.removes or "")
                    for picture in row.post.media if isinstance(outcome, Delivered) else ():
                        await self._delete_picture(picture.key)
                    return outcome
                return await platform.deliver(row.post)
        except TimeoutError:
            return Ambiguous(reason=f"no answer within {self._patience.call_s:g} s")
        except PlatformDown as error:
            return Ambiguous(reason=str(error))

    async def _reconcile(self, platform: Platform, row: OutboxRow) -> None:
        if row.target in REMOVALS:
            # Taking away twice is the same as once, so there is nothing to look for.
            await self._write(self._again, row=row, reason="removal is repeated")
            return
        try:
            async with asyncio.timeout(self._patience.call_s):
                finding: Finding = await platform.reconcile(row.post)
        except TimeoutError:
            finding = Unsure(reason=f"no answer within {self._patience.call_s:g} s")
        except PlatformDown as error:
            finding = Unsure(reason=str(error))
        await self._write(self._weigh, row=row, platform=platform, finding=finding)

    async def _write(self, use_case: Callable[..., None], **given: object) -> None:
        await self._uow.write(partial(use_case, **given), step=Step.OUTBOX_SETTLE)

    def _settle(self, tx: Transaction, *, row: OutboxRow, platform: Platform, outcome: Outcome) -> None:
        now_ms = self._clock.now_ms()
        match outcome:
            case Delivered():
                self._sent(tx, row, outcome.remote_id, outcome.url, now_ms)
            case Refused():
                settle_dead(tx, row=row, reason=outcome.reason, now_ms=now_ms)
                tx.after_commit(self._on_settled)
                _log.warning(
                    "outbox.dead platform=%s row=%s target=%s reason=%r",
                    row.platform,
                    row.id,
                    row.target,
                    outcome.reason,
                )
            case RetryAt():
                due_ms = max(outcome.at_ms, now_ms)
                settle_later(tx, row=row, next_at_ms=due_ms, reason=outcome.reason, now_ms=now_ms)
            case Ambiguous():
                look_ms = now_ms + round(platform.capabilities.read_lag_s * 1_000)
                settle_unknown(tx, row=row, next_at_ms=look_ms, reason=outcome.reason, now_ms=now_ms)
            case _:
                assert_never(outcome)

    def _weigh(self, tx: Transaction, *, row: OutboxRow, platform: Platform, finding: Finding) -> None:
        now_ms = self._clock.now_ms()
        lag_ms = round(platform.capabilities.read_lag_s * 1_000)
        match finding:
            case Found():
                self._sent(tx, row, finding.remote_id, finding.url, now_ms)
            case Absent():
                if row.absent_at_ms is None or now_ms - row.absent_at_ms < 2 * lag_ms:
                    settle_absent(tx, row=row, next_at_ms=now_ms + 2 * lag_ms, now_ms=now_ms)
                    tx.after_commit(self._on_settled)
                else:
                    self._again(tx, row=row, reason="the platform does not have it")
            case Unsure():
                since_ms = row.unknown_since_ms if row.unknown_since_ms is not None else now_ms
                if now_ms - since_ms > self._patience.unsure_s * 1_000:
                    settle_dead(tx, row=row, reason=f"never found out: {finding.reason}", now_ms=now_ms)
                    tx.after_commit(self._on_settled)
                    _log.error("outbox.dead platform=%s row=%s reason=%r", row.platform, row.id, finding.reason)
                else:
                    # Looking has no attempts of its own: the longer it is unknown, the seldomer.
                    pause_ms = min(max(now_ms - since_ms, round(self._patience.first_s * 1_000)), 900_000)
                    settle_unknown(tx, row=row, next_at_ms=now_ms + pause_ms, reason=finding.reason, now_ms=now_ms)
            case _:
                assert_never(finding)

    def _again(self, tx: Transaction, *, row: OutboxRow, reason: str) -> None:
        """The post is certainly not there: it is sent again, at once after the first attempt, else after a pause."""
        now_ms = self._clock.now_ms()
        pause_ms = 0 if row.attempts <= 1 else self._patience.pause_ms(row.attempts)
        settle_later(tx, row=row, next_at_ms=now_ms + pause_ms, reason=reason, now_ms=now_ms)
        tx.after_commit(self._on_settled)

    def _sent(self, tx: Transaction, row: OutboxRow, remote_id: str, url: str | None, now_ms: int) -> None:
        settle_sent(tx, row_id=row.id, remote_id=remote_id, remote_url=url, now_ms=now_ms)
        if row.target is Target.REPLY:
            mine = commission(tx, commission_id=row.commission_id)
            if mine is not None and mine.state is CommissionState.FINISHED:
                change_commission(tx, commission_id=mine.id, state=CommissionState.ANSWERED, now_ms=now_ms)
        tx.after_commit(self._on_settled)
        _log.info("outbox.sent platform=%s row=%s target=%s remote_id=%s", row.platform, row.id, row.target, remote_id)

    def _note(self, platform: Platform, outcome: Outcome) -> None:
        """An outage is logged once when it starts and once when it ends; what is held back by plan is none."""
        if isinstance(outcome, RetryAt) and outcome.is_planned:
            return
        if isinstance(outcome, Delivered | Refused):
            if platform.name in self._down:
                self._down.discard(platform.name)
                _log.info("outbox.up platform=%s", platform.name)
        elif platform.name not in self._down:
            self._down.add(platform.name)
            _log.warning("outbox.down platform=%s reason=%r", platform.name, outcome.reason)
