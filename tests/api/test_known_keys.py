"""Whose key it is: known for a moment where a route is called often, and never longer than that."""

import asyncio

from core.api.auth import KNOWN_KEYS
from core.services.people.rotate import rotate_key
from tests.api.scene import Builder, Horde

POP = {"name": "worker", "models": ["m"]}


async def test_what_a_call_changes_is_known_at_once(horde: Horde) -> None:
    key = {"apikey": (await horde.account("ann")).api_key}
    assert (await horde.call("POST", "/api/v2/generate/pop", json=POP, headers=key)).status == 200
    assert (await horde.call("POST", "/api/extras/keys/rotate", headers=key)).status == 200
    assert (await horde.call("POST", "/api/v2/generate/pop", json=POP, headers=key)).status == 401


async def test_what_another_process_changes_is_known_after_a_moment(build: Builder) -> None:
    horde = await build(keys_known_s=0.4)
    ann = await horde.account("ann")
    key = {"apikey": ann.api_key}
    assert (await horde.call("POST", "/api/v2/generate/pop", json=POP, headers=key)).status == 200
    now_ms = horde.clock.now_ms()
    await horde.context.uow.write(
        lambda tx: rotate_key(tx, actor=ann.account, account_id=ann.account.id, now_ms=now_ms)
    )
    assert (await horde.call("GET", "/api/v2/find_user", headers=key)).status in {401, 404}, "it is not called often"
    await asyncio.sleep(0.5)
    assert (await horde.call("POST", "/api/v2/generate/pop", json=POP, headers=key)).status == 401


async def test_a_lookup_that_began_before_a_change_is_not_remembered_after_it(horde: Horde) -> None:
    key, known = (await horde.account("ann")).api_key, horde.server.app[KNOWN_KEYS]
    async with asyncio.TaskGroup() as tasks:
        looking = tasks.create_task(known.account(key))
        await asyncio.sleep(0)
        known.forget()
    first = looking.result()
    assert await known.account(key) == first
    assert await known.account(key) is not first
