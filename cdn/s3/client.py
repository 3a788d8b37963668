"""boto3, on threads of our own: the one place that calls it."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cdn.s3.faults import translate
from cdn.s3.place import S3Place
from cdn.threads import CallThreads
from core.domain.errors import Unavailable

log = logging.getLogger(__name__)

THREADS: Final = 16
_WAITING_MAX: Final = 512
_CONNECT_S: Final = 3
_READ_S: Final = 15
_WITHIN_S: Final = 45.0
"""The longest a caller waits: two attempts, and some time in the queue."""
ResultT = TypeVar("ResultT")


class S3Client:
    """One boto3 client, which its threads share, with pooled connections, time-outs and one repetition.

    Everything that is called is idempotent, so the SDK may repeat it.
    """

    def __init__(self, place: S3Place) -> None:
        """Make the client; nothing is called yet."""
        self.place = place
        # What else on this machine is set for AWS (profiles, files) is not about us and must not get in the way.
        alone = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        self._sdk: Any = boto3.session.Session(botocore_session=alone).client(
            "s3",
            endpoint_url=place.endpoint or None,
            region_name=place.region,
            aws_access_key_id=place.access_key_id,
            aws_secret_access_key=place.secret_access_key,
            config=Config(
                signature_version="s3v4",
                retries={"mode": "standard", "total_max_attempts": 2},
                # R2 and others refuse the trailing checksums that newer SDKs add unasked.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                connect_timeout=_CONNECT_S,
                read_timeout=_READ_S,
                max_pool_connections=THREADS,
                tcp_keepalive=True,
                s3={"addressing_style": "path" if place.endpoint else "auto"},
            ),
        )
        self._threads = CallThreads(name="object store", threads=THREADS, waiting_max=_WAITING_MAX)
        self._outage = threading.Event()

    async def call(self, work: Callable[[Any], ResultT], *, bucket: str, doing: str, quiet: bool = False) -> ResultT:
        """Return what ``work(sdk)`` returns on a thread.

        doing: what it is, as a verb with its object. quiet: a refusal is no outage and not logged.

        Raises:
            MissingError, ChangedError, BeyondError: as S3 says it.
            Unavailable: the store does not answer, or not with what was asked for.
        """

        def translated() -> ResultT:
            try:
                return work(self._sdk)
            except (ClientError, BotoCoreError) as exc:
                translate(exc, self.place, bucket=bucket, doing=doing)

        try:
            result = await self._threads.run(translated, within_s=_WITHIN_S)
        except Unavailable as exc:
            if not quiet and not self._outage.is_set():
                self._outage.set()
                log.warning("objects.unavailable host=%s why=%s", self.place.host, exc)
            raise
        if not quiet and self._outage.is_set():
            self._outage.clear()
            log.info("objects.back host=%s", self.place.host)
        return result

    def sign(self, operation: str, *, expires_s: int, **params: str) -> str:
        """Return an absolute address that allows one operation for so long; computed here, nobody is asked."""
        return str(self._sdk.generate_presigned_url(operation, Params=params, ExpiresIn=expires_s))

    def close(self) -> None:
        """Take no more calls and close what is idle. Idempotent."""
        self._threads.close()
        self._sdk.close()
