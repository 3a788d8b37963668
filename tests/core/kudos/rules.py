"""What may happen to kudos besides work: steps of a state machine, for whoever has a scene, accounts and a runner."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from core.domain.account_changes import AccountChange
from core.domain.errors import HordeError, InsufficientKudos
from core.domain.ids import AccountId, RequestId
from core.domain.kudos.keys import KeyTerms
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.moderation import ALLOWED
from core.domain.requests import RequestDraft
from core.services.kudos.award import award
from core.services.kudos.give import give
from core.services.kudos.keys import change_key, make_key, revoke_key
from core.services.kudos.monthly import grant_months
from core.services.kudos.promote import promote
from core.services.kudos.reward import reward
from core.services.people.change import change_account
from core.services.queue.submit import submit
from tests.core import scene
from tests.core.scene import Scene, draft

T = TypeVar("T")
WHO = st.integers(0, 3)
KUDOS = KudosPolicy(
    trust_mk=9_000, trust_age_s=100_000, moderator_monthly_mk=7_000, upfront=True, upfront_steps=30, shared_keys_max=4
)
POLICY = replace(scene.POLICY, fee_per_mille=37, tax_job_mk=11, kudos=KUDOS)


class KudosRules(RuleBasedStateMachine):
    """Gifts, awards, lent keys, escrow, trust, grants and requests that must be covered, in any order."""

    scene: Scene
    runner: asyncio.Runner
    accounts: list[AccountId]
    requests: list[RequestId]

    def __init__(self) -> None:
        super().__init__()
        self.lent: list[str] = []
        self.done = 0

    def tried(self, step: Awaitable[T]) -> T | None:
        """Return what the step did; None where it was refused, as much may be."""
        try:
            return self.runner.run(_awaited(step))
        except HordeError:
            return None

    def available(self, account_id: AccountId) -> int:
        return self.runner.run(self.scene.look(account_id)).available_mk

    @rule(one=WHO, other=WHO, to_key=st.integers(-9, 9), amount=st.integers(-1, 20_000), again=st.booleans())
    def make_a_gift(self, one: int, other: int, to_key: int, amount: int, again: bool) -> None:
        self.done += not again
        giver = self.accounts[one]
        handle = self.runner.run(self.scene.look(self.accounts[other])).handle
        target = self.lent[to_key % len(self.lent)] if self.lent and to_key >= 0 else handle
        made = self.tried(
            self.scene.do(
                lambda tx: give(
                    tx,
                    from_id=giver,
                    target=target,
                    amount_mk=amount,
                    policy=KUDOS,
                    now_ms=self.scene.clock.now_ms(),
                    idempotency_key=str(self.done),
                )
            )
        )
        assert made is None or made.amount_mk == amount > 0
        assert made is None or again or self.available(giver) >= 0

    @rule(
        who=WHO,
        budget=st.sampled_from([-1, 0, 6_500, 30_000]),
        steps=st.sampled_from([-1, 20]),
        until_s=st.integers(0, 2),
    )
    def lend(self, who: int, budget: int, steps: int, until_s: int) -> None:
        now_ms = self.scene.clock.now_ms()
        expires_at_ms = now_ms + until_s * 100_000 if until_s else None
        terms = KeyTerms(name="lent", budget_mk=budget, expires_at_ms=expires_at_ms, max_image_steps=steps)
        key = self.tried(
            self.scene.do(
                lambda tx: make_key(tx, account_id=self.accounts[who], terms=terms, policy=KUDOS, now_ms=now_ms)
            )
        )
        if key is not None:
            self.lent.append(key.id)

    @rule(which=st.integers(0, 9), budget=st.integers(-1, 30_000), revoke=st.booleans())
    def change_a_key(self, which: int, budget: int, revoke: bool) -> None:
        if not self.lent:
            return
        key_id = self.lent[which % len(self.lent)]
        key = self.runner.run(self.scene.uow.read(lambda tx: tx.keys.get(key_id)))
        assert key is not None
        terms = replace(key.terms, budget_mk=budget)
        self.tried(
            self.scene.do(
                lambda tx: (
                    revoke_key(tx, account_id=key.account_id, key_id=key_id, now_ms=1)
                    if revoke
                    else change_key(tx, account_id=key.account_id, key_id=key_id, terms=terms, policy=KUDOS)
                )
            )
        )

    @rule(which=st.integers(0, 9), n=st.integers(1, 4), steps=st.integers(1, 60), downgrade=st.booleans())
    def submit_with_a_key(self, which: int, n: int, steps: int, downgrade: bool) -> None:
        if self.lent:
            key_id = self.lent[which % len(self.lent)]
            key = self.runner.run(self.scene.uow.read(lambda tx: tx.keys.get(key_id)))
            assert key is not None
            self._submit(key.account_id, draft(n=n, steps=steps), key_id=key_id, downgrade=downgrade)

    @rule(who=WHO, n=st.integers(1, 2), downgrade=st.booleans())
    def submit_what_must_be_covered(self, who: int, n: int, downgrade: bool) -> None:
        account_id = self.accounts[who]
        made = self._submit(account_id, draft(n=n, steps=31), downgrade=downgrade)
        assert not made or downgrade or self.available(account_id) >= 0

    def _submit(
        self, account_id: AccountId, a_draft: RequestDraft, *, key_id: str | None = None, downgrade: bool
    ) -> bool:
        try:
            accepted = self.runner.run(
                self.scene.do(
                    lambda tx: submit(
                        tx,
                        account_id=account_id,
                        draft=a_draft,
                        verdict=ALLOWED,
                        policy=POLICY,
                        now_ms=self.scene.clock.now_ms(),
                        shared_key_id=key_id,
                        allow_downgrade=downgrade,
                    )
                )
            )
        except InsufficientKudos:
            return False
        except HordeError:
            return False
        self.requests.append(accepted.request_id)
        return True

    @rule(who=WHO, amount=st.integers(1, 9_999), again=st.booleans())
    def be_there(self, who: int, amount: int, again: bool) -> None:
        self.done += not again
        self.tried(
            self.scene.do(
                lambda tx: reward(
                    tx,
                    account_id=self.accounts[who],
                    amount_mk=amount,
                    transfer_id=f"uptime:{self.done}",
                    reason=TransferReason.UPTIME,
                    ref="worker",
                    policy=KUDOS,
                    now_ms=self.scene.clock.now_ms(),
                )
            )
        )

    @rule(who=WHO, trusted=st.sampled_from([None, True, False]), moderator=st.sampled_from([None, True, False]))
    def change_roles(self, who: int, trusted: bool | None, moderator: bool | None) -> None:
        self._change(who, AccountChange(trusted=trusted, moderator=moderator))

    @rule(who=WHO, monthly=st.integers(0, 5_000))
    def set_a_grant(self, who: int, monthly: int) -> None:
        self._change(who, AccountChange(monthly_mk=monthly))

    def _change(self, who: int, change: AccountChange) -> None:
        now_ms = self.scene.clock.now_ms()
        self.tried(
            self.scene.do(
                lambda tx: change_account(
                    tx, actor=None, account_id=self.accounts[who], change=change, policy=KUDOS, now_ms=now_ms
                )
            )
        )

    @rule(who=WHO, amount=st.integers(1, 9_999), from_treasury=st.booleans())
    def hand_out_an_award(self, who: int, amount: int, from_treasury: bool) -> None:
        handle = self.runner.run(self.scene.look(self.accounts[who])).handle
        self.tried(
            self.scene.do(
                lambda tx: award(
                    tx,
                    actor=None,
                    target=handle,
                    amount_mk=amount,
                    why="for the test",
                    policy=KUDOS,
                    now_ms=self.scene.clock.now_ms(),
                    from_treasury=from_treasury,
                )
            )
        )

    @rule()
    def do_the_chores(self) -> None:
        now_ms = self.scene.clock.now_ms()
        self.runner.run(self.scene.do(lambda tx: grant_months(tx, policy=KUDOS, now_ms=now_ms)))
        assert self.runner.run(self.scene.do(lambda tx: grant_months(tx, policy=KUDOS, now_ms=now_ms))) == 0
        self.runner.run(self.scene.do(lambda tx: promote(tx, policy=KUDOS, now_ms=now_ms)))

    def check_kudos(self) -> None:
        """Nothing that has a floor is below it, and what waits in escrow is the escrow's balance."""
        for key_id in self.lent:
            key = self.runner.run(self.scene.uow.read(lambda tx, one=key_id: tx.keys.get(one)))  # type: ignore[misc]
            assert key is not None
            assert min(key.reserved_mk, key.utilized_mk) >= 0
            assert key.left_mk is None or key.left_mk >= 0
        escrows = self.runner.run(self.scene.uow.read(lambda tx: tx.escrows.all()))
        assert min(escrows.values(), default=0) >= 0


async def _awaited(step: Awaitable[T]) -> T:
    return await step
