"""What went wrong at the S3 service, in our words: nothing of botocore leaves this room."""

from typing import Any, Final, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from cdn.s3.place import S3Place
from core.domain.errors import Unavailable

_CHECK_KEY: Final = "Check objects.access_key_id and HORDE_OBJECTS_SECRET_ACCESS_KEY"
_NEXT_STEPS: Final = {
    "SignatureDoesNotMatch": f"the secret does not fit the access key id. {_CHECK_KEY}",
    "InvalidAccessKeyId": f"it does not know the access key id. {_CHECK_KEY}",
    "Unauthorized": f"it does not know the access key id. {_CHECK_KEY}",
    "ExpiredToken": "the access key is expired. Make a new one and set it",
    "RequestTimeTooSkewed": "this machine's clock is wrong by more than a quarter of an hour. Set the clock",
    "AccessDenied": "the access key may not do this. Give it read and write access to the objects of the bucket",
    "401": f"the access key is not accepted. {_CHECK_KEY}",
    "403": f"the access key is not accepted, or may not do this. {_CHECK_KEY}, and what it may do",
    "NoSuchBucket": "there is no such bucket. Make it, or correct objects.bucket and objects.private_bucket",
    "InvalidBucketName": "this is no name for a bucket. Correct objects.bucket and objects.private_bucket",
    "PermanentRedirect": "the bucket is in another region. Correct objects.region and objects.endpoint",
    "AuthorizationHeaderMalformed": 'the region is another one. Correct objects.region ("auto" for R2)',
    "EntityTooLarge": "it takes no object of this size. Use smaller pictures",
}
_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED: Final = frozenset({"412", "PreconditionFailed", "409", "ConditionalRequestConflict"})
_BEYOND: Final = frozenset({"416", "InvalidRange"})


class MissingError(Exception):
    """There is no such object (or, for a HEAD, no such bucket)."""


class ChangedError(Exception):
    """The object is no longer the one that was meant."""


class BeyondError(Exception):
    """The object ends before the range begins."""


def code_of(error: ClientError) -> str:
    """Return S3's word for what went wrong."""
    said: dict[str, Any] = error.response.get("Error", {})
    return str(said.get("Code", "")) or str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))


def translate(error: ClientError | BotoCoreError, place: S3Place, *, bucket: str, doing: str) -> NoReturn:
    """Raise the error in our words; nothing that is signed or secret is in them.

    Raises:
        MissingError, ChangedError, BeyondError: the answer of a healthy service.
        Unavailable: all else.
    """
    where = f"The object store {place.host} cannot {doing} in the bucket {bucket}"
    if not isinstance(error, ClientError):
        # A BotoCoreError may quote a whole address: only its class is told.
        raise Unavailable(
            f"{where}: it does not answer ({type(error).__name__}). Check objects.endpoint and the network; "
            "what failed is tried again."
        ) from error
    code = code_of(error)
    if code in _MISSING:
        raise MissingError from error
    if code in _CHANGED:
        raise ChangedError from error
    if code in _BEYOND:
        raise BeyondError from error
    step = _NEXT_STEPS.get(code)
    if step is None:
        raise Unavailable(f"{where}: it answers {code}. Try again in a while; `horde doctor` tells more.") from error
    raise Unavailable(f"{where}: {step}. `horde doctor` tries it out.") from error
