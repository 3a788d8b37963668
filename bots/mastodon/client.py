# ruff: noqa: N818 - the names say what happened, as in bots/platform.py
"""Mastodon.py on threads of its own, and its errors in our words: was it taken, was it not, or does nobody know."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bots.platform import PlatformMisconfigured

T = TypeVar("T")

WAITING_MAX: Final = 64
REQUEST_TIMEOUT_S: Final = 20.0
LIMIT_WAIT_S: Final = 60.0
"""How long a rate limit lasts where the server does not say."""
_SERVER_FAULT: Final = 500


class NotTaken(Exception):
    """The server did certainly not do it; it may later, after `wait_s` where it said so."""

    def __init__(self, reason: str, *, wait_s: float | None = None) -> None:
        self.wait_s = wait_s
        super().__init__(reason)


class SaidNo(Exception):
    """The server refused this and will refuse it again. `code` is the HTTP status."""

    def __init__(self, reason: str, *, code: int) -> None:
        self.code = code
        super().__init__(reason)


class NobodyKnows(Exception):
    """No answer, or a server's fault: it may have been done."""


@dataclass(slots=True)
class _Call:
    work: Callable[[Any], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]


@dataclass(slots=True)
class Threads:
    """A few daemon threads with a Mastodon.py object each, fed from a bounded queue.

    They are daemons of their own, not the default executor's, which would be joined at exit: a call that hangs must
    not keep the process from ending. What it was sending is looked for at the next start.
    """

    name: str
    make: Callable[[], Any]
    count: int = 1
    _waiting: queue.Queue[_Call | None] = field(default_factory=lambda: queue.Queue(WAITING_MAX))
    _started: list[threading.Thread] = field(default_factory=list)

    async def call(self, work: Callable[[Any], T]) -> T:
        """Returns what the call returns; raises NotTaken, SaidNo, NobodyKnows or PlatformMisconfigured.

        A call whose awaiter was cancelled before a thread took it is never made.
        """
        if not self._started:
            self._started = [
                threading.Thread(target=self._serve, name=f"{self.name}-{number}", daemon=True, args=(self._waiting,))
                for number in range(self.count)
            ]
            for thread in self._started:
                thread.start()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        try:
            self._waiting.put_nowait(_Call(work=work, loop=loop, answer=answer))
        except queue.Full as exc:
            reason = f"{WAITING_MAX} calls wait already"
            raise NotTaken(reason) from exc
        return await answer

    def close(self) -> None:
        """The threads end after the call they are in, what waits is cancelled; may be called twice.

        The next `call` starts new threads.
        """
        threads, waiting = self._started, self._waiting
        self._started, self._waiting = [], queue.Queue(WAITING_MAX)
        with contextlib.suppress(queue.Empty):
            while call := waiting.get_nowait():
                call.answer.cancel()
        for _ in threads:
            waiting.put_nowait(None)

    def _serve(self, waiting: queue.Queue[_Call | None]) -> None:
        api: Any = None
        while True:
            call = waiting.get()
            if call is None:
                return
            if call.answer.cancelled():
                continue
            try:
                api = api or self.make()
                answer, error = call.work(api), None
            except Exception as raised:  # noqa: BLE001 - all of the SDK's errors leave this room in our words
                answer, error = None, in_our_words(raised, api)
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
                call.loop.call_soon_threadsafe(_settle, call.answer, answer, error)


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


def _settle(answer: asyncio.Future[Any], value: object, error: Exception | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(value)
    else:
        answer.set_exception(error)
