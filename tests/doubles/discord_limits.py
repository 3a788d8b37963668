"""Discord's rate limits: a bucket a route and channel, told in headers, and 429 for who does not heed them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from aiohttp import web

from tests.doubles.discord_world import plain

CALLS, WINDOW_S = 50, 1.0


@dataclass
class _Bucket:
    left: int
    until_s: float


class Limits:
    """`routes`: calls and seconds of a route's buckets; all others have 50 a second. `throttled` counts the 429s."""

    def __init__(self) -> None:
        self.routes: dict[str, tuple[int, float]] = {}
        self.throttled = 0
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, route: str, major: str) -> tuple[dict[str, str], web.Response | None]:
        """One call of that route; returns the headers of its answer, and the answer itself where it is refused."""
        calls, window_s = self.routes.get(route, (CALLS, WINDOW_S))
        now_s = time.monotonic()
        bucket = self._buckets.get((route, major))
        if bucket is None or bucket.until_s <= now_s:
            bucket = self._buckets[route, major] = _Bucket(left=calls, until_s=now_s + window_s)
        wait_s = max(bucket.until_s - now_s, 0.001)
        headers = {
            "X-RateLimit-Limit": str(calls),
            "X-RateLimit-Remaining": str(max(bucket.left - 1, 0)),
            "X-RateLimit-Reset": f"{time.time() + wait_s:.3f}",
            "X-RateLimit-Reset-After": f"{wait_s:.3f}",
            "X-RateLimit-Bucket": f"{abs(hash(route)):x}",
        }
        if bucket.left > 0:
            bucket.left -= 1
            return headers, None
        self.throttled += 1
        told = {"message": "You are being rate limited.", "retry_after": wait_s, "global": False}
        refused = plain(told, status=429, via=True)
        refused.headers["Retry-After"] = f"{wait_s:.3f}"
        return headers, refused


def too_many(kind: str) -> web.Response:
    """The answer to who asks too much: `429`, `429-global`, `429-long`, `429-banned` or `429-banned-silent`.

    The first two may come again in a moment, the third in two minutes. The last two are of the proxy before Discord,
    for five minutes and for an untold time: it speaks no JSON and no `Via`.
    """
    if kind.startswith("429-banned"):
        refused = web.Response(text="<html>error code: 1015</html>", content_type="text/html", status=429)
        if kind == "429-banned":
            refused.headers["Retry-After"] = "300"
        return refused
    wait_s = 120.0 if kind == "429-long" else 0.05
    told = {"message": "slow down", "retry_after": wait_s, "global": kind == "429-global"}
    return plain(told, status=429, via=True)
