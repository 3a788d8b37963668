# ruff: noqa: N818 - the names are the words of the design, they read as what went wrong
"""The one tree of errors: each carries what an edge needs to explain it."""

from typing import ClassVar


class HordeError(Exception):
    """Every error of ours.

    ``str(error)`` is an English sentence: what, where, what to do next. ``code`` is the v2 ``rc`` where v2 has one.
    """

    code: str = "HordeError"
    keeps_writes: ClassVar[bool] = False
    """True where the transaction that raised it is committed all the same (the refusal itself is on record)."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        """Hold the sentence and, where it differs from the class's own, the v2 code."""
        super().__init__(message)
        if code is not None:
            self.code = code


class InvalidRequest(HordeError):
    """What was asked for breaks a limit; ``field``, ``limit`` and ``value`` say which."""

    code = "BadRequest"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        limit: object = None,
        value: object = None,
        code: str | None = None,
    ) -> None:
        """Hold the sentence, the field, its limit and the value that broke it."""
        super().__init__(message, code=code)
        self.field = field
        self.limit = limit
        self.value = value


class PromptRejected(InvalidRequest):
    """A moderation rule refused the prompt; the incident is on record although the request is not made."""

    code = "CorruptPrompt"
    keeps_writes = True

    def __init__(self, message: str, *, rule: str, group: str | None = None) -> None:
        """Hold the sentence and the rule that refused."""
        super().__init__(message, field="prompt")
        self.rule = rule
        self.group = group


class InsufficientKudos(InvalidRequest):
    """Fewer kudos are available than this needs: ``limit`` is what there is, ``value`` what was asked (mk)."""

    code = "KudosUpfront"


class UnknownModel(InvalidRequest):
    """The request names a model that this horde does not know."""

    code = "UnknownModel"


class NotPermitted(HordeError):
    """The caller is known, but may not do this."""

    code = "Forbidden"


class WorkerMaintenance(NotPermitted):
    """The worker is in maintenance, or was paused: nobody's jobs are given to it, but that it was here is on record."""

    code = "WorkerMaintenance"
    keeps_writes = True


class TooManyWorkers(NotPermitted):
    """The account has as many workers as it may have."""

    code = "TooManyWorkers"

    def __init__(self, message: str, *, limit: int, value: int, code: str | None = None) -> None:
        """Hold the sentence, the limit and the number of workers that there would have been."""
        super().__init__(message, code=code)
        self.limit = limit
        self.value = value


class Unauthorized(HordeError):
    """The API key belongs to nobody."""

    code = "InvalidAPIKey"


class NotFound(HordeError):
    """What was named does not exist (any more)."""

    code = "NotFound"


class LinkCodeUnknown(NotFound):
    """Nobody asked for the code that was typed, or it is over; that it was tried is on record."""

    code = "LinkCodeUnknown"
    keeps_writes = True


class Conflict(HordeError):
    """Something else happened first."""

    code = "Conflict"


class LinkRefused(Conflict):
    """The two purses are not joined; the code is used up all the same."""

    code = "LinkNotAllowed"
    keeps_writes = True


class DuplicateSubmission(Conflict):
    """The job's result is already stored; this one is not taken and not paid."""

    code = "DuplicateGen"


class LeaseLost(Conflict):
    """The lease is over and the job went elsewhere; the result is not taken and not paid."""

    code = "AbortedGen"


class Locked(Conflict):
    """It is in use now; try again when that is over."""

    code = "Locked"


class RateLimited(HordeError):
    """Too much at once; try again after ``retry_after_s`` seconds."""

    code = "TooManyRequests"

    def __init__(self, message: str, *, retry_after_s: float, code: str | None = None) -> None:
        """Hold the sentence and the seconds to wait."""
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class TooManyJobs(RateLimited):
    """The account has as many waiting jobs as it may have."""

    code = "TooManyPrompts"

    def __init__(self, message: str, *, limit: int, value: int, retry_after_s: float = 10.0) -> None:
        """Hold the sentence, the limit and the number of jobs that there would have been."""
        super().__init__(message, retry_after_s=retry_after_s)
        self.limit = limit
        self.value = value


class Unavailable(HordeError):
    """A part that is needed does not answer now: the disk, the database, the other side."""

    code = "Unavailable"
