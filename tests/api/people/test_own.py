"""What is ours beside v2: a new key for the old one, and one's own requests in pages."""

from tests.api.people.folk import Folk

REQUESTS = "/api/extras/requests"
ROTATE = "/api/extras/keys/rotate"


async def test_a_new_key_and_the_old_one_is_worth_nothing(folk: Folk) -> None:
    old = (await folk.horde.account("ann")).api_key
    made = await folk.horde.call("POST", ROTATE, headers={"apikey": old})
    assert (made.status, made.headers["Cache-Control"]) == (200, "no-store")
    assert made.body["username"] == f"ann#{await folk.id_of('ann')}"
    assert (len(made.body["apikey"]), made.body["apikey"] != old) == (22, True)
    assert (await folk.horde.call("POST", ROTATE, headers={"apikey": old})).status == 401
    found = await folk.call("GET", "/find_user", headers={"apikey": made.body["apikey"]})
    assert found.body["username"] == made.body["username"]


async def test_nobody_rotates_the_key_that_all_share(folk: Folk) -> None:
    refused = await folk.horde.call("POST", ROTATE, headers={"apikey": "0000000000"})
    assert (refused.status, refused.body["rc"]) == (403, "AnonForbidden")
    assert (await folk.horde.call("POST", ROTATE)).status == 400
    key = (await folk.call("PUT", "/sharedkeys", "ann", json={"name": "lent"})).body["id"]
    assert (await folk.horde.call("POST", ROTATE, headers={"apikey": key})).status == 401, "it was only lent"


async def test_ones_own_requests_come_in_pages_and_are_all_there_once(folk: Folk) -> None:
    asked = [(await folk.horde.ask(who="ann")).body["id"] for _ in range(5)]
    await folk.horde.ask(who="bob")
    await folk.horde.call("DELETE", f"/api/v2/generate/status/{asked[0]}")
    seen, cursor = [], ""
    while True:
        page = (await folk.horde.call("GET", REQUESTS, who="ann", params={"limit": "2", "cursor": cursor})).body
        assert 1 <= len(page["requests"]) <= 2
        seen += page["requests"]
        await folk.horde.ask(who="ann")
        cursor = page.get("next_cursor", "")
        if not cursor:
            break
    assert [one["id"] for one in sorted(seen, key=lambda one: asked.index(one["id"]))] == asked
    assert [one["asked"] for one in seen] == sorted((one["asked"] for one in seen), reverse=True)
    by_id = {one["id"]: one for one in seen}
    cancelled, waiting = by_id[asked[0]], by_id[asked[1]]
    assert (cancelled["state"], cancelled["ended"] >= cancelled["asked"]) == ("cancelled", True)
    assert (waiting["state"], waiting["kind"], waiting["n"], "ended" in waiting) == ("open", "image", 1, False)
    assert waiting["kudos"] > 0
    assert all("prompt" not in one for one in seen)


async def test_refusals_of_pages(folk: Folk) -> None:
    refused = await folk.horde.call("GET", REQUESTS, headers={"apikey": "0000000000"})
    assert (refused.status, refused.body["rc"]) == (403, "AnonForbidden")
    for query in ({"limit": "0"}, {"limit": "101"}, {"limit": "x"}):
        assert (await folk.horde.call("GET", REQUESTS, who="ann", params=query)).status == 400
    for cursor in ("nonsense", "====", "-", "x" * 101, "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk6eA", "MToAeA"):
        assert (await folk.horde.call("GET", REQUESTS, who="ann", params={"cursor": cursor})).status == 400, cursor
    assert (await folk.horde.call("GET", REQUESTS, who="ann")).body == {"requests": []}
