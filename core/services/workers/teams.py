"""Teams: made by trusted people, joined by workers, and told what they have done together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.domain.errors import InvalidRequest, NotFound, NotPermitted
from core.domain.ids import AccountId, new_id
from core.domain.policy import QueuePolicy
from core.domain.workers.team import Team, TeamId, check_team_about, check_team_name
from core.domain.workers.worker import Worker
from core.ports.store import ReadTransaction, Transaction
from core.services.workers.permit import account_that

TEAMS_MAX = 500
WORKERS_SHOWN = 1_000
WORKERS_LISTED = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDescription:
    """A team with its maker's handle, its workers, and how many of those that are online serve which model."""

    team: Team
    maker: str
    workers: Sequence[Worker]
    models: Mapping[str, int]


def make_team(tx: Transaction, *, by: AccountId, name: str, about: str, policy: QueuePolicy, now_ms: int) -> Team:
    """Return a new team; only trusted accounts and moderators make them.

    Raises ``NotPermitted`` for anyone else, ``InvalidRequest`` for a name that is taken or a text that is too long.
    """
    account = account_that(tx, by)
    if not account.trusted and not account.moderator:
        message = "Only trusted accounts make teams. Trust comes with the work that your workers do; ask a moderator."
        raise NotPermitted(message, code="UntrustedTeamCreation")
    team = Team(
        id=TeamId(new_id()),
        name=check_team_name(name, policy.workers),
        about=check_team_about(about, policy.workers),
        account_id=account.id,
        made_at_ms=now_ms,
    )
    if not tx.teams.add(team):
        raise _name_taken(team.name)
    return team


def change_team(
    tx: Transaction,
    *,
    team_id: TeamId,
    by: AccountId,
    policy: QueuePolicy,
    name: str | None = None,
    about: str | None = None,
) -> Team:
    """Return the team as it is now; only its maker and moderators change it.

    Raises ``NotFound``, ``NotPermitted``, and ``InvalidRequest`` where nothing is wished or a limit is broken.
    """
    team = _own_team(tx, team_id, by=by)
    if name is None and about is None:
        message = "Nothing is to be changed. Name at least one of: name, info."
        raise InvalidRequest(message, code="NoTeamModSelected")
    name = None if name is None else check_team_name(name, policy.workers)
    about = None if about is None else check_team_about(about, policy.workers)
    if not tx.teams.amend(team.id, name=name, about=about):
        raise _name_taken(name or "")
    return team_that(tx, team.id)


def delete_team(tx: Transaction, *, team_id: TeamId, by: AccountId) -> Team:
    """Return the team that is gone; its workers are in none. Raises ``NotFound`` and ``NotPermitted``."""
    team = _own_team(tx, team_id, by=by)
    tx.teams.remove(team.id)
    return team


def describe_team(
    tx: ReadTransaction | Transaction, *, team_id: TeamId, policy: QueuePolicy, now_ms: int
) -> TeamDescription:
    """Return the team with its workers; raises ``NotFound``."""
    team = team_that(tx, team_id)
    names = tx.accounts.names([team.account_id])
    return _described(team, tx.teams.workers(team_id, limit=WORKERS_SHOWN), names, policy=policy, now_ms=now_ms)


def describe_teams(tx: ReadTransaction | Transaction, *, policy: QueuePolicy, now_ms: int) -> Sequence[TeamDescription]:
    """Return the teams with their workers, those that did most first; three reads, however many there are."""
    teams = tx.teams.every(limit=TEAMS_MAX)
    names = tx.accounts.names([team.account_id for team in teams])
    workers = tx.teams.every_worker(limit=WORKERS_LISTED)
    return [_described(team, workers.get(team.id, ()), names, policy=policy, now_ms=now_ms) for team in teams]


def roll_up(tx: Transaction, *, limit: int = 200) -> int:
    """Return of how many workers the teams' totals have taken in what they did since the last time."""
    behind = tx.teams.behind(limit=limit)
    for share in behind:
        tx.teams.take_in(share)
    return len(behind)


def team_that(tx: ReadTransaction | Transaction, team_id: TeamId) -> Team:
    """Return the team; raises ``NotFound``."""
    team = tx.teams.get(team_id)
    if team is None:
        message = f"There is no team {team_id[:60]!r}. Look its id up in the list of teams."
        raise NotFound(message, code="TeamNotFound")
    return team


def _own_team(tx: Transaction, team_id: TeamId, *, by: AccountId) -> Team:
    """Return the team if the account made it or is a moderator's."""
    account = account_that(tx, by)
    team = team_that(tx, team_id)
    if team.account_id != account.id and not account.moderator:
        message = f"The team {team.name!r} is not yours. Only who made it or a moderator can do this."
        raise NotPermitted(message, code="NotOwner")
    return team


def _described(
    team: Team, workers: Sequence[Worker], names: Mapping[AccountId, str], *, policy: QueuePolicy, now_ms: int
) -> TeamDescription:
    """Return the team with its workers."""
    since_ms = now_ms - policy.online_s * 1_000
    served = Counter(model for one in workers if one.last_seen_at_ms >= since_ms for model in one.offer.models)
    maker = names.get(team.account_id)
    return TeamDescription(
        team=team, maker="" if maker is None else f"{maker}#{team.account_id}", workers=workers, models=served
    )


def _name_taken(name: str) -> InvalidRequest:
    message = f"Another team has the name {name!r}. Choose another one."
    return InvalidRequest(message, field="name", value=name, code="TeamNameAlreadyExists")
