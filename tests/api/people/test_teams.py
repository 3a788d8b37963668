"""Teams over HTTP: made by the trusted, changed by their makers, joined by workers."""

from typing import Any

from core.services.workers.teams import roll_up
from tests.api.people.folk import Folk


async def make(folk: Folk, by: str = "ann", name: str = "The Painters", **more: Any) -> str:
    await folk.horde.account(by, trusted=True)
    reply = await folk.call("POST", "/teams", by, json={"name": name, **more})
    assert reply.status == 200, reply.body
    team_id: str = reply.body["id"]
    return team_id


async def test_a_team_shows_what_its_workers_do(folk: Folk) -> None:
    team_id = await make(folk, info="We paint.")
    worker_id = await folk.worker("ann")
    joined = await folk.call("PUT", f"/workers/{worker_id}", "ann", json={"team": team_id})
    assert joined.body == {"team": "The Painters"}
    await folk.make_picture(owner="ann")
    await folk.run(roll_up)
    seen = (await folk.call("GET", f"/teams/{team_id}")).body
    worker = {"type": "image", "name": "worker of ann", "id": worker_id, "online": True}
    assert seen == {
        "name": "The Painters",
        "id": team_id,
        "info": "We paint.",
        "requests_fulfilled": 1,
        "kudos": seen["kudos"],
        "uptime": seen["uptime"],
        "creator": f"ann#{await folk.id_of('ann')}",
        "worker_count": 1,
        "workers": [worker],
        "models": [{"name": "tiny-glyphs", "count": 1}],
    }
    assert seen["kudos"] > 0
    assert (await folk.call("GET", "/teams")).body == [seen]
    of_worker = (await folk.call("GET", f"/workers/{worker_id}")).body["team"]
    assert of_worker == {"name": "The Painters", "id": team_id}
    left = await folk.call("PUT", f"/workers/{worker_id}", "ann", json={"team": ""})
    assert left.body == {"team": "None"}
    assert (await folk.call("GET", f"/teams/{team_id}")).body["workers"] == []


async def test_each_team_is_listed_with_its_own_workers(folk: Folk) -> None:
    for who in ("ann", "bob"):
        team_id = await make(folk, who, f"Team of {who}")
        worker_id = await folk.worker(who)
        await folk.call("PUT", f"/workers/{worker_id}", who, json={"team": team_id})
    await make(folk, "ann", "Nobody yet")
    listed = {one["name"]: one for one in (await folk.call("GET", "/teams")).body}
    assert {name: [one["name"] for one in team["workers"]] for name, team in listed.items()} == {
        "Team of ann": ["worker of ann"],
        "Team of bob": ["worker of bob"],
        "Nobody yet": [],
    }
    assert listed["Team of bob"]["creator"] == f"bob#{await folk.id_of('bob')}"


async def test_only_the_trusted_make_teams(folk: Folk) -> None:
    assert await folk.refused("POST", "/teams", "bob", json={"name": "Mine"}) == (403, "UntrustedTeamCreation")
    anonymous = {"apikey": "0000000000"}
    assert await folk.refused("POST", "/teams", headers=anonymous, json={"name": "Mine"}) == (403, "AnonForbidden")
    assert (await folk.call("POST", "/teams", json={"name": "Mine"})).status == 400
    made = await folk.call("POST", "/teams", "boss", json={"name": "Moderators"})
    assert made.body == {"id": made.body["id"], "name": "Moderators", "info": ""}


async def test_only_makers_and_moderators_change_and_delete(folk: Folk) -> None:
    team_id = await make(folk)
    path = f"/teams/{team_id}"
    await folk.horde.account("bob", trusted=True)
    assert await folk.refused("PATCH", path, "bob", json={"info": "mine now"}) == (403, "NotOwner")
    assert await folk.refused("DELETE", path, "bob") == (403, "NotOwner")
    for by in ("ann", "boss"):
        assert (await folk.call("PATCH", path, by, json={"info": f"by {by}"})).body == {
            "id": team_id,
            "info": f"by {by}",
        }
    assert (await folk.call("PATCH", path, "ann", json={"name": "Renamed"})).body == {"id": team_id, "name": "Renamed"}
    assert (await folk.call("DELETE", path, "boss")).body == {"deleted_id": team_id, "deleted_name": "Renamed"}
    for method, more in (("GET", {}), ("PATCH", {"json": {"name": "Again"}}), ("DELETE", {})):
        assert await folk.refused(method, path, "boss", **more) == (404, "TeamNotFound")


async def test_refusals_of_texts(folk: Folk) -> None:
    team_id = await make(folk)
    await make(folk, name="Others")
    patch = ("PATCH", f"/teams/{team_id}")
    for (method, path), body, expected in (
        (("POST", "/teams"), {"name": "Others"}, "TeamNameAlreadyExists"),
        (("POST", "/teams"), {"name": "forbidden"}, "ProfaneTeamName"),
        (("POST", "/teams"), {"name": "Fine", "info": "forbidden"}, "ProfaneTeamInfo"),
        (patch, {"name": "Others"}, "TeamNameAlreadyExists"),
        (patch, {"name": "forbidden"}, "ProfaneTeamName"),
        (patch, {"info": "forbidden"}, "ProfaneTeamInfo"),
        (patch, {}, "NoTeamModSelected"),
        (patch, {"name": "     "}, "BadRequest"),
    ):
        assert await folk.refused(method, path, "ann", json=body) == (400, expected), body
    for broken in ({"name": "ab"}, {"name": "n" * 101}, {"info": "ab"}, {"info": "i" * 1_001}):
        reply = await folk.call("PATCH", patch[1], "ann", json=broken)
        assert (reply.status, set(reply.body["errors"])) == (400, set(broken))
    assert (await folk.call("POST", "/teams", "ann", json={"info": "no name"})).body["errors"].keys() == {"name"}


async def test_an_idempotency_key_makes_one_team(folk: Folk) -> None:
    await folk.horde.account("ann", trusted=True)
    headers = {"Idempotency-Key": "t1"}
    made = [(await folk.call("POST", "/teams", "ann", json={"name": "Once"}, headers=headers)).body for _ in range(2)]
    assert made[0] == made[1]
    refused = await folk.refused("POST", "/teams", "ann", json={"name": "Other"}, headers=headers)
    assert refused == (409, "IdempotencyKeyConflict")
    assert len((await folk.call("GET", "/teams")).body) == 1
