"""Merge: two accounts become one purse, and support can take them apart again."""

import secrets
from dataclasses import replace

from core.domain.accounts import Account, Identity
from core.domain.errors import NotFound
from core.domain.ids import AccountId
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.linking import Linked, LinkRefusal, Merge
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer
from core.services.linking.purse import purse_of


def join(tx: Transaction, *, one: AccountId, other: AccountId, now_ms: int) -> Linked | LinkRefusal:
    """Return the purse that both are now: the registered one's, else the older one's.

    Identities go over at once, and what is available (or owed) by one transfer. What is held stays where it is until
    its request has ended: what comes back then is swept after it.
    """
    first, second = (tx.accounts.lock(account_id) for account_id in sorted((one, other)))
    if first is None or second is None or first.id == second.id:
        return LinkRefusal.ALREADY_ONE
    if not all(_may_link(account) for account in (first, second)):
        return LinkRefusal.NOT_ALLOWED
    if not (first.guest or second.guest):
        return LinkRefusal.TWO_REGISTERED
    stays, goes = (second, first) if first.guest and not second.guest else (first, second)
    identities = tx.accounts.identities(goes.id)
    for identity in identities:
        _tie(tx, identity, stays.id, now_ms)
    tx.accounts.put(replace(goes, merged_into=stays.id))
    merge = Merge(
        id=secrets.token_hex(5),
        from_id=goes.id,
        to_id=stays.id,
        identities=tuple(identities),
        moved_mk=0,
        moves=0,
        made_at_ms=now_ms,
    )
    merge = _move(tx, merge, now_ms=now_ms)
    tx.links.put_merge(merge)
    return Linked(account=tx.accounts.get(stays.id) or stays, merge=merge)


def sweep_merged(tx: Transaction, *, now_ms: int, limit: int = 100) -> int:
    """Return after how many merged accounts something was brought: what a hold gave back, or what came late."""
    swept = 0
    for merge_id in tx.links.to_sweep(limit=limit):
        merge = tx.links.lock_merge(merge_id)
        if merge is not None and merge.undone_at_ms is None:
            tx.links.put_merge(_move(tx, merge, now_ms=now_ms))
            swept += 1
    return swept


def undo_merge(tx: Transaction, *, merge_id: str, now_ms: int) -> Merge:
    """Return the merge, undone: its identities and what went over with them are back; once, whoever asks again.

    What was spent since is owed by the account that stayed. Identities that were unlinked meanwhile stay where they
    are. Raises ``NotFound``.
    """
    merge = tx.links.lock_merge(merge_id)
    if merge is None:
        message = f"There is no merge {merge_id[:20]!r}. `horde account show` lists an account's merges."
        raise NotFound(message, code="NotFound")
    if merge.undone_at_ms is not None:
        return merge
    for account_id in sorted((merge.from_id, merge.to_id)):
        tx.accounts.lock(account_id)
    merge = _move(tx, merge, now_ms=now_ms)
    purse = purse_of(tx, merge.to_id)
    for identity in merge.identities:
        now = tx.accounts.by_identity(platform=identity.platform, external_id=identity.external_id)
        if now is not None and purse is not None and now.id == purse.id:
            _tie(tx, identity, merge.from_id, now_ms)
    goes = tx.accounts.get(merge.from_id)
    if goes is not None:
        tx.accounts.put(replace(goes, merged_into=None))
    _transfer(tx, merge, transfer_id=f"merge:{merge.id}:undo", amount_mk=-merge.moved_mk, now_ms=now_ms)
    merge = replace(merge, undone_at_ms=now_ms)
    tx.links.put_merge(merge)
    return merge


def _move(tx: Transaction, merge: Merge, *, now_ms: int) -> Merge:
    """Return the merge after all that the gone account has available, or owes, has gone over."""
    goes = tx.accounts.lock(merge.from_id)
    amount_mk = goes.available_mk if goes is not None else 0
    if amount_mk == 0:
        return merge
    _transfer(tx, merge, transfer_id=f"merge:{merge.id}:{merge.moves}", amount_mk=amount_mk, now_ms=now_ms)
    return replace(merge, moved_mk=merge.moved_mk + amount_mk, moves=merge.moves + 1)


def _transfer(tx: Transaction, merge: Merge, *, transfer_id: str, amount_mk: int, now_ms: int) -> None:
    """So much goes from the gone account to the one that stays; a negative amount the other way."""
    if amount_mk == 0:
        return
    from_id, to_id = (merge.from_id, merge.to_id) if amount_mk > 0 else (merge.to_id, merge.from_id)
    transfer(
        tx,
        transfer_id=transfer_id,
        from_id=from_id,
        to_id=to_id,
        amount_mk=abs(amount_mk),
        reason=TransferReason.MERGE,
        ref=merge.id,
        now_ms=now_ms,
    )


def _may_link(account: Account) -> bool:
    """Tell whether the account is a person's in good standing: what moderators hold against one cannot be left."""
    return not (account.is_anonymous or account.is_system or account.is_deleted or account.flagged)


def _tie(tx: Transaction, identity: Identity, account_id: AccountId, now_ms: int) -> None:
    tx.accounts.drop_identity(platform=identity.platform, external_id=identity.external_id)
    tx.accounts.add_identity(replace(identity, account_id=account_id), now_ms=now_ms)
