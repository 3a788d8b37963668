"""What every route does alike: keys, origins, limits, broken bodies, and errors that are all JSON."""

import asyncio
import json
import logging

import pytest

from core.api import ApiServer, create_app
from core.domain.errors import Unavailable
from tests.api.scene import Builder, Horde

POSTS = ("async", "pop", "submit", "progress", "release")


async def test_a_key_is_needed_and_must_be_somebodys(horde: Horde) -> None:
    for noun in POSTS:
        missing = await horde.call("POST", f"/api/v2/generate/{noun}", json={"prompt": "x"})
        assert missing.status == 400
        assert missing.body["message"] == "Input payload validation failed"
        assert "apikey" in missing.body["errors"]
        wrong = await horde.call("POST", f"/api/v2/generate/{noun}", json={}, headers={"apikey": "wrong" * 50})
        assert (wrong.status, wrong.body["rc"]) == (401, "InvalidAPIKey")
    assert (await horde.call("GET", "/api/v2/find_user")).status == 400
    unknown = await horde.call("GET", "/api/v2/find_user", headers={"apikey": "wrong"})
    assert (unknown.status, unknown.body["rc"]) == (404, "UserNotFound"), "v2 has it so here"


async def test_r10_headers_may_be_written_in_any_case(horde: Horde) -> None:
    key = (await horde.account("asker")).api_key
    for name in ("apikey", "Apikey", "APIKEY"):
        found = await horde.call("GET", "/api/v2/find_user", headers={name: key})
        assert found.status == 200


async def test_find_user_says_who_one_is(horde: Horde) -> None:
    account = (await horde.account("asker", kudos_mk=1_500_500, trusted=True)).account
    user = (await horde.call("GET", "/api/v2/find_user", who="asker")).body
    assert (user["username"], user["id"], user["kudos"]) == (account.handle, account.id, 1500.5)
    assert (user["trusted"], user["moderator"], user["worker_ids"]) == (True, False, [])
    await horde.pop(who="asker")
    assert len((await horde.call("GET", "/api/v2/find_user", who="asker")).body["worker_ids"]) == 1
    nobody = await horde.call("GET", "/api/v2/find_user", headers={"apikey": "0000000000"})
    assert (nobody.body["id"], nobody.body["kudos"]) == (0, 0)


async def test_r11_pages_of_any_origin_may_call(horde: Horde) -> None:
    asked = {
        "Origin": "https://lite.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "apikey,client-agent,content-type",
    }
    for path in ("/api/v2/generate/async", "/api/v2/nothing", "/objects/pictures/x.webp"):
        preflight = await horde.call("OPTIONS", path, headers=asked)
        assert preflight.status == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        allowed = preflight.headers["Access-Control-Allow-Headers"].lower()
        assert all(name in allowed for name in ("apikey", "client-agent", "content-type", "prefer"))
        assert "DELETE" in preflight.headers["Access-Control-Allow-Methods"]
    for path in ("/api/v2/status/heartbeat", "/api/v2/find_user", "/api/v2/nothing"):
        assert (await horde.call("GET", path)).headers["Access-Control-Allow-Origin"] == "*"


async def test_the_state_of_the_horde(horde: Horde) -> None:
    beat = await horde.call("GET", "/api/v2/status/heartbeat")
    assert (beat.status, beat.body) == (200, {"message": "OK", "version": "0.1.0"})
    assert beat.headers["Content-Type"] == "application/json; charset=utf-8"
    await horde.pop(threads=2)
    await horde.ask()
    busy = (await horde.call("GET", "/api/v2/status/performance")).body
    assert (busy["queued_requests"], busy["worker_count"], busy["thread_count"]) == (1, 1, 2)
    models = (await horde.call("GET", "/api/v2/status/models")).body
    assert [(model["name"], model["count"], model["type"]) for model in models] == [("tiny-glyphs", 2, "image")]
    assert (await horde.call("GET", "/api/v2/status/models?type=text")).body == []


async def test_what_is_no_json_is_refused_with_a_sentence(horde: Horde) -> None:
    for noun in POSTS:
        for body in (b"", b"{", b"not json", b"[]", b"\xff\xfe\x00", b"[" * 200_000, b'{"a":' * 50_000):
            refused = await horde.call("POST", f"/api/v2/generate/{noun}", who="asker", data=body)
            assert refused.status == 400, (noun, body[:20])
            assert refused.body["message"]


async def test_nul_characters_never_reach_the_database(horde: Horde) -> None:
    refused = await horde.call("POST", "/api/v2/generate/async", who="asker", data=b'{"prompt": "a\\u0000b"}')
    assert (refused.status, refused.body["rc"]) == (400, "NulByteInPayload")
    refused = await horde.pop(name="a\x00b")
    assert (refused.status, refused.body["rc"]) == (400, "NulByteInPayload")


async def test_bodies_in_other_charsets(horde: Horde) -> None:
    order = json.dumps({"prompt": "ein rotes Herz, schön", "dry_run": True}, ensure_ascii=False)
    for charset, status in (("utf-8", 200), ("UTF-8", 200), ("iso-8859-1", 200), ("utf-16", 200), ("nonsense", 400)):
        body = order.encode("utf-8" if charset == "nonsense" else charset)
        reply = await horde.call(
            "POST",
            "/api/v2/generate/async",
            who="asker",
            data=body,
            headers={"Content-Type": f"application/json; charset={charset}"},
        )
        assert reply.status == status, charset


async def test_a_20_mb_body_is_refused_and_the_server_lives_on(horde: Horde) -> None:
    body = b'{"prompt": "' + b"x" * 20_000_000 + b'"}'
    for noun, limit in (("async", 12 << 20), ("submit", 12 << 20), ("pop", 1 << 20)):
        refused = await horde.call("POST", f"/api/v2/generate/{noun}", who="asker", data=body)
        assert (refused.status, refused.body["rc"]) == (413, "BodyTooLarge")
        assert str(limit) in refused.body["message"]

    async def unannounced() -> object:
        for _ in range(30):
            yield b"x" * 100_000

    refused = await horde.call("POST", "/api/v2/generate/pop", who="asker", data=unannounced())
    assert refused.status == 413
    assert (await horde.call("GET", "/api/v2/status/heartbeat")).status == 200


async def test_addresses_and_methods_that_do_not_exist_answer_in_json(horde: Horde) -> None:
    missing = await horde.call("GET", "/api/v2/nothing")
    assert (missing.status, missing.body["rc"]) == (404, "RouteNotFound")
    wrong = await horde.call("PATCH", "/api/v2/generate/async")
    assert (wrong.status, wrong.body["rc"]) == (405, "MethodNotAllowed")
    assert "POST" in wrong.headers["Allow"]
    page = await horde.call("GET", "/nothing")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/plain; charset=utf-8")


async def test_what_nobody_foresaw_is_logged_once_and_says_nothing(
    horde: Horde, caplog: pytest.LogCaptureFixture
) -> None:
    asked = await horde.ask()
    horde.uow.close()
    with caplog.at_level(logging.ERROR, "core.api"):
        broken = await horde.check(asked.body["id"])
    assert broken.status == 503
    (horde.folder / "objects" / "objects").rename(horde.folder / "gone")
    (horde.folder / "objects" / "objects").write_bytes(b"")
    with caplog.at_level(logging.ERROR, "core.api"):
        broken = await horde.call("GET", "/objects/pictures/x.webp")
    assert broken.status in {404, 500}
    assert len(caplog.records) == (broken.status == 500)


async def test_a_head_that_never_ends_is_cut_off(build: Builder) -> None:
    horde = await build(head_s=0.5)
    for first in (b"", b"GET /api/v2/status/heartbeat HTTP/1.1\r\nHost: x\r\nX-Slow: "):
        reader, writer = await asyncio.open_connection("127.0.0.1", horde.server.port)
        writer.write(first)
        await writer.drain()
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_what_is_no_http_is_answered_in_json(horde: Horde, caplog: pytest.LogCaptureFixture) -> None:
    for first in (b"HELLO\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", horde.server.port)
        writer.write(first)
        answer = await reader.read()
        assert b" 400 " in answer.splitlines()[0]
        assert "message" in json.loads(answer.partition(b"\r\n\r\n")[2])
        writer.close()
    assert not caplog.records


async def test_a_body_that_never_ends_is_cut_off(build: Builder) -> None:
    horde = await build(body_s_max=0.3)
    key = (await horde.account("asker")).api_key
    reader, writer = await asyncio.open_connection("127.0.0.1", horde.server.port)
    head = f"POST /api/v2/generate/async HTTP/1.1\r\nHost: x\r\napikey: {key}\r\nContent-Length: 50\r\n\r\n"
    writer.write(head.encode() + b'{"prompt"')
    await writer.drain()
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"}")
    assert answer.startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_connection_is_kept_and_used_again(build: Builder) -> None:
    """The clock of the first head does not end a connection that works."""
    horde = await build(head_s=0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", horde.server.port)
    for _ in range(2):
        writer.write(b"GET /api/v2/status/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"}")
        await asyncio.sleep(0.7)
    writer.close()


async def test_a_port_that_is_taken_is_explained(horde: Horde) -> None:
    second = ApiServer(create_app(horde.context), host="127.0.0.1", port=horde.server.port)
    with pytest.raises(Unavailable, match=f"Port {horde.server.port} .* is taken"):
        await second.start()
    await second.stop()
    await second.stop()


async def test_start_and_stop_may_be_called_twice(horde: Horde) -> None:
    await horde.server.start()
    await horde.server.stop()
    await horde.server.stop()
