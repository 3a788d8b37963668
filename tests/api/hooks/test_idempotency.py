"""The same thing sent again under the same key is done once; another thing under it is refused."""

import asyncio
from typing import Any

import pytest

from core.ports.store import Transaction
from core.services.people.replays import KEPT_MS, prune_replays
from tests.api.scene import Horde, Reply
from tests.api.test_texts import MODEL as TEXT_MODEL

KEY = {"Idempotency-Key": "6a4f"}
ORDERS: dict[str, dict[str, Any]] = {
    "/api/v2/generate/async": {"prompt": "a cat", "params": {"width": 64, "height": 64}},
    "/api/v2/generate/text/async": {"prompt": "Once", "models": [TEXT_MODEL]},
}


async def put_key(horde: Horde, *, name: str = "lent", who: str = "asker", **headers: str) -> Reply:
    body = {"name": name, "kudos": 10}
    return await horde.call("PUT", "/api/v2/sharedkeys", who=who, json=body, headers=KEY | headers)


@pytest.mark.parametrize("path", list(ORDERS))
async def test_an_order_that_comes_again_is_made_once(horde: Horde, path: str) -> None:
    replies = [await horde.call("POST", path, who="asker", json=ORDERS[path], headers=KEY) for _ in range(3)]
    assert [reply.status for reply in replies] == [202] * 3
    assert len({reply.body["id"] for reply in replies}) == 1
    assert [reply.headers.get("Idempotent-Replay") for reply in replies] == [None, "true", "true"]
    other = await horde.call("POST", path, who="asker", json=ORDERS[path] | {"prompt": "a dog"}, headers=KEY)
    assert (other.status, other.body["rc"]) == (409, "IdempotencyKeyConflict")
    somebody_else = await horde.call("POST", path, who="other", json=ORDERS[path], headers=KEY)
    assert somebody_else.body["id"] != replies[0].body["id"]
    await horde.assert_ledger_is_whole()


async def test_many_at_once_are_one(horde: Horde) -> None:
    path = "/api/v2/generate/async"
    await horde.account("asker")
    replies = await asyncio.gather(
        *(horde.call("POST", path, who="asker", json=ORDERS[path], headers=KEY) for _ in range(8))
    )
    assert len({reply.body["id"] for reply in replies}) == 1


async def test_the_anonymous_share_an_account_but_no_keys(horde: Horde) -> None:
    """Whoever sends a key that another anonymous client has used must not be given that one's order."""
    path, apikey = "/api/v2/generate/async", {"apikey": "0000000000"}
    first = await horde.call("POST", path, json=ORDERS[path], headers=KEY | apikey)
    stored = await horde.uow.read(lambda tx: tx.replays.get(first_account(), KEY["Idempotency-Key"]))
    assert stored is None, "the key is kept with the address that sent it"
    again = await horde.call("POST", path, json=ORDERS[path], headers=KEY | apikey)
    assert again.body["id"] == first.body["id"]


def first_account() -> Any:
    return 0


async def test_a_shared_key_is_made_once_and_told_again(horde: Horde) -> None:
    first, second = await put_key(horde), await put_key(horde)
    assert (first.status, second.status) == (200, 200)
    assert second.body == first.body
    assert (first.headers.get("Idempotent-Replay"), second.headers["Idempotent-Replay"]) == (None, "true")
    masked = await put_key(horde, **{"X-Fields": "{id}"})
    assert masked.body == {"id": first.body["id"]}
    other = await put_key(horde, name="another")
    assert (other.status, other.body["rc"]) == (409, "IdempotencyKeyConflict")


async def test_keys_are_forgotten_after_a_day(horde: Horde) -> None:
    first = await put_key(horde)
    now_ms = horde.clock.now_ms()

    def prune(tx: Transaction) -> tuple[int, int]:
        return prune_replays(tx, now_ms=now_ms), prune_replays(tx, now_ms=now_ms + KEPT_MS + 60_000)

    assert await horde.uow.write(prune) == (0, 1)
    assert (await put_key(horde)).body["id"] != first.body["id"]


@pytest.mark.parametrize("key", ["", "x" * 256, "\u00e4"])
async def test_a_key_that_is_no_key_is_refused(horde: Horde, key: str) -> None:
    path = "/api/v2/generate/async"
    refused = await horde.call("POST", path, who="asker", json=ORDERS[path], headers={"Idempotency-Key": key})
    assert (refused.status, refused.body["rc"]) == (400, "BadRequest")
