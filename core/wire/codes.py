"""The machine-readable codes (`rc`) of the image routes' error bodies, because clients branch on them."""

from enum import StrEnum


class Rc(StrEnum):
    """Names one cause of a refusal; the first block is v2's own, the second is ours where v2 has no word."""

    ABORTED_GEN = "AbortedGen"
    ANON_FORBIDDEN_WORKER = "AnonForbiddenWorker"
    BAD_REQUEST = "BadRequest"
    CORRUPT_PROMPT = "CorruptPrompt"
    DUPLICATE_GEN = "DuplicateGen"
    FORBIDDEN = "Forbidden"
    IMAGE_VALIDATION_FAILED = "ImageValidationFailed"
    INVALID_API_KEY = "InvalidAPIKey"
    INVALID_JOB_ID = "InvalidJobID"
    INVALID_PRIORITY_USERNAME = "InvalidPriorityUsername"
    INVALID_PROMPT_SIZE = "InvalidPromptSize"
    KUDOS_UPFRONT = "KudosUpfront"
    MISSING_PROMPT = "MissingPrompt"
    NUL_BYTE_IN_PAYLOAD = "NulByteInPayload"
    REQUEST_NOT_FOUND = "RequestNotFound"
    SOURCE_IMAGE_URL_INVALID = "SourceImageUrlInvalid"
    STYLE_NOT_FOUND = "StyleNotFound"
    TOO_MANY_PROMPTS = "TooManyPrompts"
    TOO_MANY_WORKERS = "TooManyWorkers"
    UNEXPECTED_MODEL_NAME = "UnexpectedModelName"
    USER_NOT_FOUND = "UserNotFound"
    WORKER_FLAGGED_MAINTENANCE = "WorkerFlaggedMaintenance"
    WORKER_MAINTENANCE = "WorkerMaintenance"
    WORKER_NOT_FOUND = "WorkerNotFound"
    WRONG_CREDENTIALS = "WrongCredentials"

    BODY_TOO_LARGE = "BodyTooLarge"
    LEASE_LOST = "LeaseLost"
    METHOD_NOT_ALLOWED = "MethodNotAllowed"
    OBJECT_NOT_FOUND = "ObjectNotFound"
    ROUTE_NOT_FOUND = "RouteNotFound"
