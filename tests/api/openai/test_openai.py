"""The door for OpenAI's clients, as they knock: Bearer keys, their messages, their errors, their streams."""

import asyncio
import base64
import json
from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest

from tests.api.scene import MODEL, Builder, Horde, Reply, until, webp
from tests.api.test_texts import MODEL as TEXT_MODEL
from tests.api.test_texts import pop as pop_text
from tests.api.test_texts import submit as submit_text

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
IMAGES = "/v1/images/generations"
HELLO = {"model": TEXT_MODEL, "messages": [{"role": "user", "content": "Hello"}]}


async def bearer(horde: Horde, who: str = "asker") -> dict[str, str]:
    return {"Authorization": f"Bearer {(await horde.account(who)).api_key}"}


async def post(horde: Horde, path: str, body: Any, **headers: str) -> Reply:
    return await horde.call("POST", path, json=body, headers=await bearer(horde) | headers)


async def write(horde: Horde, text: str, *, jobs: int = 1) -> Any:
    """A scribe pops what is asked and writes the text; returns the last job's payload."""
    payload: Any = None
    async with asyncio.timeout(20):
        for _ in range(jobs):
            popped = (await pop_text(horde, max_length=4096, max_context_length=65536)).body
            while popped["id"] is None:
                await asyncio.sleep(0.02)
                popped = (await pop_text(horde, max_length=4096, max_context_length=65536)).body
            payload = popped["payload"]
            await submit_text(horde, popped["id"], text)
    return payload


async def answered(horde: Horde, asked: Awaitable[Reply], text: str, *, jobs: int = 1) -> tuple[Reply, Any]:
    """The reply to a call that a scribe serves with the text."""
    await pop_text(horde, max_length=4096, max_context_length=65536)  # so that somebody is there
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        scribe = group.create_task(write(horde, text, jobs=jobs))
        reply = await asked
    return reply, scribe.result()


def chunks_of(raw: bytes) -> list[Any]:
    events = [line.removeprefix("data: ") for line in raw.decode().split("\n") if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


async def test_a_chat_is_a_plain_prompt_to_the_model_and_stops_at_the_next_turn(horde: Horde) -> None:
    turns = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
        {"role": "assistant", "content": "Hi!"},
        {"role": "user", "content": "How are you?"},
    ]
    body = HELLO | {"messages": turns, "max_tokens": 100, "temperature": 0.5, "stop": ["END"], "user": "ignored"}
    reply, payload = await answered(horde, post(horde, CHAT, body), " Fine, thanks.\nUser: And")
    assert reply.status == 200
    assert payload["prompt"] == "System: Be kind.\n\nUser: Hello\n\nAssistant: Hi!\n\nUser: How are you?\n\nAssistant:"
    assert payload["stop_sequence"] == ["END", "\nUser:", "\nSystem:"]
    assert (payload["max_length"], payload["temperature"], payload["max_context_length"]) == (100, 0.5, 2048)
    (choice,) = reply.body["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Fine, thanks."}
    assert (choice["finish_reason"], choice["index"]) == ("stop", 0)
    usage = reply.body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0
    assert (reply.body["object"], reply.body["model"]) == ("chat.completion", TEXT_MODEL)
    await horde.assert_ledger_is_whole()


async def test_a_text_as_long_as_it_may_be_was_cut(horde: Horde) -> None:
    body = HELLO | {"max_completion_tokens": 16, "n": 2}
    reply, _ = await answered(horde, post(horde, CHAT, body), "x" * 64, jobs=2)
    assert [choice["finish_reason"] for choice in reply.body["choices"]] == ["length"] * 2
    assert [choice["index"] for choice in reply.body["choices"]] == [0, 1]


async def test_a_long_prompt_gets_a_context_that_holds_it(horde: Horde) -> None:
    body = HELLO | {"messages": [{"role": "user", "content": "word " * 4_000}]}
    _, payload = await answered(horde, post(horde, CHAT, body), "ok")
    assert payload["max_context_length"] >= 20_000 // 4 + 512


async def test_a_chat_is_streamed_in_pieces_that_are_the_text(horde: Horde) -> None:
    text = "Once upon a time there was a cat, and the cat was grey."
    body = HELLO | {"stream": True, "stream_options": {"include_usage": True}}
    reply, _ = await answered(horde, post(horde, CHAT, body), text)
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    chunks = chunks_of(reply.body)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    said = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"]]
    assert "".join(said) == text
    assert len(said) > 3
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks if chunk["choices"]][-1] == "stop"
    assert chunks[-1]["usage"]["completion_tokens"] > 0


async def test_a_prompt_is_written_on_whole_and_streamed(horde: Horde) -> None:
    body = {"model": "", "prompt": "Once upon", "max_tokens": 64, "stop": "."}
    reply, payload = await answered(horde, post(horde, COMPLETIONS, body), " a time. The")
    assert (reply.body["choices"][0]["text"], payload["prompt"]) == (" a time", "Once upon")
    reply, _ = await answered(horde, post(horde, COMPLETIONS, body | {"stream": True}), " a time and more words")
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks_of(reply.body)) == " a time and more words"


@pytest.mark.parametrize("form", ["url", "b64_json"])
async def test_pictures_come_as_addresses_or_base64(horde: Horde, form: str) -> None:
    await horde.pop()
    body = {"model": MODEL, "prompt": "a cat", "size": "64x64", "response_format": form}
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        asked = group.create_task(post(horde, IMAGES, body))
        await until(lambda: len(horde.context.changes) == 1)
        popped = (await horde.pop()).body
        await horde.upload(popped["r2_upload"], webp())
        await horde.submit(popped["id"])
    (picture,) = asked.result().body["data"]
    found = (await horde.call("GET", picture["url"])).body if form == "url" else base64.b64decode(picture["b64_json"])
    assert found == webp()


async def test_the_models_are_those_that_are_served_now(horde: Horde) -> None:
    assert (await horde.call("GET", "/v1/models")).body == {"object": "list", "data": []}
    await pop_text(horde)
    listed = (await horde.call("GET", "/v1/models", headers=await bearer(horde))).body
    assert [card["id"] for card in listed["data"]] == [TEXT_MODEL]
    assert (await horde.call("GET", f"/v1/models/{TEXT_MODEL}")).body == listed["data"][0]
    unknown = await horde.call("GET", "/v1/models/none")
    assert (unknown.status, unknown.body["error"]["code"]) == (404, "NotFound")


async def test_errors_are_in_openai_s_form(horde: Horde) -> None:
    nobody = await horde.call("POST", CHAT, json=HELLO)
    assert (nobody.status, nobody.body["error"]["code"]) == (401, "invalid_api_key")
    wrong = await horde.call("POST", CHAT, json=HELLO, headers={"Authorization": "Bearer sk-wrong"})
    assert (wrong.status, wrong.body["error"]["type"]) == (401, "authentication_error")
    broken = await post(horde, CHAT, {"messages": []})
    assert (broken.status, broken.body["error"]["param"]) == (400, "messages")
    picture = [{"role": "user", "content": [{"type": "image_url"}]}]
    unread = await post(horde, CHAT, HELLO | {"messages": picture})
    assert (unread.status, unread.body["error"]["type"]) == (400, "invalid_request_error")
    lonely = await post(horde, CHAT, HELLO)
    assert (lonely.status, lonely.headers["x-should-retry"]) == (503, "false")
    assert "No worker" in lonely.body["error"]["message"]
    nothing = await horde.call("GET", "/v1/nothing")
    assert (nothing.status, nothing.body["error"]["type"]) == (404, "not_found_error")
    for reply in (nobody, wrong, broken, unread, lonely, nothing):
        assert set(reply.body) == {"error"}
        assert set(reply.body["error"]) == {"message", "type", "param", "code"}
    assert (await pop_text(horde)).body["id"] is None, "nothing was left in the queue"


async def test_the_anonymous_key_and_the_header_apikey_are_keys_too(horde: Horde) -> None:
    for headers in ({"Authorization": "Bearer 0000000000"}, {"apikey": "0000000000"}):
        asked = horde.call("POST", CHAT, json=HELLO, headers=headers)
        reply, _ = await answered(horde, asked, "hello")
        assert reply.status == 200


async def test_a_client_that_goes_cancels_its_order(horde: Horde, caplog: pytest.LogCaptureFixture) -> None:
    await pop_text(horde)
    headers = await bearer(horde)
    async with asyncio.timeout(20):
        for stream in (False, True):
            async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
                body = HELLO | {"stream": stream}
                waits = group.create_task(session.post(f"{horde.address}{CHAT}", json=body, headers=headers))
                await until(lambda: len(horde.context.changes) == 1)
                if stream:
                    (await waits).close()
                waits.cancel()
            await until(lambda: len(horde.context.changes) == 0)
            await asyncio.sleep(0.1)
            assert (await pop_text(horde)).body["id"] is None
    await horde.assert_ledger_is_whole()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == [], "that is nobody's fault"


async def test_a_wait_that_is_too_long_is_an_error_and_the_order_is_cancelled(build: Builder) -> None:
    horde = await build(door_s_max=0.2)
    await pop_text(horde)
    late = await post(horde, CHAT, HELLO)
    assert (late.status, late.headers["x-should-retry"]) == (503, "false")
    assert "0.2 s" in late.body["error"]["message"]
    streamed = await post(horde, CHAT, HELLO | {"stream": True})
    assert streamed.status == 200
    assert "0.2 s" in chunks_of(streamed.body)[-1]["error"]["message"]
    assert (await pop_text(horde)).body["id"] is None
    await horde.assert_ledger_is_whole()


async def test_a_page_of_any_origin_may_knock_with_its_key(horde: Horde) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Headers": "authorization"}
    allowed = await horde.call("OPTIONS", CHAT, headers=asked)
    assert allowed.status == 200
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
