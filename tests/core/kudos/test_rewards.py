"""Rewards: who gets what of a price, what waits in escrow, and how work makes trusted."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from core.domain.accounts import Account
from core.domain.errors import NotFound
from core.domain.ids import ESCROW, MINT, TREASURY, AccountId, JobId
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.kudos.rewards import Reward, bridge_share, escrow_for_trust_mk, share_out
from core.domain.policy import QueuePolicy
from core.services.kudos.audit import audit
from core.services.kudos.hold import hold
from core.services.kudos.pay import pay_for_job
from core.services.kudos.promote import promotable, promote
from core.services.kudos.reward import reward
from core.store import connection_of
from tests.core.scene import Scene

WEEK_S = 7 * 24 * 3_600
POLICY = KudosPolicy(trust_mk=1_000)


@given(
    price_mk=st.integers(0, 10**9),
    worth=st.integers(0, 1_000),
    fee=st.integers(0, 1_000),
    escrow=st.integers(0, 1_000),
    bridge=st.integers(0, 1_000),
    trusted=st.booleans(),
)
def test_the_parts_are_the_price(**drawn: Any) -> None:
    price_mk = drawn["price_mk"]
    policy = QueuePolicy(fee_per_mille=drawn["fee"], kudos=KudosPolicy(escrow_per_mille=drawn["escrow"]))
    shared = share_out(
        price_mk,
        policy,
        worth_mk=price_mk * drawn["worth"] // 1_000,
        owner_trusted=drawn["trusted"],
        bridge_per_mille=drawn["bridge"],
    )
    assert shared.owner_mk + shared.fee_mk + shared.tax_mk == price_mk
    assert min(shared.owner_mk, shared.fee_mk, shared.tax_mk, shared.escrow_mk, shared.at_once_mk) >= 0
    assert shared.escrow_mk == 0 or not drawn["trusted"]


def test_a_price_is_shared_out() -> None:
    policy = QueuePolicy(fee_per_mille=100)
    assert share_out(1_000, policy) == Reward(owner_mk=900, fee_mk=100)
    shared = share_out(1_300, policy, worth_mk=1_000, owner_trusted=False, bridge_per_mille=750)
    assert shared == Reward(owner_mk=675, fee_mk=325, escrow_mk=337, tax_mk=300)
    assert shared.at_once_mk == 338


def test_a_program_earns_by_its_name() -> None:
    policy = KudosPolicy(bridge_per_mille={"AI Horde Worker": 900}, bridge_other_per_mille=750)
    assert bridge_share("AI Horde Worker:21:https://example.org", policy) == 900
    assert bridge_share("mine:1:me", policy) == 750
    assert bridge_share("", KudosPolicy()) == 1_000
    with pytest.raises(ValueError, match="between 0 and 1000"):
        KudosPolicy(escrow_per_mille=1_001)


def earn(
    scene: Scene, who: AccountId, amount_mk: int, *, name: str = "u1", policy: KudosPolicy = POLICY
) -> Awaitable[int]:
    now_ms = scene.clock.now_ms()
    return scene.do(
        lambda tx: reward(
            tx,
            account_id=who,
            amount_mk=amount_mk,
            transfer_id=name,
            reason=TransferReason.UPTIME,
            ref="w",
            policy=policy,
            now_ms=now_ms,
        )
    )


async def escrow_of(scene: Scene, who: AccountId) -> int:
    await scene.audit()
    return await scene.uow.read(lambda tx: tx.escrows.of(who))


async def test_half_of_an_untrusted_owner_s_reward_waits(scene: Scene) -> None:
    ann, eve = (await scene.account("ann")).account, (await scene.account("eve", trusted=True)).account
    assert await earn(scene, ann.id, 101) == 51
    assert await earn(scene, ann.id, 101) == 0, "the same id pays once"
    assert await earn(scene, eve.id, 101, name="u2") == 101
    assert [(await scene.look(one.id)).kudos_mk for one in (ann, eve)] == [51, 101]
    assert [await escrow_of(scene, one.id) for one in (ann, eve)] == [50, 0]
    assert (await scene.look(ESCROW)).kudos_mk == 50
    assert (await scene.look(MINT)).kudos_mk == -202
    with pytest.raises(NotFound):
        await earn(scene, AccountId(99), 5, name="u3")


async def test_a_reward_that_was_paid_while_trusted_is_not_put_aside_later(scene: Scene) -> None:
    eve = (await scene.account("eve", trusted=True)).account
    await earn(scene, eve.id, 100)
    await scene.do(lambda tx: tx.accounts.put(replace(eve, trusted=False)))
    await earn(scene, eve.id, 100)
    assert await escrow_of(scene, eve.id) == 0


async def pay(scene: Scene, owner: Account, *, asked_by: Account, price_mk: int, **more: Any) -> Reward:
    policy = QueuePolicy(kudos=POLICY)

    def paid(tx: Any) -> Reward:
        hold(tx, hold_id="h", account_id=asked_by.id, amount_mk=1_000, expires_at_ms=10, now_ms=0)
        return pay_for_job(
            tx,
            hold_id="h",
            job_id=JobId("j"),
            requester_id=asked_by.id,
            owner_id=owner.id,
            owner_trusted=owner.trusted,
            price_mk=price_mk,
            policy=policy,
            now_ms=0,
            **({"worth_mk": price_mk} | more),
        )

    return await scene.do(paid)


async def test_a_job_pays_owner_escrow_fee_and_tax_and_posts_its_price(scene: Scene) -> None:
    ann, bob = (await scene.account("ann")).account, (await scene.account("bob")).account
    shared = await pay(scene, bob, asked_by=ann, price_mk=100, worth_mk=80, bridge_per_mille=500)
    assert shared == Reward(owner_mk=40, escrow_mk=20, fee_mk=40, tax_mk=20)
    after = await scene.look(ann.id)
    assert (after.kudos_mk, after.held_mk) == (-100, 900)
    assert (await scene.look(bob.id)).kudos_mk == 20
    assert (await scene.look(TREASURY)).kudos_mk == 60
    assert await scene.uow.read(lambda tx: tx.escrows.of(bob.id)) == 20
    moved = await scene.uow.read(lambda tx: tx.ledger.transfers_of(bob.id, limit=9))
    assert [(one.transfer_id, one.reason) for one in moved] == [("escrow:job:j", "escrow"), ("job:j", "job")]


async def test_who_makes_what_it_asked_for_contributes_nothing(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    shared = await pay(scene, ann, asked_by=ann, price_mk=100)
    assert (shared.owner_mk, shared.escrow_mk) == (100, 0)
    assert (await scene.look(ann.id)).kudos_mk == 0


async def test_work_makes_trusted_after_a_week_and_pays_what_waited(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    now = scene.clock.now_ms

    def promoted() -> Awaitable[int]:
        return scene.do(lambda tx: promote(tx, policy=POLICY, now_ms=now()))

    await earn(scene, ann.id, 998)
    scene.clock.pass_s(WEEK_S)
    assert await promoted() == 0, "a little too few"
    await earn(scene, ann.id, 2, name="u2")
    scene.clock.pass_s(-1)
    assert await promoted() == 0, "a second too young"
    scene.clock.pass_s(1)
    assert await scene.uow.read(lambda tx: promotable(tx, policy=POLICY, now_ms=now(), limit=5)) == [ann.id]
    assert await promoted() == 1
    assert await promoted() == 0
    after = await scene.look(ann.id)
    assert (after.trusted, after.kudos_mk) == (True, 1_000)
    assert await escrow_of(scene, ann.id) == 0
    assert await earn(scene, ann.id, 10, name="u3") == 10


@pytest.mark.parametrize("marks", [{"flagged": True}, {"suspicions": 5}, {"deleted_at_ms": 1}, {"trusted": True}])
async def test_who_does_not_become_trusted(scene: Scene, marks: Any) -> None:
    ann = (await scene.account("ann")).account
    await earn(scene, ann.id, 5_000)
    await scene.do(lambda tx: tx.accounts.put(replace(ann, **marks)))
    scene.clock.pass_s(WEEK_S)
    assert await scene.do(lambda tx: promote(tx, policy=POLICY, now_ms=scene.clock.now_ms())) == 0
    assert (await scene.look(ann.id)).kudos_mk == 2_500


def test_without_a_threshold_or_an_escrow_work_makes_nobody_trusted() -> None:
    assert escrow_for_trust_mk(KudosPolicy(trust_mk=0)) is None
    assert escrow_for_trust_mk(KudosPolicy(escrow_per_mille=0)) is None
    assert escrow_for_trust_mk(KudosPolicy(trust_mk=1_000, escrow_per_mille=250)) == 250


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE escrows SET escrow_mk = escrow_mk + 1", "Escrow of account 1: kept 51 mk, journal 50 mk"),
        ("UPDATE escrows SET escrow_mk = escrow_mk + 1", "The escrows sum to 51 mk, the escrow's balance is 50 mk"),
        ("DELETE FROM escrows", "Escrow of account 1: kept 0 mk, journal 50 mk"),
        ("UPDATE shared_keys SET reserved_mk = 7", "Shared key k...: 7 mk reserved"),
        ("UPDATE holds SET posted_mk = 1", "its holds hold 2 mk and posted 1 mk"),
    ],
)
async def test_the_audit_finds_what_does_not_fit(scene: Scene, damage: str, words: str) -> None:
    ann = (await scene.account("ann")).account
    await earn(scene, ann.id, 100)
    await scene.do(
        lambda tx: connection_of(tx).execute(
            sa.text("INSERT INTO shared_keys VALUES ('k', 1, 'name', 10, 0, 0, NULL, -1, -1, -1, 0, NULL)")
        )
    )
    await scene.do(
        lambda tx: hold(tx, hold_id="h", account_id=ann.id, amount_mk=3, expires_at_ms=1, now_ms=0, shared_key_id="k")
    )
    await scene.audit()
    await scene.do(lambda tx: connection_of(tx).exec_driver_sql(damage))
    report = await scene.uow.read(audit)
    assert any(words in difference for difference in report.differences), report.differences
