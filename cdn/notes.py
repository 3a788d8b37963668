"""What is known of each object on disk: one small JSON file a key, and an index of what expires when."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

_HOUR_MS = 3_600_000


class Note(msgspec.Struct, kw_only=True, frozen=True):
    """What is known of one body; size and time of change say which file it is about."""

    content_type: str
    cache_s: int = 31_536_000
    expires_at_ms: int | None = None
    etag: str = ""
    size_bytes: int = 0
    mtime_ns: int = 0


class NoteBook:
    """Reads and writes notes, each atomically. What expires is also listed by hour: pruning looks at nothing else."""

    def __init__(self, root: Path) -> None:
        self._notes, self._expiry = root / "notes", root / "expiry"

    def open(self) -> None:
        """Make the folders."""
        for folder in (self._notes, self._expiry):
            folder.mkdir(parents=True, exist_ok=True)

    def write(self, key: str, note: Note) -> None:
        """Make this the key's note; if it expires, list it."""
        if note.expires_at_ms is not None:
            listed = self._expiry / str(note.expires_at_ms // _HOUR_MS) / _as_name(key)
            listed.parent.mkdir(exist_ok=True)
            listed.touch()
        path, written = f"{self._notes}/{key}.note", msgspec.json.encode(note)
        folder, _, name = path.rpartition("/")
        part = f"{folder}/.{name}.{os.urandom(6).hex()}"
        try:
            try:
                write_new(part, written)
            except FileNotFoundError:
                Path(folder).mkdir(parents=True, exist_ok=True)
                write_new(part, written)
            os.replace(part, path)  # noqa: PTH105 - as in write_new
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise

    def read(self, key: str) -> Note | None:
        """Return the key's note, or None where there is none that can be read."""
        try:
            return msgspec.json.decode(self._path(key).read_bytes(), type=Note)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def delete(self, key: str) -> None:
        """Make sure that there is no note."""
        with suppress(FileNotFoundError):
            os.unlink(f"{self._notes}/{key}.note")  # noqa: PTH108 - as in write_new

    def take_expired(self, now_ms: int) -> Iterator[str]:
        """Yield each key whose note is expired; after the caller has come back for more, it is off the list."""
        for hour in sorted(self._expiry.iterdir()):
            if not hour.name.isdigit() or int(hour.name) * _HOUR_MS > now_ms:
                continue
            for listed in list(hour.iterdir()):
                key = _as_key(listed.name)
                note = self.read(key)
                expires_at_ms = note.expires_at_ms if note else None
                if expires_at_ms is not None and expires_at_ms <= now_ms:
                    yield key
                elif expires_at_ms is not None and expires_at_ms // _HOUR_MS == int(hour.name):
                    continue
                listed.unlink(missing_ok=True)
            if not any(hour.iterdir()) and int(hour.name) < now_ms // _HOUR_MS:
                hour.rmdir()

    def _path(self, key: str) -> Path:
        return self._notes / f"{key}.note"


def _as_name(key: str) -> str:
    return key.replace("/", "~")


def _as_key(name: str) -> str:
    return name.replace("~", "/")


def write_new(path: str, body: bytes, *, is_synced: bool = False, is_timed: bool = False) -> int:
    """Make a file of these bytes where there is none, readable by us alone; return when that was, in ns, or 0.

    is_timed: the time is asked for. The system's own calls, and as few as can be: a path object and a file object cost
    more than the writing, and after each call this thread has to get the interpreter back from the busy event loop.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        left = memoryview(body)
        while left:
            left = left[os.write(descriptor, left) :]
        if is_synced:
            os.fsync(descriptor)
        return os.fstat(descriptor).st_mtime_ns if is_timed else 0
    finally:
        os.close(descriptor)


def rename_into(source: str, target: str) -> None:
    """Rename the file to its place; the folder is made if this is the first one in it."""
    try:
        os.replace(source, target)  # noqa: PTH105 - as in write_new
    except FileNotFoundError:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        Path(source).replace(target)
