"""Shared keys: terms, limits, and a budget that follows the holds and is never overdrawn."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest

from core.domain.errors import HordeError, InsufficientKudos, InvalidRequest, NotPermitted, Unauthorized
from core.domain.ids import ANONYMOUS, AccountId
from core.domain.kinds.kind import Kind
from core.domain.kinds.text import TextParams
from core.domain.kudos.keys import KeyTerms, SharedKey
from core.domain.kudos.ledger import Hold, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.requests import RequestDraft
from core.services.kudos.hold import hold
from core.services.kudos.keys import change_key, check_shared_key, look_up, make_key, revoke_key
from core.services.kudos.post import post
from core.services.kudos.void import expire_holds, void
from tests.core.scene import Scene, draft

POLICY = KudosPolicy()


def lend(scene: Scene, owner: AccountId, **terms: Any) -> Awaitable[SharedKey]:
    now_ms = scene.clock.now_ms()
    said = KeyTerms(**({"name": "for friends"} | terms))
    return scene.do(lambda tx: make_key(tx, account_id=owner, terms=said, policy=POLICY, now_ms=now_ms))


def use(
    scene: Scene,
    key: SharedKey,
    price_mk: int,
    *,
    name: str = "h",
    a_draft: RequestDraft | None = None,
    account_id: AccountId | None = None,
) -> Awaitable[Hold]:
    now_ms = scene.clock.now_ms()
    runs_on = key.account_id if account_id is None else account_id

    def ask(tx: Any) -> Hold:
        checked = check_shared_key(
            tx, key_id=key.id, account_id=runs_on, draft=a_draft or draft(), price_mk=price_mk, now_ms=now_ms
        )
        return hold(
            tx,
            hold_id=name,
            account_id=checked.account_id,
            amount_mk=price_mk,
            expires_at_ms=now_ms + 1_000,
            now_ms=now_ms,
            shared_key_id=checked.id,
        )

    return scene.do(ask)


async def budget(scene: Scene, key: SharedKey) -> tuple[int, int]:
    """Return (reserved, utilized)."""
    now = await scene.uow.read(lambda tx: tx.keys.get(key.id))
    assert now is not None
    await scene.audit()
    return now.reserved_mk, now.utilized_mk


async def test_the_budget_follows_the_hold(scene: Scene) -> None:
    ann, bob = (await scene.account("ann")).account, (await scene.account("bob")).account
    key = await lend(scene, ann.id, budget_mk=100)
    await use(scene, key, 60)
    assert await budget(scene, key) == (60, 0)
    assert (await scene.look(ann.id)).held_mk == 60, "it runs on the owner's account"
    with pytest.raises(InsufficientKudos, match=r"has 0\.04 kudos left") as raised:
        await use(scene, key, 41, name="i")
    assert (raised.value.code, raised.value.limit, raised.value.value) == ("SharedKeyInsufficientKudos", 40, 41)
    await scene.do(
        lambda tx: post(
            tx, hold_id="h", transfer_id="t", to_id=bob.id, amount_mk=25, reason=TransferReason.TIP, now_ms=0
        )
    )
    assert await budget(scene, key) == (35, 25)
    await scene.do(lambda tx: void(tx, hold_id="h", amount_mk=20))
    assert await budget(scene, key) == (15, 25)
    await use(scene, key, 60, name="i")
    assert await budget(scene, key) == (75, 25)
    with pytest.raises(InsufficientKudos) as raised:
        await use(scene, key, 1, name="j")
    assert raised.value.code == "SharedKeyEmpty"
    scene.clock.pass_s(2)
    assert await scene.do(lambda tx: expire_holds(tx, now_ms=scene.clock.now_ms())) == 2
    assert await budget(scene, key) == (0, 25)


async def test_what_is_paid_beyond_an_expired_hold_is_the_owner_s_debt_and_not_the_key_s(scene: Scene) -> None:
    ann, bob = (await scene.account("ann")).account, (await scene.account("bob")).account
    key = await lend(scene, ann.id, budget_mk=100)
    await use(scene, key, 100)
    scene.clock.pass_s(2)
    await scene.do(lambda tx: expire_holds(tx, now_ms=scene.clock.now_ms()))
    await scene.do(
        lambda tx: post(
            tx, hold_id="h", transfer_id="t", to_id=bob.id, amount_mk=90, reason=TransferReason.TIP, now_ms=0
        )
    )
    assert await budget(scene, key) == (0, 0)
    assert (await scene.look(ann.id)).kudos_mk == -90


async def test_a_key_s_budget_pays_for_nobody_but_its_owner(scene: Scene) -> None:
    ann, bob = (await scene.account("ann")).account, (await scene.account("bob")).account
    key = await lend(scene, ann.id)
    with pytest.raises(Unauthorized):
        await use(scene, key, 1, account_id=bob.id)
    assert await budget(scene, key) == (0, 0)


async def test_without_a_budget_only_the_owner_s_debt_grows(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    key = await lend(scene, ann.id, budget_mk=-1)
    await use(scene, key, 10**9)
    assert await budget(scene, key) == (10**9, 0)


async def test_the_table_itself_refuses_an_overdrawn_key(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    key = await lend(scene, ann.id, budget_mk=100)
    with pytest.raises(HordeError):
        await scene.do(
            lambda tx: hold(
                tx, hold_id="h", account_id=ann.id, amount_mk=101, expires_at_ms=1, now_ms=0, shared_key_id=key.id
            )
        )
    assert await budget(scene, key) == (0, 0)


@pytest.mark.parametrize(
    ("terms", "a_draft", "field", "numbers"),
    [
        ({"max_image_pixels": 512 * 512 - 1}, draft(), "max_image_pixels", (512 * 512 - 1, 512 * 512)),
        ({"max_image_steps": 29}, draft(), "max_image_steps", (29, 30)),
        ({"max_image_steps": 0}, draft(), "max_image_steps", (0, 30)),
        (
            {"max_text_tokens": 79},
            RequestDraft(kind=Kind.TEXT, prompt="x", params=TextParams(length_max=80)),
            "max_text_tokens",
            (79, 80),
        ),
    ],
)
async def test_the_limits_of_a_key_are_named_with_the_value(
    scene: Scene, terms: Any, a_draft: RequestDraft, field: str, numbers: tuple[int, int]
) -> None:
    limit, value = numbers
    ann = (await scene.account("ann")).account
    key = await lend(scene, ann.id, **terms)
    with pytest.raises(InvalidRequest, match=str(limit)) as raised:
        await use(scene, key, 1, a_draft=a_draft)
    assert (raised.value.field, raised.value.limit, raised.value.value) == (field, limit, value)
    assert raised.value.code == "SharedKeyInvalid"
    await use(scene, await lend(scene, ann.id, **{field: value}), 1, a_draft=a_draft)


async def test_keys_that_are_over_revoked_or_unknown(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    key = await lend(scene, ann.id, expires_at_ms=scene.clock.now_ms() + 1_000)
    await use(scene, key, 1)
    scene.clock.pass_s(1)
    with pytest.raises(NotPermitted) as raised:
        await use(scene, key, 1, name="i")
    assert raised.value.code == "SharedKeyExpired"
    assert (await scene.uow.read(lambda tx: look_up(tx, key_id=key.id)))[1].id == ann.id
    await scene.do(lambda tx: revoke_key(tx, account_id=ann.id, key_id=key.id, now_ms=1))
    with pytest.raises(Unauthorized):
        await use(scene, key, 1, name="i")
    with pytest.raises(Unauthorized):
        await scene.uow.read(lambda tx: look_up(tx, key_id=key.id))
    await scene.do(lambda tx: void(tx, hold_id="h"))
    assert await budget(scene, key) == (0, 0), "what was asked with it went on"


async def test_terms_may_change_but_not_below_what_is_used_and_only_by_the_owner(scene: Scene) -> None:
    ann, bob = (await scene.account("ann")).account, (await scene.account("bob")).account
    key = await lend(scene, ann.id, budget_mk=100)
    await use(scene, key, 60)

    def change(by: AccountId, **terms: Any) -> Awaitable[SharedKey]:
        said = replace(key.terms, **terms)
        return scene.do(lambda tx: change_key(tx, account_id=by, key_id=key.id, terms=said, policy=POLICY))

    with pytest.raises(InvalidRequest) as raised:
        await change(ann.id, budget_mk=59)
    assert (raised.value.limit, raised.value.value) == (60, 59)
    with pytest.raises(NotPermitted):
        await change(bob.id, budget_mk=200)
    with pytest.raises(NotPermitted):
        await scene.do(lambda tx: revoke_key(tx, account_id=bob.id, key_id=key.id, now_ms=1))
    changed = await change(ann.id, budget_mk=60, name="new name", max_image_steps=5)
    assert changed == await scene.uow.read(lambda tx: tx.keys.get(key.id))
    assert (changed.name, changed.budget_mk, changed.max_image_steps) == ("new name", 60, 5)
    await change(ann.id, budget_mk=-1)
    await budget(scene, key)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": "ab"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"budget_mk": -2}, "kudos"),
        ({"budget_mk": 50_000_000_001}, "kudos"),
        ({"max_image_pixels": -2}, "max_image_pixels"),
        ({"max_image_steps": 501}, "max_image_steps"),
        ({"max_text_tokens": 4_097}, "max_text_tokens"),
    ],
)
async def test_terms_have_limits(scene: Scene, terms: Any, field: str) -> None:
    ann = (await scene.account("ann")).account
    with pytest.raises(InvalidRequest) as raised:
        await lend(scene, ann.id, **terms)
    assert raised.value.field == field


async def test_so_many_keys_and_no_more(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    keys = [await lend(scene, ann.id) for _ in range(3)]
    with pytest.raises(NotPermitted, match="the limit is 3") as raised:
        await lend(scene, ann.id)
    assert raised.value.code == "TooManySharedKeys"
    await scene.do(lambda tx: revoke_key(tx, account_id=ann.id, key_id=keys[1].id, now_ms=1))
    keys[1] = await lend(scene, ann.id)
    listed = await scene.uow.read(lambda tx: tx.keys.of_account(ann.id))
    assert {one.id for one in listed} == {one.id for one in keys}
    eve = (await scene.account("eve", trusted=True)).account
    for _ in range(10):
        await lend(scene, eve.id)
    with pytest.raises(NotPermitted, match="the limit is 10"):
        await lend(scene, eve.id)
    with pytest.raises(NotPermitted):
        await lend(scene, ANONYMOUS)
