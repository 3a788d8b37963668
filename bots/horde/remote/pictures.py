"""What another horde made becomes ours: pictures are fetched, looked at and kept in our own object store."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Protocol

from bots.horde.remote.words import Generation
from bots.store.remote import RemoteRequest
from core.domain.errors import InvalidRequest
from core.domain.ids import JobId, WorkerId
from core.domain.requests import JobResult
from core.ports.keys import PICTURES
from core.ports.objects import ObjectStore

_SUFFIXES: Final = {"image/webp": "webp", "image/png": "png", "image/jpeg": "jpg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A picture that was decoded as a whole."""

    body: bytes
    content_type: str
    width_px: int
    height_px: int


class Pictures(Protocol):
    """Fetches pictures from strangers and makes sure that they are pictures."""

    async def fetch(self, address: str) -> bytes:
        """Returns the bytes at the address. Raises InvalidRequest for what is not taken, Unavailable."""
        ...

    async def check(self, body: bytes) -> Checked:
        """Returns the picture that the bytes are. Raises InvalidRequest for what is none, or too large a one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Takes:
    """Takes what was made into our store. secret: keys the pictures' names, which nobody can guess."""

    pictures: Pictures
    objects: ObjectStore
    secret: bytes

    async def take(self, row: RemoteRequest, made: Generation, *, ordinal: int, now_ms: int) -> JobResult | None:
        """Returns the result, its picture in our store; None where there is no picture that can be taken.

        Taking the same twice, as after a crash, writes the same object again. Raises Unavailable.
        """
        result = JobResult(
            job_id=JobId(f"{row.id}:{ordinal}"),
            state=made.state,
            object_key="",
            seed=made.seed,
            model=made.model,
            worker_id=WorkerId(made.worker_id),
            worker_name=made.worker_name,
            gen_metadata=(),
            content_type="",
            width_px=0,
            height_px=0,
            made_at_ms=now_ms,
            ordinal=ordinal,
            body=made.body,
        )
        if made.state != "ok" or made.body is not None:
            return result
        try:
            checked = await self.pictures.check(await self._bytes(made.picture))
        except InvalidRequest:
            return None
        key = self._key(row, ordinal, suffix=_SUFFIXES[checked.content_type])
        await self.objects.put(key, checked.body, content_type=checked.content_type)
        return replace(
            result,
            object_key=key,
            content_type=checked.content_type,
            width_px=checked.width_px,
            height_px=checked.height_px,
        )

    async def _bytes(self, given: str) -> bytes:
        if given.startswith(("https://", "http://")):
            return await self.pictures.fetch(given)
        try:
            return base64.b64decode(given.partition(",")[2] if given.startswith("data:") else given, validate=True)
        except (binascii.Error, ValueError) as error:
            message = "What the other horde gave is neither an address nor a picture."
            raise InvalidRequest(message, field="img") from error

    def _key(self, row: RemoteRequest, ordinal: int, *, suffix: str) -> str:
        token = hmac.new(self.secret, f"remote:{row.id}:{ordinal}".encode(), hashlib.sha256).hexdigest()[:48]
        month = datetime.fromtimestamp(row.asked_at_ms / 1_000, UTC).strftime("%Y/%m")
        return f"{PICTURES}{month}/{token}.{suffix}"
