"""Tips: held for a minute in which they can be taken back, then paid once and told to their giver."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bots.asked import Asked, Room, Told
from bots.grammar import CommandWord
from bots.horde.port import Horde
from bots.platform import Author, EventKind, Platform, PlatformEvent, Visibility
from bots.replies import (
    error_reply,
    tip_for_a_bot,
    tip_for_nobody,
    tip_for_oneself,
    tip_given,
    tip_held,
    tip_not_covered,
    tip_out_of_bounds,
    tip_too_dear,
)
from bots.store.commissions import commission
from bots.store.ids import new_id
from bots.store.money.tips import Tip, TipState, any_due, drop_tips, locked_tip, put_tip, take_due
from bots.store.outbox import post_of_remote
from bots.store.people.notices import add_notice
from bots.tips.rules import TipRules
from core.domain.accounts import Account
from core.domain.errors import InsufficientKudos, InvalidRequest
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.ports.clock import Clock
from core.ports.store import Transaction, UnitOfWork
from core.services.kudos.give import check_standing
from core.services.kudos.hold import hold
from core.services.kudos.post import post
from core.services.kudos.void import void

BATCH: Final = 50
HOLD_MS: Final = 3_650 * 24 * 3_600 * 1_000
"""No tip is ever given back for being old: ten years, however long nobody was there to post it."""

_log = logging.getLogger(__name__)


class Tips:
    """Hears reactions and `tip`, and posts what its minute is over for."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        clock: Clock,
        horde: Horde,
        platforms: Mapping[str, Platform],
        rules: TipRules,
        policy: KudosPolicy,
    ) -> None:
        """Hold the ports; policy: who may give and take kudos at all."""
        self._uow = uow
        self._clock = clock
        self._horde = horde
        self._platforms = platforms
        self._rules = rules
        self._policy = policy

    def room(self) -> Room:
        """Returns what this room brings to the conversation."""
        return Room(
            answers={CommandWord.TIP: self.answer},
            reactions={EventKind.REACTION: self.react},
            turns={"tips": self.post_due},
            forgets=(_forget,),
        )

    def react(self, tx: Transaction, event: PlatformEvent, now_ms: int) -> None:
        """A tip begins, is taken back, or is given after all; any other reaction is nothing to us."""
        amount_mk = self._rules.worth_mk(event.platform, event.mark)
        if amount_mk == 0 or event.author.is_bot:
            return
        known = locked_tip(
            tx,
            platform=event.platform,
            message_id=event.remote_id,
            giver_id=event.author.external_id,
            mark=event.mark,
        )
        if event.value == 0:
            if known is not None and known.state is TipState.HELD:
                void(tx, hold_id=known.hold_id)
                put_tip(tx, replace(known, state=TipState.VOIDED))
            return
        if known is not None and known.state in {TipState.HELD, TipState.POSTED}:
            return
        taker = self._taker(tx, event.platform, event.remote_id, event.about)
        if taker is None or taker.is_bot:
            return
        tip = self._tip(tx, event, taker, mark=event.mark, amount_mk=amount_mk, now_ms=now_ms, known=known)
        if tip.from_account == tip.to_account:
            return
        try:
            self._hold(tx, tip, now_ms)
        except InvalidRequest as error:
            put_tip(tx, replace(tip, state=TipState.REFUSED))
            if known is None or known.state is not TipState.REFUSED:
                self._tell_refusal(tx, event, tip, error, now_ms)

    def answer(self, tx: Transaction, asked: Asked) -> Told:
        """Gives what `tip 10` says to whoever wrote the post that it answers."""
        event, now_ms, rules = asked.event, asked.now_ms, self._rules
        about = asked.parent.remote_id if asked.parent else event.in_reply_to
        taker = self._taker(tx, event.platform, about, asked.parent.author if asked.parent else None) if about else None
        if about is None or taker is None:
            return Told(text=tip_for_nobody(asked.handle), private=True)
        if taker.is_bot:
            return Told(text=tip_for_a_bot(), private=True)
        amount_mk = rules.spoken_mk(asked.command.argument)
        if amount_mk is None:
            return Told(text=tip_out_of_bounds(least_mk=rules.least_mk, most_mk=rules.most_mk), private=True)
        # Each time it is said it is another tip; the same message, read twice, is the same.
        mark = f"tip {event.remote_id}"
        known = locked_tip(tx, platform=event.platform, message_id=about, giver_id=event.author.external_id, mark=mark)
        tip = known or self._tip(
            tx, replace(event, remote_id=about), taker, mark=mark, amount_mk=amount_mk, now_ms=now_ms, known=None
        )
        if tip.from_account == tip.to_account:
            return Told(text=tip_for_oneself(), private=True)
        if known is None:
            try:
                self._hold(tx, tip, now_ms)
            except InvalidRequest as error:
                return Told(text=self._refused_aloud(tx, event, tip, error, now_ms), private=True)
        taker_name = self._named(tx, tip) or taker.display_name
        return Told(text=tip_held(amount_mk=tip.amount_mk, taker=taker_name, undo_s=rules.undo_s), private=True)

    async def post_due(self) -> int:
        """Tips whose minute is over are paid, each once, whoever else does this at the same time; returns how many."""
        names = tuple(self._platforms)
        now_ms = self._clock.now_ms()
        if not await self._uow.read(lambda tx: any_due(tx, platforms=names, now_ms=now_ms)):
            return 0
        return await self._uow.write(self._post_due)

    def _post_due(self, tx: Transaction) -> int:
        now_ms = self._clock.now_ms()
        due = take_due(tx, platforms=tuple(self._platforms), now_ms=now_ms, limit=BATCH)
        for tip in sorted(due, key=lambda one: one.hold_id):  # the order in which everyone takes holds
            self._post(tx, tip, now_ms)
        return len(due)

    def _post(self, tx: Transaction, tip: Tip, now_ms: int) -> None:
        taker = self._horde.account_now(tx, account_id=tip.to_account)
        if taker is None or taker.is_deleted:
            void(tx, hold_id=tip.hold_id)
            put_tip(tx, replace(tip, state=TipState.VOIDED))
            return
        post(
            tx,
            hold_id=tip.hold_id,
            transfer_id=f"tip:{tip.id}",
            to_id=taker.id,
            amount_mk=tip.amount_mk,
            reason=TransferReason.TIP,
            now_ms=now_ms,
        )
        put_tip(tx, replace(tip, state=TipState.POSTED))
        _log.info("tip.posted id=%s platform=%s amount_mk=%d", tip.id, tip.platform, tip.amount_mk)
        giver = self._horde.account_now(tx, account_id=tip.from_account)
        available_mk = giver.available_mk if giver else 0
        text = tip_given(amount_mk=tip.amount_mk, taker=taker.name, available_mk=available_mk)
        self._notify(tx, tip, text, now_ms)

    def _tip(
        self,
        tx: Transaction,
        event: PlatformEvent,
        taker: Author,
        *,
        mark: str,
        amount_mk: int,
        now_ms: int,
        known: Tip | None,
    ) -> Tip:
        """Returns the tip as it is held next: within its minute the same one, later one with a minute of its own."""
        if known is not None and known.state is TipState.VOIDED and now_ms < known.due_ms:
            return replace(known, state=TipState.HELD, rounds=known.rounds + 1)
        giver = self._horde.account(tx, platform=event.platform, author=event.author, now_ms=now_ms)
        to = self._horde.account(tx, platform=event.platform, author=taker, now_ms=now_ms)
        return Tip(
            id=known.id if known else new_id(now_ms),
            platform=event.platform,
            message_id=event.remote_id,
            giver_id=event.author.external_id,
            mark=mark,
            giver_name=event.author.display_name,
            from_account=giver.id,
            to_account=to.id,
            amount_mk=amount_mk,
            state=TipState.HELD,
            rounds=known.rounds + 1 if known else 1,
            due_ms=now_ms + self._rules.undo_s * 1_000,
            made_at_ms=known.made_at_ms if known else now_ms,
        )

    def _hold(self, tx: Transaction, tip: Tip, now_ms: int) -> None:
        """The tip is held; raises InvalidRequest, having written nothing."""
        giver, taker = (tx.accounts.get(one) for one in (tip.from_account, tip.to_account))
        if giver is not None and taker is not None:
            check_standing(giver, taker, self._policy)
        hold(
            tx,
            hold_id=tip.hold_id,
            account_id=tip.from_account,
            amount_mk=tip.amount_mk,
            expires_at_ms=now_ms + HOLD_MS,
            now_ms=now_ms,
            floor_mk=0,
        )
        put_tip(tx, tip)

    def _taker(self, tx: Transaction, platform: str, message_id: str, author: Author | None) -> Author | None:
        """Returns whom a tip for that post is for: of our own posts the one that it was made for."""
        row = post_of_remote(tx, platform=platform, remote_id=message_id)
        mine = commission(tx, commission_id=row.commission_id) if row else None
        if row is None or mine is None:
            return author
        # Where the platform itself knows the account (commons), the post says whom it answers.
        account_id = None if self._knows(tx, platform, mine.author_id) else row.post.to.account_id
        return Author(external_id=mine.author_id, display_name=mine.author_name, account_id=account_id)

    def _knows(self, tx: Transaction, platform: str, external_id: str) -> bool:
        return tx.accounts.by_identity(platform=platform, external_id=external_id) is not None

    def _named(self, tx: Transaction, tip: Tip) -> str:
        account: Account | None = self._horde.account_now(tx, account_id=tip.to_account)
        return account.name if account else ""

    def _refused_aloud(
        self, tx: Transaction, event: PlatformEvent, tip: Tip, error: InvalidRequest, now_ms: int
    ) -> str:
        """Returns why `tip` was not done; what the giver has is told to nobody else."""
        capabilities = self._platforms[event.platform].capabilities
        if not isinstance(error, InsufficientKudos):
            return error_reply(error)
        if capabilities.can_be_private or event.visibility is Visibility.DIRECT:
            return tip_too_dear(amount_mk=tip.amount_mk, available_mk=_available_mk(error))
        self._tell_refusal(tx, event, tip, error, now_ms)
        return tip_not_covered()

    def _tell_refusal(
        self, tx: Transaction, event: PlatformEvent, tip: Tip, error: InvalidRequest, now_ms: int
    ) -> None:
        text = error_reply(error)
        if isinstance(error, InsufficientKudos):
            text = tip_too_dear(amount_mk=tip.amount_mk, available_mk=_available_mk(error))
        self._notify(tx, tip, text, now_ms)

    def _notify(self, tx: Transaction, tip: Tip, text: str, now_ms: int) -> None:
        platform = self._platforms.get(tip.platform)
        if platform is not None and platform.capabilities.can_notify:
            to = Author(external_id=tip.giver_id, display_name=tip.giver_name)
            add_notice(tx, platform=tip.platform, to=to, text=text, about=tip.message_id, now_ms=now_ms)


def _available_mk(error: InsufficientKudos) -> int:
    return error.limit if isinstance(error.limit, int) else 0


def _forget(tx: Transaction, platform: str, external_id: str) -> None:
    """What the person gave is not known any more; what was not paid yet is given back."""
    for tip in sorted(drop_tips(tx, platform=platform, giver_id=external_id), key=lambda one: one.hold_id):
        if tip.state is TipState.HELD:
            void(tx, hold_id=tip.hold_id)
