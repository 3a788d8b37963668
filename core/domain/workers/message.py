"""Messages: what moderators and owners say to workers."""

from dataclasses import dataclass
from typing import NewType

from core.domain.ids import AccountId, WorkerId

MessageId = NewType("MessageId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerMessage:
    """Something to tell one worker, all workers of an account, or (where it names neither) every worker.

    origin: who says it, as people read it. made_by: None where the horde itself says it. It rides along with every pop
    until it expires; a worker's program shows each message once, by its id.
    """

    id: MessageId
    text: str
    origin: str
    made_at_ms: int
    expires_at_ms: int
    worker_id: WorkerId | None = None
    account_id: AccountId | None = None
    made_by: AccountId | None = None

    def is_for(self, worker_id: WorkerId, *, account_id: AccountId) -> bool:
        """Tell whether it is said to this worker of this account."""
        if self.worker_id is not None:
            return self.worker_id == worker_id
        return self.account_id is None or self.account_id == account_id
