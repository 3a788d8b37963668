"""Another horde as the desk sees it: what is asked is a row here, in the desk's own transaction; calls come later."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from bots.horde.local import LocalSide
from bots.horde.port import HordeAbilities
from bots.horde.remote.access import RemoteAccess
from bots.horde.remote.offers import Offers
from bots.horde.remote.settle import HOLD_SPARE_MS, end
from bots.horde.remote.telling import remote_status
from bots.horde.remote.words import body_of, seeded
from bots.horde.sources import SourcePictures
from bots.store.remote import (
    RemoteRequest,
    RemoteState,
    add_remote,
    change_remote,
    open_jobs_of,
    remote,
    remote_of_key,
    take_remote,
)
from core.domain.accounts import Account
from core.domain.errors import HordeError, InvalidRequest, NotFound, NotPermitted, TooManyJobs
from core.domain.ids import AccountId, RequestId, new_id
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.kinds.prices import price_mk
from core.domain.kinds.registry import RULES
from core.domain.moderation import Verdict
from core.domain.policy import QueuePolicy
from core.domain.queue.limits import check
from core.domain.requests import Accepted, RequestDraft, RequestStatus
from core.ports.objects import ObjectStore
from core.ports.screening import Screening
from core.ports.store import ReadTransaction, Transaction
from core.services.kudos.hold import hold
from core.services.moderation.refuse import refuse


class RemoteHorde(LocalSide):
    """Writes what is asked and tells what is known; implements `bots.horde.port.Horde`. `RemoteWork` does the calls."""

    def __init__(
        self,
        *,
        access: RemoteAccess,
        offers: Offers,
        policy: QueuePolicy,
        screening: Screening,
        objects: ObjectStore,
        sources: SourcePictures,
        lifetime_s: int,
        on_order: Callable[[], None],
    ) -> None:
        """Hold the ports; lifetime_s: an order is given up after it. on_order is called after the COMMIT."""
        super().__init__(screening=screening, objects=objects, sources=sources)
        self._access = access
        self._offers = offers
        self._policy = policy
        self._lifetime_s = lifetime_s
        self._on_order = on_order

    @property
    def abilities(self) -> HordeAbilities:
        """An order can be sent again where that horde honours our keys."""
        return HordeAbilities(idempotent_orders=self._access.honours_keys)

    @property
    def limits(self) -> QueuePolicy:
        """The numbers that are checked here; the other horde has its own, and says so."""
        return self._policy

    def served(self, tx: ReadTransaction | Transaction, *, now_ms: int) -> Mapping[Kind, Sequence[str]]:
        """Returns what is served over there, as it was told last."""
        return self._offers.served

    def is_possible(self, tx: ReadTransaction | Transaction, *, draft: RequestDraft, now_ms: int) -> bool:
        """Returns whether someone over there serves it; what was never told may be possible."""
        served = self._offers.served.get(draft.kind)
        if not self._offers.is_known or served is None:
            return True
        wanted = [RULES[draft.kind].models(draft, ordinal) for ordinal in range(RULES[draft.kind].count(draft))]
        return all(any(name in served for name in names) if names else bool(served) for names in wanted)

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
        """The order waits to be sent and its price is held, as we estimate it; once for each key."""
        earlier = remote_of_key(tx, account_id=account_id, idempotency_key=idempotency_key)
        if earlier is not None:
            return self._accepted(tx, earlier, duplicate=True, is_possible=True)
        account = self._checked(tx, account_id, draft, verdict, now_ms)
        if account.education:
            draft = replace(draft, nsfw=False, censor_nsfw=True)
        draft = seeded(draft)
        row = self._row(account_id, draft, idempotency_key, now_ms)
        hold(
            tx,
            hold_id=row.hold_id,
            account_id=account_id,
            amount_mk=row.price_mk,
            expires_at_ms=row.expires_at_ms + HOLD_SPARE_MS,
            now_ms=now_ms,
            is_new=True,
        )
        add_remote(tx, row=row)
        tx.after_commit(self._on_order)
        possible = self.is_possible(tx, draft=draft, now_ms=now_ms)
        return self._accepted(tx, row, duplicate=False, is_possible=possible)

    def status(self, tx: ReadTransaction | Transaction, *, request_id: RequestId, now_ms: int) -> RequestStatus:
        """Returns where the order is, as the other horde told it last."""
        found = remote_status(tx, request_id=request_id)
        if found is None:
            raise _unknown(request_id)
        return found

    def refusal(self, tx: ReadTransaction | Transaction, *, request_id: RequestId) -> HordeError | None:
        """Returns the sentence with which the other horde refused the order."""
        row = remote(tx, request_id=request_id)
        if row is None or not row.reason:
            return None
        message = f"The horde that I ask refuses this: {row.reason.rstrip('.')}. Nothing was charged."
        return InvalidRequest(message, code=row.reason_code)

    def cancel(self, tx: Transaction, *, request_id: RequestId, account_id: AccountId, now_ms: int) -> RequestStatus:
        """Nothing more is made of the order.

        One that was not sent ends here and now. One that is over there ends when that horde has said what it came to:
        what was finished by then is handed over and paid, the rest of the hold is given back.
        """
        row = take_remote(tx, request_id=request_id)
        if row is None:
            raise _unknown(request_id)
        if row.account_id != account_id:
            message = "This request is someone else's. You can cancel your own."
            raise NotPermitted(message)
        if row.state is RemoteState.NEW:
            end(tx, row=row, state=RemoteState.CANCELLED, now_ms=now_ms)
        elif row.is_open and not row.wants_cancel:
            change_remote(tx, request_id=row.id, now_ms=now_ms, wants_cancel=True)
            if row.state is RemoteState.ASKED:
                change_remote(tx, request_id=row.id, now_ms=now_ms, due_ms=now_ms)
            tx.after_commit(self._on_order)
        return self.status(tx, request_id=request_id, now_ms=now_ms)

    def _checked(
        self, tx: Transaction, account_id: AccountId, draft: RequestDraft, verdict: Verdict, now_ms: int
    ) -> Account:
        """Returns the account, if it may order this. Raises HordeError."""
        check(draft, self._policy)
        account = tx.accounts.get(account_id)
        if account is None:
            message = f"There is no account with the number {account_id}. Check the number or the key."
            raise NotFound(message, code="UserNotFound")
        if account.is_deleted or account.is_system:
            message = f"The account {account.handle} can ask for nothing. Use another one."
            raise NotPermitted(message, code="DeletedUser")
        if not verdict.allowed:
            raise refuse(tx, account_id=account_id, verdict=verdict, now_ms=now_ms, source=draft.client_agent)
        limit = self._policy.waiting_max if account.waiting_max is None else account.waiting_max
        jobs = open_jobs_of(tx, account_id=account_id, kind=draft.kind) + RULES[draft.kind].count(draft)
        if jobs > limit:
            message = (
                f"With this, {account.handle} has {jobs} jobs open, which is over the limit of {limit}. "
                "Wait until some are done, or ask for fewer."
            )
            raise TooManyJobs(message, limit=limit, value=jobs)
        return account

    def _row(self, account_id: AccountId, draft: RequestDraft, idempotency_key: str, now_ms: int) -> RemoteRequest:
        request_id = RequestId(new_id())
        return RemoteRequest(
            id=request_id,
            account_id=account_id,
            idempotency_key=idempotency_key,
            kind=draft.kind,
            state=RemoteState.NEW,
            prompt=draft.prompt,
            models=draft.models,
            body=msgspec.json.encode(body_of(draft)).decode(),
            jobs=RULES[draft.kind].count(draft),
            seed=draft.params.seed if isinstance(draft.params, ImageParams) else None,
            hold_id=request_id,
            price_mk=price_mk(draft, self._policy),
            due_ms=now_ms,
            asked_at_ms=now_ms,
            expires_at_ms=now_ms + self._lifetime_s * 1_000,
            changed_at_ms=now_ms,
        )

    def _accepted(self, tx: Transaction, row: RemoteRequest, *, duplicate: bool, is_possible: bool) -> Accepted:
        account = tx.accounts.get(row.account_id)
        return Accepted(
            request_id=row.id,
            job_ids=(),
            price_mk=row.price_mk,
            balance_after_mk=account.available_mk if account is not None else 0,
            duplicate=duplicate,
            is_possible=is_possible,
        )


def _unknown(request_id: RequestId) -> NotFound:
    message = f"There is no request {request_id}. It may be too old, or made elsewhere; check the id."
    return NotFound(message, code="RequestNotFound")
