# ruff: noqa: N818 - the names say what happened, as in bots/platform.py
"""Mastodon.py on threads of its own, and its errors in our words: was it taken, was it not, or does nobody know."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from bots.hands import Hand, HandFullError
from bots.platform import PlatformMisconfigured

T = TypeVar("T")

REQUEST_TIMEOUT_S: Final = 20.0
LIMIT_WAIT_S: Final = 60.0
"""How long a rate limit lasts where the server does not say."""
_SERVER_FAULT: Final = 500


class NotTaken(Exception):
    """The server did certainly not do it; it may later, after `wait_s` where it said so."""

    def __init__(self, reason: str, *, wait_s: float | None = None) -> None:
        self.wait_s = wait_s
        super().__init__(reason)


class NotReady(NotTaken):
    """The server has a picture and is not done with it in good time."""


class SaidNo(Exception):
    """The server refused this and will refuse it again. `code` is the HTTP status."""

    def __init__(self, reason: str, *, code: int) -> None:
        self.code = code
        super().__init__(reason)


class NobodyKnows(Exception):
    """No answer, or a server's fault: it may have been done."""


class Line:
    """The SDK's calls on threads of their own; every error leaves in our words."""

    def __init__(self, name: str, *, make: Callable[[], Any], threads: int = 1) -> None:
        """`make` returns the SDK's object; each thread has one of its own, as it is not made to be shared."""
        self._hand: Hand[Any] = Hand(name, make=partial(_made, make), end=_hang_up, threads=threads)

    async def call(self, work: Callable[[Any], T]) -> T:
        """Returns what the call returns; raises NotTaken, SaidNo, NobodyKnows or PlatformMisconfigured.

        A call whose awaiter was cancelled before a thread took it is never made.
        """
        try:
            return await self._hand.do(partial(_said, work=work))
        except HandFullError as exc:
            raise NotTaken(str(exc)) from exc

    async def close(self) -> None:
        """The threads end; a call under way is left behind after three seconds. May be called twice."""
        await self._hand.close()


def connect(*, base_url: str, token: str, request_timeout_s: float = REQUEST_TIMEOUT_S) -> Any:  # noqa: ANN401 - the SDK has no types
    """Returns the SDK's object; makes no request. Raises PlatformMisconfigured where the SDK is missing."""
    try:
        from mastodon import Mastodon
    except ImportError as exc:
        reason = "Mastodon.py is not installed: pip install 'horde-suite[mastodon]'"
        raise PlatformMisconfigured(reason) from exc
    return Mastodon(
        access_token=token,
        api_base_url=base_url,
        ratelimit_method="throw",  # the other ways sleep in the thread, and one of them sends again
        request_timeout=request_timeout_s,
        user_agent="horde-suite",
    )


def in_our_words(error: Exception, api: Any) -> Exception:  # noqa: ANN401 - the SDK has no types
    """Returns what an error of the SDK means for the call that raised it."""
    from mastodon import errors

    match error:
        case PlatformMisconfigured() | NotTaken() | SaidNo() | NobodyKnows():
            return error
        case errors.MastodonRatelimitError():
            return NotTaken("the server's rate limit is reached", wait_s=limit_left_s(api))
        case errors.MastodonNetworkError() if _never_connected(error):
            return NotTaken(f"the server cannot be reached: {_inner(error)}")
        case errors.MastodonNetworkError():
            return NobodyKnows(f"no answer: {_inner(error)}")
        case errors.MastodonUnauthorizedError():
            return PlatformMisconfigured(
                f"The server does not take the access token ({_words(error)}). It was revoked, or is another server's: "
                "make a new one there under Preferences > Development and set HORDE_MASTODON_TOKEN."
            )
        case errors.MastodonAPIError():
            code = next((part for part in error.args if isinstance(part, int)), None)
            if code is None or code >= _SERVER_FAULT:
                return NobodyKnows(f"the server failed: {_words(error)}")
            return SaidNo(_words(error), code=code)
        case _:
            return NobodyKnows(f"{type(error).__name__}: {error}")


def limit_left_s(api: Any) -> float:  # noqa: ANN401 - the SDK has no types
    """Returns for how many seconds the server wants no more calls."""
    reset_s = getattr(api, "ratelimit_reset", None)
    return LIMIT_WAIT_S if reset_s is None else max(float(reset_s) - time.time(), 0.0) + 1.0


def _never_connected(error: Exception) -> bool:
    """Tells whether the request never left: the SDK hides that in the error under its error."""
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import ConnectTimeout
    from urllib3.exceptions import NewConnectionError

    cause = error.__context__
    if isinstance(cause, ConnectTimeout):
        return True
    why = getattr(cause.args[0], "reason", None) if isinstance(cause, NoConnection) and cause.args else None
    return isinstance(why, NewConnectionError)


def _inner(error: Exception) -> str:
    return type(error.__context__ or error).__name__


def _words(error: Exception) -> str:
    """Returns the status and the server's own sentence; the address that was called stays out of it."""
    return " ".join(str(part) for part in error.args[1:] if part) or str(error)


def _made(make: Callable[[], Any]) -> Any:  # noqa: ANN401 - the SDK has no types
    try:
        return make()
    except Exception as raised:  # all of the SDK's errors leave this room in our words
        raise in_our_words(raised, None) from raised


def _said(api: Any, *, work: Callable[[Any], T]) -> T:  # noqa: ANN401 - the SDK has no types
    try:
        return work(api)
    except Exception as raised:  # all of the SDK's errors leave this room in our words
        raise in_our_words(raised, api) from raised


def _hang_up(api: Any) -> None:  # noqa: ANN401 - the SDK has no types
    api.session.close()
