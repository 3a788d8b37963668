"""Messages to workers over HTTP: who writes to whom, and who reads what."""

from typing import Any

from tests.api.people.folk import Folk

PATH = "/workers/messages"
HOUR_MS = 3_600_000


async def say(folk: Folk, by: str, text: str, **more: Any) -> Any:
    reply = await folk.call("POST", PATH, by, json={"message": text, **more})
    assert reply.status == 200, reply.body
    return reply.body


async def read(folk: Folk, by: str, **query: str) -> list[str]:
    reply = await folk.call("GET", PATH, by, params=query)
    assert reply.status == 200, reply.body
    return [one["message"] for one in reply.body]


async def test_an_owner_writes_to_its_own_workers(folk: Folk) -> None:
    worker_id = await folk.worker("ann")
    one = await say(folk, "ann", "to one", worker_id=worker_id, expiry=3)
    assert one == {
        "id": one["id"],
        "worker_id": worker_id,
        "message": "to one",
        "origin": f"ann#{await folk.id_of('ann')}",
        "expiry": 3,
    }
    every = await say(folk, "ann", "to all of mine")
    assert ("worker_id" in every, every["expiry"]) == (False, 12)
    told = (await folk.horde.pop(who="ann")).body["messages"]
    assert {message["message"] for message in told} == {"to one", "to all of mine"}
    await folk.worker("bob")
    assert (await folk.horde.pop(who="bob")).body["messages"] == []


async def test_only_moderators_write_to_others_and_in_others_names(folk: Folk) -> None:
    worker_id = await folk.worker("ann")
    body = {"message": "x", "worker_id": worker_id}
    assert await folk.refused("POST", PATH, "bob", json=body) == (403, "NotOwner")
    named = body | {"origin": "The horde"}
    assert await folk.refused("POST", PATH, "ann", json=named) == (403, "NotModerator")
    assert (await say(folk, "boss", "x", worker_id=worker_id, origin="The horde"))["origin"] == "The horde"
    await say(folk, "boss", "to every worker")
    await folk.worker("bob")
    assert [one["message"] for one in (await folk.horde.pop(who="bob")).body["messages"]] == ["to every worker"]
    anonymous = {"apikey": "0000000000"}
    assert await folk.refused("POST", PATH, headers=anonymous, json={"message": "x"}) == (403, "AnonForbidden")
    assert await folk.refused("POST", PATH, "ann", json={"message": "x", "worker_id": "nobody"}) == (
        404,
        "WorkerNotFound",
    )


async def test_nobody_reads_what_is_said_to_others(folk: Folk) -> None:
    worker_id = await folk.worker("ann")
    other_id = await folk.worker("bob")
    secret = await say(folk, "ann", "for ann's eyes", worker_id=worker_id)
    await say(folk, "bob", "for bob's eyes")
    ann, bob = str(await folk.id_of("ann")), str(await folk.id_of("bob"))
    assert await read(folk, "ann") == await read(folk, "ann", user_id=ann) == ["for ann's eyes"]
    assert await read(folk, "bob") == ["for bob's eyes"]
    assert set(await read(folk, "boss")) == {"for ann's eyes", "for bob's eyes"}
    assert await read(folk, "boss", user_id=bob) == ["for bob's eyes"]
    assert await folk.refused("GET", PATH, "bob", params={"user_id": ann}) == (403, "NotModerator")
    assert await folk.refused("GET", PATH, "bob", params={"worker_id": worker_id}) == (403, "NotOwner")
    assert await folk.refused("GET", PATH, "bob", params={"worker_id": "nobody"}) == (404, "WorkerNotFound")
    one = f"{PATH}/{secret['id']}"
    assert (await folk.call("GET", one, "ann")).body == (await folk.call("GET", one, "boss")).body == secret
    for method in ("GET", "DELETE"):
        assert await folk.refused(method, one, "bob") == (403, "NotOwner")
        assert (await folk.call(method, one)).status == 400
    for path, viewer in ((f"/workers/{worker_id}", "bob"), (f"/workers/{other_id}", "ann"), ("/workers", None)):
        assert "eyes" not in str([(await folk.call("GET", path, viewer)).body])
    own = (await folk.call("GET", f"/workers/{worker_id}", "ann")).body["messages"]
    assert own == [secret]
    listed = {one["id"]: one["messages"] for one in (await folk.call("GET", "/workers", "boss")).body}
    assert [[one["message"] for one in listed[each]] for each in (worker_id, other_id)] == [
        ["for ann's eyes"],
        ["for bob's eyes"],
    ]


async def test_who_has_the_worker_reads_and_only_who_wrote_deletes(folk: Folk) -> None:
    worker_id = await folk.worker("ann")
    said = await say(folk, "boss", "mind the gap", worker_id=worker_id)
    path = f"{PATH}/{said['id']}"
    assert (await folk.call("GET", path, "ann")).body == said
    assert await folk.refused("DELETE", path, "ann") == (403, "NotModerator")
    assert (await folk.call("DELETE", path, "boss")).body == {"message": "OK"}
    for method in ("GET", "DELETE"):
        assert await folk.refused(method, path, "boss") == (404, "MessageNotFound")
    assert (await folk.horde.pop(who="ann")).body["messages"] == []


async def test_what_is_over_is_still_listed_where_it_is_asked_for(folk: Folk) -> None:
    await say(folk, "boss", "old", expiry=1)
    folk.horde.clock.ahead_ms += 2 * HOUR_MS
    await say(folk, "boss", "new")
    assert await read(folk, "boss") == await read(folk, "boss", validity="active") == ["new"]
    assert await read(folk, "boss", validity="expired") == ["old"]
    assert await read(folk, "boss", validity="all") == ["new", "old"]
    assert await read(folk, "boss", page="2") == []
    for query in ({"validity": "some"}, {"page": "0"}, {"user_id": "x"}):
        assert (await folk.call("GET", PATH, "boss", params=query)).status == 400


async def test_an_idempotency_key_sends_once_and_no_key_sends_again(folk: Folk) -> None:
    for _ in range(2):
        await say(folk, "boss", "twice")
    assert await read(folk, "boss") == ["twice", "twice"], "v2 drops the second of a minute"
    headers = {"Idempotency-Key": "m1"}
    first, again = [
        (await folk.call("POST", PATH, "boss", json={"message": "once"}, headers=headers)).body for _ in range(2)
    ]
    assert first == again
    assert (await read(folk, "boss")).count("once") == 1
    refused = await folk.refused("POST", PATH, "boss", json={"message": "other"}, headers=headers)
    assert refused == (409, "IdempotencyKeyConflict")


async def test_limits_of_messages(folk: Folk) -> None:
    for broken in ({"message": ""}, {"message": "m" * 10_241}, {"expiry": 0}, {"expiry": 721}, {"origin": ""}):
        reply = await folk.call("POST", PATH, "boss", json={"message": "x"} | broken)
        assert (reply.status, set(reply.body["errors"])) == (400, set(broken))
    blank = await folk.refused("POST", PATH, "boss", json={"message": "   "})
    assert blank == (400, "BadRequest")
