"""Admit: what an account may ask for now, in which size, and what of its kudos must be there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.domain.accounts import Account
from core.domain.errors import NotPermitted, TooManyJobs
from core.domain.kinds.kind import Kind, Price
from core.domain.kinds.prices import job_prices
from core.domain.kinds.registry import RULES
from core.domain.kudos.upfront import downgraded, upfront_reason
from core.domain.policy import QueuePolicy
from core.domain.queue.limits import resolve_models
from core.domain.requests import RequestDraft
from core.domain.workers.worker import Worker
from core.ports.store import Transaction
from core.services.kudos.keys import check_shared_key

CLOSE = 64
"""Further from its limit than this, an account's requests are counted side by side: so many are not asked at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A draft as it may be made. floor_why: why its kudos must be there when it is asked, None where debt will do."""

    draft: RequestDraft
    prices: tuple[Price, ...]
    floor_why: str | None
    downgraded: bool

    @property
    def price_mk(self) -> int:
        """What all jobs cost together, in millikudos."""
        return sum(price.total_mk for price in self.prices)


def admit(
    tx: Transaction,
    *,
    account: Account,
    draft: RequestDraft,
    workers: Sequence[Worker],
    policy: QueuePolicy,
    now_ms: int,
    shared_key_id: str | None = None,
    allow_downgrade: bool = False,
) -> Admitted:
    """Return the draft as this account may have it made, with its models and its price.

    Raises ``NotPermitted`` for an account that is no more, ``UnknownModel``, ``TooManyJobs``, and what
    ``check_shared_key`` raises.
    """
    if account.is_deleted or account.is_system:
        message = f"The account {account.handle} can ask for nothing. Use another key."
        raise NotPermitted(message, code="DeletedUser")
    if account.education:
        draft = replace(draft, nsfw=False, censor_nsfw=True, trusted_workers=True)
    draft = resolve_models(draft, policy, lambda name: any(name in worker.offer.models for worker in workers))
    waiting, threads = crowd(tx, draft.kind, workers, now_ms) if policy.kudos.upfront else (0, 0)
    why = upfront_reason(draft, waiting=waiting, threads=threads, policy=policy)
    asked = draft
    if why is not None and allow_downgrade and not _covers(account, draft, policy):
        draft = downgraded(draft, waiting=waiting, threads=threads, policy=policy)
        why = upfront_reason(draft, waiting=waiting, threads=threads, policy=policy)
    check_waiting(tx, account, draft, policy)
    prices = job_prices(draft, policy)
    admitted = Admitted(draft=draft, prices=prices, floor_why=why, downgraded=draft != asked)
    if shared_key_id is not None:
        check_shared_key(
            tx,
            key_id=shared_key_id,
            account_id=account.id,
            draft=draft,
            price_mk=admitted.price_mk,
            now_ms=now_ms,
        )
    return admitted


def crowd(tx: Transaction, kind: Kind, workers: Sequence[Worker], now_ms: int) -> tuple[int, int]:
    """Return how many jobs of the kind wait, as far as this process knows, and how many threads are there for them."""
    waiting = 0
    for lane_id, count in tx.lanes.waiting_by_lane(now_ms).items():
        lane = tx.lanes.get(lane_id)
        waiting += count if lane is not None and lane.kind is kind else 0
    return waiting, sum(max(worker.offer.threads, 1) for worker in workers if worker.offer.kind is kind)


def check_waiting(tx: Transaction, account: Account, draft: RequestDraft, policy: QueuePolicy) -> None:
    """Raise ``TooManyJobs`` if the account would have more waiting jobs of this kind than it may."""
    n = RULES[draft.kind].count(draft)
    limit = waiting_max(account, draft.kind, policy)
    waiting = 0 if limit <= CLOSE else tx.jobs.waiting_of(account.id, draft.kind)
    if waiting + n > limit - CLOSE:
        # This close, two that ask at once must not both get the last place.
        tx.jobs.ask_alone(account.id)
        waiting = tx.jobs.waiting_of(account.id, draft.kind)
    if waiting + n > limit:
        whose = "Everyone without an account together has" if account.is_anonymous else f"{account.handle} has"
        message = (
            f"{whose} {waiting} jobs waiting; with {n} more that is over the limit of {limit}. "
            "Wait until some are done, or ask for fewer."
        )
        raise TooManyJobs(message, limit=limit, value=waiting + n)


def waiting_max(account: Account, kind: Kind, policy: QueuePolicy) -> int:
    """Return how many jobs of the kind the account may have waiting."""
    limit = policy.waiting_anonymous_max if account.is_anonymous else policy.waiting_max
    if account.education:
        limit = policy.waiting_education_max
    if account.waiting_max is not None:
        limit = account.waiting_max
    return limit * policy.waiting_alchemy_factor if kind is Kind.ALCHEMY else limit


def standing_mk(account: Account) -> int:
    """Return the millikudos, before any hold, that the order of the queue goes by.

    A flagged account stands at a thousandth of what it has, or at a debt of 100 kudos where that is next to nothing
    (AI Horde).
    """
    if not account.flagged:
        return account.kudos_mk
    return account.kudos_mk // 1_000 if account.kudos_mk > 10_000 else min(-100_000, account.kudos_mk)


def _covers(account: Account, draft: RequestDraft, policy: QueuePolicy) -> bool:
    """Tell whether the account has the kudos that the draft costs."""
    return account.available_mk >= sum(price.total_mk for price in job_prices(draft, policy))
