"""The objects' addresses: uploads under a signature, published pictures for everyone."""

import asyncio

import pytest

from tests.api.scene import Builder, Horde, until, webp


async def publish(horde: Horde) -> str:
    """Have a picture made and return its public address."""
    _, popped = await horde.leased()
    await horde.upload(popped["r2_upload"], webp())
    await horde.submit(popped["id"])
    (picture,) = [path for path in await horde.published() if path.suffix == ".webp"]
    return horde.objects.public_url(str(picture.relative_to(horde.folder / "objects" / "objects")))


async def test_a_published_picture_is_for_everyone_and_for_ever(horde: Horde) -> None:
    address = await publish(horde)
    read = await horde.call("GET", address)
    assert (read.status, read.body) == (200, webp())
    assert read.headers["Content-Type"] == "image/webp"
    assert read.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert read.headers["Access-Control-Allow-Origin"] == "*"
    etag = read.headers["ETag"]
    assert (await horde.call("GET", address, headers={"If-None-Match": etag})).status == 304
    part = await horde.call("GET", address, headers={"Range": "bytes=4-7"})
    assert (part.status, part.body) == (206, webp()[4:8])
    assert (await horde.call("GET", address, headers={"Range": "bytes=999999-"})).status == 416
    head = await horde.call("HEAD", address)
    assert (head.status, head.headers["Content-Length"]) == (200, str(len(webp())))
    sidecar = await horde.call("GET", address.replace(".webp", ".json"))
    assert (sidecar.status, sidecar.body["notice"]) == (200, "AI generated")


async def test_what_was_only_uploaded_is_for_nobody(horde: Horde) -> None:
    _, popped = await horde.leased()
    await horde.upload(popped["r2_upload"], webp())
    for address in (popped["r2_upload"], popped["r2_upload"].partition("?")[0]):
        refused = await horde.call("GET", address)
        assert (refused.status, refused.body["rc"]) == (403, "Forbidden")


@pytest.mark.parametrize("change", [("max=", "max=9"), ("sig=", "sig=0"), ("expires=", "expires=9"), ("in/", "in/0")])
async def test_an_upload_address_cannot_be_changed(horde: Horde, change: tuple[str, str]) -> None:
    _, popped = await horde.leased()
    refused = await horde.upload(popped["r2_upload"].replace(*change), webp())
    assert (refused.status, refused.body["rc"]) == (403, "Forbidden")
    assert (await horde.upload(popped["r2_upload"].partition("?")[0], webp())).status == 403


async def test_an_upload_address_expires(horde: Horde) -> None:
    _, popped = await horde.leased()
    horde.clock.ahead_ms += 24 * 3_600_000
    refused = await horde.upload(popped["r2_upload"], webp())
    assert refused.status == 403
    assert "Ask for a new one" in refused.body["message"]


async def test_too_large_an_upload_is_refused_whether_it_says_so_or_not(build: Builder) -> None:
    horde = await build(upload_bytes_max=1000)
    _, popped = await horde.leased()

    async def unannounced() -> object:
        for _ in range(20):
            yield b"x" * 100

    for body in (b"x" * 1001, unannounced()):
        refused = await horde.call("PUT", popped["r2_upload"], data=body, headers={"Content-Type": "image/webp"})
        assert (refused.status, refused.body["rc"]) == (413, "BodyTooLarge")
        assert "1000 bytes" in refused.body["message"]
    assert (await horde.upload(popped["r2_upload"], b"")).status == 400


async def test_types_that_uploads_may_have(horde: Horde) -> None:
    _, popped = await horde.leased()
    for declared in ("image/webp", "application/octet-stream", "IMAGE/WEBP; q=1"):
        assert (await horde.upload(popped["r2_upload"], webp(), **{"Content-Type": declared})).status == 200
    refused = await horde.upload(popped["r2_upload"], webp(), **{"Content-Type": "text/html"})
    assert refused.status == 403


async def test_an_upload_that_breaks_off_leaves_nothing(horde: Horde) -> None:
    _, popped = await horde.leased()
    path = popped["r2_upload"].removeprefix(horde.address)
    _, writer = await asyncio.open_connection("127.0.0.1", horde.server.port)
    writer.write(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n".encode() + b"RIFF half")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    refused = await horde.submit(popped["id"])
    assert "nothing was uploaded" in refused.body["message"]
    parts = horde.folder / "objects" / "objects-state" / "parts"
    await until(lambda: not list(parts.iterdir()))


@pytest.mark.parametrize(
    "key",
    [
        "pictures/../../horde.db",
        "pictures/%2e%2e/%2e%2e/horde.db",
        "..%2f..%2fhorde.db",
        "%2Fetc/passwd",
        "pictures/x%00.webp",
        "pictures/.hidden",
        "pictures/nothing.webp",
        "notes/in/x.note",
    ],
)
async def test_no_path_leads_out_of_the_store(horde: Horde, key: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", horde.server.port)
    writer.write(f"GET /objects/{key} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.split(b" ")[1] in {b"400", b"403", b"404"}
    assert b"SQLite" not in answer
