"""An event is dealt with in one transaction: a request is queued, a command answered, or a wish refused."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import assert_never

from bots.asked import Answer, Asked, Reaction
from bots.desk.answering import Answering
from bots.desk.reading import Reading
from bots.grammar import Command, CommandWord, NotForUs, Order, Refusal, RefusalReason
from bots.horde.port import Horde
from bots.manners import Admitted, Gate, Say
from bots.platform import EventKind, Platform, PlatformEvent
from bots.replies import asked_not_to, bad_value, error_reply, missing_prompt, unknown_style
from bots.store.commissions import change_commission, commission
from bots.store.inbox import mark_read
from bots.store.rows import Commission, CommissionState
from bots.styles import StyleShelf
from core.domain.errors import HordeError
from core.ports.clock import Clock
from core.ports.store import Transaction

_log = logging.getLogger(__name__)


class Dealing:
    """Deals with one event in the open transaction."""

    def __init__(
        self,
        *,
        horde: Horde,
        shelf: StyleShelf,
        clock: Clock,
        platforms: Mapping[str, Platform],
        reactions: Mapping[EventKind, Reaction],
        answers: Mapping[CommandWord, Answer],
        gate: Gate,
        answering: Answering,
        on_accepted: Callable[[], None],
    ) -> None:
        """Hold the ports; answers: to every command; gate: who is answered. on_accepted is called after the COMMIT."""
        self._horde = horde
        self._shelf = shelf
        self._clock = clock
        self._platforms = platforms
        self._reactions = reactions
        self._answers = answers
        self._gate = gate
        self._answering = answering
        self._on_accepted = on_accepted

    def deal(self, tx: Transaction, *, reading: Reading, error: HordeError | None = None) -> None:
        """The event is dealt with; error: what an earlier attempt came to, all of which is undone."""
        row, now_ms = reading.row, self._clock.now_ms()
        if not mark_read(tx, row_id=row.id):
            return
        mine = commission(tx, commission_id=row.id)
        if mine is None:
            reaction = self._reactions.get(row.event.kind)
            if reaction is not None and self._gate.hears(tx, row.event):
                reaction(tx, row.event, now_ms)
                tx.after_commit(self._answering.on_outbox)
            return
        if error is not None:
            self._refuse(tx, mine, error, now_ms)
            return
        admission = self._gate.admit(tx, row.event, reading.parsed, now_ms=now_ms)
        if isinstance(admission, Admitted):
            self._deal_with(tx, reading, mine, now_ms)
        elif isinstance(admission, Say):
            self._answering.answer(tx, replace(mine, private=True), admission.text, CommissionState.REFUSED, now_ms)
        else:
            change_commission(tx, commission_id=mine.id, state=CommissionState.IGNORED, now_ms=now_ms)

    def _deal_with(self, tx: Transaction, reading: Reading, mine: Commission, now_ms: int) -> None:
        row, parsed = reading.row, reading.parsed
        match parsed:
            case NotForUs():
                change_commission(tx, commission_id=mine.id, state=CommissionState.IGNORED, now_ms=now_ms)
            case Refusal():
                self._answering.answer(tx, mine, self._refusal(parsed, row.event), CommissionState.REFUSED, now_ms)
            case Command():
                asked = Asked(
                    command=parsed,
                    event=row.event,
                    mine=mine,
                    handle=self._platforms[mine.platform].handle,
                    book=self._shelf.book,
                    now_ms=now_ms,
                    parent=reading.parent,
                )
                answer = self._answers.get(parsed.word, self._answers[CommandWord.HELP])
                told = answer(tx, asked)
                self._answering.answer(
                    tx, replace(mine, private=mine.private or told.private), told.text, CommissionState.TOLD, now_ms
                )
            case Order() if reading.refusal:
                self._answering.answer(tx, mine, reading.refusal, CommissionState.REFUSED, now_ms)
            case Order():
                self._order(tx, reading, parsed, mine, now_ms)
            case _:
                assert_never(parsed)

    def _order(self, tx: Transaction, reading: Reading, order: Order, mine: Commission, now_ms: int) -> None:
        event, draft, verdict = reading.row.event, reading.draft, reading.verdict
        if draft is None or verdict is None:
            message = "an order was read without its request"
            raise AssertionError(message)
        account = self._horde.account(tx, platform=event.platform, author=event.author, now_ms=now_ms)
        try:
            accepted = self._horde.order(
                tx, account_id=account.id, draft=draft, verdict=verdict, idempotency_key=mine.id, now_ms=now_ms
            )
        except HordeError as error:
            if not error.keeps_writes:
                raise
            # What the refusal put on record stays, and the reply goes with it.
            self._refuse(tx, replace(mine, private=order.private), error, now_ms)
            return
        change_commission(
            tx,
            commission_id=mine.id,
            state=CommissionState.ACCEPTED,
            now_ms=now_ms,
            account_id=account.id,
            request_id=accepted.request_id,
            prompt=order.prompt,
            order_text=reading.order_text,
            style=reading.style,
            style_version=reading.style_version,
            private=order.private,
            spoiler=order.spoiler,
            nsfw=draft.nsfw,
            price_mk=accepted.price_mk,
            balance_mk=accepted.balance_after_mk,
        )
        tx.after_commit(self._on_accepted)
        _log.info("commission.accepted id=%s platform=%s request_id=%s", mine.id, mine.platform, accepted.request_id)

    def _refuse(self, tx: Transaction, mine: Commission, error: HordeError, now_ms: int) -> None:
        self._answering.answer(tx, mine, error_reply(error), CommissionState.REFUSED, now_ms)
        _log.info("commission.refused id=%s platform=%s code=%s", mine.id, mine.platform, error.code)

    def _refusal(self, refusal: Refusal, event: PlatformEvent) -> str:
        match refusal.reason:
            case RefusalReason.MISSING_PROMPT:
                return missing_prompt(self._platforms[event.platform].handle)
            case RefusalReason.UNKNOWN_STYLE:
                return unknown_style(refusal.suggestions)
            case RefusalReason.BAD_VALUE:
                return bad_value(refusal.key, refusal.suggestions[0])
            case RefusalReason.ASKED_NOT_TO:
                return asked_not_to()
