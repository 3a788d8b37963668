"""How praw's calls go over the wire: each POST once, paced without sleeping, each failure one of five troubles."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import praw
import prawcore
import requests
import urllib3
from praw.exceptions import RedditAPIException

ASKED_WAIT_S: Final = 60.0
"""So long is waited where Reddit asks to wait without a time."""
CALL_S: Final = 12.0
TOKEN_PATH: Final = "/api/v1/access_token"  # noqa: S105 - a path, no secret
WAIT_MAX_S: Final = 3_600.0
NOT_FOUND: Final = frozenset({"HTTP_404", "HTTP_410", "FORBIDDEN"})
"""What Reddit answers where something is not there, or not for us: gone, private, banned."""

_WORDS = re.compile(r"(\d+) (millisecond|second|minute|hour)")
_UNITS_S: Final = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3_600.0}


class RedditTrouble(Exception):  # noqa: N818 - the tree's root, named after what it is
    """Something with Reddit went wrong; the classes below say what that means for the call."""


class ToldToWait(RedditTrouble):
    """Reddit did certainly not do it and says when to come back."""

    def __init__(self, reason: str, *, wait_s: float) -> None:
        super().__init__(reason)
        self.wait_s = min(max(wait_s, 0.0), WAIT_MAX_S)


class NotSent(RedditTrouble):
    """The call never reached Reddit: no connection, or no token to make it with."""


class TokenGone(NotSent):
    """Reddit does not take the access token any more; with a new one the call may be made again."""


class MaybeDone(RedditTrouble):
    """Nobody knows whether Reddit did it: time-out, dropped connection, 5xx."""


class Never(RedditTrouble):
    """Reddit says no and will say no again; `code` is its word for it, such as THREAD_LOCKED."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}" if reason else code)
        self.code = code


class WrongCredentials(RedditTrouble):
    """Reddit does not know these credentials, or they may not do this."""


class Pace:
    """What Reddit's headers last said about its limit; shared by all threads of one client id."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        """now_s: a clock that never goes back, in seconds."""
        self._now_s = now_s
        self._lock = threading.Lock()
        self._closed_until_s = 0.0

    def note(self, *, status: int, headers: Mapping[str, str]) -> float:
        """Remembers what an answer says; returns how long to wait, 0 for not at all."""
        wait_s = 0.0
        if status == requests.codes.too_many_requests:
            wait_s = _number(headers.get("retry-after")) or _number(headers.get("x-ratelimit-reset")) or ASKED_WAIT_S
        elif (_number(headers.get("x-ratelimit-remaining")) or 0.0) < 1.0 and "x-ratelimit-remaining" in headers:
            wait_s = _number(headers.get("x-ratelimit-reset")) or 1.0
        if wait_s:
            with self._lock:
                self._closed_until_s = max(self._closed_until_s, self._now_s() + min(wait_s, WAIT_MAX_S))
        return wait_s

    def wait_s(self) -> float:
        """Returns how long Reddit takes no more calls."""
        with self._lock:
            return max(self._closed_until_s - self._now_s(), 0.0)


class OnceRequestor(prawcore.Requestor):  # type: ignore[misc]  # prawcore is not followed by mypy here
    """Sends each request once: what may have arrived is never sent again, and nothing sleeps.

    prawcore repeats every method after a lost connection and a 5xx, POSTs too, and so posts twice; it repeats only its
    own kinds of errors, so ours pass through. Its limiter sleeps on the thread for what the headers say; they are read
    here and taken out of the answer.
    """

    def __init__(self, *, pace: Pace, call_s: float = CALL_S, **given: Any) -> None:  # noqa: ANN401 - prawcore's own
        super().__init__(**given)
        self._pace = pace
        self._call_s = call_s

    def request(self, method: str, url: str, **given: Any) -> requests.Response:  # noqa: ANN401 - prawcore's own
        """Returns the answer, or raises one of the troubles."""
        wants_token = url.endswith(TOKEN_PATH)
        wait_s = 0.0 if wants_token else self._pace.wait_s()
        if wait_s:
            raise ToldToWait("Reddit's rate limit is used up", wait_s=wait_s)
        given["timeout"] = self._call_s
        try:
            answer: requests.Response = self._http.request(method, url, **given)
        except requests.RequestException as exc:
            if wants_token or _never_connected(exc):
                raise NotSent(f"Reddit cannot be reached ({type(exc).__name__})") from exc
            raise MaybeDone(f"Reddit did not answer ({type(exc).__name__})") from exc
        wait_s = self._pace.note(status=answer.status_code, headers=answer.headers)
        if answer.status_code == requests.codes.too_many_requests:
            raise ToldToWait("Reddit answered 429", wait_s=wait_s)
        if answer.status_code >= 500 or answer.status_code == requests.codes.request_timeout:
            lost = NotSent if wants_token else MaybeDone
            raise lost(f"Reddit answered {answer.status_code}")
        for name in [name for name in answer.headers if name.lower().startswith("x-ratelimit-")]:
            del answer.headers[name]
        if answer.status_code == requests.codes.unauthorized and not wants_token:
            # prawcore would sleep before it asks for a new token.
            raise TokenGone("Reddit does not take its own token just now")
        return answer


def trouble_of(exc: praw.exceptions.PRAWException | prawcore.PrawcoreException) -> RedditTrouble:
    """Returns what an error of praw means for the call that raised it."""
    if isinstance(exc, RedditAPIException):
        first = exc.items[0]
        if first.error_type == "RATELIMIT":
            return ToldToWait(f"RATELIMIT: {first.message}", wait_s=_told_s(str(first.message)))
        return Never(str(first.error_type), str(first.message or ""))
    if isinstance(exc, prawcore.OAuthException):
        return WrongCredentials(f"Reddit gives no token for them ({exc.error})")
    if isinstance(exc, prawcore.exceptions.InsufficientScope):
        return WrongCredentials("the refresh token lacks a scope; it needs those in bots/reddit/README.md")
    if isinstance(exc, prawcore.exceptions.BadJSON):
        return MaybeDone("Reddit answered what is no JSON")
    if isinstance(exc, prawcore.ResponseException):
        status = exc.response.status_code
        if exc.response.url.endswith(TOKEN_PATH):
            return WrongCredentials(f"Reddit gives no token for them (status {status})")
        return Never("FORBIDDEN" if status == requests.codes.forbidden else f"HTTP_{status}", "")
    return Never(type(exc).__name__, str(exc))


def _told_s(message: str) -> float:
    """Returns the seconds in "Take a break for 7 minutes before trying again."."""
    found = _WORDS.search(message)
    # A second more than told: the number is rounded down.
    return int(found[1]) * _UNITS_S[found[2]] + 1.0 if found else ASKED_WAIT_S


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _never_connected(exc: requests.RequestException) -> bool:
    if isinstance(exc, requests.ConnectTimeout):
        return True
    cause = getattr(exc.args[0], "reason", None) if exc.args else None
    return isinstance(cause, urllib3.exceptions.NewConnectionError)
