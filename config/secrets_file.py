"""The two secrets that lie in the data folder, made at the first start and readable by their owner alone."""

import os
import secrets
from pathlib import Path

from core.domain.errors import Unavailable

SECRET_BYTES = 32


def horde_secret(folder: Path, given: str = "") -> bytes:
    """The horde's secret: it keys the stored API keys, the upload addresses and the guests' cookies.

    The one that was `given` (hex), else the data folder's own, made at the first start. All processes of one horde
    need the same.
    """
    if given:
        return bytes.fromhex(given)
    path = folder / "secret"
    text = _read(path)
    if text is None:
        text = secrets.token_hex(SECRET_BYTES)
        write_private(path, text)
    return bytes.fromhex(text)


def stored_key(path: Path) -> str | None:
    """The API key that lies at `path`, None where there is none yet."""
    return _read(path)


def write_private(path: Path, text: str) -> None:
    """The text is at `path`, whole or not at all, readable by its owner only.

    Raises:
        Unavailable: the folder cannot be written.
    """
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written ({error.strerror}). Choose another --data folder.") from error


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be read ({error.strerror}). Run as the folder's owner.") from error
