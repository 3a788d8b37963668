"""Pictures to work on: fetched with care or copied, and kept until the requests for them have ended."""

from dataclasses import dataclass
from typing import Protocol

from bots.horde.port import SourcePicture
from bots.platform import Attachment, Picture
from core.ports.clock import Clock
from core.ports.keys import source_key
from core.ports.objects import ObjectStore


class Taken(Protocol):
    """A picture that was fetched, measured and stored."""

    @property
    def key(self) -> str:
        """Where it is stored."""
        ...

    @property
    def width_px(self) -> int:
        """Its width."""
        ...

    @property
    def height_px(self) -> int:
        """Its height."""
        ...


class Fetches(Protocol):
    """Fetches what strangers' addresses lead to, within bounds of place, size and time."""

    async def take(self, given: str, *, expires_at_ms: int) -> Taken:
        """Returns the stored picture; raises InvalidRequest, Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePictures:
    """Keeps pictures to work on. kept_s: longer than any request for them."""

    fetches: Fetches
    objects: ObjectStore
    clock: Clock
    kept_s: int

    async def take(self, picture: Attachment | Picture) -> SourcePicture:
        """Returns the kept picture; one of our own results is copied, so that it may be deleted meanwhile."""
        until_ms = self.clock.now_ms() + self.kept_s * 1_000
        if isinstance(picture, Picture):
            key = source_key()
            await self.objects.copy(picture.key, key, content_type=picture.content_type, expires_at_ms=until_ms)
            return SourcePicture(key=key, width_px=picture.width_px, height_px=picture.height_px)
        taken = await self.fetches.take(picture.url, expires_at_ms=until_ms)
        return SourcePicture(key=taken.key, width_px=taken.width_px, height_px=taken.height_px)
