"""What goes to the server in one packet with a statement: the transaction's begin before it, its end after it.

The driver sends each statement alone and waits for its answer. PostgreSQL takes any number of them up to a Sync, does
them in their order, stops at the first that fails, and answers all at once; the driver reads over the answers of those
that return no rows, and keeps what was said of the last one.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import InvalidRequestError

if TYPE_CHECKING:
    import asyncpg

_SYNC: Final = b"S\x00\x00\x00\x04"


class Packets:
    """What one connection sends. ``before`` and ``after`` go out with the next statement, and are empty then."""

    __slots__ = ("_send", "after", "before")

    def __init__(self, raw: asyncpg.Connection) -> None:
        """Stand between the driver and its socket."""
        transport: Any = raw._transport  # noqa: SLF001 - the driver has no pipeline of its own, nor a name for this
        self._send = transport.write
        self.before = b""
        self.after = b""
        transport.write = self._write

    def _write(self, packet: memoryview) -> None:
        """Send what the driver sends, with what goes along with it."""
        if self.before or self.after:
            if bytes(packet[-len(_SYNC) :]) != _SYNC:
                message = "the driver did not end a statement with a Sync: nothing can go along with it"
                raise InvalidRequestError(message)
            whole = b"".join((self.before, packet[: -len(_SYNC)], self.after, _SYNC))
            self.before = self.after = b""
            self._send(whole)
        else:
            self._send(packet)


def executed(name: str) -> bytes:
    """Return the messages (Bind, Execute) that run a prepared statement which takes nothing and returns no rows."""
    bind = b"\x00" + name.encode() + b"\x00" + struct.pack("!hhh", 0, 0, 0)
    execute = b"\x00" + struct.pack("!i", 0)
    return b"B" + struct.pack("!i", len(bind) + 4) + bind + b"E" + struct.pack("!i", len(execute) + 4) + execute
