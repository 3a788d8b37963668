"""Workers as the horde knows them, and how it greets one that asks for work."""

from dataclasses import dataclass

from core.domain.errors import WorkerMaintenance
from core.domain.ids import AccountId, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.workers.message import WorkerMessage
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.team import TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker as the horde knows it.

    job_ms: smoothed time from pop to submit; speed_milli: things a second times 1,000, smoothed over the last 20 jobs;
    both 0 before the first. uptime_ms: time that it was up for everyone; uptime_rewarded_ms of it are paid.
    jobs_aborted: given up or let lapse in the hour ``aborted_hour`` (hours since 1970); jobs_faulted: ever.
    """

    id: WorkerId
    name: str
    kind: Kind
    account_id: AccountId
    owner_name: str
    owner_trusted: bool
    owner_flagged: bool
    owner_public: bool
    """Its owner has everyone see whose it is."""
    owner_contact: str
    start_id: str | None
    offer: WorkerOffer
    registered_at_ms: int
    last_seen_at_ms: int
    about: str = ""
    maintenance: bool = False
    maintenance_message: str = ""
    paused: bool = False
    team_id: TeamId | None = None
    team_name: str | None = None
    jobs_done: int = 0
    jobs_faulted: int = 0
    jobs_aborted: int = 0
    aborted_hour: int = 0
    things_done: int = 0
    job_ms: int = 0
    speed_milli: int = 0
    kudos_mk: int = 0
    uptime_ms: int = 0
    uptime_rewarded_ms: int = 0
    uptime_kudos_mk: int = 0

    @property
    def owner_handle(self) -> str:
        """The owner as people see it: ``name#number``."""
        return f"{self.owner_name}#{self.account_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What one look finds about a worker that asks for work. addressed: a message for it is in force."""

    worker: Worker
    addressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a pop goes by.

    people_first: the accounts whose jobs come before all others': the owner, whom the worker names, its team mates.
    closed: set where nobody else's jobs are given out (maintenance); to be raised where those people have none.
    """

    worker_id: WorkerId
    trusted: bool
    slow: bool
    people_first: tuple[AccountId, ...]
    messages: tuple[WorkerMessage, ...] = ()
    closed: WorkerMaintenance | None = None
