"""Workers over HTTP: who sees what of them, who changes and removes them."""

from typing import Any

from tests.api.people.folk import Folk
from tests.api.scene import webp

PUBLIC = {
    "type",
    "name",
    "id",
    "online",
    "requests_fulfilled",
    "kudos_rewards",
    "kudos_details",
    "performance",
    "threads",
    "uptime",
    "maintenance_mode",
    "info",
    "nsfw",
    "trusted",
    "flagged",
    "uncompleted_jobs",
    "team",
    "bridge_agent",
}
IMAGE = PUBLIC | {
    "models",
    "max_pixels",
    "megapixelsteps_generated",
    "img2img",
    "painting",
    "post-processing",
    "lora",
    "controlnet",
    "sdxl_controlnet",
}
TEXT = PUBLIC | {"models", "max_length", "max_context_length", "tokens_generated"}
ALCHEMIST = PUBLIC | {"forms"}
OWNER = IMAGE | {"owner", "paused", "messages"}
MODERATOR = OWNER | {"suspicious"}


async def listed(folk: Folk, by: str | None = None, **query: str) -> Any:
    reply = await folk.call("GET", "/workers", by, params=query)
    assert reply.status == 200
    return reply.body


async def test_each_sees_what_is_for_its_eyes(folk: Folk) -> None:
    worker_id = await folk.worker("ann")
    paths = (f"/workers/{worker_id}", "/workers/name/worker of ann")
    for path in paths:
        for viewer in (None, "bob"):
            seen = await folk.call("GET", path, viewer)
            assert (seen.status, set(seen.body)) == (200, IMAGE)
        assert set((await folk.call("GET", path, "ann")).body) == OWNER
        assert set((await folk.call("GET", path, "boss")).body) == MODERATOR
    assert set((await listed(folk))[0]) == set((await listed(folk, "bob"))[0]) == IMAGE
    assert set((await listed(folk, "ann"))[0]) == OWNER
    assert set((await listed(folk, "boss"))[0]) == MODERATOR
    assert (await folk.call("GET", paths[0], headers={"apikey": "0000000000"})).body.keys() == IMAGE
    assert await folk.refused("GET", paths[0], headers={"apikey": "nobody's"}) == (401, "InvalidAPIKey")


async def test_owners_of_private_workers_are_told_nowhere(folk: Folk) -> None:
    worker_id = await folk.worker("ann", name="quiet worker")
    await folk.amend("ann", contact="ann@example.org")
    for path in ("/workers", f"/workers/{worker_id}", "/workers/name/quiet worker"):
        reply = await folk.call("GET", path, "bob")
        assert "ann" not in str(reply.body)
    await folk.put("ann", "ann", public_workers=True)
    folk.horde.clock.ahead_ms += 2_000
    for path in ("/workers", f"/workers/{worker_id}"):
        body = (await folk.call("GET", path)).body
        seen = body[0] if isinstance(body, list) else body
        assert (seen["owner"], seen["contact"]) == (f"ann#{await folk.id_of('ann')}", "ann@example.org")


async def test_values_have_v2s_types(folk: Folk) -> None:
    await folk.horde.account("ann", trusted=True)
    await folk.worker("ann", threads=2, nsfw=False, bridge_agent="mine:1:https://example.org", allow_lora=True)
    await folk.make_picture(owner="ann")
    folk.horde.clock.ahead_ms += 2_000
    seen = (await listed(folk))[0]
    assert (seen["type"], seen["online"], seen["threads"], seen["nsfw"]) == ("image", True, 1, True)
    assert (seen["requests_fulfilled"], seen["uncompleted_jobs"]) == (1, 0)
    assert seen["kudos_rewards"] == seen["kudos_details"]["generated"] + seen["kudos_details"]["uptime"] > 0
    assert seen["megapixelsteps_generated"] == 0, "whole ones: the SDK refuses a fraction"
    assert seen["team"] == {"name": None, "id": None}
    assert seen["performance"].endswith("megapixelsteps per second")


async def test_r17_types_and_names(folk: Folk) -> None:
    await folk.worker("ann", name="painter")
    texter = {"name": "texter", "models": ["koboldcpp/tiny"]}
    assert (await folk.call("POST", "/generate/text/pop", "ann", json=texter)).status == 200
    alchemist = {"name": "alchemist", "forms": ["caption"]}
    assert (await folk.call("POST", "/interrogate/pop", "ann", json=alchemist)).status == 200
    names = {"image": "painter", "text": "texter", "interrogation": "alchemist"}
    for kind, name in names.items():
        assert [one["name"] for one in await listed(folk, type=kind)] == [name]
    assert {one["name"] for one in await listed(folk, type="")} == set(names.values()), "an empty type is all of them"
    text, odd = (await listed(folk, type="text"))[0], (await listed(folk, type="interrogation"))[0]
    assert (set(text), text["models"]) == (TEXT, ["koboldcpp/tiny"])
    assert (set(odd), odd["forms"]) == (ALCHEMIST, ["caption"])
    assert [one["name"] for one in await listed(folk, type="text", name="painter")] == ["painter"], "the name wins"
    assert await listed(folk, name="nobody's") == []
    assert (await folk.call("GET", "/workers", params={"type": "video"})).status == 400


async def test_who_was_not_seen_for_five_minutes_is_not_listed_and_still_found(folk: Folk) -> None:
    worker_id = await folk.worker("ann")
    folk.horde.clock.ahead_ms += 301_000
    assert await listed(folk) == []
    assert (await folk.call("GET", f"/workers/{worker_id}")).body["online"] is False


async def test_a_worker_that_is_not_there_is_not_found(folk: Folk) -> None:
    for method, path in (
        ("GET", "/workers/nobody"),
        ("GET", "/workers/00000000-0000-4000-8000-000000000000"),
        ("GET", "/workers/name/nobody"),
        ("PUT", "/workers/nobody"),
        ("DELETE", "/workers/nobody"),
    ):
        more = {"json": {"maintenance": True}} if method == "PUT" else {}
        assert await folk.refused(method, path, "boss", **more) == (404, "WorkerNotFound")


async def test_owners_and_moderators_change_a_worker(folk: Folk) -> None:
    path = f"/workers/{await folk.worker('ann')}"
    for by in ("ann", "boss"):
        for change in (
            {"maintenance": True},
            {"maintenance": False},
            {"info": "two cards"},
            {"info": ""},
            {"name": "renamed worker"},
        ):
            assert (await folk.call("PUT", path, by, json=change)).body == change
    away: dict[str, object] = {"maintenance": True, "maintenance_msg": "Back at noon."}
    assert (await folk.call("PUT", path, "ann", json=away)).body == {"maintenance": True}
    told = (await folk.horde.pop(who="ann", name="renamed worker")).body["message"]
    assert "Back at noon." in told
    assert (await folk.call("GET", path)).body["maintenance_mode"] is True
    assert await folk.refused("PUT", path, "bob", json={"info": "x"}) == (403, "NotOwner")
    anonymous = {"apikey": "0000000000"}
    assert await folk.refused("PUT", path, headers=anonymous, json={"info": "x"}) == (403, "AnonForbidden")
    assert (await folk.call("PUT", path, json={"info": "x"})).status == 400


async def test_only_moderators_pause(folk: Folk) -> None:
    path = f"/workers/{await folk.worker('ann')}"
    assert await folk.refused("PUT", path, "ann", json={"paused": True}) == (403, "NotModerator")
    assert await folk.refused("PUT", path, "bob", json={"paused": True}) == (403, "NotOwner")
    assert (await folk.call("PUT", path, "boss", json={"paused": True})).body == {"paused": True}
    assert (await folk.call("GET", path, "boss")).body["paused"] is True
    assert "paused" not in (await folk.call("GET", path)).body


async def test_refusals_of_changes(folk: Folk) -> None:
    path = f"/workers/{await folk.worker('ann')}"
    await folk.worker("bob", name="taken name")
    for change, expected in (
        ({}, (400, "NoWorkerModSelected")),
        ({"name": "taken name"}, (400, "WorkerNameAlreadyExists")),
        ({"name": "forbidden"}, (400, "ProfaneWorkerName")),
        ({"info": "forbidden"}, (400, "ProfaneWorkerInfo")),
        ({"name": "two\nlines"}, (400, "TooLong")),
        ({"maintenance": True, "maintenance_msg": "m" * 1_001}, (400, "TooLong")),
        ({"team": "00000000-0000-4000-8000-000000000000"}, (404, "TeamNotFound")),
    ):
        assert await folk.refused("PUT", path, "ann", json=change) == expected, change
    for broken in ({"name": "four"}, {"name": "n" * 101}, {"info": "i" * 1_001}, {"maintenance": "on"}):
        reply = await folk.call("PUT", path, "ann", json=broken)
        assert (reply.status, set(reply.body["errors"])) == (400, set(broken))


async def test_a_worker_with_a_job_in_its_hands_is_not_removed(folk: Folk) -> None:
    worker_id = await folk.worker("ann")
    path = f"/workers/{worker_id}"
    await folk.horde.ask()
    popped = (await folk.horde.pop(who="ann")).body
    assert popped["id"] is not None
    assert await folk.refused("DELETE", path, "bob") == (403, "NotOwner")
    for by in ("ann", "boss"):
        assert await folk.refused("DELETE", path, by) == (423, "Locked")
    await folk.horde.upload(popped["r2_upload"], webp())
    assert (await folk.horde.submit(popped["id"], who="ann")).status == 200
    gone = {"deleted_id": worker_id, "deleted_name": "worker of ann"}
    assert (await folk.call("DELETE", path, "ann")).body == gone
    assert await folk.refused("GET", path) == (404, "WorkerNotFound")
    assert await listed(folk) == []
    assert await folk.worker("bob", name="worker of ann") != worker_id, "its name is free"


async def test_anonymous_owns_no_worker(folk: Folk) -> None:
    refused = await folk.horde.call(
        "POST", "/api/v2/generate/pop", json={"name": "anybody's"}, headers={"apikey": "0000000000"}
    )
    assert (refused.status, refused.body["rc"]) == (403, "AnonForbiddenWorker")
    assert await listed(folk) == []
