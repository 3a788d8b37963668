"""Orders on a shared key's budget, and orders whose kudos must be there when they are asked."""

from typing import Any

import pytest

from core.domain.kudos.keys import KeyTerms
from core.domain.kudos.policy import KudosPolicy
from core.domain.policy import QueuePolicy
from core.services.kudos.keys import make_key, revoke_key
from tests.api.scene import MODEL, Builder, Horde, Reply


async def lend(horde: Horde, **terms: Any) -> str:
    owner = (await horde.account("owner", kudos_mk=1_000_000)).account
    now_ms = horde.clock.now_ms()
    made = await horde.uow.write(
        lambda tx: make_key(
            tx,
            account_id=owner.id,
            terms=KeyTerms(name="lent", **terms),
            policy=horde.context.policy.kudos,
            now_ms=now_ms,
        )
    )
    return made.id


async def ask_with(horde: Horde, key: str, **order: Any) -> Reply:
    params = {"width": 64, "height": 64, "steps": 10} | order.pop("params", {})
    body = {"prompt": "a red heart", "params": params} | order
    return await horde.call("POST", "/api/v2/generate/async", json=body, headers={"apikey": key})


async def test_a_shared_key_asks_on_its_owner_s_kudos(horde: Horde) -> None:
    key = await lend(horde, budget_mk=5_000)
    before = await horde.kudos_of("owner")
    for given in (key, key.upper()):
        assert (await ask_with(horde, given)).status == 202
    assert await horde.kudos_of("owner") == pytest.approx(before - 2 * 1.23)
    text = await horde.call(
        "POST",
        "/api/v2/generate/text/async",
        json={"prompt": "x", "params": {"max_length": 16}},
        headers={"apikey": key},
    )
    assert (text.status, text.body["rc"]) == (403, "SharedKeyInsufficientKudos")
    assert (await ask_with(horde, key)).status == 202
    assert (await ask_with(horde, key)).status == 202
    empty = await ask_with(horde, key)
    assert (empty.status, empty.body["rc"]) == (403, "SharedKeyInsufficientKudos")
    await horde.assert_ledger_is_whole()


async def test_what_a_shared_key_does_not_allow(horde: Horde) -> None:
    key = await lend(horde, max_image_pixels=4096, max_image_steps=20)
    large = await ask_with(horde, key, params={"width": 128})
    assert (large.status, large.body["rc"]) == (400, "SharedKeyInvalid")
    assert "4096" in large.body["message"]
    assert (await ask_with(horde, key, params={"steps": 21})).body["rc"] == "SharedKeyInvalid"
    assert (await ask_with(horde, key)).status == 202
    over = await lend(horde, expires_at_ms=horde.clock.now_ms() + 1_000)
    horde.clock.ahead_ms += 2_000
    expired = await ask_with(horde, over)
    assert (expired.status, expired.body["rc"]) == (403, "SharedKeyExpired")
    owner, now_ms = (await horde.account("owner")).account, horde.clock.now_ms()
    await horde.uow.write(lambda tx: revoke_key(tx, account_id=owner.id, key_id=key, now_ms=now_ms))
    revoked = await ask_with(horde, key)
    assert (revoked.status, revoked.body["rc"]) == (401, "InvalidAPIKey")


async def test_a_shared_key_is_no_account(horde: Horde) -> None:
    key = await lend(horde)
    pop = {"name": "worker", "models": [MODEL]}
    for path, body in (
        ("generate/pop", pop),
        ("generate/submit", {"id": "x", "seed": 1}),
        ("generate/release", {"id": "x"}),
    ):
        refused = await horde.call("POST", f"/api/v2/{path}", json=body, headers={"apikey": key})
        assert (refused.status, refused.body["rc"]) == (401, "InvalidAPIKey"), path


async def test_large_orders_need_their_kudos_upfront_or_become_smaller(build: Builder) -> None:
    policy = QueuePolicy(default_models=(MODEL,), kudos=KudosPolicy(upfront=True))
    horde = await build(policy=policy)
    large: dict[str, Any] = {"params": {"width": 2048, "height": 2048}}
    refused = await horde.ask(**large)
    assert (refused.status, refused.body["rc"]) == (403, "KudosUpfront")
    assert refused.body["message"].endswith(".")
    smaller = await horde.ask(**large, allow_downgrade=True)
    assert smaller.status == 202
    payload = (await horde.pop(max_pixels=1 << 22)).body["payload"]
    assert payload["width"] * payload["height"] <= 1_048_576
    await horde.account("rich", kudos_mk=1_000_000)
    assert (await horde.ask(who="rich", **large)).status == 202
