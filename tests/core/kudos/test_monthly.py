"""Monthly grants: once a calendar month, the difference at once, nothing twice."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.domain.ids import ANONYMOUS, AccountId
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.months import month_of
from core.domain.kudos.policy import KudosPolicy
from core.loops.chores import chores
from core.loops.loops import Loops
from core.services.kudos.monthly import grant_month, grant_months
from tests.core.scene import Scene

POLICY = KudosPolicy(moderator_monthly_mk=300)


async def run(scene: Scene) -> int:
    now_ms = scene.clock.now_ms()
    granted = await scene.do(lambda tx: grant_months(tx, policy=POLICY, now_ms=now_ms))
    await scene.audit()
    return granted


async def set_monthly(scene: Scene, who: AccountId, monthly_mk: int) -> int:
    now_ms = scene.clock.now_ms()
    account = await scene.look(who)
    await scene.do(lambda tx: tx.accounts.put(replace(account, monthly_mk=monthly_mk)))
    return await scene.do(lambda tx: grant_month(tx, account_id=who, policy=POLICY, now_ms=now_ms))


def at(scene: Scene, *when: int) -> None:
    scene.clock.at_ms = round(datetime(*when, tzinfo=UTC).timestamp() * 1_000)  # type: ignore[misc, arg-type]  # parts


async def test_each_month_once_and_missed_months_are_not_made_up_for(scene: Scene) -> None:
    at(scene, 2027, 1, 31, 23, 59)
    ann = (await scene.account("ann")).account
    mod = (await scene.account("mod", moderator=True)).account
    assert await set_monthly(scene, ann.id, 50) == 50
    assert await run(scene) == 1, "the moderator; ann had hers"
    assert await run(scene) == 0
    at(scene, 2027, 2, 1)
    assert await run(scene) == 2
    at(scene, 2027, 6, 15)
    assert [await run(scene), await run(scene)] == [2, 0]
    assert [(await scene.look(one.id)).kudos_mk for one in (ann, mod)] == [150, 900]
    moved = await scene.uow.read(lambda tx: tx.ledger.transfers_of(ann.id, limit=9))
    assert [one.transfer_id for one in moved] == [
        f"grant:monthly:{ann.id}:{month}" for month in ("2027-06", "2027-02", "2027-01")
    ]
    assert {one.reason for one in moved} == {TransferReason.MONTHLY}


async def test_a_raise_pays_the_difference_at_once_and_lowering_takes_nothing(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    paid = [await set_monthly(scene, ann.id, monthly_mk) for monthly_mk in (50, 80, 10, 60, 80, 90)]
    assert paid == [50, 30, 0, 0, 0, 10]
    assert await run(scene) == 0
    scene.clock.pass_s(40 * 24 * 3_600)
    assert await run(scene) == 1
    assert (await scene.look(ann.id)).kudos_mk == 180
    await scene.audit()


async def test_everyone_s_and_nobody_s_accounts_and_deleted_ones_have_none(scene: Scene) -> None:
    gone = (await scene.account("gone")).account
    await scene.do(lambda tx: tx.accounts.put(replace(gone, deleted_at_ms=1, moderator=True)))
    assert await set_monthly(scene, ANONYMOUS, 50) == 0
    assert await set_monthly(scene, gone.id, 50) == 0
    assert await run(scene) == 0
    assert await scene.do(lambda tx: grant_month(tx, account_id=AccountId(99), policy=POLICY, now_ms=0)) == 0


@pytest.mark.parametrize(
    ("at_ms", "month"), [(0, "1970-01"), (1_772_323_199_999, "2026-02"), (1_772_323_200_000, "2026-03")]
)
def test_months_are_utc(at_ms: int, month: str) -> None:
    assert month_of(at_ms) == month


async def test_the_chores_grant_and_promote_only_when_there_is_something_to_do(scene: Scene) -> None:
    policy = replace(scene.policy, kudos=POLICY)
    found = {one.name: one for one in chores(uow=scene.uow, objects=None, policy=policy)}
    loops = Loops(tuple(found.values()), uow=scene.uow, clock=scene.clock)
    assert await loops.run_once(found["monthly_grants"]) is None
    assert await loops.run_once(found["promote_trusted"]) is None
    await scene.account("mod", moderator=True)
    assert await loops.run_once(found["monthly_grants"]) == 1
    scene.clock.pass_s(3_600)
    assert await loops.run_once(found["monthly_grants"]) is None
