"""Teams: workers of several people that work together and serve each other first."""

from dataclasses import dataclass
from typing import NewType

from core.domain.errors import InvalidRequest
from core.domain.ids import AccountId, WorkerId
from core.domain.workers.policy import WorkerPolicy

TeamId = NewType("TeamId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team and what its workers have done while they were in it, as of the last roll-up."""

    id: TeamId
    name: str
    about: str
    account_id: AccountId
    made_at_ms: int
    jobs_done: int = 0
    kudos_mk: int = 0
    uptime_ms: int = 0


def check_team_name(name: str, policy: WorkerPolicy) -> str:
    """Return the name without surplus blanks; raises ``InvalidRequest`` for one that no team can have."""
    name = " ".join(name.split())
    least, most = policy.team_name_chars_min, policy.team_name_chars_max
    if not least <= len(name) <= most or not name.isprintable():
        message = (
            f"The team name {name[:40]!r} has {len(name)} characters and cannot be used: "
            f"take {least} to {most} printable ones."
        )
        raise InvalidRequest(message, field="name", limit=(least, most), value=len(name))
    return name


def check_team_about(about: str, policy: WorkerPolicy) -> str:
    """Return what a team says of itself; raises ``InvalidRequest`` where it is too long."""
    if len(about) > policy.team_about_chars_max:
        message = (
            f"What the team says of itself has {len(about)} characters, but at most {policy.team_about_chars_max} "
            "are kept. Shorten it."
        )
        raise InvalidRequest(message, field="info", limit=policy.team_about_chars_max, value=len(about))
    return about


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamShare:
    """What a worker has done in all, and how much of it its team has taken in already."""

    team_id: TeamId
    worker_id: WorkerId
    jobs: int
    kudos_mk: int
    uptime_ms: int
    counted_jobs: int
    counted_kudos_mk: int
    counted_uptime_ms: int
