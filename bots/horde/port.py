"""What the desk asks of a horde, inside the desk's own transaction."""

from collections.abc import Sequence
from typing import Protocol

from bots.platform import Author
from core.domain.accounts import Account
from core.domain.events import Event
from core.domain.ids import AccountId, RequestId
from core.domain.moderation import Verdict
from core.domain.requests import Accepted, RequestDraft, RequestStatus
from core.ports.store import ReadTransaction, Transaction


class Horde(Protocol):
    """A horde as the bots see it: the engine in the same process now, any other horde later."""

    def screen(self, prompt: str) -> Verdict:
        """Returns whether the prompt is allowed. CPU only, before any transaction."""
        ...

    def account(self, tx: Transaction, *, platform: str, author: Author, now_ms: int) -> Account:
        """Returns the author's account, made at first sight."""
        ...

    def account_now(self, tx: ReadTransaction | Transaction, *, account_id: AccountId) -> Account | None:
        """Returns the account with its balance as this transaction sees it."""
        ...

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
        """The request is in the queue and its price held; once for each key. Raises HordeError."""
        ...

    def status(self, tx: ReadTransaction | Transaction, *, request_id: RequestId, now_ms: int) -> RequestStatus:
        """Returns where the request is now, with what is finished of it. Raises NotFound."""
        ...

    def cancel(self, tx: Transaction, *, request_id: RequestId, account_id: AccountId, now_ms: int) -> RequestStatus:
        """Nothing more is made of the request and the rest of its hold is given back; returns what it came to."""
        ...

    def events(self, tx: ReadTransaction | Transaction, *, limit: int) -> Sequence[Event]:
        """Returns what happened after the desk's durable cursor, oldest first."""
        ...

    def events_dealt_with(self, tx: Transaction, *, seq: int) -> None:
        """The desk's cursor is at `seq`; in the same transaction as what the desk made of the events."""
        ...

    def picture_url(self, key: str) -> str:
        """Returns the address under which everyone can read a finished picture."""
        ...

    async def delete_picture(self, key: str) -> None:
        """The picture and its sidecar are gone."""
        ...
