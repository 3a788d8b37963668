"""Fetching a stranger's picture: nothing inside is reached, whatever names, redirects and hosts try."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from aiohttp import web

from core.api.sources import SourceFetcher, is_public_address
from core.api.sources.addresses import system_resolve
from core.api.sources.refusals import SourceRefused
from tests.api.scene import webp
from tests.api.sources.host import NAME, PictureHost, picture_host

INSIDE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - a place that must not be gone to
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001::1",
    "2001:db8::1",
    "100::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "3fff::1",
    "not an address",
    "",
]


@pytest.fixture
async def host() -> AsyncIterator[PictureHost]:
    async with picture_host() as one:
        yield one


async def refusal(fetcher: SourceFetcher, address: str) -> SourceRefused:
    with pytest.raises(SourceRefused) as caught:
        await fetcher.fetch(address, field_name="source_mask")
    assert "source_mask" in str(caught.value)
    assert caught.value.field == "source_mask"
    return caught.value


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "93.184.216.34", "100.63.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "2002:101:101::1"],
)
def test_addresses_outside(address: str) -> None:
    assert is_public_address(address)


async def test_a_picture_is_fetched_from_the_address_that_was_checked(host: PictureHost) -> None:
    host.routes["/a"] = webp()
    assert await host.fetcher().fetch(host.url(), field_name="source_image") == webp()
    assert host.names.asked == [NAME]
    assert "Cookie" not in host.seen[0].headers
    assert host.seen[0].headers["Accept-Encoding"] == "identity"


async def test_a_name_that_changes_its_mind_changes_nothing(host: PictureHost) -> None:
    """DNS rebinding: allowed when it is checked, inside when it is asked again. It is not asked again."""
    async with picture_host(bind="127.0.0.2", port=host.port) as inside:
        host.routes["/a"], inside.routes["/a"] = webp(), webp(shade=9)
        host.names.answers[NAME] = [("127.0.0.1",), ("127.0.0.2",)]
        assert await host.fetcher().fetch(host.url(), field_name="source_image") == webp()
        assert (host.names.asked, inside.seen) == ([NAME], [])
        refused = await refusal(host.fetcher(), host.url())
        assert (refused.code, inside.seen) == ("SourceImageUrlInvalid", [])


async def test_one_address_inside_among_others_is_enough_to_refuse(host: PictureHost) -> None:
    host.routes["/a"] = webp()
    host.names.answers[NAME] = [("127.0.0.1", "10.0.0.1")]
    refused = await refusal(host.fetcher(), host.url())
    assert "not public" in str(refused)
    assert "10.0.0.1" not in str(refused)  # what is inside is nobody's business
    assert host.seen == []
    host.names.answers[NAME] = [()]
    assert (await refusal(host.fetcher(), host.url())).code == "SourceImageUrlInvalid"


@pytest.mark.parametrize(
    "to",
    [
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:169.254.169.254]/",
        "https://inside.test/",
        "http://pictures.test/a",
        "file:///etc/passwd",
        "gopher://pictures.test/",
        "https://user:password@pictures.test/a",
        "//10.0.0.1/a",
        "https://nowhere.test/",
        "https://[broken/",
        "",
    ],
)
async def test_every_redirect_is_checked_again(host: PictureHost, to: str) -> None:
    host.names.answers["inside.test"] = [("10.0.0.1",)]
    address = host.redirect("/away", to)
    refused = await refusal(host.fetcher(), address)
    assert refused.code == "SourceImageUrlInvalid"
    assert {request.path for request in host.seen} == {"/away"}


async def test_three_redirects_are_followed_and_no_fourth(host: PictureHost) -> None:
    host.routes["/a"] = webp()
    host.redirect("/1", host.url())
    host.redirect("/2", "/1")
    host.redirect("/3", host.url("/2"))
    assert await host.fetcher().fetch(host.url("/3"), field_name="source_image") == webp()
    assert host.names.asked == [NAME] * 4
    host.redirect("/4", "/3")
    assert "more than 3 times" in str(await refusal(host.fetcher(), host.url("/4")))
    host.redirect("/loop", "/loop")
    assert "more than 3 times" in str(await refusal(host.fetcher(), host.url("/loop")))


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25lo]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0/",
        "http://127.0.0.1/",
        "http://example.org/a.png",
        "HTTP://example.org/a.png",
        "ftp://example.org/a.png",
        "file:///etc/passwd",
        "https://",
        "https:///a",
        "https://example.org:0x50/",
        "https://example.org:99999/",
        "https://a b/",
        "https://\x00/",
        f"https://{'a' * 70}.example/",
        f"https://example.org/{'a' * 3000}",
        "https://me:secret@example.org/",
    ],
)
async def test_as_it_is_shipped_it_goes_nowhere_inside(address: str) -> None:
    refused = await refusal(SourceFetcher(), address)
    assert refused.code == "SourceImageUrlInvalid"
    assert "secret" not in str(refused)


async def test_this_machines_own_names_are_resolved() -> None:
    assert set(await system_resolve("localhost", 443)) <= {"127.0.0.1", "::1"}
    with pytest.raises(OSError):  # noqa: PT011 - its words are the machine's
        await system_resolve("name.invalid", 443)


async def test_only_a_certificate_that_fits_is_trusted(host: PictureHost) -> None:
    host.routes["/a"] = webp()
    host.names.answers["other.test"] = [("127.0.0.1",)]
    refused = await refusal(host.fetcher(), host.url(name="other.test"))
    assert "certificate" in str(refused)
    async with picture_host() as stranger:
        stranger.names.answers = host.names.answers
        refused = await refusal(host.fetcher(), stranger.url())
    assert "certificate" in str(refused)
    assert host.seen == []


async def test_too_many_bytes_are_not_read_to_the_end(host: PictureHost) -> None:
    host.routes["/long"] = b"x" * 2000
    refused = await refusal(host.fetcher(bytes_max=1000), host.url("/long"))
    assert (refused.code, refused.limit, refused.value) == ("SourceImageSizeExceeded", 1000, 2000)
    host.routes["/a"] = b"x" * 1000
    assert len(await host.fetcher(bytes_max=1000).fetch(host.url(), field_name="f")) == 1000


async def endless(request: web.Request) -> web.StreamResponse:
    """Answer with a body that names no length and has no end."""
    answer = web.StreamResponse()
    answer.enable_chunked_encoding()
    await answer.prepare(request)
    with suppress(ConnectionError):
        while True:
            await answer.write(b"x" * 4096)
    return answer


async def silent(request: web.Request) -> web.StreamResponse:
    """Begin a body and wait."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"RIFF")
    await asyncio.sleep(30)
    return answer


async def test_a_body_without_end_is_cut(host: PictureHost) -> None:
    host.routes["/endless"] = endless
    refused = await refusal(host.fetcher(bytes_max=100_000), host.url("/endless"))
    assert refused.code == "SourceImageSizeExceeded"


async def test_a_host_that_waits_is_left(host: PictureHost) -> None:
    host.routes["/slow"] = silent
    refused = await refusal(host.fetcher(within_s=0.3), host.url("/slow"))
    assert (refused.code, "0.3 s" in str(refused)) == ("SourceImageUrlInvalid", True)


async def test_what_is_compressed_is_not_unpacked(host: PictureHost) -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    host.routes["/bomb"] = web.Response(body=packed, headers={"Content-Encoding": "gzip"})
    assert await host.fetcher().fetch(host.url("/bomb"), field_name="f") == packed


async def test_what_is_not_there(host: PictureHost) -> None:
    assert "404" in str(await refusal(host.fetcher(), host.url("/nothing")))
    host.names.answers["closed.test"] = [("127.0.0.1",)]
    assert "cannot be reached" in str(await refusal(host.fetcher(), "https://closed.test:1/"))
