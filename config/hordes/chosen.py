"""The horde that the settings choose: the engine in the same process, or another one."""

from typing import Final

from bots.asked import Room
from bots.horde.embedded import EmbeddedHorde
from bots.horde.port import Horde
from bots.horde.sources import Fetches, SourcePictures
from config.hordes.remote import HordeSettings, remote_horde
from core.domain.policy import QueuePolicy
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from core.ports.screening import Screening
from core.ports.store import UnitOfWork

SPARE_S: Final = 3_600


def horde_of(
    settings: HordeSettings,
    *,
    version: str,
    uow: UnitOfWork,
    clock: Clock,
    policy: QueuePolicy,
    screening: Screening,
    objects: ObjectStore,
    fetches: Fetches,
    secret: bytes,
) -> tuple[Horde, list[Room]]:
    """Return the horde that the bots ask, and what goes on beside the desk for it."""
    lifetime_s = settings.give_up_s if settings.url else policy.request_lifetime_s
    sources = SourcePictures(fetches=fetches, objects=objects, clock=clock, kept_s=lifetime_s + SPARE_S)
    if not settings.url:
        return EmbeddedHorde(policy=policy, screening=screening, objects=objects, sources=sources), []
    horde, work = remote_horde(
        settings,
        version=version,
        uow=uow,
        clock=clock,
        policy=policy,
        screening=screening,
        objects=objects,
        sources=sources,
        secret=secret,
    )
    return horde, [Room(turns={"horde.remote": work.run})]
