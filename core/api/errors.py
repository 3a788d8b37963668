"""Every error's HTTP status and body, each class exactly once, because clients branch on both."""

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final, assert_never

from aiohttp import web
from msgspec import UNSET

from core.api.bodies import BodyTooLargeError, BodyTooSlowError, json_reply
from core.api.held import is_gone
from core.api.limits import TooManyCallsError
from core.domain import errors
from core.wire import MalformedBodyError, Rc
from core.wire.people import RequestError, RequestValidationError

log = logging.getLogger(__name__)

STATUS: Final[dict[type[errors.HordeError], int]] = {
    errors.HordeError: 500,
    errors.InvalidRequest: 400,
    errors.PromptRejected: 400,
    errors.InsufficientKudos: 403,
    errors.UnknownModel: 400,
    errors.NotPermitted: 403,
    errors.WorkerMaintenance: 403,
    errors.TooManyWorkers: 403,
    errors.Unauthorized: 401,
    errors.NotFound: 404,
    errors.LinkCodeUnknown: 404,
    errors.Conflict: 409,
    errors.LinkRefused: 409,
    errors.DuplicateSubmission: 400,
    errors.LeaseLost: 400,
    errors.Locked: 423,
    errors.RateLimited: 429,
    errors.TooManyJobs: 429,
    errors.Unavailable: 503,
}
"""v2 answers 400 where a submit comes twice or too late; workers give up on 400 and 404 and retry all else."""

API_PATHS: Final = ("/api/", "/objects/", "/v1/")
_HTTP_SENTENCES: Final = {
    404: ("There is nothing at this address. The routes are listed in core/api/README.md.", Rc.ROUTE_NOT_FOUND),
    405: ("This address does not take this method.", Rc.METHOD_NOT_ALLOWED),
}
_CLIENT_HAS_GONE: Final = 499
_Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


class MissingKeyError(Exception):
    """The route needs the header ``apikey`` and there is none; v2 says so as a failed validation, not as a 401."""


@web.middleware
async def answer_errors(request: web.Request, handler: _Route) -> web.StreamResponse:
    """Answer every error with a JSON body that holds a ``message``; log what nobody foresaw, once."""
    try:
        return await handler(request)
    except errors.HordeError as exc:
        return _refusal(exc)
    except (MalformedBodyError, MissingKeyError, BodyTooLargeError, BodyTooSlowError) as exc:
        return _unreadable(exc)
    except TooManyCallsError as exc:
        return json_reply(RequestError(message=str(exc)), status=429, headers=exc.headers)
    except web.HTTPException as exc:
        return _http_refusal(request, exc)
    except Exception as exc:
        if isinstance(exc, ConnectionError) and is_gone(request):
            return web.Response(status=_CLIENT_HAS_GONE)
        log.exception("api.failed method=%s route=%s", request.method, _route_of(request))
        return json_reply(RequestError(message="Internal Server Error"), status=500)


def _refusal(error: errors.HordeError) -> web.Response:
    status = next(STATUS[base] for base in type(error).__mro__ if base in STATUS)
    headers = {"Retry-After": str(math.ceil(error.retry_after_s))} if isinstance(error, errors.RateLimited) else None
    return json_reply(RequestError(message=str(error), rc=error.code), status=status, headers=headers)


def _unreadable(
    error: MalformedBodyError | MissingKeyError | BodyTooLargeError | BodyTooSlowError,
) -> web.Response:
    """Answer a request that could not be read, so nothing of it was done."""
    match error:
        case MalformedBodyError(message=message, errors=fields) if fields:
            return json_reply(RequestValidationError(message=message, errors=fields), status=400)
        case MalformedBodyError(message=message, rc=rc):
            return json_reply(RequestError(message=message, rc=rc or UNSET), status=400)
        case MissingKeyError():
            missing = {"apikey": "Missing required parameter in the HTTP headers: your API key, or 0000000000"}
            invalid = RequestValidationError(message="Input payload validation failed", errors=missing)
            return json_reply(invalid, status=400)
        case BodyTooLargeError():
            return json_reply(RequestError(message=str(error), rc=Rc.BODY_TOO_LARGE), status=413)
        case BodyTooSlowError():
            return json_reply(RequestError(message=str(error)), status=408)
    assert_never(error)


def _http_refusal(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    """Say in JSON what aiohttp says in text; redirects, and the pages of other rooms, go their own way."""
    if error.status < 400 or not request.path.startswith(API_PATHS):
        raise error
    sentence, rc = _HTTP_SENTENCES.get(error.status, (error.reason, None))
    allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    return json_reply(RequestError(message=sentence, rc=rc or UNSET), status=error.status, headers=allow)


def _route_of(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
