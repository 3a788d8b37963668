"""Two names of one person get one purse, once, with nothing lost, and support can take it back."""

import asyncio
from dataclasses import replace

import pytest

from core.domain.accounts import Account
from core.domain.ids import AccountId
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.linking import CODE_LIFE_MS, TRIES_MAX, Linked, LinkRefusal
from core.services.kudos.statement import statement, totals
from core.services.linking.code import make_code, use_code
from core.services.linking.merge import sweep_merged, undo_merge
from core.services.linking.purse import purse_of
from core.services.linking.unlink import unlink
from core.services.people.history import history
from tests.core.scene import Scene, draft


async def code_of(scene: Scene, name: str) -> str:
    return await scene.do(
        lambda tx: make_code(tx, platform="p", external_id=name, display_name=name, now_ms=scene.clock.now_ms())
    )


async def typed(scene: Scene, code: str, by: AccountId, *, name: str = "typist") -> Linked | LinkRefusal:
    return await scene.do(
        lambda tx: use_code(tx, code=code, account_id=by, typed_by=("q", name), now_ms=scene.clock.now_ms())
    )


async def linked(scene: Scene, name: str, by: AccountId) -> Linked:
    found = await typed(scene, await code_of(scene, name), by)
    assert isinstance(found, Linked), found
    return found


async def rich(scene: Scene, name: str, kudos: int) -> Account:
    """A guest who was given so much."""
    guest = await scene.guest(name)
    giver = await scene.account(f"giver of {name}", kudos=kudos)
    from core.services.kudos.give import give

    await scene.do(
        lambda tx: give(
            tx,
            from_id=giver.account.id,
            target=guest.handle,
            amount_mk=kudos * 1_000,
            policy=scene.policy.kudos,
            now_ms=scene.clock.now_ms(),
        )
    )
    return await scene.look(guest.id)


async def test_two_guests_become_the_older_one_with_all_that_both_had(scene: Scene) -> None:
    old, new = await rich(scene, "old", 5), await rich(scene, "new", 7)
    done = await linked(scene, "new", old.id)
    assert (done.account.id, done.account.kudos_mk) == (old.id, 12_000)
    assert (await scene.guest("new")).id == (await scene.guest("old")).id == old.id
    moved = await scene.uow.read(lambda tx: tx.ledger.transfers_of(new.id, limit=9))
    assert [one.amount_mk for one in moved if one.reason is TransferReason.MERGE] == [7_000]
    assert await typed(scene, await code_of(scene, "new"), old.id) is LinkRefusal.ALREADY_ONE
    await scene.audit()


@pytest.mark.parametrize("asks_first", [True, False])
async def test_the_registered_account_stays_whoever_asks(scene: Scene, *, asks_first: bool) -> None:
    guest = await rich(scene, "g", 3)
    registered = (await scene.account("ann", kudos=20)).account
    if asks_first:
        done = await linked(scene, "g", registered.id)
    else:
        await linked(scene, "other", registered.id)  # a second name of hers
        done = await linked(scene, "other", guest.id)
    assert (done.account.id, done.account.kudos_mk) == (registered.id, 23_000)


async def test_a_debt_goes_over_too(scene: Scene) -> None:
    guest = await scene.guest("g")
    worker = (await scene.account("worker", trusted=True)).account
    await scene.ask(guest.id)
    await scene.hand_in(await scene.pop_one(scene.offer(worker.id)), worker.id)
    owed_mk = (await scene.look(guest.id)).kudos_mk
    assert owed_mk < 0
    ann = (await scene.account("ann", kudos=20)).account
    done = await linked(scene, "g", ann.id)
    assert done.account.kudos_mk == 20_000 + owed_mk
    assert (await scene.look(guest.id)).kudos_mk == 0
    await scene.audit()


@pytest.mark.parametrize("ends", ["cancelled", "finished"])
async def test_what_is_held_follows_when_its_request_has_ended(scene: Scene, ends: str) -> None:
    guest = await rich(scene, "g", 50)
    accepted = await scene.ask(guest.id)
    ann = (await scene.account("ann")).account
    done = await linked(scene, "g", ann.id)
    assert done.account.available_mk == 50_000 - accepted.price_mk
    assert (await scene.look(guest.id)).available_mk == 0
    worker = (await scene.account("worker", trusted=True)).account
    if ends == "cancelled":
        await scene.cancel(accepted.request_id)
    else:
        await scene.hand_in(await scene.pop_one(scene.offer(worker.id)), worker.id)
    for _ in range(2):
        await scene.do(lambda tx: sweep_merged(tx, now_ms=scene.clock.now_ms()))
    left_mk = 50_000 if ends == "cancelled" else 50_000 - accepted.price_mk
    assert (await scene.look(ann.id)).available_mk == left_mk
    assert (await scene.look(guest.id)).kudos_mk == 0
    await scene.audit()


async def test_requests_and_statement_read_as_one(scene: Scene) -> None:
    guest = await rich(scene, "g", 50)
    first = await scene.ask(guest.id)
    ann = (await scene.account("ann", kudos=20)).account
    await linked(scene, "g", ann.id)
    scene.clock.pass_s(1)
    second = await scene.ask(ann.id, draft("another"))
    page = await scene.uow.read(lambda tx: history(tx, account_id=ann.id, limit=1))
    rest = await scene.uow.read(lambda tx: history(tx, account_id=ann.id, limit=5, cursor=page.next_cursor))
    assert [one.id for one in (*page.requests, *rest.requests)] == [second.request_id, first.request_id]
    told = await scene.uow.read(lambda tx: statement(tx, account_id=ann.id))
    assert [(line.reason.value, line.amount_mk) for line in told.lines] == [
        ("merge", 0),
        ("grant", 20_000),
        ("gift", 50_000),
    ]
    assert told.lines[0].balance_mk == 70_000
    assert told.lines[-1].balance_mk == 50_000
    until_ms = scene.clock.now_ms() + 1
    summed = await scene.uow.read(lambda tx: totals(tx, account_id=ann.id, since_ms=0, until_ms=until_ms))
    assert summed.earned_mk == {TransferReason.GRANT: 20_000, TransferReason.GIFT: 50_000}
    assert summed.spent_mk == {}


async def test_support_undoes_a_merge_once(scene: Scene) -> None:
    guest = await rich(scene, "g", 50)
    accepted = await scene.ask(guest.id)
    ann = (await scene.account("ann", kudos=20)).account
    done = await linked(scene, "g", ann.id)
    await scene.cancel(accepted.request_id)
    for _ in range(2):
        await scene.do(lambda tx: undo_merge(tx, merge_id=done.merge.id, now_ms=scene.clock.now_ms()))
        assert (await scene.look(guest.id)).available_mk == 50_000
        assert (await scene.look(ann.id)).available_mk == 20_000
        assert (await scene.guest("g")).id == guest.id
    assert await scene.do(lambda tx: sweep_merged(tx, now_ms=scene.clock.now_ms())) == 0
    await scene.audit()


async def test_a_chain_of_merges_leads_to_one_purse_and_back(scene: Scene) -> None:
    one, two = await rich(scene, "one", 1), await rich(scene, "two", 2)
    first = await linked(scene, "two", one.id)
    ann = (await scene.account("ann", kudos=20)).account
    await linked(scene, "one", ann.id)
    purse = await scene.uow.read(lambda tx: purse_of(tx, two.id))
    assert purse is not None
    assert (purse.id, purse.kudos_mk) == (ann.id, 23_000)
    await scene.do(lambda tx: undo_merge(tx, merge_id=first.merge.id, now_ms=scene.clock.now_ms()))
    await scene.do(lambda tx: sweep_merged(tx, now_ms=scene.clock.now_ms()))
    held = [(await scene.look(one_of.id)).kudos_mk for one_of in (one, two, ann)]
    assert held == [0, 2_000, 21_000]
    assert ((await scene.guest("two")).id, (await scene.guest("one")).id) == (two.id, ann.id)
    await scene.audit()


async def test_unlink_gives_a_name_an_account_of_its_own(scene: Scene) -> None:
    old, _ = await rich(scene, "old", 5), await rich(scene, "new", 7)
    await linked(scene, "new", old.id)

    async def leave() -> Account | None:
        return await scene.do(lambda tx: unlink(tx, platform="p", external_id="new", now_ms=scene.clock.now_ms()))

    own = await leave()
    assert own is not None
    assert (own.kudos_mk, own.guest) == (0, True)
    assert (await scene.guest("new")).id == own.id != old.id
    assert (await scene.look(old.id)).kudos_mk == 12_000
    assert await leave() is None, "it shares with nobody any more"
    await scene.audit()


async def test_a_code_is_good_once_and_for_ten_minutes(scene: Scene) -> None:
    ann, bob = (await scene.account("ann")).account, (await scene.account("bob")).account
    await scene.guest("g")
    code = await code_of(scene, "g")
    newer = await code_of(scene, "g")
    assert await typed(scene, code, ann.id) is LinkRefusal.UNKNOWN_CODE, "another was asked for since"
    scene.clock.pass_s(CODE_LIFE_MS / 1_000)
    assert await typed(scene, newer, ann.id) is LinkRefusal.UNKNOWN_CODE
    code = await code_of(scene, "g")
    assert isinstance(await typed(scene, f" {code.lower().replace('-', '')} ", ann.id), Linked)
    assert await typed(scene, code, bob.id) is LinkRefusal.UNKNOWN_CODE


async def test_codes_cannot_be_guessed(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    await scene.guest("g")
    code = await code_of(scene, "g")
    wrong = [await typed(scene, f"AAAA-AAA{number}", ann.id) for number in range(2, 2 + TRIES_MAX)]
    assert wrong == [LinkRefusal.UNKNOWN_CODE] * TRIES_MAX
    assert await typed(scene, code, ann.id) is LinkRefusal.TOO_MANY_TRIES
    scene.clock.pass_s(CODE_LIFE_MS / 1_000)
    code = await code_of(scene, "g")
    assert isinstance(await typed(scene, code, ann.id), Linked)


async def test_two_registered_accounts_and_flagged_ones_are_not_joined(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=1)).account, (await scene.account("bob", kudos=2)).account
    await linked(scene, "g", ann.id)
    assert await typed(scene, await code_of(scene, "g"), bob.id) is LinkRefusal.TWO_REGISTERED
    bad = await scene.guest("bad")
    await scene.do(lambda tx: tx.accounts.put(replace(bad, flagged=True)))
    assert await typed(scene, await code_of(scene, "bad"), bob.id) is LinkRefusal.NOT_ALLOWED
    assert (await scene.look(bob.id)).kudos_mk == 2_000


async def test_one_code_typed_twice_at_once_joins_once(scene: Scene) -> None:
    ann, bob = (await scene.account("ann")).account, (await scene.account("bob")).account
    await rich(scene, "g", 5)
    code = await code_of(scene, "g")
    came = await asyncio.gather(*(typed(scene, code, one.id, name=one.name) for one in (ann, bob)))
    assert sum(isinstance(one, Linked) for one in came) == 1
    await scene.audit()
