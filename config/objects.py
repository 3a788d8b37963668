"""Which object store the settings choose: what they lack for it, and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdn.disk import DiskObjects
from config.settings import ObjectSettings, Settings
from core.domain.errors import Unavailable
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from core.ports.signed import SignedObjects

if TYPE_CHECKING:
    from cdn.s3 import S3Objects, S3Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """An object store. served: the same where this process serves it itself. close: ends what it holds."""

    objects: ObjectStore
    served: SignedObjects | None = None
    close: Callable[[], None] = lambda: None

    async def end(self, _: object) -> None:
        """End what it holds, as the app's last act."""
        self.close()


def disk_objects(settings: Settings, *, public_url: str, secret: bytes, clock: Clock) -> Shelf:
    """Objects in the data folder, served by this process."""
    objects = DiskObjects(settings.folder, public_url=public_url, secret=secret, clock=clock)
    return Shelf(objects=objects, served=objects)


def s3_objects(settings: Settings, *, public_url: str, secret: bytes, clock: Clock) -> Shelf:
    """Objects in S3 buckets, served by them. Nothing is called yet, so this works while the store is down."""
    objects = buckets(settings.objects, clock=clock)
    return Shelf(objects=objects, close=objects.close)


def buckets(chosen: ObjectSettings, *, clock: Clock) -> "S3Objects":
    """The store in the chosen buckets. Raises Unavailable where boto3 is missing."""
    try:
        from cdn.s3 import S3Objects
    except ModuleNotFoundError as error:
        raise Unavailable(
            "objects.kind \"s3\" needs boto3, which is not installed: pip install 'horde-suite[r2]'"
        ) from error
    return S3Objects(s3_place(chosen), clock=clock)


def s3_place(chosen: ObjectSettings) -> "S3Place":
    """Where the buckets are, as the settings say it."""
    from cdn.s3 import S3Place

    return S3Place(
        bucket=chosen.bucket,
        private_bucket=chosen.private_bucket,
        endpoint=chosen.endpoint,
        region=chosen.region,
        access_key_id=chosen.access_key_id,
        secret_access_key=chosen.secret_access_key,
        public_url=chosen.public_url,
        prefix=chosen.prefix,
    )
