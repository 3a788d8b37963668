"""The unit of work: how a use case gets its transaction."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from core.domain.workers.offer import WorkerOffer
from core.ports.nouns.accounts import AccountReads, AccountStore, LedgerReads, LedgerStore
from core.ports.nouns.deliveries import ReplayReads, ReplayStore, WebhookReads, WebhookStore
from core.ports.nouns.guard import GuardReads, GuardStore
from core.ports.nouns.kudos import EscrowReads, JournalReads, SharedKeyReads, SharedKeyStore
from core.ports.nouns.links import LinkReads, LinkStore
from core.ports.nouns.queue import ClaimStore, JobReads, JobStore, LaneReads, LaneStore, RequestReads, RequestStore
from core.ports.nouns.record import EventReads, EventStore, LoopStore, VerdictStore
from core.ports.nouns.records import RecordReads, RecordStore
from core.ports.nouns.statistics import PruningReads, PruningStore, StatisticsReads, StatisticsStore
from core.ports.nouns.styles import CollectionReads, CollectionStore, StyleReads, StyleStore
from core.ports.nouns.workers import MessageReads, MessageStore, TeamReads, TeamStore, WorkerReads, WorkerStore
from core.ports.points import Step

T = TypeVar("T")


class ReadTransaction(Protocol):
    """One consistent view of everything, without writers."""

    @property
    def accounts(self) -> AccountReads:
        """Accounts, keys and identities."""
        ...

    @property
    def links(self) -> LinkReads:
        """Merged accounts."""
        ...

    @property
    def ledger(self) -> LedgerReads:
        """Journal, holds and balances."""
        ...

    @property
    def journal(self) -> JournalReads:
        """The journal, account by account."""
        ...

    @property
    def escrows(self) -> EscrowReads:
        """What waits for whom until trusted."""
        ...

    @property
    def records(self) -> RecordReads:
        """What accounts have done and earned in all."""
        ...

    @property
    def keys(self) -> SharedKeyReads:
        """Shared keys."""
        ...

    @property
    def requests(self) -> RequestReads:
        """Requests and results."""
        ...

    @property
    def jobs(self) -> JobReads:
        """Jobs and leases."""
        ...

    @property
    def workers(self) -> WorkerReads:
        """Workers."""
        ...

    @property
    def teams(self) -> TeamReads:
        """Teams."""
        ...

    @property
    def messages(self) -> MessageReads:
        """Messages to workers."""
        ...

    @property
    def events(self) -> EventReads:
        """Events and cursors."""
        ...

    @property
    def lanes(self) -> LaneReads:
        """Lanes."""
        ...

    @property
    def statistics(self) -> StatisticsReads:
        """Statistics."""
        ...

    @property
    def pruning(self) -> PruningReads:
        """What is old enough to be forgotten."""
        ...

    @property
    def styles(self) -> StyleReads:
        """Published styles."""
        ...

    @property
    def collections(self) -> CollectionReads:
        """Collections of styles."""
        ...

    @property
    def guard(self) -> GuardReads:
        """Filters, time-outs of addresses, modes."""
        ...

    @property
    def webhooks(self) -> WebhookReads:
        """Webhooks and their deliveries."""
        ...

    @property
    def replays(self) -> ReplayReads:
        """Answers to calls that may come again."""
        ...


class Transaction(Protocol):
    """The open transaction of a use case; it is committed, or not, by the unit of work alone."""

    @property
    def accounts(self) -> AccountStore:
        """Accounts, keys and identities."""
        ...

    @property
    def links(self) -> LinkStore:
        """Codes that join accounts, and merged accounts."""
        ...

    @property
    def ledger(self) -> LedgerStore:
        """Journal, holds and balances."""
        ...

    @property
    def journal(self) -> JournalReads:
        """The journal, account by account."""
        ...

    @property
    def escrows(self) -> EscrowReads:
        """What waits for whom until trusted."""
        ...

    @property
    def records(self) -> RecordStore:
        """What accounts have done and earned in all."""
        ...

    @property
    def keys(self) -> SharedKeyStore:
        """Shared keys."""
        ...

    @property
    def requests(self) -> RequestStore:
        """Requests and results."""
        ...

    @property
    def jobs(self) -> JobStore:
        """Jobs and leases."""
        ...

    @property
    def claims(self) -> ClaimStore:
        """Waiting jobs, to be taken."""
        ...

    @property
    def workers(self) -> WorkerStore:
        """Workers."""
        ...

    @property
    def teams(self) -> TeamStore:
        """Teams."""
        ...

    @property
    def messages(self) -> MessageStore:
        """Messages to workers."""
        ...

    @property
    def events(self) -> EventStore:
        """Events and cursors."""
        ...

    @property
    def lanes(self) -> LaneStore:
        """Lanes."""
        ...

    @property
    def verdicts(self) -> VerdictStore:
        """Verdicts and incidents."""
        ...

    @property
    def loops(self) -> LoopStore:
        """Runs of the loops."""
        ...

    @property
    def statistics(self) -> StatisticsStore:
        """Statistics."""
        ...

    @property
    def pruning(self) -> PruningStore:
        """What is old enough to be forgotten."""
        ...

    @property
    def styles(self) -> StyleStore:
        """Published styles."""
        ...

    @property
    def collections(self) -> CollectionStore:
        """Collections of styles."""
        ...

    @property
    def guard(self) -> GuardStore:
        """Filters, time-outs of addresses, modes."""
        ...

    @property
    def webhooks(self) -> WebhookStore:
        """Webhooks and their deliveries."""
        ...

    @property
    def replays(self) -> ReplayStore:
        """Answers to calls that may come again."""
        ...

    def after_commit(self, call: Callable[[], None]) -> None:
        """Have a hint run after the COMMIT, in any thread; not at all if there is none."""
        ...


class UnitOfWork(Protocol):
    """Runs use cases in transactions; the only place that commits."""

    async def write(self, use_case: Callable[[Transaction], T], *, step: Step | None = None, brief: bool = False) -> T:
        """Return what the use case returned, after its COMMIT; its error instead, after its rollback.

        step: the kill points around the COMMIT. brief: it looks at and changes some rows by their keys, so that the
        event loop may well wait for it (not for its COMMIT). Raises ``Unavailable`` when the database does not take it.
        """
        ...

    async def read(self, query: Callable[[ReadTransaction], T], *, brief: bool = False, loose: bool = False) -> T:
        """Return what the query returned from one consistent view.

        brief: it looks at some rows by their keys. loose: its statements need not agree on one moment (or it is one
        statement), so that no view has to be kept.
        """
        ...

    def fits(self, offer: WorkerOffer) -> Callable[[int], bool]:
        """Return a test for ``Wakeup.wait``: may a job of this lane fit the offer? Safe in any thread."""
        ...

    async def changed_elsewhere(self) -> bool:
        """Tell whether another process may have committed work since the last call; its notices may be lost."""
        ...
