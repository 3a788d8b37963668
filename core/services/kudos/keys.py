"""Shared keys: an account lends its kudos to whoever has the key, within a budget and limits."""

from dataclasses import replace

from core.domain.accounts import Account
from core.domain.errors import InsufficientKudos, InvalidRequest, NotPermitted, Unauthorized
from core.domain.ids import AccountId, new_id
from core.domain.kinds.image import ImageParams
from core.domain.kinds.text import TextParams
from core.domain.kudos.keys import UNLIMITED, KeyTerms, SharedKey
from core.domain.kudos.policy import KudosPolicy
from core.domain.requests import RequestDraft
from core.ports.store import ReadTransaction, Transaction


def make_key(tx: Transaction, *, account_id: AccountId, terms: KeyTerms, policy: KudosPolicy, now_ms: int) -> SharedKey:
    """Return a new shared key of the account.

    Raises ``InvalidRequest`` for terms beyond their limits, ``NotPermitted`` for the anonymous account and for one that
    has as many keys as it may have (3; trusted 10; education 1,000).
    """
    terms.check(budget_max_mk=policy.shared_key_budget_max_mk)
    account = tx.accounts.lock(account_id)
    if account is None or account.is_anonymous or account.is_system or account.is_deleted:
        message = "Only an account of one's own can lend kudos. Make an account, and use its key."
        raise NotPermitted(message, code="AnonForbidden")
    limit = _keys_max(account, policy)
    count = len(tx.keys.of_account(account_id))
    if count >= limit:
        message = f"{account.handle} has {count} shared keys, and the limit is {limit}. Revoke one first."
        raise NotPermitted(message, code="TooManySharedKeys")
    key = SharedKey(
        id=new_id(), account_id=account_id, name=terms.name, budget_mk=terms.budget_mk, created_at_ms=now_ms
    ).under(terms)
    tx.keys.add(key)
    return key


def change_key(
    tx: Transaction, *, account_id: AccountId, key_id: str, terms: KeyTerms, policy: KudosPolicy
) -> SharedKey:
    """Return the key under its new terms; what was spent stays spent.

    Raises ``InvalidRequest`` also for a budget below what is spent and held, ``Unauthorized``, ``NotPermitted``.
    """
    terms.check(budget_max_mk=policy.shared_key_budget_max_mk)
    key = _own(tx, account_id=account_id, key_id=key_id)
    if terms.budget_mk not in (UNLIMITED, key.budget_mk) and terms.budget_mk < key.used_mk:
        message = (
            f"{key.used_mk / 1000:.2f} kudos of this key are spent or held by open requests, so its budget cannot be "
            f"{terms.budget_mk / 1000:.2f}. Give at least as much, or revoke the key."
        )
        raise InvalidRequest(message, field="kudos", limit=key.used_mk, value=terms.budget_mk)
    changed = key.under(terms)
    tx.keys.put(changed)
    return changed


def revoke_key(tx: Transaction, *, account_id: AccountId, key_id: str, now_ms: int) -> SharedKey:
    """Return the key, which works for nothing new any more; what was asked with it goes on."""
    key = replace(_own(tx, account_id=account_id, key_id=key_id), revoked_at_ms=now_ms)
    tx.keys.put(key)
    return key


def look_up(tx: ReadTransaction | Transaction, *, key_id: str) -> tuple[SharedKey, Account]:
    """Return the shared key and its owner, for whoever has the key; raises ``Unauthorized`` where there is none."""
    key = tx.keys.get(key_id)
    owner = tx.accounts.get(key.account_id) if key is not None and key.revoked_at_ms is None else None
    if key is None or owner is None:
        raise _unknown()
    return key, owner


def check_shared_key(
    tx: Transaction, *, key_id: str, account_id: AccountId, draft: RequestDraft, price_mk: int, now_ms: int
) -> SharedKey:
    """Return the key, locked, if a request of ``account_id``, who must be the key's owner, may be made with it.

    The caller makes the hold in this transaction with ``shared_key_id=key.id``: from there on the budget follows the
    hold. Raises ``Unauthorized``, ``NotPermitted`` (past its time), ``InvalidRequest`` for a limit of the key, and
    ``InsufficientKudos`` where spent, held and this price together exceed the budget.
    """
    key = tx.keys.lock(key_id)
    if key is None or key.revoked_at_ms is not None or key.account_id != account_id:
        raise _unknown()
    if key.is_over(now_ms):
        message = f"The shared key {key.name!r} is past its time. Ask its owner for another, or use a key of your own."
        raise NotPermitted(message, code="SharedKeyExpired")
    _check_limits(key, draft)
    left_mk = key.left_mk
    if left_mk is not None and price_mk > left_mk:
        message = (
            f"The shared key {key.name!r} has {left_mk / 1000:.2f} kudos left, and this costs {price_mk / 1000:.2f}. "
            "Ask for less, ask its owner to raise the budget, or use a key of your own."
        )
        code = "SharedKeyInsufficientKudos" if left_mk > 0 else "SharedKeyEmpty"
        raise InsufficientKudos(message, field="kudos", limit=left_mk, value=price_mk, code=code)
    return key


def _check_limits(key: SharedKey, draft: RequestDraft) -> None:
    """Raise ``InvalidRequest`` with the limit and the value where a job is larger than the key allows."""
    measured: tuple[tuple[str, str, int, int], ...] = ()
    match draft.params:
        case ImageParams(pixels=pixels, steps=steps):
            measured = (
                ("max_image_pixels", "pixels", key.max_image_pixels, pixels),
                ("max_image_steps", "steps", key.max_image_steps, steps),
            )
        case TextParams(length_max=length):
            measured = (("max_text_tokens", "tokens", key.max_text_tokens, length),)
    for field, unit, limit, value in measured:
        if limit != UNLIMITED and value > limit:
            message = (
                f"The shared key {key.name!r} allows up to {limit} {unit}, and this asks for {value}. "
                "Ask for less, or use a key of your own."
            )
            raise InvalidRequest(message, field=field, limit=limit, value=value, code="SharedKeyInvalid")


def _own(tx: Transaction, *, account_id: AccountId, key_id: str) -> SharedKey:
    """Return the key, locked; raises ``Unauthorized`` where there is none, ``NotPermitted`` where it is another's."""
    key = tx.keys.lock(key_id)
    if key is None or key.revoked_at_ms is not None:
        raise _unknown()
    if key.account_id != account_id:
        message = "This shared key is another account's; only its owner can change it."
        raise NotPermitted(message, code="NotOwner")
    return key


def _keys_max(account: Account, policy: KudosPolicy) -> int:
    """Return how many shared keys the account may have."""
    if account.education:
        return policy.shared_keys_education_max
    return policy.shared_keys_trusted_max if account.trusted else policy.shared_keys_max


def _unknown() -> Unauthorized:
    """Return the refusal of a key that nobody lent."""
    return Unauthorized("There is no shared key like this (any more). Check it, or ask who lent it to you.")
