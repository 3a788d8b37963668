"""Wishes: what an owner or a moderator wants changed about a worker, and who may see and do what."""

from dataclasses import dataclass, fields
from enum import StrEnum

from core.domain.accounts import Account
from core.domain.ids import AccountId
from core.domain.workers.message import WorkerMessage
from core.domain.workers.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerWishes:
    """What is to change; None leaves it as it is. team: a team's id, or empty for none."""

    name: str | None = None
    about: str | None = None
    team: str | None = None
    maintenance: bool | None = None
    maintenance_message: str | None = None
    paused: bool | None = None

    @property
    def is_empty(self) -> bool:
        """True where nothing is to change."""
        return all(getattr(self, field.name) is None for field in fields(self))


class Sight(StrEnum):
    """How much someone sees of a worker."""

    PUBLIC = "public"
    OWNER = "owner"
    MODERATOR = "moderator"


def sight_of(viewer: Account | None, *, owner_id: AccountId) -> Sight:
    """Return how much the viewer sees of this owner's workers; None is anybody."""
    if viewer is None or viewer.is_anonymous:
        return Sight.PUBLIC
    if viewer.moderator:
        return Sight.MODERATOR
    return Sight.OWNER if viewer.id == owner_id else Sight.PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDescription:
    """A worker as someone may see it; what is not for these eyes is None.

    performance: its speed as people read it. owner and contact: for everyone where the owner has public workers.
    suspicions: how much is held against it; messages: what it is told now.
    """

    worker: Worker
    sight: Sight
    online: bool
    performance: str
    owner: str | None = None
    contact: str | None = None
    paused: bool | None = None
    suspicions: int | None = None
    messages: tuple[WorkerMessage, ...] | None = None
