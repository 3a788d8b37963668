"""Accounts: who may change what, new keys, and accounts that are deleted, taken back and wiped."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.account_changes import BY_ADMINS, BY_MODERATORS, AccountChange
from core.domain.accounts import Account, parse_handle
from core.domain.errors import Conflict, HordeError, InvalidRequest, NotFound, NotPermitted, Unauthorized
from core.domain.ids import ANONYMOUS, MINT, AccountId
from core.domain.kudos.keys import KeyTerms
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.services.kudos.keys import look_up, make_key
from core.services.kudos.reward import reward
from core.services.people.authenticate import authenticate
from core.services.people.change import change_account
from core.services.people.delete import delete_account, wipe_account
from core.services.people.identify import identify
from core.services.people.rotate import rotate_key
from tests.core.scene import Scene

ADMIN = AccountId(3)
POLICY = KudosPolicy(admins=frozenset({ADMIN}), moderator_monthly_mk=70)


async def people(scene: Scene) -> tuple[Account, Account, Account, Account]:
    """Return somebody, a moderator, an admin and somebody else."""
    one = (await scene.account("one")).account
    mod = (await scene.account("mod", moderator=True)).account
    admin = (await scene.account("admin")).account
    other = (await scene.account("other")).account
    assert admin.id == ADMIN
    return one, mod, admin, other


async def change(scene: Scene, actor: Account | None, who: AccountId, **changes: Any) -> Account:
    now_ms = scene.clock.now_ms()
    wanted = AccountChange(**changes)
    return await scene.do(
        lambda tx: change_account(tx, actor=actor, account_id=who, change=wanted, policy=POLICY, now_ms=now_ms)
    )


async def code_of(scene: Scene, actor: Account | None, who: AccountId, **changes: Any) -> str:
    with pytest.raises(HordeError) as raised:
        await change(scene, actor, who, **changes)
    return raised.value.code


VALUES = {
    "waiting_max": 7,
    "workers_max": 8,
    "worker_invited": 9,
    "admin_comment": "known",
    "name": "renamed",
    "contact": "me@example.org",
    "profile": "I draw cats.",
}


@pytest.mark.parametrize(
    "field", sorted(BY_MODERATORS - {"reset_suspicion"} | {"name", "contact", "profile", "public_workers"})
)
async def test_each_field_is_changed_by_who_may_and_by_nobody_else(scene: Scene, field: str) -> None:
    one, mod, admin, other = await people(scene)
    value = VALUES.get(field, True)
    allowed: list[Account | None] = [mod, admin, None] if field in BY_MODERATORS else [one, mod, admin, None]
    refused = [other, one] if field in BY_MODERATORS else [other]
    for stranger in refused:
        code = await code_of(scene, stranger, one.id, **{field: value})
        assert code == ("NotModerator" if field in BY_MODERATORS else "NotPrivileged")
        assert getattr(await scene.look(one.id), field) == getattr(one, field)
    for actor in allowed:
        assert getattr(await change(scene, actor, one.id, **{field: value}), field) == value
    after = await scene.look(one.id)
    assert replace(after, **{field: getattr(one, field)}) == one, "and nothing else"


async def test_admins_and_operators_alone_name_moderators_and_grants(scene: Scene) -> None:
    one, mod, admin, _ = await people(scene)
    for field, value in (("moderator", True), ("monthly_mk", 500)):
        assert field in BY_ADMINS
        assert await code_of(scene, mod, one.id, **{field: value}) == "NotAdmin"
        assert await code_of(scene, one, one.id, **{field: value}) == "NotAdmin"
    assert (await change(scene, admin, one.id, monthly_mk=500)).kudos_mk == 500, "paid at once"
    assert (await change(scene, None, one.id, moderator=True)).kudos_mk == 570, "and the difference"
    assert not (await change(scene, admin, one.id, moderator=False)).moderator
    await scene.audit()


async def test_who_becomes_trusted_has_what_waited(scene: Scene) -> None:
    one, mod, _, _ = await people(scene)
    await scene.do(
        lambda tx: reward(
            tx,
            account_id=one.id,
            amount_mk=100,
            transfer_id="u",
            reason=TransferReason.UPTIME,
            ref="",
            policy=POLICY,
            now_ms=0,
        )
    )
    after = await change(scene, mod, one.id, trusted=True)
    assert (after.trusted, after.kudos_mk) == (True, 100)
    assert not (await change(scene, mod, one.id, trusted=False)).trusted
    await scene.audit()


async def test_education_suspicion_and_limits(scene: Scene) -> None:
    one, mod, _, _ = await people(scene)
    assert (await change(scene, mod, one.id, education=True, waiting_max=0, workers_max=4)).waiting_max == 0
    after = await change(scene, mod, one.id, waiting_max=-1)
    assert (after.education, after.waiting_max, after.workers_max) == (True, None, 4)
    await scene.do(lambda tx: tx.accounts.put(replace(one, suspicions=5)))
    assert (await scene.look(one.id)).is_suspicious(5)
    assert (await change(scene, mod, one.id, reset_suspicion=True)).suspicions == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "x" * 31}, "name"),
        ({"name": "a#b"}, "name"),
        ({"name": " "}, "name"),
        ({"contact": "abcd"}, "contact"),
        ({"contact": "x" * 501}, "contact"),
        ({"profile": "x" * 1_001}, "profile"),
        ({"waiting_max": 501}, "waiting_max"),
        ({"waiting_max": -2}, "waiting_max"),
        ({"monthly_mk": -1}, "monthly_mk"),
        ({"worker_invited": -1}, "worker_invited"),
    ],
)
async def test_values_have_limits(scene: Scene, changes: Any, field: str) -> None:
    one = (await people(scene))[0]
    with pytest.raises(InvalidRequest) as raised:
        await change(scene, None, one.id, **changes)
    assert raised.value.field == field


async def test_what_cannot_be_changed(scene: Scene) -> None:
    one, mod, _, _ = await people(scene)
    assert await code_of(scene, None, ANONYMOUS, trusted=True) == "AnonForbiddenUserMod"
    assert await code_of(scene, None, MINT, trusted=True) == "AnonForbiddenUserMod"
    assert await code_of(scene, None, AccountId(99), trusted=True) == "UserNotFound"
    assert await code_of(scene, mod, one.id) == "NoUserModSelected"
    assert await code_of(scene, mod, one.id, undelete=True) == "UserNotDeleted"


async def test_a_new_key_kills_the_old_one_at_once(scene: Scene) -> None:
    made = await scene.account("ann")
    ann, mod = made.account, (await scene.account("mod", moderator=True)).account
    with pytest.raises(NotPermitted):
        await scene.do(lambda tx: rotate_key(tx, actor=mod, account_id=ann.id, now_ms=1))
    with pytest.raises(NotPermitted):
        await scene.do(lambda tx: rotate_key(tx, actor=None, account_id=ANONYMOUS, now_ms=1))
    with pytest.raises(NotFound):
        await scene.do(lambda tx: rotate_key(tx, actor=None, account_id=AccountId(99), now_ms=1))
    rotated = await scene.do(lambda tx: rotate_key(tx, actor=ann, account_id=ann.id, now_ms=1))
    assert rotated.api_key != made.api_key
    assert (await scene.uow.read(lambda tx: authenticate(tx, api_key=rotated.api_key))).id == ann.id
    with pytest.raises(Unauthorized):
        await scene.uow.read(lambda tx: authenticate(tx, api_key=made.api_key))


async def test_an_account_is_deleted_taken_back_and_wiped(scene: Scene) -> None:
    made = await scene.account("ann", kudos=5)
    ann, mod, bob = (
        made.account,
        (await scene.account("mod", moderator=True)).account,
        (await scene.account("b")).account,
    )
    now_ms = scene.clock.now_ms()
    key = await scene.do(
        lambda tx: make_key(tx, account_id=ann.id, terms=KeyTerms(name="key"), policy=POLICY, now_ms=now_ms)
    )

    async def delete(actor: Account | None, who: AccountId = ann.id) -> Account:
        return await scene.do(lambda tx: delete_account(tx, actor=actor, account_id=who, now_ms=now_ms))

    async def wipe(actor: Account | None) -> Account:
        at_ms = scene.clock.now_ms()
        return await scene.do(lambda tx: wipe_account(tx, actor=actor, account_id=ann.id, policy=POLICY, now_ms=at_ms))

    for actor, who, code in (
        (bob, ann.id, "NotUserOrMod"),
        (None, mod.id, "CannotDeleteMod"),
        (None, ANONYMOUS, "AnonForbiddenUserMod"),
        (None, AccountId(99), "UserNotFound"),
    ):
        with pytest.raises(HordeError) as raised:
            await delete(actor, who)
        assert raised.value.code == code
    with pytest.raises(InvalidRequest, match="30 days after"):
        await wipe(None)
    assert (await delete(ann)).is_deleted
    with pytest.raises(Conflict):
        await delete(ann)
    with pytest.raises(NotPermitted) as refused:
        await scene.uow.read(lambda tx: authenticate(tx, api_key=made.api_key))
    assert refused.value.code == "DeletedUser"
    with pytest.raises(Unauthorized):
        await scene.uow.read(lambda tx: look_up(tx, key_id=key.id))
    owner = await scene.uow.read(lambda tx: authenticate(tx, api_key=made.api_key, deleted_too=True))
    assert not (await change(scene, owner, ann.id, undelete=True)).is_deleted
    await change(scene, ann, ann.id, contact="me@example.org", profile="cats")
    await delete(mod)
    scene.clock.pass_s(POLICY.wipe_after_s - 1)
    with pytest.raises(InvalidRequest) as early:
        await wipe(mod)
    assert early.value.code == "CannotWipeActiveUser"
    scene.clock.pass_s(1)
    await wipe(mod)
    left = await scene.look(ann.id)
    assert (left.handle, left.contact, left.profile, left.kudos_mk) == (f"deleted#{ann.id}", "", "", 5_000)
    with pytest.raises(Unauthorized):
        await scene.uow.read(lambda tx: authenticate(tx, api_key=made.api_key, deleted_too=True))
    await scene.audit()


async def test_who_was_wiped_is_a_stranger_at_the_next_sight(scene: Scene) -> None:
    guest = await scene.guest("reddit name")
    now_ms = scene.clock.now_ms()
    await scene.do(lambda tx: delete_account(tx, actor=None, account_id=guest.id, now_ms=now_ms))
    scene.clock.pass_s(POLICY.wipe_after_s)
    later_ms = scene.clock.now_ms()
    await scene.do(lambda tx: wipe_account(tx, actor=None, account_id=guest.id, policy=POLICY, now_ms=later_ms))
    again = await scene.do(
        lambda tx: identify(tx, platform="p", external_id="reddit name", display_name="reddit name", now_ms=later_ms)
    )
    assert again.id != guest.id


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("a#1", ("a", 1)),
        (" a b#22 ", ("a b", 22)),
        ("a#b#3", ("a#b", 3)),
        ("#1", None),
        ("a", None),
        ("a#", None),
        ("a#x", None),
    ],
)
def test_handles(text: str, handle: Any) -> None:
    assert parse_handle(text) == handle
