"""Many at once over what is there for a few: floors hold, budgets hold, the same thing is done once."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from core.domain.errors import HordeError, InsufficientKudos
from core.domain.ids import AccountId
from core.domain.kudos.keys import KeyTerms
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.moderation import ALLOWED
from core.services.kudos.give import give
from core.services.kudos.hold import hold
from core.services.kudos.keys import make_key
from core.services.kudos.monthly import grant_months
from core.services.kudos.promote import promote
from core.services.kudos.reward import reward
from core.services.queue.submit import submit
from tests.core.scene import Scene, draft

T = TypeVar("T")
POLICY = KudosPolicy(moderator_monthly_mk=70, trust_mk=100, trust_age_s=0)


async def all_of(steps: Iterable[Awaitable[T]]) -> tuple[list[T], list[HordeError]]:
    """Return what was done and what was refused, all of it at once."""
    done, refused = [], []
    for outcome in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(outcome, HordeError):
            refused.append(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            done.append(outcome)
    return done, refused


async def test_twenty_gifts_at_once_from_what_covers_seven(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=7)).account
    await scene.account("bob")
    now_ms = scene.clock.now_ms()
    done, refused = await all_of(
        scene.do(lambda tx: give(tx, from_id=ann.id, target="bob#2", amount_mk=1_000, policy=POLICY, now_ms=now_ms))
        for _ in range(20)
    )
    assert (len(done), {one.code for one in refused}) == (7, {"KudosTransferNotEnough"})
    assert (await scene.look(ann.id)).kudos_mk == 0
    await scene.audit()


async def test_the_same_gift_twenty_times_at_once_is_one(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=7)).account
    await scene.account("bob")
    now_ms = scene.clock.now_ms()
    done, refused = await all_of(
        scene.do(
            lambda tx: give(
                tx, from_id=ann.id, target="bob#2", amount_mk=1_000, policy=POLICY, now_ms=now_ms, idempotency_key="k"
            )
        )
        for _ in range(20)
    )
    assert (len(done), refused) == (20, [])
    assert len(set(done)) == 1
    assert (await scene.look(ann.id)).kudos_mk == 6_000


async def test_twenty_requests_at_once_with_a_key_whose_budget_covers_three(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    now_ms = scene.clock.now_ms()
    terms = KeyTerms(name="for friends", budget_mk=20_000)
    key = await scene.do(lambda tx: make_key(tx, account_id=ann.id, terms=terms, policy=POLICY, now_ms=now_ms))
    done, refused = await all_of(
        scene.do(
            lambda tx: submit(
                tx,
                account_id=ann.id,
                draft=draft(),
                verdict=ALLOWED,
                policy=scene.policy,
                now_ms=now_ms,
                shared_key_id=key.id,
            )
        )
        for _ in range(20)
    )
    assert len(done) == 3
    assert all(isinstance(one, InsufficientKudos) for one in refused)
    after = await scene.uow.read(lambda tx: tx.keys.get(key.id))
    assert after is not None
    assert after.reserved_mk == 3 * 6_500
    await scene.audit()


async def test_holds_with_a_floor_at_once(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=7)).account
    done, refused = await all_of(
        scene.do(
            lambda tx, name=f"h{number}": hold(  # type: ignore[misc]
                tx, hold_id=name, account_id=ann.id, amount_mk=2_000, expires_at_ms=10**13, now_ms=0, floor_mk=0
            )
        )
        for number in range(20)
    )
    assert (len(done), {one.code for one in refused}) == (3, {"KudosUpfront"})
    assert (await scene.look(ann.id)).available_mk == 1_000
    await scene.audit()


async def test_gifts_in_a_ring_wait_for_each_other_and_all_are_made(scene: Scene) -> None:
    names = [f"a{number}" for number in range(6)]
    ring = [(await scene.account(name, kudos=100)).account for name in names]
    now_ms = scene.clock.now_ms()
    done, refused = await all_of(
        scene.do(
            lambda tx, one=one, other=other: give(  # type: ignore[misc]
                tx, from_id=one.id, target=other.handle, amount_mk=1_000, policy=POLICY, now_ms=now_ms
            )
        )
        for _ in range(8)
        for one, other in zip(ring, ring[1:] + ring[:1], strict=True)
    )
    assert (len(done), refused) == (48, [])
    assert {(await scene.look(one.id)).kudos_mk for one in ring} == {100_000}
    await scene.audit()


async def test_chores_that_two_processes_do_at_once_are_done_once(scene: Scene) -> None:
    for number in range(5):
        made = await scene.account(f"m{number}", moderator=True)
        await scene.do(
            lambda tx, who=made.account.id: reward(  # type: ignore[misc]
                tx,
                account_id=who,
                amount_mk=100,
                transfer_id=f"u{who}",
                reason=TransferReason.UPTIME,
                ref="",
                policy=POLICY,
                now_ms=0,
            )
        )
    now_ms = scene.clock.now_ms()
    granted, refused = await all_of(
        scene.do(lambda tx: grant_months(tx, policy=POLICY, now_ms=now_ms)) for _ in range(4)
    )
    assert (sum(granted), refused) == (5, [])
    promoted, refused = await all_of(scene.do(lambda tx: promote(tx, policy=POLICY, now_ms=now_ms)) for _ in range(4))
    assert (sum(promoted), refused) == (5, [])
    for number in range(1, 6):
        assert (await scene.look(AccountId(number))).kudos_mk == 170
    await scene.audit()
