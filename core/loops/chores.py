"""All chores of the engine: each noun has its own file of them, here they are summed."""

from core.domain.calls.deliveries import WebhookPolicy
from core.domain.policy import QueuePolicy
from core.loops.chore import Chore
from core.loops.guard import guard_chores
from core.loops.kudos import kudos_chores
from core.loops.queue import queue_chores
from core.loops.statistics import statistics_chores
from core.loops.webhooks import webhook_chores
from core.loops.workers import worker_chores
from core.ports.objects import ObjectStore
from core.ports.store import UnitOfWork


def chores(*, uow: UnitOfWork, objects: ObjectStore | None, policy: QueuePolicy) -> tuple[Chore, ...]:
    """Return every chore of the engine. objects: None where another process keeps the object store."""
    return (
        *queue_chores(uow=uow, policy=policy, objects=objects),
        *guard_chores(),
        *kudos_chores(uow=uow, policy=policy),
        *statistics_chores(uow=uow, policy=policy),
        *webhook_chores(uow=uow, policy=WebhookPolicy()),
        *worker_chores(uow=uow, policy=policy),
    )
