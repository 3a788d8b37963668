"""Teams and which worker is in which."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.domain.ids import AccountId, WorkerId
from core.domain.workers.team import Team, TeamId, TeamShare
from core.domain.workers.worker import Worker
from core.store.memory import Memory
from core.store.rows.people.worker_statements import ALIVE, ALL
from core.store.rows.people.workers import worker_of
from core.store.tables import accounts, team_workers, teams, workers

_ALL = sa.select(teams)
_GET = _ALL.where(teams.c.id == sa.bindparam("team_id"))
_BY_NAME = _ALL.where(teams.c.name == sa.bindparam("team_name"))
_EVERY = _ALL.order_by(teams.c.kudos_mk.desc(), teams.c.made_at_ms, teams.c.id).limit(sa.bindparam("most"))
_WORKERS = (
    ALL.where(team_workers.c.team_id == sa.bindparam("team_id"))
    .order_by(team_workers.c.joined_at_ms, workers.c.id)
    .limit(sa.bindparam("most"))
)
_EVERY_WORKER = (
    ALL.where(team_workers.c.team_id.is_not(None))
    .order_by(team_workers.c.team_id, team_workers.c.joined_at_ms, workers.c.id)
    .limit(sa.bindparam("most"))
)
_OWNERS = (
    sa.select(workers.c.account_id)
    .join(team_workers, team_workers.c.worker_id == workers.c.id)
    .join(accounts, accounts.c.id == workers.c.account_id)
    .where(
        team_workers.c.team_id == sa.bindparam("team_id"),
        workers.c.last_seen_at_ms >= sa.bindparam("since_ms", type_=sa.BigInteger),
        ALIVE,
        ~accounts.c.flagged,
    )
)
_MEMBERS = (
    sa.union(_OWNERS, sa.select(teams.c.account_id).where(teams.c.id == sa.bindparam("team_id")))
    .order_by("account_id")
    .limit(sa.bindparam("most"))
)
_KUDOS = workers.c.kudos_mk + workers.c.uptime_kudos_mk
_SHARES = sa.select(
    team_workers,
    workers.c.jobs_done,
    _KUDOS.label("kudos_mk"),
    workers.c.uptime_ms,
).join(workers, workers.c.id == team_workers.c.worker_id)
_SHARE_OF = _SHARES.where(team_workers.c.worker_id == sa.bindparam("worker_id"))
_BEHIND = _SHARES.where(
    sa.or_(
        workers.c.jobs_done != team_workers.c.counted_jobs,
        team_workers.c.counted_kudos_mk != _KUDOS,
        workers.c.uptime_ms != team_workers.c.counted_uptime_ms,
    )
).limit(sa.bindparam("most"))
_ADD = sa.insert(teams)
_JOIN = sa.insert(team_workers)
_LEAVE = sa.delete(team_workers).where(
    team_workers.c.worker_id == sa.bindparam("the_worker"), team_workers.c.team_id == sa.bindparam("the_team")
)
_LEAVE_ALL = sa.delete(team_workers).where(team_workers.c.team_id == sa.bindparam("the_team"))
_THE_TEAM = sa.update(teams).where(teams.c.id == sa.bindparam("the_team"))
_REMOVE = sa.delete(teams).where(teams.c.id == sa.bindparam("the_team"))
# Each of the three is compared with what was read, so that two roll-ups side by side count nothing twice.
_COUNTED = (
    sa.update(team_workers)
    .where(
        team_workers.c.worker_id == sa.bindparam("the_worker"),
        team_workers.c.team_id == sa.bindparam("the_team"),
        team_workers.c.counted_jobs == sa.bindparam("old_jobs", type_=sa.BigInteger),
        team_workers.c.counted_kudos_mk == sa.bindparam("old_kudos_mk", type_=sa.BigInteger),
        team_workers.c.counted_uptime_ms == sa.bindparam("old_uptime_ms", type_=sa.BigInteger),
    )
    .returning(team_workers.c.worker_id)
)
_ADD_TO = _THE_TEAM.values(
    jobs_done=teams.c.jobs_done + sa.bindparam("more_jobs", type_=sa.BigInteger),
    kudos_mk=teams.c.kudos_mk + sa.bindparam("more_kudos_mk", type_=sa.BigInteger),
    uptime_ms=teams.c.uptime_ms + sa.bindparam("more_uptime_ms", type_=sa.BigInteger),
)


class Teams:
    """The teams of one transaction."""

    def __init__(self, connection: sa.Connection, memory: Memory) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection
        self._memory = memory

    def get(self, team_id: TeamId) -> Team | None:
        """Return the team."""
        row = self._connection.execute(_GET, {"team_id": team_id}).first()
        return None if row is None else _team(row)

    def by_name(self, name: str) -> Team | None:
        """Return the team of this name."""
        row = self._connection.execute(_BY_NAME, {"team_name": name}).first()
        return None if row is None else _team(row)

    def every(self, *, limit: int) -> Sequence[Team]:
        """Return the teams, those that did most first."""
        return [_team(row) for row in self._connection.execute(_EVERY, {"most": limit})]

    def workers(self, team_id: TeamId, *, limit: int) -> Sequence[Worker]:
        """Return the team's workers, the oldest first."""
        return [worker_of(row) for row in self._connection.execute(_WORKERS, {"team_id": team_id, "most": limit})]

    def every_worker(self, *, limit: int) -> Mapping[TeamId, Sequence[Worker]]:
        """Return the workers of all teams, each team's oldest first, at most so many in all."""
        found: defaultdict[TeamId, list[Worker]] = defaultdict(list)
        for row in self._connection.execute(_EVERY_WORKER, {"most": limit}):
            found[TeamId(row.team_id)].append(worker_of(row))
        return found

    def members(self, team_id: TeamId, *, since_ms: int, limit: int, now_ms: int) -> tuple[AccountId, ...]:
        """Return its maker and the owners of its workers that were seen since then, at most ten seconds old."""

        def ask() -> tuple[AccountId, ...]:
            found = self._connection.scalars(_MEMBERS, {"team_id": team_id, "since_ms": since_ms, "most": limit})
            return tuple(AccountId(account_id) for account_id in found)

        return self._memory.mates.get(team_id, ask, now_ms=now_ms)

    def behind(self, *, limit: int) -> Sequence[TeamShare]:
        """Return what workers have done since their team last took it in."""
        return [_share(row) for row in self._connection.execute(_BEHIND, {"most": limit})]

    def share_of(self, worker_id: WorkerId) -> TeamShare | None:
        """Return what this worker has done since its team last took it in."""
        row = self._connection.execute(_SHARE_OF, {"worker_id": worker_id}).first()
        return None if row is None else _share(row)

    def add(self, team: Team) -> bool:
        """Write a new team; return False where another has the name."""
        if self.by_name(team.name) is not None:
            return False
        self._connection.execute(
            _ADD,
            {
                "id": team.id,
                "name": team.name,
                "about": team.about,
                "account_id": team.account_id,
                "made_at_ms": team.made_at_ms,
                "jobs_done": team.jobs_done,
                "kudos_mk": team.kudos_mk,
                "uptime_ms": team.uptime_ms,
            },
        )
        return True

    def amend(self, team_id: TeamId, *, name: str | None = None, about: str | None = None) -> bool:
        """Write what is not None; return False where another team has the name."""
        if name is not None:
            namesake = self.by_name(name)
            if namesake is not None and namesake.id != team_id:
                return False
        changes = {column: value for column, value in (("name", name), ("about", about)) if value is not None}
        if changes:
            self._connection.execute(_THE_TEAM.values(**changes), {"the_team": team_id})
        return True

    def remove(self, team_id: TeamId) -> None:
        """Delete the team; its workers are in none then."""
        self._connection.execute(_LEAVE_ALL, {"the_team": team_id})
        self._connection.execute(_REMOVE, {"the_team": team_id})
        self._memory.mates.forget(team_id)

    def join(self, worker: Worker, team_id: TeamId, *, now_ms: int) -> None:
        """Put a worker that is in no team into this one; what it did before is not the team's."""
        self._connection.execute(
            _JOIN,
            {
                "worker_id": worker.id,
                "team_id": team_id,
                "joined_at_ms": now_ms,
                "counted_jobs": worker.jobs_done,
                "counted_kudos_mk": worker.kudos_mk + worker.uptime_kudos_mk,
                "counted_uptime_ms": worker.uptime_ms,
            },
        )
        self._memory.mates.forget(team_id)

    def leave(self, worker_id: WorkerId, *, team_id: TeamId) -> None:
        """Take the worker out of this team."""
        self._connection.execute(_LEAVE, {"the_worker": worker_id, "the_team": team_id})
        self._memory.mates.forget(team_id)

    def take_in(self, share: TeamShare) -> None:
        """Add what a worker has done to its team, unless that was done meanwhile."""
        counted = _COUNTED.values(
            counted_jobs=share.jobs, counted_kudos_mk=share.kudos_mk, counted_uptime_ms=share.uptime_ms
        )
        asked = {
            "the_worker": share.worker_id,
            "the_team": share.team_id,
            "old_jobs": share.counted_jobs,
            "old_kudos_mk": share.counted_kudos_mk,
            "old_uptime_ms": share.counted_uptime_ms,
        }
        if self._connection.execute(counted, asked).first() is not None:
            more = {
                "the_team": share.team_id,
                "more_jobs": share.jobs - share.counted_jobs,
                "more_kudos_mk": share.kudos_mk - share.counted_kudos_mk,
                "more_uptime_ms": share.uptime_ms - share.counted_uptime_ms,
            }
            self._connection.execute(_ADD_TO, more)


def _team(row: "sa.Row[*tuple[Any, ...]]") -> Team:
    """Return the team of a row."""
    return Team(
        id=TeamId(row.id),
        name=row.name,
        about=row.about,
        account_id=AccountId(row.account_id),
        made_at_ms=row.made_at_ms,
        jobs_done=row.jobs_done,
        kudos_mk=row.kudos_mk,
        uptime_ms=row.uptime_ms,
    )


def _share(row: "sa.Row[*tuple[Any, ...]]") -> TeamShare:
    """Return the share of a row."""
    return TeamShare(
        team_id=TeamId(row.team_id),
        worker_id=WorkerId(row.worker_id),
        jobs=row.jobs_done,
        kudos_mk=row.kudos_mk,
        uptime_ms=row.uptime_ms,
        counted_jobs=row.counted_jobs,
        counted_kudos_mk=row.counted_kudos_mk,
        counted_uptime_ms=row.counted_uptime_ms,
    )
