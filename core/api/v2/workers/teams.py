"""Teams: which there are, one of them, made, changed, deleted."""

from typing import Final

from msgspec import UNSET

from core.api.limits.limit import a_minute
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag, write_once
from core.api.v2.amounts import kudos_of
from core.api.v2.screened import refuse_profane
from core.api.v2.workers.seen import worker_lite
from core.domain.workers.team import TeamId
from core.ports.store import Transaction
from core.services.workers.teams import (
    TeamDescription,
    change_team,
    delete_team,
    describe_team,
    describe_teams,
    make_team,
)
from core.wire import Rc
from core.wire.workers import ActiveModelLite, CreateTeamInput, DeletedTeam, ModifyTeam, ModifyTeamInput, TeamDetails

_LIMITS: Final = (a_minute(30),)


async def list_teams(call: Call[None, None]) -> Answer:
    """List the teams with their workers, those that did most first."""
    context, now_ms = call.context, call.context.clock.now_ms()
    found = await context.uow.read(lambda tx: describe_teams(tx, policy=context.policy, now_ms=now_ms))
    online_since_ms = now_ms - context.policy.online_s * 1_000
    return [_details(one, online_since_ms=online_since_ms) for one in found]


async def get_team(call: Call[None, None]) -> Answer:
    """Describe a team with its workers."""
    context, now_ms, team_id = call.context, call.context.clock.now_ms(), TeamId(call.at("id"))
    seen = await context.uow.read(lambda tx: describe_team(tx, team_id=team_id, policy=context.policy, now_ms=now_ms))
    return _details(seen, online_since_ms=now_ms - context.policy.online_s * 1_000)


async def post_team(call: Call[CreateTeamInput, None]) -> Answer:
    """Make a team; trusted accounts and moderators may."""
    context, wanted, account = call.context, call.message, call.account
    now_ms, policy = context.clock.now_ms(), context.policy
    refuse_profane(context, wanted.name, field="name", code=Rc.PROFANE_TEAM_NAME)
    refuse_profane(context, wanted.info, field="info", code=Rc.PROFANE_TEAM_INFO)

    def use_case(tx: Transaction) -> ModifyTeam:
        about = wanted.info or ""
        made = make_team(tx, by=account.id, name=wanted.name, about=about, policy=policy, now_ms=now_ms)
        return ModifyTeam(id=made.id, name=made.name, info=made.about)

    return await write_once(call, use_case)


async def patch_team(call: Call[ModifyTeamInput, None]) -> Answer:
    """Change what is named of a team; who made it and moderators may."""
    context, wanted, account = call.context, call.message, call.account
    team_id, policy = TeamId(call.at("id")), context.policy
    refuse_profane(context, wanted.name, field="name", code=Rc.PROFANE_TEAM_NAME)
    refuse_profane(context, wanted.info, field="info", code=Rc.PROFANE_TEAM_INFO)
    team = await context.uow.write(
        lambda tx: change_team(tx, team_id=team_id, by=account.id, policy=policy, name=wanted.name, about=wanted.info)
    )
    return ModifyTeam(
        id=team.id,
        name=UNSET if wanted.name is None else team.name,
        info=UNSET if wanted.info is None else team.about,
    )


async def remove_team(call: Call[None, None]) -> Answer:
    """Delete a team; who made it and moderators may. Its workers are in none then."""
    team_id, account = TeamId(call.at("id")), call.account
    gone = await call.context.uow.write(lambda tx: delete_team(tx, team_id=team_id, by=account.id))
    return DeletedTeam(deleted_id=gone.id, deleted_name=gone.name)


def _details(seen: TeamDescription, *, online_since_ms: int) -> TeamDetails:
    """Return the team as v2 tells it."""
    team = seen.team
    return TeamDetails(
        name=team.name,
        id=team.id,
        info=team.about,
        requests_fulfilled=team.jobs_done,
        kudos=kudos_of(team.kudos_mk),
        uptime=team.uptime_ms // 1_000,
        creator=seen.maker,
        worker_count=len(seen.workers),
        workers=tuple(worker_lite(one, online=one.last_seen_at_ms >= online_since_ms) for one in seen.workers),
        models=tuple(ActiveModelLite(name=name, count=count) for name, count in sorted(seen.models.items())),
    )


_TEXTS: Final = (Rc.BAD_REQUEST, Rc.TEAM_NAME_ALREADY_EXISTS, Rc.PROFANE_TEAM_NAME, Rc.PROFANE_TEAM_INFO)
OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/teams",
        id="get_teams",
        tag=Tag.TEAMS,
        summary="The teams",
        handler=list_teams,
        replies={200: list[TeamDetails]},
    ),
    Operation(
        method="POST",
        path="/api/v2/teams",
        id="post_teams",
        tag=Tag.TEAMS,
        summary="Make a team",
        handler=post_team,
        body=CreateTeamInput,
        replies={200: ModifyTeam},
        refusals={400: _TEXTS, 403: (Rc.ANON_FORBIDDEN, Rc.UNTRUSTED_TEAM_CREATION)},
        caller=Caller.ACCOUNT,
        idempotent=True,
        limits=_LIMITS,
    ),
    Operation(
        method="GET",
        path="/api/v2/teams/{id}",
        id="get_team_single",
        tag=Tag.TEAMS,
        summary="One team",
        handler=get_team,
        replies={200: TeamDetails},
        refusals={404: (Rc.TEAM_NOT_FOUND,)},
    ),
    Operation(
        method="PATCH",
        path="/api/v2/teams/{id}",
        id="patch_team_single",
        tag=Tag.TEAMS,
        summary="Change a team",
        handler=patch_team,
        body=ModifyTeamInput,
        replies={200: ModifyTeam},
        refusals={
            400: (*_TEXTS, Rc.NO_TEAM_MOD_SELECTED),
            403: (Rc.ANON_FORBIDDEN, Rc.NOT_OWNER),
            404: (Rc.TEAM_NOT_FOUND,),
        },
        caller=Caller.ACCOUNT,
        limits=_LIMITS,
    ),
    Operation(
        method="DELETE",
        path="/api/v2/teams/{id}",
        id="delete_team_single",
        tag=Tag.TEAMS,
        summary="Delete a team",
        handler=remove_team,
        replies={200: DeletedTeam},
        refusals={403: (Rc.ANON_FORBIDDEN, Rc.NOT_OWNER), 404: (Rc.TEAM_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
        limits=_LIMITS,
    ),
)
