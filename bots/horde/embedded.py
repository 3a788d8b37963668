"""The engine in the same process and the same database: what the desk asks happens in the desk's own transaction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from bots.horde.port import SourcePicture
from bots.horde.sources import SourcePictures
from bots.platform import Attachment, Author, Picture
from core.domain.accounts import Account
from core.domain.errors import NotFound, NotPermitted
from core.domain.events import Event
from core.domain.ids import AccountId, RequestId
from core.domain.kinds.kind import Kind
from core.domain.kinds.registry import RULES
from core.domain.moderation import Verdict
from core.domain.policy import QueuePolicy
from core.domain.queue.limits import resolve_models
from core.domain.requests import Accepted, RequestDraft, RequestStatus
from core.ports.keys import sidecar_key
from core.ports.objects import ObjectStore
from core.ports.screening import Screening
from core.ports.store import ReadTransaction, Transaction
from core.services.events.read import events_after
from core.services.people.identify import identify
from core.services.queue.cancel import cancel
from core.services.queue.status import status
from core.services.queue.submit import possible_now, submit

READER: Final = "bots.desk"
"""The name of the desk's durable cursor over the engine's events."""


class EmbeddedHorde:
    """Asks the engine's services; implements `bots.horde.port.Horde`."""

    def __init__(
        self, *, policy: QueuePolicy, screening: Screening, objects: ObjectStore, sources: SourcePictures
    ) -> None:
        """Hold what the services need."""
        self._policy = policy
        self._screening = screening
        self._objects = objects
        self._sources = sources

    def screen(self, prompt: str) -> Verdict:
        """Returns what the screening says of the prompt."""
        return self._screening.screen_prompt(prompt)

    def account(self, tx: Transaction, *, platform: str, author: Author, now_ms: int) -> Account:
        """Returns the author's account, made at first sight."""
        if author.account_id is None:
            return identify(
                tx,
                platform=platform,
                external_id=author.external_id,
                display_name=author.display_name,
                now_ms=now_ms,
            )
        account = tx.accounts.get(AccountId(author.account_id))
        if account is None:
            message = f"There is no account with the number {author.account_id}. Write as a guest, or with another key."
            raise NotFound(message, code="UserNotFound")
        return account

    def account_now(self, tx: ReadTransaction | Transaction, *, account_id: AccountId) -> Account | None:
        """Returns the account with its balance as this transaction sees it."""
        return tx.accounts.get(account_id)

    async def source(self, picture: Attachment | Picture) -> SourcePicture:
        """The picture is kept where the workers read it."""
        return await self._sources.take(picture)

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

    def cancel(self, tx: Transaction, *, request_id: RequestId, account_id: AccountId, now_ms: int) -> RequestStatus:
        """Nothing more is made of the request; raises NotPermitted where another account owns it."""
        if self.status(tx, request_id=request_id, now_ms=now_ms).account_id != account_id:
            message = "This request is someone else's. You can cancel your own."
            raise NotPermitted(message)
        cancel(tx, request_id=request_id, now_ms=now_ms)
        return self.status(tx, request_id=request_id, now_ms=now_ms)

    def events(self, tx: ReadTransaction | Transaction, *, limit: int) -> Sequence[Event]:
        """Returns what happened after the desk's cursor."""
        return events_after(tx, cursor=tx.events.cursor(READER), limit=limit)

    def events_dealt_with(self, tx: Transaction, *, seq: int) -> None:
        """The desk's cursor is at `seq`."""
        tx.events.move_cursor(READER, seq)

    def picture_url(self, key: str) -> str:
        """Returns the address under which everyone can read a finished picture."""
        return self._objects.public_url(key)

    async def delete_picture(self, key: str) -> None:
        """The picture and its sidecar are gone."""
        await self._objects.delete(key)
        await self._objects.delete(sidecar_key(key))
