"""The contract of every ObjectStore: one suite, run on each implementation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

import pytest

from cdn import DiskObjects
from cdn.s3 import S3Objects
from core.domain.errors import InvalidRequest, NotFound
from core.ports.objects import NewObject, ObjectStore
from tests.seaweed import Seaweed

HOUR_MS = 3_600_000


@dataclass
class HandClock:
    ms: int = 1_790_000_000_000

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def disk(request: pytest.FixtureRequest, clock: HandClock) -> Iterator[ObjectStore]:
    folder: Path = request.getfixturevalue("tmp_path")
    yield DiskObjects(folder / "objects", public_url="http://127.0.0.1:8000", secret=b"s" * 32, clock=clock)


def s3(request: pytest.FixtureRequest, clock: HandClock) -> Iterator[ObjectStore]:
    """Two buckets on a real server, a prefix of its own for each test."""
    server: Seaweed = request.getfixturevalue("seaweed")
    objects = S3Objects(server.place(prefix=f"{token_hex(8)}/"), clock=clock)
    yield objects
    objects.close()


def s3_in_one_bucket(request: pytest.FixtureRequest, clock: HandClock) -> Iterator[ObjectStore]:
    """One private bucket for everything, with a key that may read, write and list only."""
    server: Seaweed = request.getfixturevalue("seaweed")
    place = server.place(
        who="writer", prefix=f"{token_hex(8)}/", bucket="horde-uploads", private_bucket="", public_url=""
    )
    objects = S3Objects(place, clock=clock)
    yield objects
    objects.close()


IMPLEMENTATIONS: dict[str, Callable[[pytest.FixtureRequest, HandClock], Iterator[ObjectStore]]] = {
    "disk": disk,
    "s3": s3,
    "s3_in_one_bucket": s3_in_one_bucket,
}


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def objects(request: pytest.FixtureRequest, clock: HandClock) -> Iterator[ObjectStore]:
    yield from IMPLEMENTATIONS[request.param](request, clock)


async def test_what_is_put_can_be_read_whole_and_in_part(objects: ObjectStore) -> None:
    head = await objects.put("pictures/2026/11/a.webp", b"0123456789", content_type="image/webp")
    assert (head.size_bytes, head.content_type) == (10, "image/webp")
    assert await objects.head("pictures/2026/11/a.webp") == head
    assert await objects.get("pictures/2026/11/a.webp") == b"0123456789"
    assert await objects.get("pictures/2026/11/a.webp", start=2, length=3) == b"234"
    assert await objects.get("pictures/2026/11/a.webp", start=8) == b"89"
    assert await objects.get("pictures/2026/11/a.webp", start=8, length=100) == b"89"
    assert await objects.get("pictures/2026/11/a.webp", start=3, length=0) == b""
    assert await objects.get("pictures/2026/11/a.webp", start=10) == b""
    assert await objects.get("pictures/2026/11/a.webp", start=99, length=5) == b""


async def test_etags_differ_with_the_bytes_and_only_with_them(objects: ObjectStore) -> None:
    first = await objects.put("in/a", b"one", content_type="image/webp")
    again = await objects.put("in/b", b"one", content_type="image/png")
    other = await objects.put("in/a", b"two", content_type="image/webp")
    assert first.etag == again.etag != other.etag


async def test_put_replaces(objects: ObjectStore) -> None:
    await objects.put("in/a", b"a longer first body", content_type="image/webp")
    await objects.put("in/a", b"second", content_type="application/json")
    head = await objects.head("in/a")
    assert head is not None
    assert (head.size_bytes, head.content_type) == (6, "application/json")
    assert await objects.get("in/a") == b"second"


async def test_what_belongs_together_is_put_together(objects: ObjectStore) -> None:
    picture = NewObject(key="pictures/2026/11/a.webp", body=b"RIFF", content_type="image/webp")
    beside = NewObject(key="pictures/2026/11/a.json", body=b"{}", content_type="application/json")
    await objects.put_all((picture, beside))
    for one in (picture, beside):
        head = await objects.head(one.key)
        assert head is not None
        assert (head.content_type, await objects.get(one.key)) == (one.content_type, one.body)
    with pytest.raises(InvalidRequest):
        await objects.put_all((replace(picture, key="in/b"), replace(beside, key="../b")))
    assert await objects.head("in/b") is None, "keys are looked at before anything is stored"


async def test_what_is_not_there(objects: ObjectStore) -> None:
    assert await objects.head("in/nothing") is None
    with pytest.raises(NotFound, match="in/nothing"):
        await objects.get("in/nothing")
    with pytest.raises(NotFound, match="in/nothing"):
        await objects.copy("in/nothing", "pictures/x.webp", content_type="image/webp")
    await objects.delete("in/nothing")


async def test_a_copy_keeps_its_bytes_when_the_source_changes_or_goes(objects: ObjectStore) -> None:
    source = await objects.put("in/a", b"checked", content_type="application/octet-stream")
    copied = await objects.copy("in/a", "pictures/a.webp", content_type="image/webp")
    assert (copied.etag, copied.content_type, copied.key) == (source.etag, "image/webp", "pictures/a.webp")
    await objects.put("in/a", b"swapped", content_type="image/webp")
    assert await objects.get("pictures/a.webp") == b"checked"
    await objects.delete("in/a")
    assert await objects.get("pictures/a.webp") == b"checked"
    assert await objects.head("pictures/a.webp") == copied


async def test_copying_again_changes_nothing(objects: ObjectStore) -> None:
    await objects.put("in/a", b"checked", content_type="image/webp")
    first = await objects.copy("in/a", "pictures/a.webp", content_type="image/webp")
    assert await objects.copy("in/a", "pictures/a.webp", content_type="image/webp") == first
    assert await objects.get("pictures/a.webp") == b"checked"


async def test_what_is_expired_is_not_there_even_before_it_is_pruned(objects: ObjectStore, clock: HandClock) -> None:
    await objects.put("in/a", b"x", content_type="image/webp", expires_at_ms=clock.ms + HOUR_MS)
    assert await objects.get("in/a") == b"x"
    clock.ms += HOUR_MS
    assert await objects.head("in/a") is None
    with pytest.raises(NotFound):
        await objects.get("in/a")
    with pytest.raises(NotFound):
        await objects.copy("in/a", "pictures/a.webp", content_type="image/webp")
    assert await objects.head("pictures/a.webp") is None


async def test_what_is_stored_again_to_stay_is_not_pruned(objects: ObjectStore, clock: HandClock) -> None:
    await objects.put("in/a", b"x", content_type="image/webp", expires_at_ms=clock.ms + HOUR_MS)
    await objects.put("in/a", b"y", content_type="image/webp")
    assert await objects.prune(clock.ms + 2 * HOUR_MS) == 0
    clock.ms += 2 * HOUR_MS
    assert await objects.get("in/a") == b"y"


async def test_delete(objects: ObjectStore) -> None:
    await objects.put("in/a", b"x", content_type="image/webp")
    await objects.delete("in/a")
    await objects.delete("in/a")
    assert await objects.head("in/a") is None


async def test_what_is_expired_is_pruned_and_nothing_else(objects: ObjectStore, clock: HandClock) -> None:
    now = clock.ms
    await objects.put("in/soon", b"x", content_type="image/webp", expires_at_ms=now + HOUR_MS)
    await objects.put("in/later", b"x", content_type="image/webp", expires_at_ms=now + 9 * HOUR_MS)
    await objects.put("pictures/kept.webp", b"x", content_type="image/webp")
    await objects.copy("in/soon", "pictures/copied.webp", content_type="image/webp", expires_at_ms=now + 2 * HOUR_MS)
    await objects.put("in/renewed", b"x", content_type="image/webp", expires_at_ms=now + HOUR_MS)
    await objects.put("in/renewed", b"y", content_type="image/webp", expires_at_ms=now + 9 * HOUR_MS)
    assert await objects.prune(now) == 0
    clock.ms = now + 3 * HOUR_MS
    assert await objects.prune(clock.ms) == 2
    assert await objects.prune(clock.ms) == 0
    assert await objects.head("in/soon") is None
    assert await objects.head("pictures/copied.webp") is None
    for kept in ("in/later", "pictures/kept.webp", "in/renewed"):
        assert await objects.head(kept) is not None
    clock.ms = now + 30 * HOUR_MS
    assert await objects.prune(clock.ms) == 2
    assert await objects.head("pictures/kept.webp") is not None


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "in/../../x",
        "in//x",
        "in/.hidden",
        "in/x/",
        "in/a\x00b",
        "in\\x",
        "in/~x",
        "é",
        "x" * 201,
    ],
)
async def test_keys_that_are_none(objects: ObjectStore, key: str) -> None:
    for attempt in (
        lambda: objects.put(key, b"x", content_type="image/webp"),
        lambda: objects.get(key),
        lambda: objects.head(key),
        lambda: objects.delete(key),
        lambda: objects.copy("in/a", key, content_type="image/webp"),
    ):
        with pytest.raises(InvalidRequest):
            await attempt()
    with pytest.raises(InvalidRequest):
        objects.presign_put(key, content_type="image/webp", bytes_max=1, expires_at_ms=1)


def test_addresses_are_absolute_and_name_the_key(objects: ObjectStore, clock: HandClock) -> None:
    expires = clock.ms + HOUR_MS
    for address in (
        objects.public_url("pictures/a.webp"),
        objects.presign_get("pictures/a.webp", expires_at_ms=expires),
        objects.presign_put("pictures/a.webp", content_type="image/webp", bytes_max=10, expires_at_ms=expires),
    ):
        assert address.startswith("http")
        assert "pictures/a.webp" in address
