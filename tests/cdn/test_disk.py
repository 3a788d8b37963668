"""What only the disk store promises: atomic files, crash leftovers, signed addresses bound to what they allow."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cdn import DiskObjects
from core.domain.errors import InvalidRequest, NotPermitted, Unavailable
from core.ports.keys import picture_key, sidecar_key, upload_key


@dataclass
class HandClock:
    ms: int = 1_790_000_000_000

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def objects(tmp_path: Path, clock: HandClock) -> DiskObjects:
    return DiskObjects(tmp_path / "o", public_url="http://127.0.0.1:8000/", secret=b"s" * 32, clock=clock)


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def grant_of(objects: DiskObjects, clock: HandClock, *, key: str = "in/a", bytes_max: int = 10) -> dict[str, str]:
    return query_of(
        objects.presign_put(key, content_type="image/webp", bytes_max=bytes_max, expires_at_ms=clock.ms + 60_000)
    )


async def test_a_signed_upload_arrives(objects: DiskObjects, clock: HandClock) -> None:
    grant = objects.verify("PUT", "in/a", grant_of(objects, clock))
    head = await objects.receive(grant, chunks(b"01234", b"56789"), declared_type="image/webp")
    assert (head.size_bytes, head.content_type) == (10, "image/webp")
    assert await objects.get("in/a") == b"0123456789"


@pytest.mark.parametrize(
    "change",
    [
        {"max": "99999"},
        {"type": "text/html"},
        {"expires": "9999999999999"},
        {"sig": "0" * 64},
        {"sig": ""},
        {"sig": "é"},
        {"expires": "-1"},
        {"expires": "1e9"},
        {"max": "²"},
    ],
)
def test_nothing_in_a_signed_address_can_be_changed(
    objects: DiskObjects, clock: HandClock, change: dict[str, str]
) -> None:
    with pytest.raises(NotPermitted):
        objects.verify("PUT", "in/a", grant_of(objects, clock) | change)


def test_a_signature_is_good_for_its_key_and_method_only(
    objects: DiskObjects, clock: HandClock, tmp_path: Path
) -> None:
    query = grant_of(objects, clock)
    with pytest.raises(NotPermitted):
        objects.verify("PUT", "in/b", query)
    with pytest.raises(NotPermitted):
        objects.verify("GET", "in/a", query)
    other = DiskObjects(tmp_path / "p", public_url="http://127.0.0.1:8000", secret=b"t" * 32, clock=clock)
    with pytest.raises(NotPermitted):
        other.verify("PUT", "in/a", query)
    readable = query_of(objects.presign_get("in/a", expires_at_ms=clock.ms + 1000))
    assert objects.verify("GET", "in/a", readable).key == "in/a"
    with pytest.raises(NotPermitted):
        objects.verify("PUT", "in/a", readable)


def test_an_expired_address_says_so(objects: DiskObjects, clock: HandClock) -> None:
    query = grant_of(objects, clock)
    clock.ms += 60_000
    with pytest.raises(NotPermitted, match="Ask for a new one"):
        objects.verify("PUT", "in/a", query)


async def test_too_large_an_upload_leaves_nothing(objects: DiskObjects, clock: HandClock, tmp_path: Path) -> None:
    grant = objects.verify("PUT", "in/a", grant_of(objects, clock))
    with pytest.raises(InvalidRequest, match="10 bytes") as caught:
        await objects.receive(grant, chunks(b"01234", b"567890"), declared_type="")
    assert (caught.value.code, caught.value.limit) == ("BodyTooLarge", 10)
    with pytest.raises(InvalidRequest, match="no bytes"):
        await objects.receive(grant, chunks(), declared_type="")
    with pytest.raises(NotPermitted, match="text/html"):
        await objects.receive(grant, chunks(b"<html>"), declared_type="text/html")
    assert files_in(tmp_path) == []


async def test_an_upload_that_breaks_off_keeps_the_earlier_object(objects: DiskObjects, clock: HandClock) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"012"
        raise ConnectionResetError

    grant = objects.verify("PUT", "in/a", grant_of(objects, clock))
    await objects.receive(grant, chunks(b"first"), declared_type="application/octet-stream")
    with pytest.raises(ConnectionResetError):
        await objects.receive(grant, breaking(), declared_type="image/webp")
    assert await objects.get("in/a") == b"first"


async def test_a_body_without_its_note_is_typed_by_its_name(objects: DiskObjects, tmp_path: Path) -> None:
    head = await objects.put("pictures/a.webp", b"x" * 5_000, content_type="image/webp")
    (tmp_path / "o" / "objects-state" / "notes" / "pictures" / "a.webp.note").unlink()
    found = await objects.head("pictures/a.webp")
    assert found is not None
    assert (found.content_type, found.etag) == ("image/webp", head.etag)
    await objects.put("in/a", b"x", content_type="image/webp")
    (tmp_path / "o" / "objects-state" / "notes" / "in" / "a.note").unlink()
    untyped = await objects.head("in/a")
    assert untyped is not None
    assert untyped.content_type == "application/octet-stream"


async def test_a_small_body_whose_name_says_its_type_has_no_note(objects: DiskObjects, tmp_path: Path) -> None:
    notes = tmp_path / "o" / "objects-state" / "notes"
    head = await objects.put("pictures/a.webp", b"x" * 4_096, content_type="image/webp")
    assert files_in(notes) == []
    assert await objects.head("pictures/a.webp") == head
    for key, size, content_type in (
        ("pictures/b.webp", 4_097, "image/webp"),
        ("pictures/c.webp", 1, "image/png"),
        ("pictures/d", 1, "image/webp"),
    ):
        head = await objects.put(key, b"x" * size, content_type=content_type)
        assert await objects.head(key) == head
        assert (notes / f"{key}.note").exists()
    head = await objects.put("pictures/e.webp", b"x", content_type="image/webp", cache_s=60)
    found = await objects.find("pictures/e.webp")
    assert found is not None
    assert found[1:] == (head, 60)


async def test_a_body_without_a_note_does_not_expire_as_the_earlier_one_would(
    objects: DiskObjects, clock: HandClock
) -> None:
    await objects.put("pictures/a.webp", b"old", content_type="image/webp", expires_at_ms=clock.ms + 1_000)
    await objects.put("pictures/a.webp", b"new", content_type="image/webp")
    clock.ms += 2 * 3_600_000
    assert await objects.prune(clock.ms) == 0
    assert await objects.get("pictures/a.webp") == b"new"


async def test_a_note_about_another_file_is_not_believed(objects: DiskObjects, tmp_path: Path) -> None:
    """Killed between the two renames: the note is new, the body is the earlier one."""
    old = await objects.put("pictures/a.webp", b"old", content_type="image/webp")
    body = tmp_path / "o" / "objects" / "pictures" / "a.webp"
    kept = body.with_name("kept")
    kept.hardlink_to(body)
    await objects.put("pictures/a.webp", b"newer", content_type="text/plain")
    kept.replace(body)
    found = await objects.head("pictures/a.webp")
    assert found is not None
    assert (found.size_bytes, found.etag) == (3, old.etag)


async def test_leftovers_of_a_killed_process_are_pruned(objects: DiskObjects, tmp_path: Path, clock: HandClock) -> None:
    leftover = tmp_path / "o" / "objects-state" / "parts" / "tmpabc"
    leftover.write_bytes(b"half")
    now_ms = int(leftover.stat().st_mtime * 1000)
    assert await objects.prune(now_ms) == 0
    assert leftover.exists()
    await objects.prune(now_ms + 2 * 3_600_000)
    assert not leftover.exists()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path, clock: HandClock) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be written"):
        DiskObjects(tmp_path / "file" / "o", public_url="http://x", secret=b"s", clock=clock)


async def test_keys_of_uploads_and_pictures(objects: DiskObjects, clock: HandClock) -> None:
    one = upload_key(b"s", job_id="job", lease_id="lease")
    assert one == upload_key(b"s", job_id="job", lease_id="lease") != upload_key(b"t", job_id="job", lease_id="lease")
    assert one != upload_key(b"s", job_id="job", lease_id="another")
    keys = {picture_key(clock.ms) for _ in range(300)}
    assert len(keys) == 300
    for key in keys:
        assert key.startswith("pictures/2026/")
        assert objects.is_public(key)
        assert objects.public_url(key).startswith("http://127.0.0.1:8000/objects/pictures/")
        assert sidecar_key(key) == key.removesuffix(".webp") + ".json"
    assert not objects.is_public(upload_key(b"s", job_id="job", lease_id="lease"))
