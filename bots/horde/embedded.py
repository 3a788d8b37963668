"""The engine in the same process and the same database: what the desk asks happens in the desk's own transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence

from bots.horde.local import LocalSide
from bots.horde.port import HordeAbilities
from bots.horde.sources import SourcePictures
from core.domain.errors import HordeError, NotPermitted
from core.domain.ids import AccountId, RequestId
from core.domain.kinds.kind import Kind
from core.domain.kinds.registry import RULES
from core.domain.moderation import Verdict
from core.domain.policy import QueuePolicy
from core.domain.queue.limits import resolve_models
from core.domain.requests import Accepted, RequestDraft, RequestStatus
from core.ports.objects import ObjectStore
from core.ports.screening import Screening
from core.ports.store import ReadTransaction, Transaction
from core.services.queue.cancel import cancel
from core.services.queue.status import status
from core.services.queue.submit import possible_now, submit


class EmbeddedHorde(LocalSide):
    """Asks the engine's services; implements `bots.horde.port.Horde`."""

    def __init__(
        self, *, policy: QueuePolicy, screening: Screening, objects: ObjectStore, sources: SourcePictures
    ) -> None:
        """Hold what the services need."""
        super().__init__(screening=screening, objects=objects, sources=sources)
        self._policy = policy

    @property
    def abilities(self) -> HordeAbilities:
        """What is ordered here is a row of our own database."""
        return HordeAbilities(idempotent_orders=True)

    @property
    def limits(self) -> QueuePolicy:
        """The numbers that requests keep within."""
        return self._policy

    def served(self, tx: ReadTransaction | Transaction, *, now_ms: int) -> Mapping[Kind, Sequence[str]]:
        """Returns what the workers that were seen lately serve, what most of them serve first."""
        counts = {kind: Counter[str]() for kind in Kind}
        for worker in tx.workers.online(now_ms - self._policy.online_s * 1_000):
            counts[worker.offer.kind].update(RULES[worker.offer.kind].serves(worker.offer))
        pictures = counts[Kind.IMAGE]
        for alias, model in self._policy.model_aliases.items():
            if model in pictures and alias not in pictures:
                pictures[alias] = 0
        return {kind: tuple(sorted(found, key=lambda name: (-found[name], name))) for kind, found in counts.items()}

    def is_possible(self, tx: ReadTransaction | Transaction, *, draft: RequestDraft, now_ms: int) -> bool:
        """Returns whether workers that were seen lately could make all of the draft."""
        since_ms = now_ms - self._policy.online_s * 1_000
        workers = tx.workers.online(since_ms)
        resolved = resolve_models(draft, self._policy, lambda name: any(name in one.offer.models for one in workers))
        return possible_now(tx, resolved, since_ms=since_ms)

    def order(
        self,
        tx: Transaction,
        *,
        account_id: AccountId,
        draft: RequestDraft,
        verdict: Verdict,
        idempotency_key: str,
        now_ms: int,
    ) -> Accepted:
        """The request is in the queue and its price held; once for each key."""
        return submit(
            tx,
            account_id=account_id,
            draft=draft,
            verdict=verdict,
            policy=self._policy,
            now_ms=now_ms,
            idempotency_key=idempotency_key,
        )

    def status(self, tx: ReadTransaction | Transaction, *, request_id: RequestId, now_ms: int) -> RequestStatus:
        """Returns where the request is now."""
        return status(tx, request_id=request_id, now_ms=now_ms, online_s=self._policy.online_s)

    def refusal(self, tx: ReadTransaction | Transaction, *, request_id: RequestId) -> HordeError | None:
        """Returns None: what the engine refuses, it refuses when it is ordered."""
        return None

    def cancel(self, tx: Transaction, *, request_id: RequestId, account_id: AccountId, now_ms: int) -> RequestStatus:
        """Nothing more is made of the request; raises NotPermitted where another account owns it."""
        if self.status(tx, request_id=request_id, now_ms=now_ms).account_id != account_id:
            message = "This request is someone else's. You can cancel your own."
            raise NotPermitted(message)
        cancel(tx, request_id=request_id, now_ms=now_ms)
        return self.status(tx, request_id=request_id, now_ms=now_ms)
