"""A line to Reddit: a praw object with its own connections, as the bot's account or as a stranger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import praw
import prawcore
import requests
from praw.exceptions import PRAWException

from bots.reddit.wire import Never, OnceRequestor, Pace, TokenGone

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who the bot is. Either a password (script app) or a refresh token; `oauth_url` has the API, `url` the site."""

    client_id: str
    client_secret: str = field(repr=False)
    username: str
    password: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    user_agent: str
    url: str = "https://www.reddit.com"
    oauth_url: str = "https://oauth.reddit.com"


@dataclass(slots=True, kw_only=True)
class Line:
    """A praw object with the connections it uses, which it does not close itself; `make` makes another one."""

    make: Callable[[requests.Session], Any]
    session: requests.Session
    reddit: Any

    def do(self, work: Callable[[Any], T]) -> T:
        """Returns what the work returns; once more with a new token where the old one is not taken any more."""
        try:
            return work(self.reddit)
        except TokenGone:
            self.reddit = self.make(self.session)
            return work(self.reddit)

    def close(self) -> None:
        """The connections are closed."""
        self.session.close()


def open_line(who: Credentials, *, pace: Pace, call_s: float, as_stranger: bool = False) -> Line:
    """Returns a new line; nothing is asked before its first call. as_stranger: with the app's rights, not the bot's."""
    session = requests.Session()
    make = partial(_make, who=who, pace=pace, call_s=call_s, as_stranger=as_stranger)
    return Line(make=make, session=session, reddit=make(session))


def _make(session: requests.Session, *, who: Credentials, pace: Pace, call_s: float, as_stranger: bool) -> Any:  # noqa: ANN401 - praw is not typed here
    secret: dict[str, str] = {}
    if not as_stranger:
        secret = {"refresh_token": who.refresh_token} if who.refresh_token else {"password": who.password}
        secret["username"] = who.username
    try:
        return praw.Reddit(
            client_id=who.client_id,
            client_secret=who.client_secret,
            user_agent=who.user_agent,
            reddit_url=who.url,
            oauth_url=who.oauth_url,
            check_for_updates=False,
            ratelimit_seconds=-1,  # never sleep for it: the outbox waits instead
            requestor_class=OnceRequestor,
            requestor_kwargs={"pace": pace, "call_s": call_s, "session": session},
            **secret,
        )
    except (PRAWException, prawcore.PrawcoreException) as exc:
        raise Never("SETTINGS", str(exc)) from exc
