# ruff: noqa: N818 - the names are the words of the room, they read as what went wrong
"""What came of asking a platform for something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The post is there."""

    remote_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The platform said no and will say no again (deleted parent, banned, too long)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAt:
    """The platform did certainly NOT take the post and says when to come back.

    `is_planned`: nothing is wrong, the adapter itself holds it back (a budget of posts an hour).
    """

    at_ms: int
    reason: str = ""
    is_planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """Nobody knows whether the platform took the post: time-out, dropped connection, 5xx."""

    reason: str


Outcome: TypeAlias = Delivered | Refused | RetryAt | Ambiguous


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The post is on the platform."""

    remote_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The platform's listings do not have the post (yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """The platform could not be asked, or its answer decides nothing."""

    reason: str


Finding: TypeAlias = Found | Absent | Unsure


class PlatformDown(Exception):
    """The platform cannot be reached or its stream broke; the supervisor comes back later."""


class PlatformMisconfigured(Exception):
    """Credentials or settings of this platform are wrong; only a person can mend it, so its adapter stops."""
