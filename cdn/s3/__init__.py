"""Objects in buckets: Cloudflare R2 and whatever else speaks S3."""

from cdn.s3.objects import S3Objects
from cdn.s3.place import S3Place

__all__ = ["S3Objects", "S3Place"]
