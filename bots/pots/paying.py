"""A community's pot pays for its members' requests, as far as it goes."""

from typing import Final

from bots.asked import Payment, Room
from bots.horde.port import Horde
from bots.platform import PlatformEvent
from bots.pots.sponsoring import give_back
from bots.replies import pot_paid
from bots.store.money.pots import (
    PotState,
    add_payment,
    closed_pots,
    drop_payments,
    locked_pot,
    open_pot_of,
    paid_for_mk,
)
from core.domain.accounts import Account
from core.domain.errors import UnknownModel
from core.domain.kinds.prices import price_mk
from core.domain.policy import QueuePolicy
from core.domain.queue.limits import resolve_models
from core.domain.requests import RequestDraft
from core.ports.clock import Clock
from core.ports.store import Transaction, UnitOfWork

DAY_MS: Final = 24 * 3_600 * 1_000


class Pots:
    """Says who pays, and gives back what is left of closed pots."""

    def __init__(self, *, uow: UnitOfWork, clock: Clock, horde: Horde, policy: QueuePolicy) -> None:
        """Hold the ports; policy: what things cost."""
        self._uow = uow
        self._clock = clock
        self._horde = horde
        self._policy = policy

    def room(self) -> Room:
        """Returns what this room brings to the conversation."""
        return Room(payers=(self.pay,), turns={"pots": self.give_back}, forgets=(_forget,))

    def pay(
        self,
        tx: Transaction,
        event: PlatformEvent,
        account: Account,
        draft: RequestDraft,
        now_ms: int,
    ) -> Payment | None:
        """Returns the pot that pays for this order of the account, None where there is none or it does not reach.

        The pot is locked to the end of the transaction, so that two orders never spend the same kudos.
        """
        there = open_pot_of(tx, platform=event.platform, community=event.community) if event.community else None
        if there is None or account.flagged or account.is_suspicious(self._policy.kudos.suspicions_max):
            return None
        pot = locked_pot(tx, pot_id=there.id)
        purse = tx.accounts.get(there.account_id)
        if pot is None or pot.state is not PotState.OPEN or purse is None:
            return None
        cost_mk, member = self._cost_mk(tx, draft, now_ms), event.author.external_id
        left_mk = purse.available_mk
        if pot.request_mk is not None:
            left_mk = min(left_mk, pot.request_mk)
        if pot.member_day_mk is not None:
            since_ms = now_ms - now_ms % DAY_MS
            spent_mk = paid_for_mk(tx, pot_id=pot.id, member_id=member, since_ms=since_ms)
            left_mk = min(left_mk, pot.member_day_mk - spent_mk)
        if cost_mk > left_mk:
            return None
        return Payment(
            account_id=pot.account_id,
            note=pot_paid(pot.name),
            keep=lambda tx, commission_id: add_payment(
                tx, commission_id=commission_id, pot_id=pot.id, member_id=member, now_ms=now_ms
            ),
        )

    async def give_back(self) -> int:
        """What is left of closed pots is back at their sponsors; returns how many pots changed by that."""
        if not await self._uow.read(closed_pots):
            return 0
        return await self._uow.write(lambda tx: give_back(tx, now_ms=self._clock.now_ms()))

    def _cost_mk(self, tx: Transaction, draft: RequestDraft, now_ms: int) -> int:
        """Returns what the draft costs at most, with the models that it names and with those that it will get."""
        served = frozenset(self._horde.served(tx, now_ms=now_ms).get(draft.kind, ()))
        try:
            resolved = resolve_models(draft, self._policy, served.__contains__)
        except UnknownModel:
            resolved = draft
        return max(price_mk(draft, self._policy), price_mk(resolved, self._policy))


def _forget(tx: Transaction, platform: str, external_id: str) -> None:
    drop_payments(tx, platform=platform, member_id=external_id)
