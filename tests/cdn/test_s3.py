"""What only the S3 store promises, on a real server: signatures, privacy, expiry, outages, rules and words."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from secrets import token_hex

import aiohttp
import pytest

from cdn.s3 import S3Objects
from cdn.s3.check import Tried, try_out
from cdn.s3.client import S3Client
from cdn.s3.upkeep import Upkeep
from core.domain.errors import NotFound, Unavailable
from tests.seaweed import PRIVATE, PUBLIC, Seaweed

DAY_MS = 86_400_000


@dataclass
class HandClock:
    """The machine's time, moved forward by hand: the server's own clock must fit."""

    ahead_ms: int = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def objects(seaweed: Seaweed, clock: HandClock) -> S3Objects:
    return S3Objects(seaweed.place(prefix=f"{token_hex(8)}/"), clock=clock)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as one:
        yield one


async def put(
    session: aiohttp.ClientSession, address: str, body: bytes = b"picture", *, content_type: str | None = None
) -> int:
    """Upload; without a type as v2's workers do, who send none at all."""
    headers = {"Content-Type": content_type} if content_type else {}
    skipped = [] if headers else ["Content-Type"]
    async with session.put(address, data=body, headers=headers, skip_auto_headers=skipped) as answer:
        return answer.status


def upload_address(objects: S3Objects, clock: HandClock, *, key: str = "in/a", good_s: int = 60) -> str:
    return objects.presign_put(
        key, content_type="image/webp", bytes_max=10, expires_at_ms=clock.now_ms() + good_s * 1000
    )


async def test_a_signed_upload_arrives_whatever_type_the_worker_names(
    objects: S3Objects, clock: HandClock, session: aiohttp.ClientSession
) -> None:
    address = upload_address(objects, clock)
    for content_type in (None, "image/webp", "text/html"):
        assert await put(session, address, content_type=content_type) == 200
        assert await objects.get("in/a") == b"picture"
    published = await objects.copy("in/a", "pictures/a.webp", content_type="image/webp")
    assert (published.content_type, published.size_bytes) == ("image/webp", 7)
    async with session.get(objects.public_url("pictures/a.webp")) as answer:
        assert (answer.status, await answer.read()) == (200, b"picture")
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_nothing_in_a_signed_address_can_be_changed(
    objects: S3Objects, clock: HandClock, session: aiohttp.ClientSession
) -> None:
    address = upload_address(objects, clock)
    for changed in (
        address.replace("/in/a", "/in/b"),
        address.replace("/in/a", "/pictures/a.webp"),
        address.replace(PRIVATE, PUBLIC),
        address.replace("X-Amz-Expires=60", "X-Amz-Expires=6000"),
        address.replace("X-Amz-Expires=59", "X-Amz-Expires=6000"),
        address.partition("?")[0],
        f"{address.rpartition('=')[0]}={'0' * 64}",
    ):
        if changed != address:
            assert await put(session, changed) == 403, changed
    async with session.get(address) as answer:
        assert answer.status == 403  # it is good for PUT only
    assert await objects.head("in/a") is None
    assert await objects.head("in/b") is None


async def test_a_signed_address_expires(objects: S3Objects, clock: HandClock, session: aiohttp.ClientSession) -> None:
    await objects.put("in/a", b"first", content_type="image/webp")
    writable = upload_address(objects, clock, good_s=1)
    readable = objects.presign_get("in/a", expires_at_ms=clock.now_ms() + 1000)
    async with asyncio.timeout(20):
        while await put(session, writable, b"late") != 403:  # noqa: ASYNC110 - the server's clock has no event
            await asyncio.sleep(0.2)
    async with session.get(readable) as answer:
        assert answer.status == 403


async def test_uploads_are_private_and_signed_reading_works(
    objects: S3Objects, clock: HandClock, session: aiohttp.ClientSession
) -> None:
    await objects.put("in/a", b"fresh", content_type="image/webp")
    readable = objects.presign_get("in/a", expires_at_ms=clock.now_ms() + 60_000)
    async with session.get(readable) as answer:
        assert (answer.status, await answer.read()) == (200, b"fresh")
        assert answer.headers["Cache-Control"] == "private, no-store"
    async with session.get(readable.partition("?")[0]) as answer:
        assert answer.status == 403


async def test_a_private_bucket_gives_signed_addresses_that_stay_for_an_hour(
    seaweed: Seaweed, clock: HandClock, session: aiohttp.ClientSession
) -> None:
    objects = S3Objects(seaweed.place(bucket=PRIVATE, private_bucket="", public_url=""), clock=clock)
    await objects.put("pictures/p.webp", b"shown", content_type="image/webp")
    address = objects.public_url("pictures/p.webp")
    async with session.get(address) as answer:
        assert (answer.status, await answer.read()) == (200, b"shown")
    assert "X-Amz-Expires=604800" in address
    clock.ahead_ms = 1_800_000
    assert objects.public_url("pictures/p.webp") == address
    objects.close()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"secret_access_key": "not-the-secret-of-this-key"}, "HORDE_OBJECTS_SECRET_ACCESS_KEY"),
        ({"access_key_id": "AKNOBODY"}, "objects.access_key_id"),
        ({"bucket": "not-made", "private_bucket": "not-made"}, "objects.bucket"),
        ({"who": "reader"}, "read and write access"),
        ({"endpoint": "http://127.0.0.1:1"}, "objects.endpoint"),
    ],
)
async def test_what_is_wrong_is_said_without_a_secret(
    seaweed: Seaweed,
    clock: HandClock,
    caplog: pytest.LogCaptureFixture,
    wrong: dict[str, str],
    says: str,
) -> None:
    place = seaweed.place(**wrong)
    objects = S3Objects(place, clock=clock)
    with caplog.at_level(logging.INFO, logger="cdn"), pytest.raises(Unavailable) as caught:
        await objects.put("in/a", b"x", content_type="image/webp")
    told = str(caught.value) + caplog.text + repr(place)
    assert says in str(caught.value)
    assert place.secret_access_key not in told
    assert "Signature=" not in told
    objects.close()


async def test_what_else_is_set_for_aws_does_not_get_in_the_way(
    seaweed: Seaweed, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_PROFILE": "of-someone-else",
        "AWS_SESSION_TOKEN": "theirs",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_CONFIG_FILE": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    objects = S3Objects(seaweed.place(prefix=f"{token_hex(8)}/"), clock=clock)
    await objects.put("in/a", b"x", content_type="image/webp")
    assert await objects.get("in/a") == b"x"
    objects.close()


async def test_a_store_that_goes_away_and_comes_back(
    seaweed: Seaweed, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    objects = S3Objects(seaweed.place(prefix=f"{token_hex(8)}/"), clock=clock)
    await objects.put("in/a", b"kept", content_type="image/webp")
    try:
        await asyncio.to_thread(seaweed.stop)
        with caplog.at_level(logging.INFO, logger="cdn"):
            for attempt in (
                lambda: objects.get("in/a"),
                lambda: objects.head("in/a"),
                lambda: objects.put("in/b", b"x", content_type="image/webp"),
                lambda: objects.copy("in/a", "pictures/a.webp", content_type="image/webp"),
                lambda: objects.delete("in/a"),
                lambda: objects.prune(clock.now_ms()),
            ):
                with pytest.raises(Unavailable, match=r"does not answer.*objects\.endpoint"):
                    await attempt()
    finally:
        await asyncio.to_thread(seaweed.start)
    with caplog.at_level(logging.INFO, logger="cdn"):
        await objects.put("in/b", b"again", content_type="image/webp")
        assert await objects.get("in/b") == b"again"
    assert caplog.text.count("objects.unavailable") == 1
    assert caplog.text.count("objects.back") == 1
    objects.close()


async def test_a_source_that_goes_while_it_is_copied_is_missing(objects: S3Objects) -> None:
    await objects.put("in/a", b"x", content_type="image/webp")
    await objects.delete("in/a")
    with pytest.raises(NotFound, match="in/a"):
        await objects.copy("in/a", "pictures/a.webp", content_type="image/webp")


async def test_uploads_that_nobody_took_are_pruned_after_a_day(
    objects: S3Objects, clock: HandClock, session: aiohttp.ClientSession
) -> None:
    assert await put(session, upload_address(objects, clock, key="in/left")) == 200
    await objects.put("in/kept", b"x", content_type="image/webp", expires_at_ms=clock.now_ms() + 9 * DAY_MS)
    await objects.put("pictures/kept.webp", b"x", content_type="image/webp")
    assert await objects.prune(clock.now_ms() + DAY_MS // 2) == 0
    assert await objects.prune(clock.now_ms() + 2 * DAY_MS) == 1
    assert await objects.head("in/left") is None
    assert await objects.head("in/kept") is not None
    assert await objects.head("pictures/kept.webp") is not None


async def test_more_is_pruned_than_one_page_lists(
    objects: S3Objects, clock: HandClock, session: aiohttp.ClientSession
) -> None:
    until = clock.now_ms() + 60_000
    for number in range(23):
        await objects.put(f"in/{number}", b"x", content_type="image/webp", expires_at_ms=until + number % 3)
        await put(session, upload_address(objects, clock, key=f"in/left{number}"))
    client = S3Client(objects.place)
    pages = Upkeep(client, listed_max=5)
    assert await pages.prune(until - 1) == 0
    assert await pages.prune(until + 1) == 16
    assert await pages.prune(until + 2 * DAY_MS) == 7 + 23
    assert await pages.prune(until + 2 * DAY_MS) == 0
    client.close()


async def test_the_bucket_gets_our_rules_and_keeps_those_of_others(seaweed: Seaweed, clock: HandClock) -> None:
    sdk = seaweed.sdk()
    theirs = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "theirs/"}, "Expiration": {"Days": 30}}
    sdk.put_bucket_lifecycle_configuration(Bucket=PRIVATE, LifecycleConfiguration={"Rules": [theirs]})
    objects = S3Objects(seaweed.place(), clock=clock)
    assert await objects.lifecycle() == "rules=set"
    assert await objects.lifecycle() == "rules=present"
    rules = sdk.get_bucket_lifecycle_configuration(Bucket=PRIVATE)["Rules"]
    assert {(rule["ID"], rule["Filter"]["Prefix"], rule["Expiration"]["Days"]) for rule in rules} == {
        ("theirs", "theirs/", 30),
        ("horde-in", "in/", 2),
        ("horde-sources", "sources/", 9),
    }
    objects.close()


async def test_without_leave_to_set_rules_it_prunes_by_itself(
    seaweed: Seaweed, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    objects = S3Objects(seaweed.place(who="limited", prefix=f"limited/{token_hex(8)}/"), clock=clock)
    await objects.put("in/a", b"x", content_type="image/webp", expires_at_ms=clock.now_ms() - 1)
    with caplog.at_level(logging.INFO, logger="cdn"):
        assert await objects.prune(clock.now_ms()) == 1
        assert await objects.prune(clock.now_ms()) == 0
    assert caplog.text.count("rules=not-permitted") == 1
    assert "objects.unavailable" not in caplog.text
    objects.close()


async def findings(objects: S3Objects, clock: HandClock) -> dict[str, Tried]:
    return {tried.what: tried async for tried in try_out(objects, now_ms=clock.now_ms())}


async def test_a_trial_of_a_good_store(objects: S3Objects, clock: HandClock, seaweed: Seaweed) -> None:
    tried = await findings(objects, clock)
    assert set(tried) == {"uploads", "pictures", "reading", "privacy", "lifecycle"}
    assert not [one for one in tried.values() if one.next_step], tried
    for bucket in (PUBLIC, PRIVATE):
        left = seaweed.sdk().list_objects_v2(Bucket=bucket, Prefix=objects.place.prefix)
        assert left["KeyCount"] == 0


async def test_a_trial_says_that_uploads_are_open_to_all(seaweed: Seaweed, clock: HandClock) -> None:
    objects = S3Objects(seaweed.place(private_bucket=""), clock=clock)
    tried = await findings(objects, clock)
    assert "objects.private_bucket" in tried["privacy"].next_step
    assert not tried["reading"].next_step
    objects.close()


async def test_a_trial_says_that_nobody_can_read_the_pictures(seaweed: Seaweed, clock: HandClock) -> None:
    objects = S3Objects(seaweed.place(bucket=PRIVATE, public_url=f"{seaweed.endpoint}/{PRIVATE}"), clock=clock)
    tried = await findings(objects, clock)
    assert "objects.public_url" in tried["reading"].next_step
    assert "403" in tried["reading"].told
    objects.close()


async def test_a_trial_ends_where_the_store_refuses(seaweed: Seaweed, clock: HandClock) -> None:
    objects = S3Objects(seaweed.place(who="reader"), clock=clock)
    (refused,) = (await findings(objects, clock)).values()
    assert "read and write access" in refused.next_step
    objects.close()
