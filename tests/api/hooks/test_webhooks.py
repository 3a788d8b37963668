"""Webhooks the whole way: ordered over HTTP, delivered over TLS, signed, and to nobody's inner network."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from core.domain.calls.deliveries import DeliveryState
from core.domain.ids import RequestId
from tests.api.hooks.receiver import NAME, Receiver, receiver
from tests.api.scene import Horde, webp
from tests.api.test_texts import ask as ask_for_text
from tests.api.test_texts import pop as pop_text
from tests.api.test_texts import submit as submit_text

SECRET = "/api/extras/webhook-secret"


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiver() as one:
        yield one


async def made(horde: Horde, hook: Receiver, **order: Any) -> str:
    request_id, popped = await horde.leased(webhook=order.pop("webhook", hook.url()), **order)
    await horde.upload(popped["r2_upload"], webp())
    assert (await horde.submit(popped["id"], seed=42)).status == 200
    return request_id


async def states(horde: Horde, request_id: str) -> list[DeliveryState]:
    return list((await horde.uow.read(lambda tx: tx.webhooks.states(RequestId(request_id)))).values())


async def test_a_picture_s_webhook_says_what_v2_says_and_is_signed(horde: Horde, hook: Receiver) -> None:
    request_id = await made(horde, hook)
    (posted,) = await hook.deliver(horde)
    assert posted.delivered
    (heard,) = hook.heard
    (generation,) = (await horde.status(request_id)).body["generations"]
    assert heard.body == generation | {"request": request_id, "kudos": pytest.approx(1.23)}
    assert base64.b64decode(heard.body["img"]) == webp()
    assert (heard.headers["Horde-Event"], heard.headers["Horde-Try"]) == ("job_done", "1")
    secret = (await horde.call("GET", SECRET, who="asker")).body["secret"]
    assert heard.is_signed_with(secret)
    assert not heard.is_signed_with((await horde.call("GET", SECRET, who="owner")).body["secret"])
    assert await states(horde, request_id) == [DeliveryState.DELIVERED]
    assert await hook.deliver(horde) == []


async def test_a_text_s_and_an_alchemy_s_webhook(horde: Horde, hook: Receiver) -> None:
    asked = await ask_for_text(horde, webhook=hook.url("/text"))
    await submit_text(horde, (await pop_text(horde)).body["id"])
    picture = base64.b64encode(webp()).decode()
    order = {"source_image": picture, "forms": [{"name": "caption"}], "webhook": hook.url("/form")}
    forms = await horde.call("POST", "/api/v2/interrogate/async", who="asker", json=order)
    offer = {"name": "alchemist", "forms": ["caption"]}
    (form,) = (await horde.call("POST", "/api/v2/interrogate/pop", who="owner", json=offer)).body["forms"]
    result = {"id": form["id"], "result": {"caption": "a grey disc"}, "state": "ok"}
    await horde.call("POST", "/api/v2/interrogate/submit", who="owner", json=result)
    await hook.deliver(horde)
    told = {one.path: one.body for one in hook.heard}
    assert (told["/text"]["text"], told["/text"]["request"]) == ("there was a cat.", asked.body["id"])
    assert told["/form"]["result"] == {"caption": "a grey disc"}
    assert (told["/form"]["request"], told["/form"]["form"]) == (forms.body["id"], "caption")


async def test_an_order_that_is_cancelled_is_told(horde: Horde, hook: Receiver) -> None:
    asked = await horde.ask(webhook=hook.url(), params={"n": 2})
    await horde.call("DELETE", f"/api/v2/generate/status/{asked.body['id']}")
    await hook.deliver(horde)
    (heard,) = hook.heard
    assert heard.body == {
        "request": asked.body["id"],
        "event": "request_cancelled",
        "kind": "image",
        "finished": 0,
        "faulted": 0,
        "cancelled": 2,
        "expired": 0,
    }


async def test_a_failure_is_tried_again_under_the_same_id(horde: Horde, hook: Receiver) -> None:
    request_id = await made(horde, hook)
    hook.answers = [web.Response(status=500), web.Response(status=302)]
    tried = [await hook.deliver(horde)]
    for pause_s in (60, 120):
        assert await hook.deliver(horde) == []
        horde.clock.ahead_ms += pause_s * 1_000
        tried.append(await hook.deliver(horde))
    assert [posted.delivered for (posted,) in tried] == [False, False, True]
    assert len({one.headers["Horde-Delivery"] for one in hook.heard}) == 1
    assert [one.headers["Horde-Try"] for one in hook.heard] == ["1", "2", "3"]
    assert await states(horde, request_id) == [DeliveryState.DELIVERED]


async def test_a_receiver_that_says_gone_hears_no_more(horde: Horde, hook: Receiver) -> None:
    request_id = await made(horde, hook)
    hook.answers = [web.Response(status=410)]
    await hook.deliver(horde)
    assert await states(horde, request_id) == [DeliveryState.DEAD]


async def test_a_receiver_that_is_silent_is_given_up_in_time(horde: Horde, hook: Receiver) -> None:
    await made(horde, hook)
    awake = asyncio.Event()

    async def sleep(_: web.Request) -> web.StreamResponse:
        await awake.wait()
        return web.Response()

    hook.answers = [sleep]
    (posted,) = await hook.deliver(horde, within_s=0.2)
    awake.set()
    assert (posted.delivered, posted.status) == (False, None)
    assert "0.2 s" in posted.why


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fd00::1"])
async def test_a_private_address_is_never_connected_to(horde: Horde, hook: Receiver, address: str) -> None:
    hook.names.answers[NAME] = [(address,)]
    request_id = await made(horde, hook)
    (posted,) = await hook.deliver(horde, allowed=("203.0.113.9",))
    assert (posted.delivered, posted.final, hook.heard) == (False, True, [])
    assert await states(horde, request_id) == [DeliveryState.DEAD]


async def test_a_redirect_is_followed_to_checked_https_addresses_only(horde: Horde, hook: Receiver) -> None:
    hook.names.answers["inner.test"] = [("10.0.0.7",)]
    for to, final in (
        (hook.url("/x", name="inner.test"), True),
        ("http://hooks.test/x", False),
        ("https://user:word@hooks.test/x", False),
    ):
        request_id = await made(horde, hook)
        hook.answers = [web.Response(status=307, headers={"Location": to})]
        (posted,) = await hook.deliver(horde)
        assert (posted.delivered, posted.final) == (False, final), to
        horde.clock.ahead_ms += 10**7
        assert len(hook.heard) == 1
        hook.heard.clear()
        await hook.deliver(horde)
        hook.heard.clear()
    request_id = await made(horde, hook)
    hook.answers = [web.Response(status=308, headers={"Location": "/there"})]
    (posted,) = await hook.deliver(horde)
    assert posted.delivered
    assert [one.path for one in hook.heard] == ["/hook", "/there"]
    assert hook.heard[0].raw == hook.heard[1].raw
    assert await states(horde, request_id) == [DeliveryState.DELIVERED]


async def test_a_certificate_of_nobody_we_trust_is_no_receiver(horde: Horde, hook: Receiver) -> None:
    await made(horde, hook)
    async with receiver() as stranger:
        hook.trust = stranger.trust
        (posted,) = await hook.deliver(horde)
    assert (posted.delivered, hook.heard) == (False, [])


async def test_only_https_addresses_of_bounded_length_are_taken(horde: Horde) -> None:
    for webhook in ("http://hooks.test/", "ftp://hooks.test", "hooks.test", "https://" + "x" * 1_017):
        assert (await horde.ask(webhook=webhook)).status == 400, webhook
    assert (await horde.ask(webhook="https://hooks.test/")).status == 202


async def test_a_new_secret_signs_beside_the_old_one_for_a_day(horde: Horde, hook: Receiver) -> None:
    old = (await horde.call("GET", SECRET, who="asker")).body
    new = (await horde.call("POST", SECRET, who="asker")).body
    assert (old["version"], new["version"], old["secret"] == new["secret"]) == (1, 2, False)
    assert (await horde.call("GET", SECRET, who="asker")).body == new
    for days, is_old_good in ((0, True), (2, False)):
        horde.clock.ahead_ms += days * 86_400_000
        await made(horde, hook)
        await hook.deliver(horde)
        heard = hook.heard.pop()
        assert heard.is_signed_with(new["secret"])
        assert heard.is_signed_with(old["secret"]) is is_old_good


async def test_the_anonymous_account_has_no_secret(horde: Horde, hook: Receiver) -> None:
    refused = await horde.call("GET", SECRET, headers={"apikey": "0000000000"})
    assert (refused.status, refused.body["rc"]) == (403, "AnonForbidden")
    body = {"prompt": "x", "webhook": hook.url(), "params": {"width": 64, "height": 64}}
    asked = await horde.call("POST", "/api/v2/generate/async", json=body, headers={"apikey": "0000000000"})
    await horde.call("DELETE", f"/api/v2/generate/status/{asked.body['id']}")
    await hook.deliver(horde)
    assert "Horde-Signature" not in hook.heard[0].headers
