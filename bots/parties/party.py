"""Parties: opened and ended by a command, each guest rewarded once, and over when their time is."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bots.asked import Asked, Room, Told
from bots.grammar import CommandWord
from bots.horde.port import Horde
from bots.parties.plan import Plan, plan_of
from bots.parties.theme import party_wish
from bots.platform import Author, Platform, Post, Target, Visibility
from bots.replies import (
    no_party_here,
    no_party_of_yours,
    party_announced,
    party_award,
    party_ending,
    party_failed,
    party_opened,
    party_over,
    too_many_parties,
)
from bots.store.outbox import add_post, posts_of_commission
from bots.store.parties import (
    FORGOTTEN,
    Party,
    PartyState,
    add_guest,
    add_party,
    change_party,
    guest_count,
    locked_party,
    open_party_at,
    parties_due,
    parties_of,
    wipe_opener,
)
from bots.store.rows import Commission, OutboxState
from core.domain.errors import InsufficientKudos
from core.domain.ids import AccountId
from core.domain.kudos.ledger import TransferReason
from core.ports.clock import Clock
from core.ports.store import Transaction, UnitOfWork
from core.services.kudos.hold import hold
from core.services.kudos.post import post
from core.services.kudos.void import void

OPEN_MAX: Final = 3
HOUR_MS: Final = 3_600_000
BATCH: Final = 50

_log = logging.getLogger(__name__)


class Parties:
    """Everything about parties but their rules for orders (theme.py)."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock, horde: Horde, platforms: Mapping[str, Platform]) -> None:
        """Hold the ports."""
        self._uow = uow
        self._clock = clock
        self._horde = horde
        self._platforms = platforms

    def room(self) -> Room:
        """Returns what this room brings to the conversation."""
        return Room(
            answers={CommandWord.PARTY: self.answer},
            turns={"parties": self.take_turn},
            finished=(self.reward,),
            wishes=(party_wish,),
            forgets=(self.forget,),
        )

    def answer(self, tx: Transaction, asked: Asked) -> Told:
        """Opens a party, or ends one with `party end`."""
        if asked.command.argument.strip(" .!").casefold() in {"end", "stop", "over"}:
            return Told(text=self._end_own(tx, asked), private=True)
        platform = self._platforms[asked.event.platform]
        if not platform.capabilities.can_thread or not asked.event.community:
            return Told(text=no_party_here(), private=True)
        plan = plan_of(asked.command.argument, asked.book.names)
        if isinstance(plan, str):
            return Told(text=plan, private=True)
        return Told(text=self._open(tx, asked, plan), private=True)

    def reward(self, tx: Transaction, commission: Commission, now_ms: int) -> str:
        """A guest's first picture is rewarded; returns the line about it, "" where there is nothing to say."""
        found = open_party_at(tx, platform=commission.platform, place=commission.place)
        if found is None or commission.account_id in {None, found.account_id}:
            return ""
        guest, party = AccountId(commission.account_id or 0), locked_party(tx, party_id=found.id)
        if party is None or party.state is not PartyState.OPEN:
            return ""
        if not add_guest(tx, party_id=party.id, account_id=guest, guests_max=party.guests_max, now_ms=now_ms):
            return ""
        if party.award_mk == 0:
            return ""
        post(
            tx,
            hold_id=_hold_id(party),
            transfer_id=f"party:{party.id}:{guest}",
            to_id=guest,
            amount_mk=party.award_mk,
            reason=TransferReason.PARTY,
            now_ms=now_ms,
            ref=party.id,
        )
        return party_award(theme=party.theme, award_mk=party.award_mk)

    def forget(self, tx: Transaction, platform: str, person: str) -> None:
        """The person's parties are over, and none of them tells whose it was."""
        for party in parties_of(tx, platform=platform, opener_id=person):
            self._end(tx, party, self._clock.now_ms())
        wipe_opener(tx, platform=platform, opener_id=person)

    async def take_turn(self) -> int:
        """Threads that are there now are open, parties whose time is over end; returns how many changed."""
        now_ms = self._clock.now_ms()
        if not await self._uow.read(lambda tx: parties_due(tx, now_ms=now_ms, limit=BATCH)):
            return 0
        return await self._uow.write(self._turn)

    def _turn(self, tx: Transaction) -> int:
        now_ms, changed = self._clock.now_ms(), 0
        for due in parties_due(tx, now_ms=now_ms, limit=BATCH):
            party = locked_party(tx, party_id=due.id)
            if party is None or party.platform not in self._platforms:
                continue
            if party.state is PartyState.OPENING:
                changed += self._opening(tx, party, now_ms)
            elif party.state is PartyState.OPEN and party.ends_at_ms <= now_ms:
                self._end(tx, party, now_ms)
                changed += 1
        return changed

    def _open(self, tx: Transaction, asked: Asked, plan: Plan) -> str:
        event, now_ms = asked.event, asked.now_ms
        if len(parties_of(tx, platform=event.platform, opener_id=event.author.external_id)) >= OPEN_MAX:
            return too_many_parties(OPEN_MAX)
        account = self._horde.account(tx, platform=event.platform, author=event.author, now_ms=now_ms)
        party = Party(
            id=asked.mine.id,
            platform=event.platform,
            community=event.community,
            opener_id=event.author.external_id,
            opener_name=event.author.display_name,
            account_id=account.id,
            theme=plan.theme,
            style=plan.style,
            words=plan.words,
            award_mk=plan.award_mk,
            guests_max=plan.guests_max,
            ends_at_ms=now_ms + plan.hours * HOUR_MS,
            created_at_ms=now_ms,
        )
        try:
            hold(
                tx,
                hold_id=_hold_id(party),
                account_id=account.id,
                amount_mk=plan.cost_mk,
                expires_at_ms=party.ends_at_ms + 24 * HOUR_MS,
                now_ms=now_ms,
                floor_mk=0 if plan.cost_mk else None,
                floor_why="every guest is to get their award",
            )
        except InsufficientKudos as error:
            return str(error)
        add_party(tx, party)
        text = party_announced(
            theme=plan.theme,
            opener=party.opener_name,
            handle=asked.handle,
            style=plan.style,
            words=plan.words,
            award_mk=plan.award_mk,
            guests_max=plan.guests_max,
            hours=plan.hours,
        )
        add_post(tx, post=_post(party, Target.PARTY, text, in_reply_to=event.remote_id), now_ms=now_ms)
        _log.info("party.opening id=%s platform=%s", party.id, party.platform)
        return party_opened(theme=plan.theme, cost_mk=plan.cost_mk)

    def _end_own(self, tx: Transaction, asked: Asked) -> str:
        event = asked.event
        mine = parties_of(tx, platform=event.platform, opener_id=event.author.external_id)
        # In a party's thread it is that one, elsewhere the newest.
        meant = [one for one in mine if event.place and one.place == event.place] or list(mine)
        party = locked_party(tx, party_id=meant[0].id) if meant else None
        if party is None or party.state is PartyState.ENDED:
            return no_party_of_yours()
        return party_ending(theme=party.theme, left_mk=self._end(tx, party, asked.now_ms))

    def _opening(self, tx: Transaction, party: Party, now_ms: int) -> bool:
        rows = posts_of_commission(tx, commission_id=party.id)
        row = next((one for one in rows if one.target is Target.PARTY), None)
        if row is not None and row.state is OutboxState.SENT and row.remote_id is not None:
            change_party(tx, party_id=party.id, state=PartyState.OPEN, place=row.remote_id)
            if party.ends_at_ms <= now_ms:
                self._end(tx, replace(party, state=PartyState.OPEN, place=row.remote_id), now_ms)
            return True
        if row is None or row.state is OutboxState.DEAD:
            left_mk = self._give_back(tx, party)
            change_party(tx, party_id=party.id, state=PartyState.ENDED)
            if self._platforms[party.platform].capabilities.can_notify and party.opener_id != FORGOTTEN:
                text = party_failed(theme=party.theme, left_mk=left_mk)
                add_post(tx, post=_post(party, Target.NOTICE, text), now_ms=now_ms)
            return True
        return False

    def _end(self, tx: Transaction, party: Party, now_ms: int) -> int:
        """The party is over and says so; returns what came back to its opener."""
        guests, left_mk = guest_count(tx, party_id=party.id), self._give_back(tx, party)
        if party.state is PartyState.OPENING:
            # Its thread may be there any moment: as soon as that is known it is said there that it is over.
            change_party(tx, party_id=party.id, state=PartyState.OPENING, ends_at_ms=now_ms)
            return left_mk
        change_party(tx, party_id=party.id, state=PartyState.ENDED)
        if party.place:
            text = party_over(theme=party.theme, guests=guests, award_mk=party.award_mk)
            add_post(tx, post=_post(party, Target.PARTY_END, text), now_ms=now_ms)
        _log.info("party.over id=%s platform=%s guests=%d", party.id, party.platform, guests)
        return left_mk

    def _give_back(self, tx: Transaction, party: Party) -> int:
        before = tx.ledger.hold(_hold_id(party))
        void(tx, hold_id=_hold_id(party))
        return before.held_mk if before is not None else 0


def _hold_id(party: Party) -> str:
    return f"party:{party.id}"


def _post(party: Party, target: Target, text: str, *, in_reply_to: str | None = None) -> Post:
    return Post(
        outbox_id="",
        commission_id=party.id,
        idempotency_key=f"{party.id}:{target}",
        platform=party.platform,
        target=target,
        text=text,
        to=Author(external_id="", display_name="")
        if target is Target.PARTY_END
        else Author(external_id=party.opener_id, display_name=party.opener_name),
        in_reply_to=in_reply_to,
        visibility=Visibility.DIRECT if target is Target.NOTICE else Visibility.PUBLIC,
        thread_name=party.theme if target is Target.PARTY else "",
        thread_hours=(party.ends_at_ms - party.created_at_ms) // HOUR_MS if target is Target.PARTY else 0,
        place=party.place if target is Target.PARTY_END else "",
        label="",
    )
