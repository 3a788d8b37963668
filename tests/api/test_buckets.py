"""The way of a picture where objects live in buckets: uploads pass the API by, and are checked all the same."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import pytest

from cdn.s3 import S3Objects
from core.ports.objects import ObjectHead
from tests.api.scene import Builder, Horde, webp
from tests.seaweed import PRIVATE, PUBLIC, Seaweed


@pytest.fixture
def prefix() -> str:
    return f"{token_hex(8)}/"


@pytest.fixture
async def horde(build: Builder, seaweed: Seaweed, prefix: str) -> Horde:
    return await build(buckets=seaweed.place(prefix=prefix))


def keys_in(seaweed: Seaweed, bucket: str, prefix: str) -> list[str]:
    listed = seaweed.sdk().list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [one["Key"].removeprefix(prefix) for one in listed.get("Contents", [])]


async def as_v2_worker(horde: Horde, url: str, body: bytes) -> int:
    """Upload without a type, as v2's workers do."""
    async with horde.session.put(url, data=body, skip_auto_headers=["Content-Type"]) as answer:
        return answer.status


async def image_of(horde: Horde, request_id: str) -> Any:
    (generation,) = (await horde.status(request_id)).body["generations"]
    return generation["img"]


async def test_a_picture_goes_past_the_api_and_is_published(horde: Horde, seaweed: Seaweed, prefix: str) -> None:
    request_id, popped = await horde.leased()
    assert popped["r2_upload"].startswith(f"{seaweed.endpoint}/{PRIVATE}/{prefix}in/")
    assert await as_v2_worker(horde, popped["r2_upload"], webp()) == 200
    assert (await horde.submit(popped["id"])).status == 200
    published = keys_in(seaweed, PUBLIC, prefix)
    assert sorted(key.rpartition(".")[2] for key in published) == ["json", "webp"]
    assert keys_in(seaweed, PRIVATE, prefix) == []
    # The test's server has plain http, which v2's clients do not take: the picture comes in the answer.
    assert await image_of(horde, request_id) == webp_in_base64()
    (key,) = [key for key in published if key.endswith(".webp")]
    read = await horde.call("GET", horde.context.objects.public_url(key))
    assert (read.status, read.body, read.headers["Content-Type"]) == (200, webp(), "image/webp")


def webp_in_base64() -> str:
    return base64.b64encode(webp()).decode()


async def test_where_the_bucket_has_https_the_answer_has_its_address(build: Builder, seaweed: Seaweed) -> None:
    place = seaweed.place(prefix=f"{token_hex(8)}/", public_url="https://pictures.example.org/sub")
    horde = await build(buckets=place)
    request_id, popped = await horde.leased()
    await as_v2_worker(horde, popped["r2_upload"], webp())
    await horde.submit(popped["id"])
    assert (await image_of(horde, request_id)).startswith(f"https://pictures.example.org/sub/{place.prefix}pictures/")


async def test_a_picture_that_is_swapped_after_the_submit_is_not_published(
    horde: Horde, seaweed: Seaweed, prefix: str
) -> None:
    request_id, popped = await horde.leased()
    await as_v2_worker(horde, popped["r2_upload"], webp())
    assert (await horde.submit(popped["id"])).status == 200
    assert await as_v2_worker(horde, popped["r2_upload"], webp(shade=99)) == 200  # the address is still good
    assert await image_of(horde, request_id) == webp_in_base64()
    (key,) = [key for key in keys_in(seaweed, PUBLIC, prefix) if key.endswith(".webp")]
    assert (await horde.call("GET", horde.context.objects.public_url(key))).body == webp()


class Swapped(S3Objects):
    """Buckets whose upload is swapped right after it was copied: the worst moment there is."""

    swap: Callable[[], Awaitable[int]] | None = None

    async def copy(
        self, source_key: str, target_key: str, *, content_type: str, expires_at_ms: int | None = None
    ) -> ObjectHead:
        copied = await super().copy(source_key, target_key, content_type=content_type, expires_at_ms=expires_at_ms)
        assert self.swap is not None
        assert await self.swap() == 200
        return copied


async def test_swapping_while_the_picture_is_checked_publishes_only_what_was_checked(
    build: Builder, seaweed: Seaweed, prefix: str
) -> None:
    horde = await build(buckets=seaweed.place(prefix=prefix), in_buckets_by=Swapped, full_check_share=1.0)
    request_id, popped = await horde.leased()
    await as_v2_worker(horde, popped["r2_upload"], webp())
    assert isinstance(horde.context.objects, Swapped)
    horde.context.objects.swap = lambda: as_v2_worker(horde, popped["r2_upload"], b"<html>swapped</html>")
    assert (await horde.submit(popped["id"])).status == 200
    assert await image_of(horde, request_id) == webp_in_base64()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>" * 20, "HTML"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "a PNG"),
        (webp()[:-40], "bytes"),
        (webp(128, 64), "128 x 64"),
        (webp() + b"x" * 5000, "4000 are taken"),
    ],
)
async def test_what_is_no_such_picture_is_refused_and_goes_from_the_public_bucket(
    build: Builder, seaweed: Seaweed, prefix: str, body: bytes, says: str
) -> None:
    horde = await build(buckets=seaweed.place(prefix=prefix), upload_bytes_max=4000)
    _, popped = await horde.leased()
    assert await as_v2_worker(horde, popped["r2_upload"], body) == 200  # S3 takes any type and size
    refused = await horde.submit(popped["id"])
    assert (refused.status, refused.body["rc"]) == (400, "ImageValidationFailed")
    assert says in refused.body["message"]
    assert keys_in(seaweed, PUBLIC, prefix) == []
    if len(body) > 4000:
        assert keys_in(seaweed, PRIVATE, prefix) == []  # what is too large is not kept for a second look


async def test_an_upload_address_is_good_for_its_lease_only(horde: Horde, seaweed: Seaweed) -> None:
    _, popped = await horde.leased()
    url = popped["r2_upload"]
    path = urlsplit(url).path
    other = path[:-8] + "0" * 8
    assert await as_v2_worker(horde, url.replace(path, other), webp()) == 403
    assert await as_v2_worker(horde, url.partition("?")[0], webp()) == 403
    assert (await horde.call("GET", url)).status == 403


async def test_while_the_store_is_down_a_submit_is_answered_503_and_works_later(horde: Horde, seaweed: Seaweed) -> None:
    request_id, popped = await horde.leased()
    assert await as_v2_worker(horde, popped["r2_upload"], webp()) == 200
    try:
        await asyncio.to_thread(seaweed.stop)
        refused = await horde.submit(popped["id"])
        assert (refused.status, refused.body["rc"]) == (503, "Unavailable")
        assert "does not answer" in refused.body["message"]
    finally:
        await asyncio.to_thread(seaweed.start)
    assert (await horde.submit(popped["id"])).status == 200
    assert await image_of(horde, request_id) == webp_in_base64()
    await horde.assert_ledger_is_whole()
