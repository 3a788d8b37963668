"""The settings of volunteers' workers and teams, and the engine's numbers that they come to."""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.domain.workers.policy import WorkerPolicy

Count = Annotated[int, Meta(ge=1, le=10_000, examples=[20])]


class VolunteerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How many workers an account may have, and what puts a worker into maintenance or pauses it."""

    workers_max: Annotated[int, Meta(ge=0, le=10_000, examples=[3])] = 3
    workers_max_trusted: Annotated[int, Meta(ge=0, le=10_000, examples=[20])] = 20
    aborts_max: Count = 20
    aborts_max_alchemy: Count = 100
    suspicions_max: Annotated[int, Meta(ge=0, le=1_000, examples=[5])] = 5
    team_mates_max: Annotated[int, Meta(ge=0, le=50, examples=[50])] = 50


def worker_policy(settings: VolunteerSettings) -> WorkerPolicy:
    """The engine's numbers of workers and teams."""
    return WorkerPolicy(
        per_owner=settings.workers_max,
        per_trusted_owner=settings.workers_max_trusted,
        aborts_max=settings.aborts_max,
        aborts_alchemy_max=settings.aborts_max_alchemy,
        suspicions_max=settings.suspicions_max or None,
        team_mates_max=settings.team_mates_max,
    )
