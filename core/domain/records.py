"""Records: what an account has done and earned in all, and the profile that people see of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.accounts import Account
from core.domain.ids import AccountId, RequestId, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import TransferReason
from core.domain.workers.wishes import Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an account asked for and got: requests that ended, jobs that were made, and their things."""

    requests: int = 0
    jobs: int = 0
    things: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            requests=self.requests + other.requests,
            jobs=self.jobs + other.jobs,
            things=self.things + other.things,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilled:
    """What an account's workers made, those that are gone too."""

    jobs: int = 0
    things: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Kudos that came to an account and left it, for one reason."""

    earned_mk: int = 0
    spent_mk: int = 0

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(earned_mk=self.earned_mk + other.earned_mk, spent_mk=self.spent_mk + other.spent_mk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A transfer as the records count it, with its place in the journal."""

    seq: int
    made_at_ms: int
    from_id: AccountId
    to_id: AccountId
    amount_mk: int
    reason: TransferReason


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleMade:
    """A style that an account made, in short, and how often it was used."""

    id: str
    name: str
    kind: Kind
    public: bool
    uses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An account as someone may see it; what is not for these eyes is None.

    waiting_max: how many of its jobs may wait. worker_ids: for everyone where the owner has public workers.
    active: its open requests, the newest first. styles: the public ones, all for the owner and moderators.
    """

    account: Account
    sight: Sight
    waiting_max: int
    worker_count: int
    usage: Mapping[Kind, Usage] = field(default_factory=dict)
    fulfilled: Mapping[Kind, Fulfilled] = field(default_factory=dict)
    moved: Mapping[TransferReason, Moved] = field(default_factory=dict)
    styles: tuple[StyleMade, ...] = ()
    style_uses: Mapping[Kind, int] = field(default_factory=dict)
    worker_ids: tuple[WorkerId, ...] | None = None
    shared_key_ids: tuple[str, ...] | None = None
    active: Mapping[Kind, tuple[RequestId, ...]] | None = None
    escrow_mk: int | None = None
