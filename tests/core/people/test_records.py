"""What accounts have done and earned in all: each transfer and each job counted once, on both stores."""

import asyncio

import pytest

from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotPermitted
from core.domain.ids import MINT, AccountId
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.records import Fulfilled, Moved, Profile, Usage
from core.domain.workers.wishes import Sight
from core.services.kudos.adjust import adjust
from core.services.kudos.transfer import transfer
from core.services.people.history import History, history
from core.services.people.profile import profile, ranked_profiles
from core.services.people.records import SETTLED_MS, has_settled, roll_up_journal
from core.services.statistics.roll_up import roll_up
from tests.core.scene import Scene, draft

THINGS = 512 * 512 * 30


async def seen(scene: Scene, account_id: AccountId, sight: Sight = Sight.PUBLIC) -> Profile:
    now_ms, policy = scene.clock.now_ms(), scene.policy
    return await scene.uow.read(
        lambda tx: profile(tx, account_id=account_id, viewer=None, policy=policy, now_ms=now_ms, sight=sight)
    )


async def give(scene: Scene, from_id: AccountId, to_id: AccountId, amount_mk: int) -> None:
    now_ms, number = scene.clock.now_ms(), f"t{scene.clock.at_ms}:{from_id}:{to_id}:{amount_mk}"
    await scene.do(
        lambda tx: transfer(
            tx,
            transfer_id=number,
            from_id=from_id,
            to_id=to_id,
            amount_mk=amount_mk,
            reason=TransferReason.GIFT,
            now_ms=now_ms,
        )
    )


async def add_up(scene: Scene, *, limit: int = 1_000) -> int:
    now_ms = scene.clock.now_ms()
    return await scene.do(lambda tx: roll_up_journal(tx, now_ms=now_ms, limit=limit))


async def test_jobs_and_requests_are_counted_for_who_asked_and_who_made(scene: Scene) -> None:
    asker = (await scene.account("asker", kudos=100)).account
    owner = (await scene.account("owner", trusted=True)).account
    await scene.ask(asker.id, draft(n=2))
    for _ in range(2):
        await scene.hand_in(await scene.pop_one(scene.offer(owner.id)), owner.id)
    await scene.do(roll_up)
    await scene.do(roll_up)
    used, made = await seen(scene, asker.id), await seen(scene, owner.id)
    assert used.usage == {Kind.IMAGE: Usage(requests=1, jobs=2, things=2 * THINGS)}
    assert made.fulfilled == {Kind.IMAGE: Fulfilled(jobs=2, things=2 * THINGS)}
    assert (dict(used.fulfilled), dict(made.usage)) == ({}, {})


async def test_the_journal_is_added_up_once_and_not_while_it_is_young(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=100)).account
    bob = (await scene.account("bob")).account
    await give(scene, ann.id, bob.id, 7_000)
    assert await add_up(scene) == 0
    assert not await scene.uow.read(lambda tx: has_settled(tx, scene.clock.now_ms()))
    scene.clock.pass_s(SETTLED_MS / 1_000 + 1)
    await give(scene, bob.id, ann.id, 2_000)
    assert await scene.uow.read(lambda tx: has_settled(tx, scene.clock.now_ms()))
    assert [await add_up(scene, limit=1) for _ in range(3)] == [1, 1, 0], "the third is young"
    scene.clock.pass_s(SETTLED_MS / 1_000 + 1)
    assert [await add_up(scene) for _ in range(2)] == [1, 0]
    moved = (await seen(scene, ann.id)).moved
    assert moved == {
        TransferReason.GRANT: Moved(earned_mk=100_000),
        TransferReason.GIFT: Moved(earned_mk=2_000, spent_mk=7_000),
    }
    assert (await seen(scene, bob.id)).moved == {TransferReason.GIFT: Moved(earned_mk=7_000, spent_mk=2_000)}


async def test_two_at_once_add_up_once(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=100)).account
    bob = (await scene.account("bob")).account
    for amount_mk in range(1, 21):
        await give(scene, ann.id, bob.id, amount_mk)
    scene.clock.pass_s(SETTLED_MS / 1_000 + 1)
    done = await asyncio.gather(*(add_up(scene, limit=15) for _ in range(6)))
    assert sum(done) == 21
    assert (await seen(scene, bob.id)).moved[TransferReason.GIFT] == Moved(earned_mk=210)


async def test_the_richest_come_first_and_the_deleted_not_at_all(scene: Scene) -> None:
    for number, kudos in enumerate((5, 50, 500)):
        await scene.account(f"p{number}", kudos=kudos)
    now_ms, policy = scene.clock.now_ms(), scene.policy

    async def page(number: int, *, by_age: bool = False) -> list[str]:
        found = await scene.uow.read(
            lambda tx: ranked_profiles(tx, by_age=by_age, page=number, policy=policy, now_ms=now_ms)
        )
        return [one.account.name for one in found]

    assert await page(1) == ["p2", "p1", "p0", "Anonymous"]
    assert await page(1, by_age=True) == ["Anonymous", "p0", "p1", "p2"]
    assert await page(2) == await page(10_001) == await page(0) == []


async def test_a_profile_holds_back_what_is_not_for_the_eyes(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=100)).account
    asked = await scene.ask(ann.id)
    public, own, privileged = [await seen(scene, ann.id, sight) for sight in Sight]
    assert (public.worker_ids, public.shared_key_ids, public.active, public.escrow_mk) == (None, None, None, None)
    assert own.active == {Kind.IMAGE: (asked.request_id,), Kind.TEXT: (), Kind.ALCHEMY: ()}
    assert (own.escrow_mk, privileged.escrow_mk) == (None, 0)


async def test_history_tells_the_requests_of_one_moment_apart(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=100)).account
    asked = {(await scene.ask(ann.id)).request_id for _ in range(5)}

    async def page(cursor: str | None) -> History:
        return await scene.uow.read(lambda tx: history(tx, account_id=ann.id, limit=2, cursor=cursor))

    pages = [await page(None)]
    while pages[-1].next_cursor is not None:
        pages.append(await page(pages[-1].next_cursor))
    found = [one.id for each in pages for one in each.requests]
    assert (len(pages), len(found), set(found)) == (3, 5, asked), "the clock stood still"


async def test_admins_correct_kudos_up_and_down(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=1)).account
    boss = (await scene.account("boss", moderator=True)).account
    now_ms, policy = scene.clock.now_ms(), KudosPolicy(admins=frozenset({boss.id}))

    async def correct(amount_mk: int, *, by: Account) -> Transfer:
        return await scene.do(
            lambda tx: adjust(tx, actor=by, account_id=ann.id, amount_mk=amount_mk, policy=policy, now_ms=now_ms)
        )

    for amount_mk in (5_000, -9_000):
        made = await correct(amount_mk, by=boss)
        assert (made.reason, MINT in {made.from_id, made.to_id}) == (TransferReason.CORRECTION, True)
    assert (await scene.look(ann.id)).kudos_mk == -3_000
    for amount_mk in (0, 10**16):
        with pytest.raises(InvalidRequest):
            await correct(amount_mk, by=boss)
    with pytest.raises(NotPermitted) as refused:
        await correct(1, by=ann)
    assert refused.value.code == "NotAdmin"
    await scene.audit()
