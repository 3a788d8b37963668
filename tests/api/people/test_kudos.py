"""Kudos over HTTP: whose key is this, keys that are lent, gifts and awards."""

import pytest

from tests.api.people.folk import OWNER, PUBLIC, Folk

DAY_S = 86_400
TRANSFER = "/kudos/transfer"


async def make_key(folk: Folk, who: str = "ann", **terms: object) -> str:
    reply = await folk.call("PUT", "/sharedkeys", who, json=terms)
    assert reply.status == 200, reply.body
    key_id: str = reply.body["id"]
    return key_id


async def test_find_user_tells_the_owner_of_a_key(folk: Folk) -> None:
    key_id = await make_key(folk, name="for friends")
    await folk.amend("ann", contact="ann@example.org")
    own = (await folk.call("GET", "/find_user", "ann")).body
    assert set(own) == OWNER | {"contact"}
    assert own["sharedkey_ids"] == [key_id]
    as_moderator = (await folk.call("GET", "/find_user", "boss")).body
    assert set(as_moderator) == OWNER
    missing = await folk.call("GET", "/find_user")
    assert (missing.status, "apikey" in missing.body["errors"]) == (400, True)


async def test_who_was_lent_a_key_sees_nothing_private(folk: Folk) -> None:
    key_id = await make_key(folk, name="for friends")
    await make_key(folk, name="for family")
    for spelled in (key_id, key_id.upper()):
        seen = (await folk.call("GET", "/find_user", headers={"apikey": spelled})).body
        assert set(seen) == PUBLIC
        assert seen["username"] == f"ann#{await folk.id_of('ann')} (Shared Key: for friends)"
    unknown = "00000000-0000-4000-8000-000000000000"
    assert await folk.refused("GET", "/find_user", headers={"apikey": unknown}) == (404, "UserNotFound")
    assert (await folk.call("DELETE", f"/sharedkeys/{key_id}", "ann")).body == {"message": "OK"}
    assert await folk.refused("GET", "/find_user", headers={"apikey": key_id}) == (404, "UserNotFound")


async def test_r14_a_users_key_is_no_shared_key_and_then_a_user(folk: Folk) -> None:
    key = (await folk.horde.account("ann")).api_key
    assert len(key) == 22
    assert (await folk.call("GET", f"/sharedkeys/{key}")).status == 404
    assert (await folk.call("GET", "/find_user", headers={"apikey": key})).status == 200


async def test_a_key_has_v2s_defaults_and_is_seen_by_whoever_has_it(folk: Folk) -> None:
    key_id = await make_key(folk, name="plain")
    expected = {
        "id": key_id,
        "username": f"ann#{await folk.id_of('ann')}",
        "name": "plain",
        "kudos": 5000,
        "expiry": None,
        "utilized": 0,
        "max_image_pixels": -1,
        "max_image_steps": -1,
        "max_text_tokens": -1,
    }
    assert (await folk.call("GET", f"/sharedkeys/{key_id}")).body == expected
    assert (await folk.call("PUT", "/sharedkeys", "ann", json={})).body["name"]
    unknown = "/sharedkeys/00000000-0000-4000-8000-000000000000"
    assert await folk.refused("GET", unknown) == (401, "InvalidAPIKey")


async def test_a_key_is_changed_field_by_field(folk: Folk) -> None:
    key_id = await make_key(folk, name="plain", kudos=100, expiry=1, max_image_steps=30)
    path = f"/sharedkeys/{key_id}"
    before = (await folk.call("GET", path)).body
    assert before["expiry"].endswith("Z")
    after = (await folk.call("PATCH", path, "ann", json={"kudos": -1})).body
    assert after == before | {"kudos": -1}
    after = (await folk.call("PATCH", path, "ann", json={"expiry": -1, "name": "renamed", "max_text_tokens": 80})).body
    assert after == before | {"kudos": -1, "expiry": None, "name": "renamed", "max_text_tokens": 80}
    for by in ("bob", "boss"):
        assert await folk.refused("PATCH", path, by, json={"name": "mine now"}) == (403, "NotOwner")
        assert await folk.refused("DELETE", path, by) == (403, "NotOwner")
    assert await folk.refused("PATCH", path, "ann", json={}) == (400, "NoSharedKeyModSelected")
    await folk.call("DELETE", path, "ann")
    for method, more in (("GET", {}), ("PATCH", {"json": {"kudos": 1}}), ("DELETE", {})):
        assert await folk.refused(method, path, "ann", **more) == (401, "InvalidAPIKey")
    for method, more in (("PATCH", {"json": {"kudos": 1}}), ("DELETE", {})):
        assert await folk.refused(method, "/sharedkeys/nothing", "ann", **more) == (404, "NotFound")


async def test_what_is_left_of_a_budget_is_told_and_given(folk: Folk) -> None:
    await folk.horde.account("ann", kudos_mk=1_000_000)
    key_id = await make_key(folk, name="plain", kudos=100)
    path = f"/sharedkeys/{key_id}"
    asked = await folk.horde.call(
        "POST", "/api/v2/generate/async", json={"prompt": "a heart"}, headers={"apikey": key_id}
    )
    assert asked.status == 202, asked.body
    left = (await folk.call("GET", path)).body["kudos"]
    assert 100 - asked.body["kudos"] - 1 <= left < 100
    assert (await folk.call("PATCH", path, "ann", json={"kudos": 100})).body["kudos"] == 100
    assert (await folk.call("PATCH", path, "ann", json={"kudos": 0})).body["kudos"] == 0


async def test_limits_of_keys(folk: Folk) -> None:
    for broken in (
        {"kudos": 50_000_001},
        {"kudos": -2},
        {"expiry": -2},
        {"expiry": 10**9},
        {"name": "ab"},
        {"max_image_pixels": 4_194_305},
        {"max_image_steps": 501},
        {"max_text_tokens": -2},
    ):
        reply = await folk.call("PUT", "/sharedkeys", "ann", json=broken)
        assert (reply.status, set(reply.body["errors"])) == (400, set(broken))
    for _ in range(3):
        await make_key(folk, name="one of three")
    assert await folk.refused("PUT", "/sharedkeys", "ann", json={"name": "four"}) == (403, "TooManySharedKeys")
    anonymous = {"apikey": "0000000000"}
    assert await folk.refused("PUT", "/sharedkeys", headers=anonymous, json={}) == (403, "AnonForbidden")
    assert (await folk.call("PUT", "/sharedkeys", json={})).status == 400


async def give(folk: Folk, by: str, to: str, amount: object = 10, **more: object) -> tuple[int, str]:
    return await folk.refused("POST", TRANSFER, by, json={"username": to, "amount": amount}, **more)


async def handle(folk: Folk, who: str) -> str:
    return f"{who}#{await folk.id_of(who)}"


async def test_a_gift_arrives_once_for_each_idempotency_key(folk: Folk) -> None:
    await folk.horde.account("ann", kudos_mk=500_000)
    bob = await handle(folk, "bob")
    for _ in range(2):
        given = await folk.call(
            "POST", TRANSFER, "ann", json={"username": bob, "amount": 30}, headers={"Idempotency-Key": "k1"}
        )
        assert (given.status, given.body) == (200, {"transferred": 30})
    assert (await folk.horde.kudos_of("bob"), await folk.horde.kudos_of("ann")) == (30, 470)
    assert await give(folk, "ann", bob, 31, headers={"Idempotency-Key": "k1"}) == (409, "IdempotencyKeyConflict")
    assert (await folk.call("POST", TRANSFER, "ann", json={"username": bob})).body == {"transferred": 100}
    carl = await handle(folk, "carl")
    await folk.call("POST", TRANSFER, "bob", json={"username": carl, "amount": 5}, headers={"Idempotency-Key": "k1"})
    assert await folk.horde.kudos_of("carl") == 5, "another's key is another key"
    await folk.horde.assert_ledger_is_whole()


async def test_a_gift_to_a_shared_key_raises_its_budget(folk: Folk) -> None:
    await folk.horde.account("bob", kudos_mk=500_000)
    key_id = await make_key(folk, name="plain", kudos=10)
    given = await folk.call("POST", TRANSFER, "bob", json={"username": key_id, "amount": 30})
    assert given.body == {"transferred": 30}
    assert await folk.horde.kudos_of("ann") == 30
    assert (await folk.call("GET", f"/sharedkeys/{key_id}")).body["kudos"] == 40
    late = await make_key(folk, name="short", expiry=1)
    folk.horde.clock.ahead_ms += 2 * DAY_S * 1_000
    assert await give(folk, "bob", late) == (400, "SharedKeyExpired")


async def test_each_refusal_of_a_gift(folk: Folk) -> None:
    await folk.horde.account("ann", kudos_mk=500_000)
    ann, bob = await handle(folk, "ann"), await handle(folk, "bob")
    for to, amount, expected in (
        ("nobody", 10, "InvalidTargetUsername"),
        ("bob#9999", 10, "InvalidTargetUsername"),
        ("00000000-0000-4000-8000-000000000000", 10, "InvalidTargetUsername"),
        ("Anonymous#0", 10, "KudosTransferToAnon"),
        (ann, 10, "KudosTransferToSelf"),
        (bob, -5, "NegativeKudosTransfer"),
        (bob, 0, "InvalidKudosTransferAmount"),
        (bob, 501, "KudosTransferNotEnough"),
    ):
        assert await give(folk, "ann", to, amount) == (400, expected)
    anonymous = await folk.refused(
        "POST", TRANSFER, headers={"apikey": "0000000000"}, json={"username": bob, "amount": 1}
    )
    assert anonymous == (400, "KudosTransferFromAnon")
    for broken in ({"amount": 5}, {"username": bob, "amount": 1.5}, {"username": bob, "amount": 10**13}):
        reply = await folk.call("POST", TRANSFER, "ann", json=broken)
        assert (reply.status, len(reply.body["errors"])) == (400, 1)
    assert (await folk.horde.kudos_of("ann"), await folk.horde.kudos_of("bob")) == (500, 0)


@pytest.mark.parametrize(
    ("who", "values", "expected"),
    [
        ("ann", {"suspicions": 9}, "FaultWhenKudosSending"),
        ("ann", {"flagged": True}, "SourceAccountFlagged"),
        ("ann", {"education": True}, "EducationCannotSendKudos"),
        ("bob", {"suspicions": 9}, "FaultWhenKudosReceiving"),
        ("bob", {"flagged": True}, "TargetAccountFlagged"),
        ("bob", {"deleted_at_ms": 1}, "DeletedUser"),
    ],
)
async def test_who_may_neither_give_nor_take(folk: Folk, who: str, values: dict[str, object], expected: str) -> None:
    await folk.horde.account("ann", kudos_mk=500_000)
    bob = await handle(folk, "bob")
    await folk.amend(who, **values)
    assert await give(folk, "ann", bob) == (400, expected)


async def test_a_gift_does_not_come_straight_back(folk: Folk) -> None:
    await folk.horde.account("ann", kudos_mk=500_000)
    ann, bob = await handle(folk, "ann"), await handle(folk, "bob")
    await folk.call("POST", TRANSFER, "ann", json={"username": bob, "amount": 30})
    assert await give(folk, "bob", ann) == (400, "TooFastKudosTransfers")
    folk.horde.clock.ahead_ms += 61_000
    assert (await folk.call("POST", TRANSFER, "bob", json={"username": ann, "amount": 30})).status == 200


async def test_awards_come_from_the_horde_by_those_who_may(folk: Folk) -> None:
    bob, award = await handle(folk, "bob"), "/kudos/award"
    body = {"username": bob, "amount": 250}
    assert await folk.refused("POST", award, "ann", json=body) == (403, "NotAllowedAwards")
    for _ in range(2):
        given = await folk.call("POST", award, "admin", json=body, headers={"Idempotency-Key": "a"})
        assert given.body == {"awarded": 250}
    assert await folk.horde.kudos_of("bob") == 250
    for change, expected in (
        ({"username": "nobody#4711"}, "InvalidAwardUsername"),
        ({"username": "Anonymous#0"}, "KudosAwardToAnon"),
        ({"amount": 0}, "InvalidKudosTransferAmount"),
        ({"amount": -3}, "InvalidKudosTransferAmount"),
    ):
        assert await folk.refused("POST", award, "admin", json=body | change) == (400, expected)
    assert (await folk.call("POST", award, "admin", json=body | {"amount": 10**30})).status == 400
    await folk.horde.assert_ledger_is_whole()
