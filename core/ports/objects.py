"""Where pictures live: the object store as the engine sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectHead:
    """What a store knows of an object without its body."""

    key: str
    size_bytes: int
    content_type: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObject:
    """A body to be stored under a key."""

    key: str
    body: bytes
    content_type: str


class ObjectStore(Protocol):
    """Keeps bytes under keys; every implementation passes one contract suite."""

    async def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        cache_s: int = 31_536_000,
        expires_at_ms: int | None = None,
    ) -> ObjectHead:
        """Store the body, whole or not at all."""
        ...

    async def put_all(self, objects: Sequence[NewObject]) -> None:
        """Store these in this order, as ``put`` does; where one cannot be stored, those before it are.

        For what belongs together: a picture and its sidecar take one way to the store.
        """
        ...

    async def get(self, key: str, *, start: int = 0, length: int | None = None) -> bytes:
        """Return the bytes from ``start``; raises ``NotFound``."""
        ...

    async def head(self, key: str) -> ObjectHead | None:
        """Return what is known of the object, or None."""
        ...

    async def copy(
        self, source_key: str, target_key: str, *, content_type: str, expires_at_ms: int | None = None
    ) -> ObjectHead:
        """Copy on the store's own side; raises ``NotFound``."""
        ...

    async def delete(self, key: str) -> None:
        """Make sure that nothing is stored under the key."""
        ...

    def presign_put(self, key: str, *, content_type: str, bytes_max: int, expires_at_ms: int) -> str:
        """Return an absolute URL that takes PUTs to this key until it expires.

        A store that can refuses other types and sizes at once; one that cannot (S3) leaves them to whoever takes the
        upload, who checks it in any case.
        """
        ...

    def presign_get(self, key: str, *, expires_at_ms: int) -> str:
        """Return an absolute URL that can be read until it expires."""
        ...

    def public_url(self, key: str) -> str:
        """Return the absolute URL under which a published object is read."""
        ...

    async def prune(self, now_ms: int) -> int:
        """Delete what is expired and return how many objects that were."""
        ...
