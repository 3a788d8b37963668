"""Teams of workers."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import Kudos
from core.wire.workers import WorkerDetailsLite

TeamName = Annotated[str, Meta(min_length=3, max_length=100)]
TeamInfo = Annotated[str, Meta(min_length=3, max_length=1_000)]


class ActiveModelLite(msgspec.Struct, kw_only=True, frozen=True):
    """A model and how many workers serve it."""

    name: str
    count: int


class TeamDetails(msgspec.Struct, kw_only=True, frozen=True):
    """A team with its workers, and the models that those serve who are there."""

    name: str
    id: str
    info: str
    requests_fulfilled: int
    kudos: Kudos
    uptime: int
    creator: str
    worker_count: int
    workers: tuple[WorkerDetailsLite, ...]
    models: tuple[ActiveModelLite, ...]


class CreateTeamInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /teams."""

    name: TeamName
    info: TeamInfo | None = None


class ModifyTeamInput(msgspec.Struct, kw_only=True, frozen=True):
    """PATCH /teams/{id}: what shall be different."""

    name: TeamName | None = None
    info: TeamInfo | None = None


class ModifyTeam(msgspec.Struct, kw_only=True, frozen=True):
    """What was made or changed of a team."""

    id: str
    name: str | UnsetType = UNSET
    info: str | UnsetType = UNSET


class DeletedTeam(msgspec.Struct, kw_only=True, frozen=True):
    """A team that is gone."""

    deleted_id: str
    deleted_name: str
