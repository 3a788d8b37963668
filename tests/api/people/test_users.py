"""Accounts over HTTP: who sees what, who changes what, and how one is taken down."""

from typing import Any

import pytest

from core.services.people.records import SETTLED_MS, roll_up_journal
from core.services.statistics.roll_up import roll_up
from tests.api.people.folk import MODERATOR, OWNER, PUBLIC, Folk

DAY_MS = 86_400_000


async def test_each_sees_what_is_for_its_eyes(folk: Folk) -> None:
    await folk.horde.account("ann", kudos_mk=1_500)
    await folk.amend("ann", contact="ann@example.org", admin_comment="was here", proxy_passkey="p" * 16)
    for viewer in (None, "bob"):
        assert set(await folk.user("ann", viewer)) == PUBLIC
    own = await folk.user("ann", "ann")
    assert set(own) == OWNER | {"contact"}
    assert own["contact"] == "ann@example.org"
    seen = await folk.user("ann", "boss")
    assert set(seen) == MODERATOR | {"contact", "admin_comment", "proxy_passkey"}
    assert (seen["admin_comment"], seen["proxy_passkey"]) == ("was here", "p" * 16)
    by_anonymous = await folk.call("GET", f"/users/{own['id']}", headers={"apikey": "0000000000"})
    assert set(by_anonymous.body) == PUBLIC
    wrong = await folk.call("GET", f"/users/{own['id']}", headers={"apikey": "nobody's"})
    assert (wrong.status, wrong.body["rc"]) == (401, "InvalidAPIKey")


async def test_values_have_v2s_types(folk: Folk) -> None:
    await folk.horde.account("ann", kudos_mk=2_000)
    seen = await folk.user("ann", "boss")
    assert (seen["username"], seen["kudos"], seen["concurrency"]) == (f"ann#{seen['id']}", 2, 30)
    assert seen["monthly_kudos"] == {"amount": 0}
    assert seen["kudos_details"] == dict.fromkeys(
        ("accumulated", "gifted", "donated", "admin", "received", "recurring", "awarded", "styled"), 0
    )
    assert seen["active_generations"] == {"text": [], "image": [], "alchemy": []}
    assert seen["records"]["request"] == {"image": 0, "text": 0, "interrogation": 0}
    assert seen["account_age"] >= 0
    everyone = await folk.call("GET", "/users/0")
    assert (everyone.body["username"], everyone.body["concurrency"]) == ("Anonymous#0", 500)


@pytest.mark.parametrize("number", ["abc", "999999", "-1", "1.5", "9" * 30, "%F0", "²"])
async def test_nobody_is_not_found(folk: Folk, number: str) -> None:
    for method, more in (("GET", {}), ("PUT", {"json": {"trusted": True}}), ("DELETE", {})):
        assert await folk.refused(method, f"/users/{number}", "boss", **more) == (404, "UserNotFound")


async def test_public_workers_are_shown_by_their_ids(folk: Folk) -> None:
    worker_id = await folk.worker("ann")
    seen = await folk.user("ann")
    assert (seen["worker_count"], "worker_ids" in seen) == (1, False)
    assert (await folk.put("ann", "ann", public_workers=True)).body == {"public_workers": True}
    assert (await folk.user("ann"))["worker_ids"] == [worker_id]


async def test_ones_open_requests_are_for_oneself(folk: Folk) -> None:
    asked = (await folk.horde.ask(who="ann")).body["id"]
    assert (await folk.user("ann", "ann"))["active_generations"] == {"text": [], "image": [asked], "alchemy": []}
    await folk.horde.call("DELETE", f"/api/v2/generate/status/{asked}")
    assert (await folk.user("ann", "ann"))["active_generations"]["image"] == []
    anonymous = await folk.horde.call(
        "POST", "/api/v2/generate/async", json={"prompt": "a heart"}, headers={"apikey": "0000000000"}
    )
    assert anonymous.status == 202
    shared = await folk.call("GET", "/find_user", headers={"apikey": "0000000000"})
    assert shared.body["active_generations"]["image"] == [], "what all share is nobody's own"


async def test_what_was_made_is_on_record(folk: Folk) -> None:
    await folk.horde.account("asker", kudos_mk=100_000)
    await folk.horde.account("owner", trusted=True)
    await folk.make_picture()
    gift = {"username": f"asker#{await folk.id_of('asker')}", "amount": 1}
    assert (await folk.call("POST", "/kudos/transfer", "owner", json=gift)).status == 200
    await folk.run(roll_up)
    now_ms = folk.horde.clock.now_ms()
    assert await folk.run(lambda tx: roll_up_journal(tx, now_ms=now_ms)) == 0, "what is young is not settled"
    assert await folk.run(lambda tx: roll_up_journal(tx, now_ms=now_ms + 2 * SETTLED_MS)) > 0
    assert await folk.run(lambda tx: roll_up_journal(tx, now_ms=now_ms + 2 * SETTLED_MS)) == 0
    asker, owner = await folk.user("asker"), await folk.user("owner")
    assert asker["records"]["request"]["image"] == owner["records"]["fulfillment"]["image"] == 1
    assert asker["records"]["usage"] == owner["records"]["contribution"] == {"megapixelsteps": 0.04, "tokens": 0}
    assert asker["usage"] == {"megapixelsteps": 0.04, "requests": 1}
    assert owner["contributions"] == {"megapixelsteps": 0.04, "fulfillments": 1}
    for seen in (asker, owner):
        assert sum(seen["kudos_details"].values()) == pytest.approx(seen["kudos"])
    assert (asker["kudos_details"]["received"], owner["kudos_details"]["gifted"]) == (1, -1)
    assert (asker["kudos_details"]["admin"], asker["kudos_details"]["accumulated"] < 0) == (100, True)


async def test_styles_are_shown_and_private_ones_to_their_maker(folk: Folk) -> None:
    await folk.horde.account("ann", trusted=True)
    made = {}
    for name, public in (("shown", True), ("hidden", False)):
        style = {"name": name, "prompt": "{p} in oil{np}", "models": ["tiny-glyphs"], "public": public}
        reply = await folk.call("POST", "/styles/image", "ann", json=style)
        assert reply.status == 200, reply.body
        made[name] = {"name": name, "id": reply.body["id"], "type": "image"}
    assert (await folk.user("ann", "bob"))["styles"] == [made["shown"]]
    for viewer in ("ann", "boss"):
        assert (await folk.user("ann", viewer))["styles"] == [made["shown"], made["hidden"]]


async def test_the_list_is_in_pages_and_public(folk: Folk) -> None:
    for number in range(30):
        await folk.horde.account(f"p{number}", kudos_mk=1_000 * (number + 1))
    first = (await folk.call("GET", "/users")).body
    second = (await folk.call("GET", "/users", params={"page": "2"})).body
    assert len(first) == 25
    assert [one["kudos"] for one in first] == sorted((one["kudos"] for one in first), reverse=True)
    assert first[0]["kudos"] == 30
    ids = [one["id"] for one in first + second]
    assert len(ids) == len(set(ids)) == 33, "admin, boss and Anonymous too, each once"
    assert all(one_id >= 0 for one_id in ids)
    assert all(set(one) == PUBLIC for one in first)
    oldest = (await folk.call("GET", "/users", "boss", params={"sort": "age"})).body
    assert [one["id"] for one in oldest] == sorted(one["id"] for one in oldest)
    assert set(oldest[0]) == PUBLIC, "a list is public, whoever asks"
    assert (await folk.call("GET", "/users", params={"page": "10001"})).body == []
    for wrong in ({"page": "0"}, {"page": "x"}, {"sort": "name"}):
        assert (await folk.call("GET", "/users", params=wrong)).status == 400


async def test_who_was_deleted_is_not_listed(folk: Folk) -> None:
    number = await folk.id_of("ann")
    assert (await folk.call("DELETE", f"/users/{number}", "ann")).body == {"message": "OK"}
    listed = (await folk.call("GET", "/users", params={"sort": "age"})).body
    assert number not in {one["id"] for one in listed}
    assert (await folk.user("ann"))["deleted"] is True


OWNERS: dict[str, Any] = {"username": "Annie", "contact": "at the gate", "public_workers": True}
MODERATORS: dict[str, Any] = {
    "concurrency": 77,
    "worker_invited": 4,
    "trusted": True,
    "flagged": True,
    "customizer": True,
    "vpn": True,
    "service": True,
    "education": True,
    "special": True,
    "admin_comment": "a note",
}
ADMINS: dict[str, Any] = {"kudos": -2.5, "monthly_kudos": 12, "moderator": True}


@pytest.mark.parametrize("field", OWNERS)
async def test_owners_and_moderators_change_this(folk: Folk, field: str) -> None:
    for by in ("ann", "boss"):
        assert (await folk.put("ann", by, **{field: OWNERS[field]})).body == {field: OWNERS[field]}
    number = await folk.id_of("ann")
    for by in ("bob", "owner"):
        refused = await folk.refused("PUT", f"/users/{number}", by, json={field: OWNERS[field]})
        assert refused == (403, "NotPrivileged")


@pytest.mark.parametrize("field", MODERATORS)
async def test_only_moderators_change_that(folk: Folk, field: str) -> None:
    change = {field: MODERATORS[field]}
    number = await folk.id_of("ann")
    for by in ("ann", "bob"):
        assert await folk.refused("PUT", f"/users/{number}", by, json=change) == (403, "NotModerator")
    assert (await folk.put("ann", "boss", **change)).body == change
    assert (await folk.put("ann", "admin", **change)).body == change


@pytest.mark.parametrize("field", ADMINS)
async def test_only_admins_change_these(folk: Folk, field: str) -> None:
    change = {field: ADMINS[field]}
    number = await folk.id_of("ann")
    before = (await folk.user("ann"))["kudos"]
    for by in ("ann", "boss"):
        assert await folk.refused("PUT", f"/users/{number}", by, json=change) == (403, "NotAdmin")
    assert (await folk.user("ann"))["kudos"] == before
    told = (await folk.put("ann", "admin", **change)).body
    assert set(told) == {"new_kudos" if field == "kudos" else field}
    await folk.horde.assert_ledger_is_whole()
    if field == "kudos":
        assert told["new_kudos"] == (await folk.user("ann"))["kudos"] == -2.5


async def test_one_refused_part_refuses_the_whole(folk: Folk) -> None:
    number = await folk.id_of("ann")
    refused = await folk.refused("PUT", f"/users/{number}", "boss", json={"trusted": True, "kudos": 5})
    assert refused == (403, "NotAdmin")
    assert (await folk.user("ann"))["trusted"] is False
    nothing = await folk.refused(
        "PUT", f"/users/{number}", "admin", json={"kudos": 5, "concurrency": 5, "username": "a#b"}
    )
    assert nothing == (400, "TooLongUserName")
    assert (await folk.user("ann"))["kudos"] == 0


async def test_refusals_of_changes(folk: Folk) -> None:
    number = await folk.id_of("ann")
    for change, expected in (
        ({}, (400, "NoUserModSelected")),
        ({"filtered": True}, (400, "NoUserModSelected")),
        ({"username": "n" * 31}, (400, "TooLongUserName")),
        ({"username": "forbidden"}, (400, "ProfaneUserName")),
        ({"contact": "forbidden things"}, (400, "ProfaneUserContact")),
        ({"contact": "### forbidden"}, (400, "ProfaneUserContact")),
        ({"undelete": True}, (400, "UserNotDeleted")),
        ({"usage_multiplier": 2.0}, (403, "NotAdmin")),
        ({"generate_proxy_passkey": True}, (403, "NonServiceForbidden")),
    ):
        assert await folk.refused("PUT", f"/users/{number}", "ann", json=change) == expected, change
    for broken in ({"concurrency": 501}, {"username": "ab"}, {"contact": "abc"}, {"kudos": 1e13}, {"trusted": "yes"}):
        reply = await folk.call("PUT", f"/users/{number}", "boss", json=broken)
        assert (reply.status, set(reply.body["errors"])) == (400, set(broken))
    assert await folk.refused("PUT", "/users/0", "boss", json={"trusted": True}) == (403, "AnonForbiddenUserMod")
    anonymous = {"apikey": "0000000000"}
    assert await folk.refused("PUT", f"/users/{number}", headers=anonymous, json={"username": "Anna"}) == (
        403,
        "NotPrivileged",
    )
    missing = await folk.call("PUT", f"/users/{number}", json={"trusted": True})
    assert (missing.status, "apikey" in missing.body["errors"]) == (400, True)
    wrong = await folk.refused("PUT", f"/users/{number}", headers={"apikey": "no"}, json={"trusted": True})
    assert wrong == (401, "InvalidAPIKey")


async def test_a_service_has_a_pass_key_that_moderators_see(folk: Folk) -> None:
    await folk.put("ann", "boss", service=True)
    told = (await folk.put("ann", "ann", generate_proxy_passkey=True)).body
    assert (set(told), len(told["proxy_passkey"])) == ({"proxy_passkey"}, 16)
    assert (await folk.user("ann", "boss"))["proxy_passkey"] == told["proxy_passkey"]
    assert "proxy_passkey" not in await folk.user("ann", "ann")


async def test_suspicion_is_reset_and_not_shown_to_its_object(folk: Folk) -> None:
    await folk.amend("ann", suspicions=3)
    assert "suspicious" not in await folk.user("ann", "ann")
    assert (await folk.user("ann", "boss"))["suspicious"] == 3
    assert (await folk.put("ann", "boss", reset_suspicion=True)).body == {"new_suspicion": 0}


async def test_a_deleted_account_opens_nothing_but_its_undoing(folk: Folk) -> None:
    number = await folk.id_of("ann")
    assert await folk.refused("DELETE", f"/users/{number}", "bob") == (403, "NotUserOrMod")
    assert await folk.refused("DELETE", f"/users/{await folk.id_of('boss')}", "admin") == (403, "CannotDeleteMod")
    assert await folk.refused("DELETE", "/users/0", "boss") == (403, "AnonForbiddenUserMod")
    assert (await folk.call("DELETE", f"/users/{number}", "ann")).status == 200
    assert await folk.refused("DELETE", f"/users/{number}", "ann") == (400, "CannotWipeActiveUser")
    assert await folk.refused("PUT", f"/users/{number}", "ann", json={"username": "Anna"}) == (403, "DeletedUser")
    assert await folk.refused("DELETE", f"/users/{await folk.id_of('bob')}", "ann") == (403, "DeletedUser")
    assert await folk.refused("POST", "/kudos/transfer", "ann", json={"username": "x#1"}) == (403, "DeletedUser")
    assert (await folk.call("GET", "/find_user", "ann")).body["deleted"] is True
    assert (await folk.put("ann", "ann", undelete=True)).body == {"undeleted": True}
    assert (await folk.put("ann", "ann", username="Anna")).body == {"username": "Anna"}


async def test_thirty_days_later_nothing_names_the_person(folk: Folk) -> None:
    number = await folk.id_of("ann")
    await folk.put("ann", "ann", contact="ann@example.org")
    await folk.call("DELETE", f"/users/{number}", "ann")
    folk.horde.clock.ahead_ms += 31 * DAY_MS
    assert await folk.refused("DELETE", f"/users/{number}", "bob") == (403, "NotUserOrMod")
    assert (await folk.call("DELETE", f"/users/{number}", "ann")).body == {"message": "OK"}
    seen = await folk.user("ann", "boss")
    assert (seen["username"], "contact" in seen) == (f"deleted#{number}", False)
    assert await folk.refused("GET", "/find_user", "ann") == (404, "UserNotFound")
