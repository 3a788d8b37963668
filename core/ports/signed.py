"""What an object store offers beyond the port if this process serves it itself: signed addresses, taken and given."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from core.ports.objects import ObjectHead

Method: TypeAlias = Literal["GET", "PUT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one signed address allows: a method on a key until a time; for PUT also the type and the largest size."""

    method: Method
    key: str
    expires_at_ms: int
    content_type: str = ""
    bytes_max: int = 0


class SignedObjects(Protocol):
    """A store that the API's own routes serve; ``cdn.disk.DiskObjects`` is one."""

    def verify(self, method: Method, key: str, query: Mapping[str, str]) -> Grant:
        """Return what the address grants; raises ``NotPermitted``, or ``InvalidRequest`` where the key is none."""
        ...

    def is_public(self, key: str) -> bool:
        """Tell whether the object may be read without a signature."""
        ...

    async def find(self, key: str) -> tuple[Path, ObjectHead, int] | None:
        """Return the object's file, its head and the seconds it may be cached, or None."""
        ...

    async def receive(self, grant: Grant, chunks: AsyncIterator[bytes], *, declared_type: str) -> ObjectHead:
        """Store what arrives, whole or not at all."""
        ...
