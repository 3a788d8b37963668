"""Gifts and awards: every check with its code, in its order, and the same key once."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.accounts import Account
from core.domain.errors import Conflict, HordeError, InsufficientKudos, NotPermitted, RateLimited
from core.domain.ids import MINT, TREASURY, AccountId
from core.domain.kudos.keys import KeyTerms, SharedKey
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.services.kudos.award import award
from core.services.kudos.give import give
from core.services.kudos.keys import make_key, revoke_key
from core.services.kudos.transfer import transfer
from tests.core.scene import Scene

POLICY = KudosPolicy()


async def gift(scene: Scene, one: AccountId, target: str, mk: int = 4_000, key: str | None = None) -> Transfer:
    now_ms = scene.clock.now_ms()
    return await scene.do(
        lambda tx: give(tx, from_id=one, target=target, amount_mk=mk, policy=POLICY, now_ms=now_ms, idempotency_key=key)
    )


async def mark(scene: Scene, account: Account, **marks: Any) -> None:
    await scene.do(lambda tx: tx.accounts.put(replace(account, **marks)))


async def lend(scene: Scene, owner: AccountId, **terms: Any) -> SharedKey:
    now_ms = scene.clock.now_ms()
    said = KeyTerms(name="for friends", **terms)
    return await scene.do(lambda tx: make_key(tx, account_id=owner, terms=said, policy=POLICY, now_ms=now_ms))


async def refusal(scene: Scene, one: AccountId, target: str, mk: int = 4_000, key: str | None = None) -> HordeError:
    with pytest.raises(HordeError) as raised:
        await gift(scene, one, target, mk, key)
    await scene.audit()
    return raised.value


async def test_a_gift_reaches_name_and_number_and_the_case_does_not_matter(scene: Scene) -> None:
    ann, bob = (await scene.account("Ann", kudos=10)).account, (await scene.account("bob")).account
    made = await gift(scene, ann.id, f" BOB#{bob.id} ")
    assert (made.reason, made.to_id) == (TransferReason.GIFT, bob.id)
    assert [(await scene.look(one.id)).kudos_mk for one in (ann, bob)] == [6_000, 4_000]
    await scene.audit()


async def test_the_same_idempotency_key_is_the_same_gift_and_another_content_a_conflict(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    first = await gift(scene, ann.id, "bob#2", key="k")
    scene.clock.pass_s(1)
    assert await gift(scene, ann.id, "bob#2", key="k") == first
    await mark(scene, bob, flagged=True)
    assert await gift(scene, ann.id, "bob#2", key="k") == first, "a replay is answered as it was then"
    await mark(scene, bob)
    assert isinstance(await refusal(scene, ann.id, "bob#2", 5_000, "k"), Conflict)
    assert (await refusal(scene, ann.id, "bob#2", 5_000, "k")).code == "IdempotencyKeyConflict"
    assert (await scene.look(bob.id)).kudos_mk == 4_000
    cat = (await scene.account("cat", kudos=10)).account
    await gift(scene, cat.id, "bob#2", key="k")
    assert (await scene.look(bob.id)).kudos_mk == 8_000, "a key is its giver's"


@pytest.mark.parametrize(
    "target", ["", "bob", "#2", "bob#", "bob#99", "rob#2", "bob#-1", "Mint#-1", "bob#2²", "x#" + "9" * 30]
)
async def test_what_names_nobody_is_refused(scene: Scene, target: str) -> None:
    ann = (await scene.account("ann", kudos=10)).account
    await scene.account("bob")
    assert (await refusal(scene, ann.id, target)).code == "InvalidTargetUsername"


async def test_anonymous_and_oneself(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=10)).account
    assert (await refusal(scene, ann.id, "Anonymous#0")).code == "KudosTransferToAnon"
    assert (await refusal(scene, ann.id, "ann#1")).code == "KudosTransferToSelf"
    assert (await refusal(scene, AccountId(0), "ann#1")).code == "KudosTransferFromAnon"
    assert (await refusal(scene, AccountId(77), "ann#1")).code == "UserNotFound"


async def test_what_was_just_given_does_not_go_back_for_a_minute(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    await gift(scene, ann.id, "bob#2")
    scene.clock.pass_s(45)
    refused = await refusal(scene, bob.id, "ann#1", 1_000)
    assert isinstance(refused, RateLimited)
    assert (refused.code, refused.retry_after_s) == ("TooFastKudosTransfers", 15)
    await gift(scene, ann.id, "bob#2", 1_000)
    scene.clock.pass_s(60)
    await gift(scene, bob.id, "ann#1", 1_000)


@pytest.mark.parametrize(
    ("giver", "taker", "code"),
    [
        ({"suspicions": 5, "flagged": True}, {"flagged": True}, "FaultWhenKudosSending"),
        ({"flagged": True, "education": True}, {"suspicions": 5}, "SourceAccountFlagged"),
        ({"education": True}, {"suspicions": 5}, "EducationCannotSendKudos"),
        ({}, {"suspicions": 5, "flagged": True}, "FaultWhenKudosReceiving"),
        ({}, {"flagged": True, "deleted_at_ms": 1}, "TargetAccountFlagged"),
        ({}, {"deleted_at_ms": 1}, "DeletedUser"),
        ({"deleted_at_ms": 1}, {}, "DeletedUser"),
    ],
)
async def test_who_may_not_give_or_take(scene: Scene, giver: Any, taker: Any, code: str) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    await mark(scene, ann, **giver)
    await mark(scene, bob, **taker)
    assert (await refusal(scene, ann.id, "bob#2", -1)).code == code, "before the amount is looked at"
    assert (await scene.look(bob.id)).kudos_mk == 0


async def test_the_trusted_are_never_suspicious(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=10)).account
    await scene.account("bob")
    await mark(scene, ann, suspicions=50, trusted=True)
    await gift(scene, ann.id, "bob#2")


async def test_amounts(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=10)).account
    await scene.account("bob")
    assert (await refusal(scene, ann.id, "bob#2", -1_000)).code == "NegativeKudosTransfer"
    assert (await refusal(scene, ann.id, "bob#2", 0)).code == "InvalidKudosTransferAmount"
    await scene.ask(ann.id)
    refused = await refusal(scene, ann.id, "bob#2", 3_501)
    assert isinstance(refused, InsufficientKudos)
    assert (refused.code, refused.limit, refused.value) == ("KudosTransferNotEnough", 3_500, 3_501)
    await gift(scene, ann.id, "bob#2", 3_500)


async def test_a_gift_to_a_shared_key_is_its_owner_s_and_raises_its_budget(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    key, free = await lend(scene, bob.id, budget_mk=1_000), await lend(scene, bob.id, budget_mk=-1)
    made = await gift(scene, ann.id, key.id.upper(), 2_000, "k")
    assert (made.to_id, made.ref) == (bob.id, key.id)
    assert await gift(scene, ann.id, key.id, 2_000, "k") == made
    await gift(scene, ann.id, free.id, 2_000)
    assert (await refusal(scene, ann.id, free.id, 2_000, "k")).code == "IdempotencyKeyConflict", "another key"
    after = await scene.uow.read(lambda tx: [tx.keys.get(one.id) for one in (key, free)])
    assert [one.budget_mk for one in after if one] == [3_000, -1]
    assert (await scene.look(bob.id)).kudos_mk == 4_000
    await scene.audit()


async def test_a_shared_key_that_is_over_or_revoked_takes_nothing(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    key = await lend(scene, bob.id, expires_at_ms=scene.clock.now_ms() + 1_000)
    scene.clock.pass_s(1)
    assert (await refusal(scene, ann.id, key.id)).code == "SharedKeyExpired"
    await scene.do(lambda tx: revoke_key(tx, account_id=bob.id, key_id=key.id, now_ms=1))
    assert (await refusal(scene, ann.id, key.id)).code == "InvalidTargetUsername"


async def hand_out(
    scene: Scene, actor: Account | None, target: str = "bob#2", mk: int = 5_000, **more: Any
) -> Transfer:
    policy = KudosPolicy(awarders=frozenset({AccountId(3)}), admins=frozenset({AccountId(4)}))
    now_ms = scene.clock.now_ms()
    return await scene.do(
        lambda tx: award(
            tx, actor=actor, target=target, amount_mk=mk, why=" a fine  style ", policy=policy, now_ms=now_ms, **more
        )
    )


async def test_awards_come_from_the_mint_by_who_may_and_keep_why(scene: Scene) -> None:
    ann = (await scene.account("ann", moderator=True)).account
    bob, cat, dan = [(await scene.account(name)).account for name in ("bob", "cat", "dan")]
    for actor in (ann, cat, dan, None):
        made = await hand_out(scene, actor, idempotency_key="a")
        assert await hand_out(scene, actor, idempotency_key="a") == made
        assert (made.from_id, made.reason) == (MINT, TransferReason.AWARD)
        assert made.ref == f"{actor.id if actor else 'operator'} a fine style"
    assert (await scene.look(bob.id)).kudos_mk == 20_000
    with pytest.raises(NotPermitted) as raised:
        await hand_out(scene, bob)
    assert raised.value.code == "NotAllowedAwards"
    await scene.audit()


async def test_awards_from_the_treasury_are_within_what_it_has(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    with pytest.raises(InsufficientKudos):
        await hand_out(scene, None, from_treasury=True)
    await scene.do(
        lambda tx: transfer(
            tx,
            transfer_id="t",
            from_id=ann.id,
            to_id=TREASURY,
            amount_mk=6_000,
            reason=TransferReason.TAX,
            now_ms=0,
        )
    )
    await hand_out(scene, None, from_treasury=True)
    assert (await scene.look(TREASURY)).kudos_mk == 1_000
    assert (await scene.look(bob.id)).kudos_mk == 5_000


@pytest.mark.parametrize(
    ("target", "mk", "code"),
    [
        ("nobody", 1, "InvalidAwardUsername"),
        ("rob#1", 1, "InvalidAwardUsername"),
        ("Anonymous#0", 1, "KudosAwardToAnon"),
        ("bob#1", 0, "InvalidKudosTransferAmount"),
        ("bob#1", -5, "InvalidKudosTransferAmount"),
    ],
)
async def test_awards_that_are_refused(scene: Scene, target: str, mk: int, code: str) -> None:
    await scene.account("bob")
    with pytest.raises(HordeError) as raised:
        await hand_out(scene, None, target, mk)
    assert raised.value.code == code
