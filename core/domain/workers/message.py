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
