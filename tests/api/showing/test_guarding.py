"""What moderators do: filters, time-outs of addresses, modes; and what that does to orders and pops."""

import logging
from typing import Any

import pytest

from core.domain.guard import Mode
from core.domain.ids import AccountId
from core.domain.kudos.policy import KudosPolicy
from core.domain.policy import QueuePolicy
from tests.api.scene import MODEL, Builder, Horde, Reply

FILTERS = "/api/v2/filters"
ADDRESSES = "/api/v2/operations/ipaddr"
WORKERS = "/api/v2/operations/block_worker_ipaddr"
MODES = "/api/v2/status/modes"
HERE = "127.0.0.1"
MODERATORS_ONLY = [
    ("GET", FILTERS, None),
    ("PUT", FILTERS, {"regex": "x", "filter_type": 10}),
    ("POST", FILTERS, {"prompt": "x"}),
    ("GET", f"{FILTERS}/regex", None),
    ("GET", f"{FILTERS}/x", None),
    ("PATCH", f"{FILTERS}/x", {"regex": "x"}),
    ("DELETE", f"{FILTERS}/x", None),
    ("GET", ADDRESSES, None),
    ("POST", ADDRESSES, {"ipaddr": "192.0.2.1", "hours": 1}),
    ("DELETE", ADDRESSES, {"ipaddr": "192.0.2.1"}),
    ("GET", f"{ADDRESSES}/192.0.2.1", None),
    ("PUT", f"{WORKERS}/x", {"days": 1}),
    ("DELETE", f"{WORKERS}/x", None),
]


@pytest.fixture
async def horde(build: Builder) -> Horde:
    made = await build()
    await made.account("mod", moderator=True)
    return made


async def add(horde: Horde, regex: str, filter_type: int, **more: Any) -> str:
    body = {"regex": regex, "filter_type": filter_type} | more
    reply = await horde.call("PUT", FILTERS, who="mod", json=body)
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


@pytest.mark.parametrize(("method", "path", "body"), MODERATORS_ONLY)
async def test_only_moderators_may(horde: Horde, method: str, path: str, body: dict[str, Any] | None) -> None:
    refused = await horde.call(method, path, who="asker", json=body)
    assert (refused.status, refused.body["rc"]) == (403, "NotModerator")
    assert (await horde.call(method, path, json=body)).status == 400
    assert (await horde.call(method, path, headers={"apikey": "wrong"}, json=body)).status == 401


async def test_filters_are_kept_changed_and_dropped(horde: Horde) -> None:
    mod = (await horde.account("mod")).account
    one = await add(horde, r"\bkid", 10, description="Children.", replacement="adult")
    shown = {
        "id": one,
        "regex": r"\bkid",
        "filter_type": 10,
        "description": "Children.",
        "replacement": "adult",
        "user": mod.handle,
    }
    two = await add(horde, "lewd", 20)
    assert (await horde.call("GET", f"{FILTERS}/{one}", who="mod")).body == shown
    assert (await horde.call("GET", f"{FILTERS}?filter_type=10", who="mod")).body == [shown]
    assert [x["id"] for x in (await horde.call("GET", f"{FILTERS}?contains=LEW", who="mod")).body] == [two]
    changed = await horde.call("PATCH", f"{FILTERS}/{one}", who="mod", json={"replacement": ""})
    assert changed.body == shown | {"replacement": ""}
    nothing = await horde.call("PATCH", f"{FILTERS}/{one}", who="mod", json={})
    assert (nothing.status, nothing.body["rc"]) == (400, "NoFilterModSelected")
    assert (await horde.call("GET", f"{FILTERS}/regex", who="mod")).body == [
        {"filter_type": 10, "regex": r"(?:\bkid)"},
        {"filter_type": 11, "regex": ""},
        {"filter_type": 20, "regex": "(?:lewd)"},
    ]
    assert (await horde.call("DELETE", f"{FILTERS}/{one}", who="mod")).body == {"message": "OK"}
    for method in ("GET", "DELETE", "PATCH"):
        gone = await horde.call(method, f"{FILTERS}/{one}", who="mod", json={"regex": "x"})
        assert (gone.status, gone.body["rc"]) == (404, "FilterNotFound")


@pytest.mark.parametrize("regex", ["(a+)+$", "(", "a*"])
async def test_a_pattern_that_would_harm_is_refused(horde: Horde, regex: str) -> None:
    reply = await horde.call("PUT", FILTERS, who="mod", json={"regex": regex, "filter_type": 20})
    assert (reply.status, reply.body["rc"]) == (400, "BadRequest")
    one = await add(horde, "lewd", 20)
    assert (await horde.call("PATCH", f"{FILTERS}/{one}", who="mod", json={"regex": regex})).status == 400


@pytest.mark.parametrize("filter_type", [9, 30, "x"])
async def test_types_are_10_to_29(horde: Horde, filter_type: object) -> None:
    reply = await horde.call("PUT", FILTERS, who="mod", json={"regex": "x", "filter_type": filter_type})
    assert reply.status == 400
    assert list(reply.body["errors"]) == ["filter_type"]


async def test_a_prompt_is_tried(horde: Horde) -> None:
    await add(horde, r"\bkid", 10)
    await add(horde, "lewd", 20)
    await add(horde, "umbrella", 15)

    async def tried(prompt: str, **more: Any) -> Any:
        return (await horde.call("POST", FILTERS, who="mod", json={"prompt": prompt} | more)).body

    assert await tried("a lewd kid, an umbrella") == {"suspicion": "2", "matches": ["kid", "lewd"]}
    assert await tried("a kid") == {"suspicion": "1", "matches": ["kid"]}
    assert await tried("a kid, an umbrella", filter_type=15) == {"suspicion": "0", "matches": ["umbrella"]}


async def test_filters_refuse_or_replace(horde: Horde) -> None:
    await add(horde, r"\bkids?\b", 10, replacement="adult")
    await add(horde, "lewd", 20)
    assert (await horde.ask("a kid")).status == 202
    refused = await horde.ask("a lewd kid", replacement_filter=False)
    assert (refused.status, refused.body["rc"]) == (400, "CorruptPrompt")
    await horde.pop()
    assert (await horde.ask("a lewd kid ### blurry", replacement_filter=True)).status == 202
    prompt = (await horde.pop()).body["payload"]["prompt"]
    assert prompt.startswith("a lewd adult###")
    assert prompt.endswith(", blurry")
    still = await horde.ask("a forbidden lewd kid", replacement_filter=True)
    assert still.body["rc"] == "CorruptPrompt", "the shipped rules are not worded around"


async def test_an_address_is_kept_out_and_let_in(horde: Horde, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert (await horde.ask()).status == 202
    made = await horde.call("POST", ADDRESSES, who="mod", json={"ipaddr": "127.0.0.0/24", "hours": 2})
    assert made.body == {"message": "OK"}
    listed = (await horde.call("GET", ADDRESSES, who="mod")).body
    assert [one["ipaddr"] for one in listed] == ["127.0.0.0/24"]
    assert 7_100 < listed[0]["seconds"] <= 7_200
    assert (await horde.call("GET", f"{ADDRESSES}/{HERE}", who="mod")).body[0]["ipaddr"] == "127.0.0.0/24"
    assert (await horde.call("GET", f"{ADDRESSES}/192.0.2.1", who="mod")).body == []
    for reply in (await horde.ask(), await horde.pop(), await text(horde)):
        assert (reply.status, reply.body["rc"]) == (403, "TimeoutIP")
        assert "seconds" in reply.body["message"]
    assert (await horde.call("GET", "/api/v2/status/performance")).status == 200
    ended = await horde.call("DELETE", ADDRESSES, who="mod", json={"ipaddr": "127.0.0.0/24"})
    assert ended.body == {"message": "OK"}
    assert (await horde.ask()).status == 202
    again = await horde.call("DELETE", ADDRESSES, who="mod", json={"ipaddr": "127.0.0.0/24"})
    assert (again.status, again.body["rc"]) == (404, "NotFound")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("core")]
    assert not [line for line in ours if HERE in line], "no address is logged"


async def text(horde: Horde) -> Reply:
    body = {"prompt": "Once", "params": {}}
    return await horde.call("POST", "/api/v2/generate/text/async", who="asker", json=body)


@pytest.mark.parametrize(
    ("body", "rc"),
    [({"ipaddr": "nonsense", "hours": 1}, "BadRequest"), ({"ipaddr": "0.0.0.0/0", "hours": 1}, "BadRequest")],
)
async def test_what_is_no_address_is_refused(horde: Horde, body: dict[str, Any], rc: str) -> None:
    reply = await horde.call("POST", ADDRESSES, who="mod", json=body)
    assert (reply.status, reply.body["rc"]) == (400, rc)
    assert (await horde.call("GET", f"{ADDRESSES}/nonsense", who="mod")).status == 400
    assert list((await horde.call("POST", ADDRESSES, who="mod", json={"ipaddr": HERE, "hours": 721})).body["errors"])


async def test_a_workers_address_is_kept_out(horde: Horde) -> None:
    await horde.pop()
    await horde.pop()
    worker = (await horde.call("GET", "/api/v2/find_user", who="owner")).body["worker_ids"][0]
    blocked = await horde.call("PUT", f"{WORKERS}/{worker}", who="mod", json={"days": 1})
    assert blocked.body == {"message": "OK"}
    assert (await horde.call("GET", ADDRESSES, who="mod")).body[0]["ipaddr"] == worker, "not its address"
    for reply in (await horde.pop(), await horde.pop(who="another"), await horde.ask()):
        assert (reply.status, reply.body["rc"]) == (403, "TimeoutIP")
    assert (await horde.call("DELETE", f"{WORKERS}/{worker}", who="mod")).status == 200
    assert (await horde.pop()).status == 200
    unknown = await horde.call("PUT", f"{WORKERS}/none", who="mod", json={"days": 1})
    assert (unknown.status, unknown.body["rc"]) == (404, "WorkerNotFound")
    assert (await horde.call("PUT", f"{WORKERS}/{worker}", who="mod", json={"days": 31})).status == 400


async def test_refused_prompts_bring_time_outs_where_that_is_set(build: Builder) -> None:
    horde = await build(prompt_timeouts=True)
    await horde.account("mod", moderator=True)
    assert (await horde.ask("forbidden", who="mod")).body["rc"] == "CorruptPrompt"
    assert (await horde.ask("fine")).status == 202, "moderators try things"
    assert (await horde.ask("forbidden")).body["rc"] == "CorruptPrompt"
    assert (await horde.ask("fine")).body["rc"] == "TimeoutIP"
    assert HERE not in str((await horde.call("GET", ADDRESSES, who="mod")).body)
    horde.clock.ahead_ms += 3 * 60_000
    assert (await horde.ask("fine")).status == 202
    assert (await horde.ask("forbidden")).body["rc"] == "CorruptPrompt"
    horde.clock.ahead_ms += 4 * 60_000
    assert (await horde.ask("fine")).body["rc"] == "TimeoutIP", "nine minutes the second time"


async def test_without_the_setting_nobody_is_kept_out(horde: Horde) -> None:
    await horde.ask("forbidden")
    assert (await horde.ask("fine")).status == 202


async def test_maintenance_takes_no_orders_and_gives_no_jobs(build: Builder) -> None:
    admins = KudosPolicy(admins=frozenset({AccountId(1)}))
    horde = await build(policy=QueuePolicy(default_models=(MODEL,), kudos=admins))
    assert (await horde.account("boss")).account.id in admins.admins
    await horde.account("mod", moderator=True)
    assert (await horde.ask()).status == 202
    refused = await horde.call("PUT", MODES, who="mod", json={"maintenance": True})
    assert (refused.status, refused.body["rc"]) == (403, "NotAdmin")
    on = await horde.call("PUT", MODES, who="boss", json={"maintenance": True})
    assert on.body == {"maintenance_mode": True, "invite_only_mode": False, "raid_mode": False}
    for reply in (await horde.ask(), await text(horde)):
        assert (reply.status, reply.body["rc"]) == (400, "MaintenanceMode")
    empty = await horde.pop()
    assert (empty.status, empty.body["id"], empty.body["ids"]) == (200, None, [])
    assert (await horde.call("GET", "/api/v2/status/heartbeat")).body["message"] == "OK"
    await horde.call("PUT", MODES, who="boss", json={"maintenance": False})
    assert (await horde.pop()).body["id"], "what waited is kept"


async def test_modes_are_moderators_and_raids_are_not_told(horde: Horde) -> None:
    plain = await horde.call("PUT", MODES, who="asker", json={"raid": True})
    assert (plain.status, plain.body["rc"]) == (403, "NotModerator")
    nothing = await horde.call("PUT", MODES, who="mod", json={})
    assert (nothing.status, nothing.body["rc"]) == (400, "NoHordeModSelected")
    both = {"maintenance_mode": False, "invite_only_mode": True, "raid_mode": True}
    switched = await horde.call("PUT", MODES, who="mod", json={"raid": True, "invite_only": True})
    assert switched.body == both
    assert (await horde.call("GET", MODES, who="mod")).body == both
    public = {"maintenance_mode": False, "invite_only_mode": True}
    assert (await horde.call("GET", MODES)).body == public
    assert (await horde.call("GET", MODES, who="asker")).body == public


async def test_by_invitation_only(horde: Horde) -> None:
    await horde.pop(who="owner")
    await horde.call("PUT", MODES, who="mod", json={"invite_only": True})
    assert (await horde.pop(who="owner")).status == 200
    new = await horde.pop(who="newcomer")
    assert (new.status, new.body["rc"]) == (403, "WorkerInviteOnly")


async def test_what_others_set_is_known_within_seconds(horde: Horde) -> None:
    await horde.ask()
    await horde.uow.write(lambda tx: tx.guard.switch(Mode.MAINTENANCE, on=True))
    assert (await horde.ask()).status == 202, "it is not read at each order"
    horde.clock.ahead_ms += 3_000
    assert (await horde.ask()).body["rc"] == "MaintenanceMode"
