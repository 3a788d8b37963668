"""What keeps the buckets small: expired objects, uploads that nobody took, and the bucket's own rules as a net."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from cdn.s3.client import S3Client
from cdn.s3.expiry import MARKERS, expiry_of, marked
from cdn.s3.faults import MissingError
from core.domain.errors import Unavailable
from core.ports.keys import SOURCES, UPLOADS

log = logging.getLogger(__name__)

_DAY_MS: Final = 86_400_000
_PAGES_MAX: Final = 50
_AT_ONCE: Final = 8
_NET_DAYS: Final = {UPLOADS: 2, SOURCES: 9}
"""After so many days the bucket itself deletes what pruning has missed; a request lives a week at most."""


class Upkeep:
    """Prunes, and asks the bucket once for rules that delete what pruning misses."""

    def __init__(self, client: S3Client, *, listed_max: int = 1000) -> None:
        """Hold the client; nothing is called yet. listed_max: so many objects are listed at a time."""
        self._listed_max = listed_max
        self._client = client
        self._place = client.place
        self._is_asked = False

    async def prune(self, now_ms: int) -> int:
        """Delete what is expired and uploads older than a day; return how many objects that were."""
        if not self._is_asked:
            self._is_asked = True
            log.info("objects.lifecycle bucket=%s %s", self._place.uploads_bucket, await self.ask_for_lifecycle())
        pruned = 0
        async for page in self._pages(MARKERS):
            due = [entry["Key"] for entry in page if (_time_of(self._own(entry["Key"])) or 0) <= now_ms]
            pruned += await self._each(due, now_ms)
            if len(due) < len(page):
                break
        async for page in self._pages(UPLOADS):
            old = [entry["Key"] for entry in page if entry["LastModified"].timestamp() * 1000 < now_ms - _DAY_MS]
            pruned += await self._each(old, now_ms)
        return pruned

    async def ask_for_lifecycle(self) -> str:
        """Add our rules to the bucket's unless they are there; return how that ended. Others' rules stay."""
        bucket = self._place.uploads_bucket
        wanted = [
            {
                "ID": f"horde-{self._place.full(prefix).strip('/').replace('/', '-')}",
                "Status": "Enabled",
                "Filter": {"Prefix": self._place.full(prefix)},
                "Expiration": {"Days": days},
            }
            for prefix, days in _NET_DAYS.items()
        ]
        try:
            present = await self._rules(bucket)
            if {rule["ID"] for rule in wanted} <= {rule.get("ID") for rule in present}:
                return "rules=present"
            kept = [rule for rule in present if rule.get("ID") not in {rule["ID"] for rule in wanted}]
            await self._client.call(
                lambda sdk: sdk.put_bucket_lifecycle_configuration(
                    Bucket=bucket, LifecycleConfiguration={"Rules": kept + wanted}
                ),
                bucket=bucket,
                doing="set the lifecycle rules",
                quiet=True,
            )
        except (Unavailable, MissingError):
            return "rules=not-permitted pruning=by-this-process"
        return "rules=set"

    async def _rules(self, bucket: str) -> list[dict[str, Any]]:
        def read(sdk: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - boto3 has no types
            try:
                return list(sdk.get_bucket_lifecycle_configuration(Bucket=bucket).get("Rules", []))
            except sdk.exceptions.ClientError as exc:
                if exc.response.get("Error", {}).get("Code") == "NoSuchLifecycleConfiguration":
                    return []
                raise

        return await self._client.call(read, bucket=bucket, doing="read the lifecycle rules", quiet=True)

    async def _pages(self, prefix: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield what the private bucket lists under the prefix, in order, a page at a time."""
        params: dict[str, Any] = {"Bucket": self._place.uploads_bucket, "Prefix": self._place.full(prefix)}
        params["MaxKeys"] = self._listed_max
        for _ in range(_PAGES_MAX):
            answer: dict[str, Any] = await self._client.call(
                lambda sdk, asked=dict(params): sdk.list_objects_v2(**asked),  # type: ignore[misc] # bound now
                bucket=params["Bucket"],
                doing="list the objects",
            )
            found = answer.get("Contents", [])
            if found:
                yield found
            if not answer.get("IsTruncated"):
                return
            params["ContinuationToken"] = answer["NextContinuationToken"]

    async def _each(self, full_keys: Iterable[str], now_ms: int) -> int:
        """Settle the markers or uploads, a few at a time; return how many objects were deleted."""
        waiting = list(full_keys)
        deleted = 0
        for first in range(0, len(waiting), _AT_ONCE):
            ends = await asyncio.gather(*(self._settle(key, now_ms) for key in waiting[first : first + _AT_ONCE]))
            deleted += sum(ends)
        return deleted

    async def _settle(self, full_key: str, now_ms: int) -> bool:
        """Delete what a marker names if it is still due, and the marker; or an upload that says nothing else."""
        named = marked(self._own(full_key)) if self._own(full_key).startswith(MARKERS) else None
        key = named[1] if named else self._own(full_key)
        target = {"Bucket": self._place.bucket_of(key), "Key": self._place.full(key)}
        try:
            expires_at_ms = expiry_of(
                await self._client.call(
                    lambda sdk: sdk.head_object(**target), bucket=target["Bucket"], doing="look at a picture"
                )
            )
        except MissingError:
            is_due = False
        else:
            # A marker without an expiry in the object: it was stored again, to stay. An upload without: it is old.
            is_due = expires_at_ms <= now_ms if expires_at_ms is not None else named is None
        if is_due:
            await self._delete(target)
        if named:
            await self._delete({"Bucket": self._place.uploads_bucket, "Key": full_key})
        return is_due

    async def _delete(self, target: dict[str, str]) -> None:
        await self._client.call(
            lambda sdk: sdk.delete_object(**target), bucket=target["Bucket"], doing="delete a picture"
        )

    def _own(self, full_key: str) -> str:
        return full_key.removeprefix(self._place.prefix)


def _time_of(marker: str) -> int | None:
    named = marked(marker)
    return named[0] if named else None
