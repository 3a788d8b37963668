"""What the horde made of a request becomes posts, and the desk's cursor moves, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from bots.asked import Finished
from bots.desk.answering import Answering
from bots.desk.compose import facts_of, is_private, pictures_of, reply_to, room_for_words, words_of
from bots.drafts import TEXT_STOPS
from bots.horde.port import Horde
from bots.platform import Capabilities, Picture, Platform, Post, PostFacts
from bots.replies import censored, error_reply, nothing_made, picture_changed, pictures_made, words_made
from bots.store.commissions import change_commission, commissions_of_requests
from bots.store.outbox import add_post
from bots.store.rows import Commission, CommissionState
from core.domain.errors import NotFound
from core.domain.events import FINAL_KINDS, Event
from core.domain.events import EventKind as HordeEventKind
from core.domain.ids import AccountId, RequestId
from core.domain.kinds.kind import Kind
from core.domain.requests import RequestStatus
from core.ports.clock import Clock
from core.ports.store import Transaction

BATCH: Final = 100
SHOWCASE_WAIT_MS: Final = 60_000
"""So long a reply waits for the address of its showcase post."""


class Shows(Protocol):
    """Says whether and where finished pictures are posted for all to see."""

    def post_for(self, commission: Commission, *, media: tuple[Picture, ...], facts: PostFacts) -> Post | None:
        """Returns the showcase post of a commission, None if it is not to be shown."""
        ...


class Ending:
    """Ends commissions as the horde's events come in."""

    def __init__(
        self,
        *,
        horde: Horde,
        clock: Clock,
        platforms: Mapping[str, Platform],
        showcase: Shows,
        answering: Answering,
        finished: Sequence[Finished],
    ) -> None:
        """Hold the ports; finished: what a finished picture brings about in other rooms."""
        self._horde = horde
        self._clock = clock
        self._platforms = platforms
        self._showcase = showcase
        self._answering = answering
        self._finished = finished

    def react(self, tx: Transaction) -> int:
        """What the horde did since the cursor is in the outbox; returns how many events that were."""
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
            self._answering.answer(tx, mine, error_reply(error), CommissionState.FAILED, now_ms)
            return
        refused = self._horde.refusal(tx, request_id=status.request_id)
        if refused is not None:
            self._answering.answer(tx, mine, error_reply(refused), CommissionState.FAILED, now_ms)
            return
        if event.kind is HordeEventKind.REQUEST_CANCELLED and not status.results:
            change_commission(tx, commission_id=mine.id, state=CommissionState.CANCELLED, now_ms=now_ms)
            return
        account = self._horde.account_now(tx, account_id=AccountId(mine.account_id or status.account_id))
        capabilities = self._platforms[mine.platform].capabilities
        left_mk = account.available_mk if account else 0
        end = _End(
            event=event,
            mine=mine,
            status=status,
            capabilities=capabilities,
            balance_mk=left_mk,
            told_mk=left_mk if is_private(mine, capabilities) else None,
            # Jobs that were not made are not paid: the price is that of the results.
            missing=max(_jobs_of(event) - len(status.results), 0),
        )
        media = pictures_of(
            status,
            prompt=mine.prompt,
            url_of=self._horde.picture_url,
            alt_text_chars_max=capabilities.alt_text_chars_max,
        )
        words = "" if media else words_of(status, stops=TEXT_STOPS)
        if media:
            self._show(tx, end, media, now_ms)
        elif words:
            self._tell(tx, end, words, now_ms)
        else:
            self._answering.answer(tx, mine, end.nothing(), CommissionState.FAILED, now_ms)

    def _show(self, tx: Transaction, end: _End, media: tuple[Picture, ...], now_ms: int) -> None:
        """The pictures are on their way to the requester, and to all where a drawn one is shown."""
        mine, status, drawn = end.mine, end.status, end.mine.kind is Kind.IMAGE
        if drawn:
            text = pictures_made(
                prompt=mine.prompt,
                style=mine.style,
                seeds=[picture.seed for picture in media],
                missing=end.missing,
                price_mk=status.spent_mk,
                balance_mk=end.told_mk,
                notes=mine.notes,
            )
            more = [line for finish in self._finished if (line := finish(tx, mine, now_ms))]
            text = "\n".join([text, *more])
        else:
            form = status.results[0].model
            text = picture_changed(form=form, price_mk=status.spent_mk, balance_mk=end.told_mk, notes=mine.notes)
        end.finish(tx, now_ms)
        facts = facts_of(mine, status, price_mk=status.spent_mk, balance_mk=end.told_mk)
        shown = self._showcase.post_for(mine, media=media, facts=replace(facts, balance_mk=None)) if drawn else None
        shown_id = add_post(tx, post=shown, now_ms=now_ms) if shown else None
        reply = reply_to(mine, text=text, capabilities=end.capabilities, media=media, facts=facts)
        add_post(tx, post=reply, now_ms=now_ms, waits_for=shown_id, waits_until_ms=now_ms + SHOWCASE_WAIT_MS)
        tx.after_commit(self._answering.on_outbox)

    def _tell(self, tx: Transaction, end: _End, words: str, now_ms: int) -> None:
        """What was written or read is on its way to the requester, as much of it as fits."""
        text, told_chars = words_made(
            words,
            missing=end.missing,
            price_mk=end.status.spent_mk,
            balance_mk=end.told_mk,
            notes=end.mine.notes,
            chars_max=room_for_words(end.capabilities),
        )
        end.finish(tx, now_ms, told_chars=told_chars)
        reply = reply_to(end.mine, text=text, capabilities=end.capabilities, is_made=True)
        add_post(tx, post=reply, now_ms=now_ms)
        tx.after_commit(self._answering.on_outbox)


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """What is known at a commission's end. told_mk: the balance where nobody else reads it."""

    event: Event
    mine: Commission
    status: RequestStatus
    capabilities: Capabilities
    balance_mk: int
    told_mk: int | None
    missing: int

    def finish(self, tx: Transaction, now_ms: int, *, told_chars: int = 0) -> None:
        """The commission is finished and knows what it cost."""
        change_commission(
            tx,
            commission_id=self.mine.id,
            state=CommissionState.FINISHED,
            now_ms=now_ms,
            price_mk=self.status.spent_mk,
            balance_mk=self.balance_mk,
            told_chars=told_chars,
        )

    def nothing(self) -> str:
        """Returns why there is nothing."""
        if any(result.state != "ok" for result in self.status.results):
            return censored(self.mine.kind)
        return nothing_made(
            expired=self.event.kind is HordeEventKind.REQUEST_EXPIRED,
            price_mk=self.status.price_mk - self.status.spent_mk,
            balance_mk=self.told_mk,
            kind=self.mine.kind,
        )


def _jobs_of(event: Event) -> int:
    return sum(count for count in event.body.values() if isinstance(count, int))
