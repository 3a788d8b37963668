"""The ObjectStore in S3 buckets: pictures in the public one, uploads in the private one, each under its key."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from cdn.keys import checked, is_public
from cdn.s3.client import S3Client
from cdn.s3.expiry import expiry_of, marker_of, metadata_of
from cdn.s3.faults import BeyondError, ChangedError, MissingError
from cdn.s3.place import S3Place
from cdn.s3.upkeep import Upkeep
from core.domain.errors import NotFound, Unavailable
from core.ports.clock import Clock
from core.ports.objects import NewObject, ObjectHead

_YEAR_S: Final = 31_536_000
_SIGNED_S_MAX: Final = 604_800
"""S3 signs an address for at most a week."""
_SAME_ADDRESS_MS: Final = 3_600_000
_REMEMBERED_MAX: Final = 10_000
_COPY_ATTEMPTS: Final = 3


class S3Objects:
    """The ObjectStore on S3.

    S3 does not bound what a signed PUT may bring: neither its type, because v2's workers send none and a signed type
    would lock them out, nor its size. Whoever takes an upload checks it and gives the copy its type; what is uploaded
    stays private. Expiry: the object's metadata say when, and a marker lets ``prune`` find it (``cdn.s3.expiry``).
    """

    def __init__(self, place: S3Place, *, clock: Clock) -> None:
        """Hold the place; nothing is called yet."""
        self.place = place
        self._clock = clock
        self._client = S3Client(place)
        self._upkeep = Upkeep(self._client)
        self._addresses: OrderedDict[str, tuple[str, int]] = OrderedDict()

    async def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        cache_s: int = _YEAR_S,
        expires_at_ms: int | None = None,
    ) -> ObjectHead:
        """Store the body, whole or not at all."""
        params = self._written(checked(key), content_type=content_type, cache_s=cache_s, expires_at_ms=expires_at_ms)
        await self._mark(key, expires_at_ms)
        answer = await self._client.call(
            lambda sdk: sdk.put_object(Body=body, **params), bucket=params["Bucket"], doing="store a picture"
        )
        return ObjectHead(key=key, size_bytes=len(body), content_type=content_type, etag=_etag(answer["ETag"]))

    async def put_all(self, objects: Sequence[NewObject]) -> None:
        """Store these in this order."""
        for one in objects:
            checked(one.key)
        for one in objects:
            await self.put(one.key, one.body, content_type=one.content_type)

    async def get(self, key: str, *, start: int = 0, length: int | None = None) -> bytes:
        """Return the bytes from ``start``; raises ``NotFound``."""
        params = self._named(checked(key))
        if start or length is not None:
            # A range cannot be empty: for no bytes one is read, and cut off.
            last = "" if length is None else str(start + max(1, length) - 1)
            params["Range"] = f"bytes={start}-{last}"

        def read(sdk: Any) -> bytes | None:  # noqa: ANN401 - boto3 has no types
            answer = sdk.get_object(**params)
            with answer["Body"] as body:
                return None if self._is_over(answer) else bytes(body.read())

        try:
            found = await self._client.call(read, bucket=params["Bucket"], doing="read a picture")
        except MissingError as exc:
            raise _absent(key) from exc
        except BeyondError:
            return b""
        if found is None:
            raise _absent(key)
        return found if length is None else found[:length]

    async def head(self, key: str) -> ObjectHead | None:
        """Return what is known of the object, or None where there is none or it is expired."""
        params = self._named(checked(key))
        try:
            answer = await self._client.call(
                lambda sdk: sdk.head_object(**params), bucket=params["Bucket"], doing="look at a picture"
            )
        except MissingError:
            return None
        return None if self._is_over(answer) else _head_of(key, answer)

    async def copy(
        self, source_key: str, target_key: str, *, content_type: str, expires_at_ms: int | None = None
    ) -> ObjectHead:
        """Make ``target_key`` the source as it is now, on the store's side; raises ``NotFound``."""
        checked(source_key), checked(target_key)
        await self._mark(target_key, expires_at_ms)
        for _ in range(_COPY_ATTEMPTS):
            source = await self.head(source_key)
            if source is None:
                raise _absent(source_key)
            try:
                return await self._copy_of(source, target_key, content_type=content_type, expires_at_ms=expires_at_ms)
            except MissingError as exc:
                raise _absent(source_key) from exc
            except ChangedError:
                continue  # it was uploaded again in between
        raise Unavailable(f"The object {source_key} changes all the time, so it cannot be copied. Upload it once.")

    async def delete(self, key: str) -> None:
        """Make sure that nothing is stored under the key."""
        params = self._named(checked(key))
        try:
            await self._client.call(
                lambda sdk: sdk.delete_object(**params), bucket=params["Bucket"], doing="delete a picture"
            )
        except MissingError:
            return

    def presign_put(self, key: str, *, content_type: str, bytes_max: int, expires_at_ms: int) -> str:
        """Return an absolute URL that takes a PUT until it expires; type and size are for the taker to check."""
        return self._client.sign("put_object", expires_s=self._expires_s(expires_at_ms), **self._named(checked(key)))

    def presign_get(self, key: str, *, expires_at_ms: int) -> str:
        """Return an absolute URL that can be read until it expires."""
        return self._client.sign("get_object", expires_s=self._expires_s(expires_at_ms), **self._named(checked(key)))

    def public_url(self, key: str) -> str:
        """Return the absolute URL under which a published picture is read.

        Where the bucket is private that is a signed one, good for a week, and the same for an hour so that browsers
        need not read a picture twice.
        """
        if self.place.public_url:
            return f"{self.place.public_url.rstrip('/')}/{quote(self.place.full(checked(key)))}"
        now_ms = self._clock.now_ms()
        address, made_at_ms = self._addresses.get(key, ("", 0))
        if not address or not 0 <= now_ms - made_at_ms < _SAME_ADDRESS_MS:
            address = self.presign_get(key, expires_at_ms=now_ms + _SIGNED_S_MAX * 1000)
            self._addresses[key] = (address, now_ms)
            self._addresses.move_to_end(key)
            while len(self._addresses) > _REMEMBERED_MAX:
                self._addresses.popitem(last=False)
        return address

    async def prune(self, now_ms: int) -> int:
        """Delete what is expired, and uploads that nobody took; return how many objects that were."""
        return await self._upkeep.prune(now_ms)

    async def lifecycle(self) -> str:
        """Return what the bucket itself does about leftovers, after asking it to; for `horde doctor`."""
        return await self._upkeep.ask_for_lifecycle()

    def close(self) -> None:
        """Take no more calls. Idempotent."""
        self._client.close()

    async def _copy_of(
        self, source: ObjectHead, target_key: str, *, content_type: str, expires_at_ms: int | None
    ) -> ObjectHead:
        params: dict[str, Any] = {
            **self._written(target_key, content_type=content_type, cache_s=_YEAR_S, expires_at_ms=expires_at_ms),
            "CopySource": self._named(source.key),
            "CopySourceIfMatch": f'"{source.etag}"',
            "MetadataDirective": "REPLACE",
        }
        answer = await self._client.call(
            lambda sdk: sdk.copy_object(**params), bucket=params["Bucket"], doing="copy a picture"
        )
        etag = _etag(answer["CopyObjectResult"]["ETag"])
        return ObjectHead(key=target_key, size_bytes=source.size_bytes, content_type=content_type, etag=etag)

    async def _mark(self, key: str, expires_at_ms: int | None) -> None:
        """Leave the marker first: without its object it does nothing, an object without it would stay for ever."""
        if expires_at_ms is None:
            return
        marker = {"Bucket": self.place.uploads_bucket, "Key": self.place.full(marker_of(key, expires_at_ms))}
        await self._client.call(
            lambda sdk: sdk.put_object(Body=b"", ContentType="text/plain", **marker),
            bucket=marker["Bucket"],
            doing="note when a picture expires",
        )

    def _named(self, key: str) -> dict[str, str]:
        return {"Bucket": self.place.bucket_of(key), "Key": self.place.full(key)}

    def _written(self, key: str, *, content_type: str, cache_s: int, expires_at_ms: int | None) -> dict[str, Any]:
        cache = f"public, max-age={cache_s}, immutable" if is_public(key) else "private, no-store"
        return {
            **self._named(key),
            "ContentType": content_type,
            "CacheControl": cache,
            "Metadata": metadata_of(expires_at_ms),
        }

    def _is_over(self, answer: dict[str, Any]) -> bool:
        expires_at_ms = expiry_of(answer)
        return expires_at_ms is not None and expires_at_ms <= self._clock.now_ms()

    def _expires_s(self, expires_at_ms: int) -> int:
        return min(_SIGNED_S_MAX, max(1, (expires_at_ms - self._clock.now_ms()) // 1000))


def _head_of(key: str, answer: dict[str, Any]) -> ObjectHead:
    return ObjectHead(
        key=key,
        size_bytes=int(answer["ContentLength"]),
        content_type=str(answer.get("ContentType", "")),
        etag=_etag(answer["ETag"]),
    )


def _etag(quoted: str) -> str:
    return quoted.strip('"')


def _absent(key: str) -> NotFound:
    return NotFound(f"There is no object {key}. It may be expired, or was never uploaded.", code="ObjectNotFound")
