"""Where the buckets are and who we are there."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cdn.keys import is_public


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Place:
    """Two buckets of one S3 service; with ``private_bucket`` empty one bucket serves for both.

    bucket: what is published. private_bucket: fresh uploads and source pictures, which nobody may read unsigned.
    endpoint: empty for AWS itself. public_url: the address under which ``bucket`` is read by everyone; empty where
    it is private, and pictures are then read by signed addresses. prefix: stands before every key, "" or "some/".
    """

    bucket: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    private_bucket: str = ""
    endpoint: str = ""
    region: str = "auto"
    public_url: str = ""
    prefix: str = ""

    @property
    def uploads_bucket(self) -> str:
        """The bucket that holds what is not published."""
        return self.private_bucket or self.bucket

    @property
    def host(self) -> str:
        """The service's host, for sentences and log lines."""
        return urlsplit(self.endpoint).netloc or f"s3.{self.region}.amazonaws.com"

    def bucket_of(self, key: str) -> str:
        """Return the bucket that the key lives in."""
        return self.bucket if is_public(key) else self.uploads_bucket

    def full(self, key: str) -> str:
        """Return the key as the bucket has it."""
        return self.prefix + key
