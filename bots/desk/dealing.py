"""An event is dealt with in one transaction: a request is queued, a command answered, or a wish refused."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, assert_never

from bots.asked import Answer, Asked, Payer, Payment, Reaction
from bots.desk.answering import Answering
from bots.desk.reading import Reading
from bots.drafts import Drafted
from bots.grammar import Command, CommandWord, NotForUs, Order, Refusal, RefusalReason
from bots.horde.port import Horde
from bots.manners import Admitted, Gate, Say
from bots.names import Names
from bots.platform import EventKind, Platform, PlatformEvent
from bots.replies import asked_not_to, bad_value, error_reply, missing_prompt, unknown_style, unserved
from bots.store.commissions import change_commission, commission
from bots.store.inbox import mark_read
from bots.store.rows import Commission, CommissionState
from bots.styles import StyleShelf
from core.domain.accounts import Account
from core.domain.errors import HordeError, InsufficientKudos, TooManyJobs
from core.domain.kinds.kind import Kind
from core.domain.requests import RequestDraft
from core.ports.clock import Clock
from core.ports.store import Transaction

OTHERS: Final = 3
"""So many alternatives are named."""

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
        payers: Sequence[Payer],
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
        self._payers = payers
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
        if reading.refusal:
            private = isinstance(parsed, Order) and parsed.private
            self._answering.answer(tx, replace(mine, private=private), reading.refusal, CommissionState.REFUSED, now_ms)
            return
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
                    tx,
                    replace(mine, private=mine.private or told.private),
                    told.text,
                    CommissionState.TOLD,
                    now_ms,
                    is_made=told.is_made,
                )
            case Order():
                self._order(tx, reading, parsed, mine, now_ms)
            case _:
                assert_never(parsed)

    def _order(self, tx: Transaction, reading: Reading, order: Order, mine: Commission, now_ms: int) -> None:
        event, verdict = reading.row.event, reading.verdict
        made = self._possible(tx, reading, now_ms)
        if verdict is None:
            message = "an order was read without its request"
            raise AssertionError(message)
        mine = replace(mine, private=order.private)
        if made is None:
            text = self._unserved(tx, reading, order, now_ms)
            self._answering.answer(tx, mine, text, CommissionState.REFUSED, now_ms)
            return
        account = self._horde.account(tx, platform=event.platform, author=event.author, now_ms=now_ms)
        order_for = partial(
            self._horde.order, tx, draft=made.draft, verdict=verdict, idempotency_key=mine.id, now_ms=now_ms
        )
        payment = self._payment(tx, event, account, made.draft, now_ms) if verdict.allowed else None
        try:
            try:
                accepted = order_for(account_id=payment.account_id if payment else account.id)
            except TooManyJobs:
                if payment is None:
                    raise
                payment = None  # as many of that account's jobs wait as may: whoever asks pays
                accepted = order_for(account_id=account.id)
        except HordeError as error:
            if not error.keeps_writes:
                raise
            # What the refusal put on record stays, and the reply goes with it.
            self._refuse(tx, mine, error, now_ms)
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
            style=made.style,
            style_version=made.style_version,
            private=order.private,
            spoiler=order.spoiler,
            nsfw=made.draft.nsfw,
            kind=order.kind.value,
            source=reading.source,
            notes="\n".join((*made.notes, payment.note) if payment else made.notes),
            price_mk=accepted.price_mk,
            balance_mk=account.available_mk if payment else accepted.balance_after_mk,
        )
        if payment is not None:
            payment.keep(tx, mine.id)
        tx.after_commit(self._on_accepted)
        _log.info("commission.accepted id=%s platform=%s request_id=%s", mine.id, mine.platform, accepted.request_id)

    def _payment(
        self,
        tx: Transaction,
        event: PlatformEvent,
        account: Account,
        draft: RequestDraft,
        now_ms: int,
    ) -> Payment | None:
        """Returns who pays instead of the account, None where nobody does."""
        offers = (payer(tx, event, account, draft, now_ms) for payer in self._payers)
        return next((offer for offer in offers if offer is not None), None)

    def _possible(self, tx: Transaction, reading: Reading, now_ms: int) -> Drafted | None:
        """Returns what those who are there can make of the order, None for nothing; while nobody is there it waits."""
        for made in filter(None, (reading.drafted, reading.instead)):
            if self._horde.is_possible(tx, draft=made.draft, now_ms=now_ms):
                return made
        somebody = any(self._horde.served(tx, now_ms=now_ms).values())
        return None if somebody else reading.drafted

    def _unserved(self, tx: Transaction, reading: Reading, order: Order, now_ms: int) -> str:
        served = self._horde.served(tx, now_ms=now_ms)
        draft = reading.drafted.draft if reading.drafted else RequestDraft()
        able: Sequence[str] = served.get(draft.kind, ())
        if order.overrides.model and able:
            return unserved(draft, served=served, others=Names(able).nearest(order.overrides.model))
        styles = [name for name, style in self._shelf.book.styles.items() if style.model in able]
        others = Names(styles).nearest(order.style or "") if order.kind is Kind.IMAGE else able[:OTHERS]
        return unserved(draft, served=served, others=[f"style: {name}" for name in others])

    def _refuse(self, tx: Transaction, mine: Commission, error: HordeError, now_ms: int) -> None:
        # What an account has is told to its owner alone.
        mine = replace(mine, private=mine.private or isinstance(error, InsufficientKudos))
        self._answering.answer(tx, mine, error_reply(error), CommissionState.REFUSED, now_ms)
        _log.info("commission.refused id=%s platform=%s code=%s", mine.id, mine.platform, error.code)

    def _refusal(self, refusal: Refusal, event: PlatformEvent) -> str:
        match refusal.reason:
            case RefusalReason.MISSING_PROMPT:
                return missing_prompt(self._platforms[event.platform].handle, refusal.kind)
            case RefusalReason.UNKNOWN_STYLE:
                return unknown_style(refusal.suggestions)
            case RefusalReason.BAD_VALUE:
                return bad_value(refusal.key, refusal.suggestions[0])
            case RefusalReason.ASKED_NOT_TO:
                return asked_not_to()
