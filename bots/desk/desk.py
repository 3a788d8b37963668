"""The desk: what comes in becomes a request or a reply; what the horde made becomes posts. One transaction each."""

import asyncio
import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol, assert_never

from bots.asked import Answer, Asked
from bots.desk.commands import REPEATABLE, meant, own_answers
from bots.desk.compose import facts_of, pictures_of, reply_to
from bots.grammar import Command, CommandWord, NotForUs, Order, Parsed, Refusal, RefusalReason, parse
from bots.horde.port import Horde
from bots.platform import EventKind, Parent, Picture, Platform, PlatformEvent, Post, PostFacts
from bots.replies import (
    asked_not_to,
    bad_value,
    censored,
    error_reply,
    missing_prompt,
    nothing_made,
    pictures_made,
    unknown_style,
)
from bots.store.commissions import any_accepted, change_commission, commission, commissions_of_requests
from bots.store.inbox import SUMMONING, mark_read, new_rows
from bots.store.outbox import add_post
from bots.store.rows import Commission, CommissionState, InboxRow
from bots.styles import StyleShelf, draft_of
from core.domain.errors import HordeError, NotFound, Unavailable
from core.domain.events import FINAL_KINDS, Event
from core.domain.events import EventKind as HordeEventKind
from core.domain.ids import RequestId
from core.domain.moderation import Verdict
from core.domain.requests import RequestDraft
from core.domain.styles import NEGATIVE_MARK
from core.ports.clock import Clock
from core.ports.points import Step
from core.ports.store import Transaction, UnitOfWork

BATCH: Final = 100
ABOUT_PARENTS: Final = frozenset({CommandWord.TIP})
"""Commands about the post that they answer."""
SHOWCASE_WAIT_MS: Final = 60_000
"""So long a reply waits for the address of its showcase post."""

_log = logging.getLogger(__name__)

Reaction = Callable[[Transaction, PlatformEvent, int], None]
"""What is done with an event that is no summons; gets the time in ms."""


class Shows(Protocol):
    """Says whether and where finished pictures are posted for all to see."""

    def post_for(self, commission: Commission, *, media: tuple[Picture, ...], facts: PostFacts) -> Post | None:
        """Returns the showcase post of a commission, None if it is not to be shown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """An event as it was read before the transaction; order_text: what `again` repeats."""

    row: InboxRow
    parsed: Parsed
    order_text: str = ""
    style: str = ""
    style_version: str = ""
    draft: RequestDraft | None = None
    verdict: Verdict | None = None
    parent: Parent | None = None


class Desk:
    """Deals with stored events and with what the horde says about requests. Everything it needs to know is in rows."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        horde: Horde,
        shelf: StyleShelf,
        clock: Clock,
        platforms: Mapping[str, Platform],
        showcase: Shows,
        reactions: Mapping[EventKind, Reaction],
        answers: Mapping[CommandWord, Answer],
        on_outbox: Callable[[], None],
        on_accepted: Callable[[], None],
    ) -> None:
        """Hold the ports; answers: to the commands of other rooms. What is on_… is called after the COMMIT."""
        self._uow = uow
        self._horde = horde
        self._shelf = shelf
        self._clock = clock
        self._platforms = platforms
        self._showcase = showcase
        self._reactions = reactions
        self._answers = {**own_answers(horde), **answers}
        self._on_outbox = on_outbox
        self._on_accepted = on_accepted
        self.awaits_horde = False
        """Whether a commission waited for the horde when `react_waiting` last looked."""

    async def accept_waiting(self) -> int:
        """The oldest stored events are dealt with, each in a transaction of its own; returns how many there were.

        What one person did is dealt with in its order, as a vote that is taken back must be; people side by side.
        """
        rows = await self._uow.read(partial(new_rows, platforms=tuple(self._platforms), limit=BATCH))
        readings = [await self._read(row) for row in rows]
        by_person: dict[tuple[str, str], list[_Reading]] = defaultdict(list)
        for reading in readings:
            by_person[reading.row.event.platform, reading.row.event.author.external_id].append(reading)
        for ends in await asyncio.gather(*map(self._accept_in_order, by_person.values())):
            for end in filter(None, ends):
                raise end
        return len(rows)

    async def react_waiting(self) -> int:
        """What the horde did since the desk's cursor is in the outbox; returns how many events that were."""
        found, self.awaits_horde = await self._uow.read(
            lambda tx: (bool(self._horde.events(tx, limit=1)), any_accepted(tx))
        )
        if not found:
            return 0
        return await self._uow.write(self._react, step=Step.DESK_REACT)

    async def _accept_in_order(self, readings: list[_Reading]) -> list[BaseException | None]:
        # What each came to: one event that cannot be dealt with must not hold up the others.
        return [(await asyncio.gather(self._accept(one), return_exceptions=True))[0] for one in readings]

    async def _accept(self, reading: _Reading) -> None:
        try:
            await self._uow.write(partial(self._deal, reading=reading), step=Step.DESK_ACCEPT)
        except Unavailable:
            raise
        except HordeError as error:
            # All of it is undone, the event is still new; what is left to do is to say so.
            await self._uow.write(partial(self._deal, reading=reading, error=error), step=Step.DESK_ACCEPT)

    async def _read(self, row: InboxRow) -> _Reading:
        event = row.event
        if event.kind not in SUMMONING or event.author.is_bot:
            return _Reading(row=row, parsed=NotForUs())
        parsed = self._parse(event, event.text)
        text = event.text
        if isinstance(parsed, Command) and parsed.word is CommandWord.AGAIN:
            earlier = await self._uow.read(partial(meant, event=event, states=REPEATABLE))
            again = self._parse(event, earlier.order_text) if earlier else parsed
            if earlier and isinstance(again, Order):
                text = earlier.order_text
                parsed = replace(again, overrides=replace(again.overrides, seed=None))
        if not isinstance(parsed, Order):
            wants_parent = isinstance(parsed, Command) and parsed.word in ABOUT_PARENTS
            parent = await self._platforms[event.platform].parent(event) if wants_parent else None
            return _Reading(row=row, parsed=parsed, parent=parent)
        book = self._shelf.book
        chance = _chance(row.id)
        style = book.choose(parsed.style or book.default, chance=chance)
        nsfw = parsed.overrides.nsfw and self._platforms[event.platform].capabilities.nsfw_allowed
        draft = draft_of(
            book,
            style,
            prompt=parsed.prompt,
            negative=parsed.negative,
            overrides=replace(parsed.overrides, nsfw=nsfw),
            chance=chance,
        )
        return _Reading(
            row=row,
            parsed=parsed,
            order_text=text,
            style=style.name,
            style_version=book.version,
            draft=draft,
            verdict=self._horde.screen(draft.prompt.partition(NEGATIVE_MARK)[0]),
        )

    def _parse(self, event: PlatformEvent, text: str) -> Parsed:
        handle = self._platforms[event.platform].handle
        return parse(text, handle=handle, styles=self._shelf.book.names, direct=event.kind is EventKind.DIRECT)

    def _deal(self, tx: Transaction, *, reading: _Reading, error: HordeError | None = None) -> None:
        row, now_ms = reading.row, self._clock.now_ms()
        if not mark_read(tx, row_id=row.id):
            return
        mine = commission(tx, commission_id=row.id)
        if mine is None:
            reaction = self._reactions.get(row.event.kind)
            if reaction is not None:
                reaction(tx, row.event, now_ms)
                tx.after_commit(self._on_outbox)
            return
        if error is not None:
            self._refuse(tx, mine, error, now_ms)
            return
        parsed = reading.parsed
        match parsed:
            case NotForUs():
                change_commission(tx, commission_id=mine.id, state=CommissionState.IGNORED, now_ms=now_ms)
            case Refusal():
                self._answer(tx, mine, self._refusal(parsed, row.event), CommissionState.REFUSED, now_ms)
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
                self._answer(
                    tx, replace(mine, private=mine.private or told.private), told.text, CommissionState.TOLD, now_ms
                )
            case Order():
                self._order(tx, reading, parsed, mine, now_ms)
            case _:
                assert_never(parsed)

    def _order(self, tx: Transaction, reading: _Reading, order: Order, mine: Commission, now_ms: int) -> None:
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
            price_mk=accepted.price_mk,
            balance_mk=accepted.balance_after_mk,
        )
        tx.after_commit(self._on_accepted)
        _log.info("commission.accepted id=%s platform=%s request_id=%s", mine.id, mine.platform, accepted.request_id)

    def _refuse(self, tx: Transaction, mine: Commission, error: HordeError, now_ms: int) -> None:
        self._answer(tx, mine, error_reply(error), CommissionState.REFUSED, now_ms)
        _log.info("commission.refused id=%s platform=%s code=%s", mine.id, mine.platform, error.code)

    def _answer(self, tx: Transaction, mine: Commission, text: str, state: CommissionState, now_ms: int) -> None:
        change_commission(tx, commission_id=mine.id, state=state, now_ms=now_ms)
        capabilities = self._platforms[mine.platform].capabilities
        add_post(tx, post=reply_to(mine, text=text, capabilities=capabilities), now_ms=now_ms)
        tx.after_commit(self._on_outbox)

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

    def _react(self, tx: Transaction) -> int:
        now_ms = self._clock.now_ms()
        events = self._horde.events(tx, limit=BATCH)
        if not events:
            return 0
        final = [event for event in events if event.kind in FINAL_KINDS]
        ours = commissions_of_requests(tx, request_ids=[str(event.request_id) for event in final])
        for event in final:
            mine = ours.get(str(event.request_id))
            if mine is not None and mine.platform in self._platforms:
                self._end(tx, event, mine, now_ms)
        self._horde.events_dealt_with(tx, seq=events[-1].seq)
        return len(events)

    def _end(self, tx: Transaction, event: Event, mine: Commission, now_ms: int) -> None:
        if mine.state is not CommissionState.ACCEPTED:
            return
        try:
            status = self._horde.status(tx, request_id=RequestId(str(event.request_id)), now_ms=now_ms)
        except NotFound as error:
            self._answer(tx, mine, error_reply(error), CommissionState.FAILED, now_ms)
            return
        if event.kind is HordeEventKind.REQUEST_CANCELLED and not status.results:
            change_commission(tx, commission_id=mine.id, state=CommissionState.CANCELLED, now_ms=now_ms)
            return
        account = self._horde.account_now(tx, account_id=status.account_id)
        balance_mk = account.available_mk if account else 0
        capabilities = self._platforms[mine.platform].capabilities
        media = pictures_of(
            status,
            prompt=mine.prompt,
            url_of=self._horde.picture_url,
            alt_text_chars_max=capabilities.alt_text_chars_max,
        )
        if not media:
            text = (
                censored()
                if status.results
                else nothing_made(
                    expired=event.kind is HordeEventKind.REQUEST_EXPIRED,
                    price_mk=status.price_mk,
                    balance_mk=balance_mk,
                )
            )
            self._answer(tx, mine, text, CommissionState.FAILED, now_ms)
            return
        # Jobs that were not made are not paid: the price is that of the results.
        missing = max(_jobs_of(event) - len(status.results), 0)
        price_mk = status.price_mk * len(status.results) // (len(status.results) + missing)
        facts = facts_of(mine, status, account, price_mk=price_mk)
        text = pictures_made(
            prompt=mine.prompt,
            style=mine.style,
            seeds=[picture.seed for picture in media],
            missing=missing,
            price_mk=price_mk,
            balance_mk=balance_mk,
        )
        change_commission(
            tx,
            commission_id=mine.id,
            state=CommissionState.FINISHED,
            now_ms=now_ms,
            price_mk=price_mk,
            balance_mk=balance_mk,
        )
        shown = self._showcase.post_for(mine, media=media, facts=facts)
        shown_id = add_post(tx, post=shown, now_ms=now_ms) if shown else None
        reply = reply_to(mine, text=text, capabilities=capabilities, media=media, facts=facts)
        add_post(tx, post=reply, now_ms=now_ms, waits_for=shown_id, waits_until_ms=now_ms + SHOWCASE_WAIT_MS)
        tx.after_commit(self._on_outbox)


def _jobs_of(event: Event) -> int:
    return sum(count for count in event.body.values() if isinstance(count, int))


def _chance(row_id: str) -> int:
    """Returns a number for what is left to chance; the same however often the row is read."""
    return int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:4], "big")
