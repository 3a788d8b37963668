"""What the desk asks of a horde, inside the desk's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bots.platform import Attachment, Author, Picture
from core.domain.accounts import Account
from core.domain.errors import HordeError
from core.domain.events import Event
from core.domain.ids import AccountId, RequestId
from core.domain.kinds.kind import Kind
from core.domain.moderation import Verdict
from core.domain.policy import QueuePolicy
from core.domain.requests import Accepted, RequestDraft, RequestStatus
from core.ports.store import ReadTransaction, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePicture:
    """A picture to work on, kept in our object store until the request for it has ended. key: what a draft names."""

    key: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HordeAbilities:
    """What differs between hordes, as data.

    idempotent_orders: an order that may have arrived can be sent again, and is made once. Where that is not so, a
    request has exactly one reply and one payment all the same, but may have been made twice over there.
    """

    idempotent_orders: bool


class Horde(Protocol):
    """A horde as the bots see it: the engine in the same process now, any other horde later.

    A draft of any kind may be ordered. The source picture of one is named by its key in our object store: in
    `extra["source_image"]` for a picture, in `AlchemyParams.source_image` for alchemy.
    """

    @property
    def abilities(self) -> HordeAbilities:
        """Returns what may be relied on."""
        ...

    @property
    def limits(self) -> QueuePolicy:
        """Returns the numbers that a draft must keep within."""
        ...

    def screen(self, prompt: str) -> Verdict:
        """Returns whether the prompt is allowed. CPU only, before any transaction."""
        ...

    def account(self, tx: Transaction, *, platform: str, author: Author, now_ms: int) -> Account:
        """Returns the author's account, made at first sight."""
        ...

    def account_now(self, tx: ReadTransaction | Transaction, *, account_id: AccountId) -> Account | None:
        """Returns the account that has its purse now, with its balance as this transaction sees it."""
        ...

    async def source(self, picture: Attachment | Picture) -> SourcePicture:
        """The picture is kept where a request for it finds it. Before any transaction.

        A Picture is a result of ours and is found by its key; an Attachment is fetched from its platform's address.
        Raises InvalidRequest for what is not taken, NotFound for what is gone, Unavailable.
        """
        ...

    def served(self, tx: ReadTransaction | Transaction, *, now_ms: int) -> Mapping[Kind, Sequence[str]]:
        """Returns what someone serves now, what most serve first: models; for alchemy forms. Empty: nobody is there."""
        ...

    def is_possible(self, tx: ReadTransaction | Transaction, *, draft: RequestDraft, now_ms: int) -> bool:
        """Returns whether those who are there now can make all of it."""
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
        """Returns where the request is now, with what is finished of it. Raises NotFound.

        What was written or read is in a result's `body`, a text under `text`, a form's result under the form's name.
        """
        ...

    def refusal(self, tx: ReadTransaction | Transaction, *, request_id: RequestId) -> HordeError | None:
        """Returns why a request that was accepted was refused later, elsewhere; None where it was not."""
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
