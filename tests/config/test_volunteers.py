"""The settings of volunteers' workers reach the engine."""

import msgspec

from config.settings import Settings
from config.volunteers import VolunteerSettings
from config.wiring import queue_policy
from core.domain.workers.policy import WorkerPolicy


def test_the_settings_of_volunteers_reach_the_engine() -> None:
    assert queue_policy(Settings()).workers == WorkerPolicy()
    other = VolunteerSettings(
        workers_max=5,
        workers_max_trusted=50,
        aborts_max=10,
        aborts_max_alchemy=30,
        suspicions_max=0,
        team_mates_max=7,
    )
    workers = queue_policy(msgspec.structs.replace(Settings(), volunteers=other)).workers
    assert (workers.per_owner, workers.per_trusted_owner, workers.team_mates_max) == (5, 50, 7)
    assert (workers.aborts_max, workers.aborts_alchemy_max, workers.suspicions_max) == (10, 30, None)
