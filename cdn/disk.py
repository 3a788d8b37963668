"""Objects on the local disk: one plain file each, what is known of it beside it, nothing ever half written."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import msgspec

from cdn.keys import checked, is_public
from cdn.notes import Note, NoteBook, rename_into, write_new
from cdn.signing import UrlSigner
from core.domain.errors import InvalidRequest, NotFound, NotPermitted, Unavailable
from core.ports.clock import Clock
from core.ports.objects import NewObject, ObjectHead
from core.ports.signed import Grant, Method

_YEAR_S = 31_536_000
_LEFTOVER_S = 3_600
_READ_BYTES = 1 << 20
_UNNOTED_BYTES = 4_096
"""So small a body is read and hashed as soon as its note would be read: where it says all, there is no note."""
_TYPES = {".webp": "image/webp", ".json": "application/json"}
_UNTYPED = frozenset({"", "application/octet-stream", "binary/octet-stream"})


class DiskObjects:
    """The ObjectStore on one folder, plus what the routes need to serve it: ``verify``, ``receive``, ``find``.

    The object of a key is the plain file ``<root>/objects/<key>``; all else is in ``<root>/objects-state``.

    A body is written to a file of its own and renamed into place, so readers see the old object or the new one, and a
    killed process leaves at most a file in ``parts``, which ``prune`` removes. No file is changed in place: a copy
    is a hard link and stays what it is whatever is uploaded to its source later.
    """

    def __init__(self, root: Path, *, public_url: str, secret: bytes, clock: Clock) -> None:
        """Make the folders.

        Raises:
            Unavailable: the folder cannot be made or written.
        """
        state = root / "objects-state"
        self._bodies, self._parts = root / "objects", state / "parts"
        self._notes = NoteBook(state)
        self._base = f"{public_url.rstrip('/')}/objects/"
        self._signer = UrlSigner(secret)
        self._clock = clock
        self._process, self._written = os.urandom(12).hex(), count()
        try:
            for folder in (self._bodies, self._parts):
                folder.mkdir(parents=True, exist_ok=True)
            self._notes.open()
            with NamedTemporaryFile(dir=self._parts):
                pass
        except OSError as exc:
            raise Unavailable(
                f"The object folder {root} cannot be written: {exc.strerror}. Give this user write access to it, "
                "or choose another data folder."
            ) from exc

    async def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        cache_s: int = _YEAR_S,
        expires_at_ms: int | None = None,
    ) -> ObjectHead:
        """Store the body, whole or not at all; on the disk when this returns."""
        note = Note(content_type=content_type, cache_s=cache_s, expires_at_ms=expires_at_ms)
        return await asyncio.to_thread(self._put, checked(key), body, note)

    async def put_all(self, objects: Sequence[NewObject]) -> None:
        """Store these in this order; on the disk when this returns."""
        for one in objects:
            checked(one.key)
        await asyncio.to_thread(self._put_all, objects)

    async def get(self, key: str, *, start: int = 0, length: int | None = None) -> bytes:
        """Return the bytes from ``start``; raises ``NotFound``."""
        return await asyncio.to_thread(self._get, checked(key), start, length)

    async def head(self, key: str) -> ObjectHead | None:
        """Return what is known of the object, or None where there is none or it is expired."""
        return await asyncio.to_thread(self._head, checked(key))

    async def copy(
        self, source_key: str, target_key: str, *, content_type: str, expires_at_ms: int | None = None
    ) -> ObjectHead:
        """Make ``target_key`` the source as it is now; raises ``NotFound``."""
        return await asyncio.to_thread(
            self._copy, checked(source_key), checked(target_key), content_type, expires_at_ms
        )

    async def delete(self, key: str) -> None:
        """Make sure that nothing is stored under the key."""
        await asyncio.to_thread(self._delete, checked(key))

    def presign_put(self, key: str, *, content_type: str, bytes_max: int, expires_at_ms: int) -> str:
        """Return an absolute URL that takes PUTs of this type and size until it expires."""
        grant = Grant(
            method="PUT",
            key=checked(key),
            expires_at_ms=expires_at_ms,
            content_type=content_type,
            bytes_max=bytes_max,
        )
        return f"{self._base}{key}?{self._signer.query(grant)}"

    def presign_get(self, key: str, *, expires_at_ms: int) -> str:
        """Return an absolute URL that can be read until it expires."""
        grant = Grant(method="GET", key=checked(key), expires_at_ms=expires_at_ms)
        return f"{self._base}{key}?{self._signer.query(grant)}"

    def public_url(self, key: str) -> str:
        """Return the absolute URL under which a published picture is read."""
        return f"{self._base}{checked(key)}"

    async def prune(self, now_ms: int) -> int:
        """Delete what is expired and what killed processes left; return how many objects that were."""
        return await asyncio.to_thread(self._prune, now_ms)

    # What the routes of core.api.objects need.

    def verify(self, method: Method, key: str, query: Mapping[str, str]) -> Grant:
        """Return what the URL grants; raises ``NotPermitted`` (or ``InvalidRequest`` where the key is none)."""
        return self._signer.read(method, checked(key), query, now_ms=self._clock.now_ms())

    def is_public(self, key: str) -> bool:
        """Tell whether the key may be read without a signature."""
        return is_public(checked(key))

    async def find(self, key: str) -> tuple[Path, ObjectHead, int] | None:
        """Return the object's file, its head and how many seconds it may be cached, or None."""
        return await asyncio.to_thread(self._find, checked(key))

    async def receive(self, grant: Grant, chunks: AsyncIterator[bytes], *, declared_type: str) -> ObjectHead:
        """Store what arrives as the granted object; at most one chunk is in memory.

        Raises:
            NotPermitted: the declared type is not the granted one.
            InvalidRequest: more bytes than granted, or none (code ``BodyTooLarge`` / ``BadRequest``).
        """
        if declared_type not in _UNTYPED and declared_type != grant.content_type:
            raise NotPermitted(
                f"This address takes {grant.content_type}, not {declared_type}. Send it with that Content-Type."
            )
        with self._part() as part:
            digest, size = sha256(), 0
            async for chunk in chunks:
                size += len(chunk)
                if size > grant.bytes_max:
                    raise InvalidRequest(
                        f"The upload is larger than the {grant.bytes_max} bytes that this address takes. "
                        "Send a smaller picture.",
                        field="body",
                        limit=grant.bytes_max,
                        value=size,
                        code="BodyTooLarge",
                    )
                digest.update(chunk)
                await asyncio.to_thread(part.write, chunk)
            if not size:
                raise InvalidRequest("The upload has no bytes. Send the picture as the body.", field="body", value=0)
            note = Note(content_type=grant.content_type, expires_at_ms=grant.expires_at_ms + _LEFTOVER_S * 1000)
            return await asyncio.to_thread(self._publish, grant.key, part, digest.hexdigest(), note)

    # Below here: worker threads.

    @contextmanager
    def _part(self) -> Iterator[IO[bytes]]:
        """Give a new file in ``parts/`` that is gone afterwards if it could not be renamed into place."""
        with NamedTemporaryFile(dir=self._parts, delete=False) as part:
            try:
                yield part.file
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise

    def _put_all(self, objects: Sequence[NewObject]) -> None:
        for one in objects:
            self._write(one.key, one.body, Note(content_type=one.content_type))
        for folder in dict.fromkeys((self._bodies / one.key).parent for one in objects):
            _sync_folder(folder)

    def _put(self, key: str, body: bytes, note: Note) -> ObjectHead:
        head = self._write(key, body, note)
        _sync_folder((self._bodies / key).parent)
        return head

    def _write(self, key: str, body: bytes, note: Note) -> ObjectHead:
        """Put the body in its place; its folder is not synced yet."""
        part = f"{self._parts}/{self._process}-{next(self._written)}"
        etag = sha256(body).hexdigest()[:32]
        is_noted = len(body) > _UNNOTED_BYTES or note != Note(content_type=_type_of(key))
        try:
            mtime_ns = write_new(part, body, is_synced=True, is_timed=is_noted)
            note = msgspec.structs.replace(note, etag=etag, size_bytes=len(body), mtime_ns=mtime_ns)
            self._place(key, part, note, is_noted=is_noted)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        return _head_of(key, note)

    def _publish(self, key: str, part: IO[bytes], digest: str, note: Note) -> ObjectHead:
        part.flush()
        os.fsync(part.fileno())
        return self._settle(key, str(part.name), os.fstat(part.fileno()), digest, note)

    def _settle(self, key: str, source: str, stat: os.stat_result, digest: str, note: Note) -> ObjectHead:
        """Rename the file to its place, on the disk when this returns."""
        note = msgspec.structs.replace(note, etag=digest[:32], size_bytes=stat.st_size, mtime_ns=stat.st_mtime_ns)
        self._place(key, source, note, is_noted=True)
        _sync_folder((self._bodies / key).parent)
        return _head_of(key, note)

    def _place(self, key: str, source: str, note: Note, *, is_noted: bool) -> None:
        """Rename the file to its place.

        The note goes first: it says which file it is about, so without that file (killed in between) it is not used.
        Where there is to be none, an earlier object's is gone first: it would let the new one expire.
        """
        if is_noted:
            self._notes.write(key, note)
        else:
            self._notes.delete(key)
        rename_into(source, f"{self._bodies}/{key}")

    def _copy(self, source_key: str, target_key: str, content_type: str, expires_at_ms: int | None) -> ObjectHead:
        part = self._parts / f"copy-{sha256(os.urandom(16)).hexdigest()[:24]}"
        try:
            if self._head(source_key) is None:
                raise FileNotFoundError
            _link_or_copy(self._bodies / source_key, part)
            note = self._note_of_file(source_key, part)
            note = msgspec.structs.replace(
                note, content_type=content_type, cache_s=_YEAR_S, expires_at_ms=expires_at_ms
            )
            return self._settle(target_key, str(part), part.stat(), note.etag, note)
        except FileNotFoundError as exc:
            raise _absent(source_key) from exc
        finally:
            part.unlink(missing_ok=True)

    def _note_of_file(self, key: str, path: Path) -> Note:
        """Return the note that belongs to this very file; one is made from its bytes where a crash left none."""
        stat = path.stat()
        note = self._notes.read(key)
        if note is not None and (note.size_bytes, note.mtime_ns) == (stat.st_size, stat.st_mtime_ns):
            return note
        digest = sha256()
        with path.open("rb") as body:
            while chunk := body.read(_READ_BYTES):
                digest.update(chunk)
        return Note(
            content_type=_type_of(key),
            etag=digest.hexdigest()[:32],
            size_bytes=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
            expires_at_ms=note.expires_at_ms if note else None,
        )

    def _found(self, key: str) -> tuple[Path, Note] | None:
        path = self._bodies / key
        try:
            if not path.is_file():
                return None
            note = self._note_of_file(key, path)
        except FileNotFoundError:
            return None
        if note.expires_at_ms is not None and note.expires_at_ms <= self._clock.now_ms():
            return None
        return path, note

    def _head(self, key: str) -> ObjectHead | None:
        found = self._found(key)
        return _head_of(key, found[1]) if found else None

    def _find(self, key: str) -> tuple[Path, ObjectHead, int] | None:
        found = self._found(key)
        return (found[0], _head_of(key, found[1]), found[1].cache_s) if found else None

    def _get(self, key: str, start: int, length: int | None) -> bytes:
        if self._head(key) is None:
            raise _absent(key)
        try:
            with (self._bodies / key).open("rb") as body:
                body.seek(start)
                return body.read() if length is None else body.read(length)
        except FileNotFoundError as exc:
            raise _absent(key) from exc

    def _delete(self, key: str) -> None:
        (self._bodies / key).unlink(missing_ok=True)
        self._notes.delete(key)

    def _prune(self, now_ms: int) -> int:
        for part in self._parts.iterdir():
            if part.stat().st_mtime * 1000 < now_ms - _LEFTOVER_S * 1000:
                part.unlink(missing_ok=True)
        pruned = 0
        for key in self._notes.take_expired(now_ms):
            self._delete(key)
            pruned += 1
        return pruned


def _head_of(key: str, note: Note) -> ObjectHead:
    return ObjectHead(key=key, size_bytes=note.size_bytes, content_type=note.content_type, etag=note.etag)


def _type_of(key: str) -> str:
    """Return the type that a body has if nothing else is known of it."""
    return _TYPES.get(key[key.rfind(".") :], "application/octet-stream")


def _absent(key: str) -> NotFound:
    return NotFound(f"There is no object {key}. It may be expired, or was never uploaded.", code="ObjectNotFound")


def _link_or_copy(source: Path, target: Path) -> None:
    """Make ``target`` the same file as ``source``, or where the file system has no hard links an equal one."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        with source.open("rb") as body, target.open("wb") as part:
            for chunk in iter(partial(body.read, _READ_BYTES), b""):
                part.write(chunk)
            part.flush()
            os.fsync(part.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
