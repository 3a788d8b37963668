"""What is told about workers and teams, what may be changed of them, and what is said to workers."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import Kudos

WorkerType = Literal["image", "text", "interrogation"]
WorkerId = Annotated[str, Meta(max_length=36)]
TeamName = Annotated[str, Meta(min_length=3, max_length=100)]
TeamInfo = Annotated[str, Meta(min_length=3, max_length=1_000)]


class WorkersQuery(msgspec.Struct, kw_only=True, frozen=True):
    """GET /workers: those of one type, or the one of a name, which comes first."""

    type: WorkerType | None = None
    name: Annotated[str, Meta(max_length=255)] | None = None


class TeamDetailsLite(msgspec.Struct, kw_only=True, frozen=True):
    """A team's name and id; both null where a worker is in none."""

    name: str | None = None
    id: str | None = None


class WorkerKudosDetails(msgspec.Struct, kw_only=True, frozen=True):
    """What a worker earned by its work and by being there."""

    generated: Kudos
    uptime: int


class ResponseModelMessage(msgspec.Struct, kw_only=True, frozen=True):
    """A message to a worker. expiry: for how many hours it was said."""

    id: str
    worker_id: str | UnsetType = UNSET
    message: str
    origin: str
    expiry: int


class WorkerDetailsLite(msgspec.Struct, kw_only=True, frozen=True):
    """A worker, in short."""

    type: WorkerType
    name: str
    id: str
    online: bool


class WorkerDetails(WorkerDetailsLite, kw_only=True, frozen=True):
    """A worker; what is not its type's, or not for the caller's eyes, is left out."""

    requests_fulfilled: int
    kudos_rewards: Kudos
    kudos_details: WorkerKudosDetails
    performance: str
    threads: int
    uptime: int
    maintenance_mode: bool
    paused: bool | UnsetType = UNSET
    info: str
    nsfw: bool
    owner: str | UnsetType = UNSET
    trusted: bool
    flagged: bool
    suspicious: int | UnsetType = UNSET
    uncompleted_jobs: int
    models: tuple[str, ...] | UnsetType = UNSET
    forms: tuple[str, ...] | UnsetType = UNSET
    team: TeamDetailsLite
    contact: str | UnsetType = UNSET
    bridge_agent: str
    max_pixels: int | UnsetType = UNSET
    megapixelsteps_generated: int | UnsetType = UNSET
    img2img: bool | UnsetType = UNSET
    painting: bool | UnsetType = UNSET
    post_processing: bool | UnsetType = msgspec.field(default=UNSET, name="post-processing")
    lora: bool | UnsetType = UNSET
    controlnet: bool | UnsetType = UNSET
    sdxl_controlnet: bool | UnsetType = UNSET
    max_length: int | UnsetType = UNSET
    max_context_length: int | UnsetType = UNSET
    tokens_generated: int | UnsetType = UNSET
    messages: tuple[ResponseModelMessage, ...] | UnsetType = UNSET


class ModifyWorkerInput(msgspec.Struct, kw_only=True, frozen=True):
    """PUT /workers/{id}: what shall be different; what is left out stays. team: an id, or empty for none."""

    maintenance: bool | None = None
    maintenance_msg: str | None = None
    paused: bool | None = None
    info: Annotated[str, Meta(max_length=1_000)] | None = None
    name: Annotated[str, Meta(min_length=5, max_length=100)] | None = None
    team: Annotated[str, Meta(max_length=36)] | None = None


class ModifyWorker(msgspec.Struct, kw_only=True, frozen=True):
    """What was changed of a worker, and nothing else."""

    maintenance: bool | UnsetType = UNSET
    paused: bool | UnsetType = UNSET
    info: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    team: str | UnsetType = UNSET


class DeletedWorker(msgspec.Struct, kw_only=True, frozen=True):
    """A worker that is gone."""

    deleted_id: str
    deleted_name: str


class MessagesQuery(msgspec.Struct, kw_only=True, frozen=True):
    """GET /workers/messages: to whom, in force or not, and which page of 50."""

    user_id: Annotated[int, Meta(ge=0, le=10**15)] | None = None
    worker_id: WorkerId | None = None
    validity: Literal["active", "expired", "all"] = "active"
    page: Annotated[int, Meta(ge=1, le=10_000)] = 1


class WorkerMessageInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /workers/messages: what to say, to which worker, for how many hours."""

    message: Annotated[str, Meta(min_length=1, max_length=10_240)]
    worker_id: WorkerId | None = None
    origin: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    expiry: Annotated[int, Meta(ge=1, le=720)] = 12


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
