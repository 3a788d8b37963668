"""Message: moderators and owners say something to workers; each pop brings it until it expires."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, assert_never

from core.domain.accounts import Account
from core.domain.errors import NotFound, NotPermitted
from core.domain.ids import AccountId, WorkerId, new_id
from core.domain.kinds.checks import between
from core.domain.policy import QueuePolicy
from core.domain.workers.message import MessageId, WorkerMessage
from core.ports.store import ReadTransaction, Transaction
from core.services.workers.permit import account_that, check_moderator, own_worker

PAGE: Final = 50
_HOUR_MS: Final = 3_600_000
_NEVER_MS: Final = 2**53
_MODERATORS: Final = "The moderators of this horde"


class Validity(StrEnum):
    """Which messages are asked for."""

    ACTIVE = "active"
    EXPIRED = "expired"
    ALL = "all"


def send(
    tx: Transaction,
    *,
    by: AccountId,
    text: str,
    policy: QueuePolicy,
    now_ms: int,
    worker_id: WorkerId | None = None,
    account_id: AccountId | None = None,
    origin: str | None = None,
    hours: int | None = None,
) -> WorkerMessage:
    """Return the message: to one worker, to all workers of an account, or (a moderator's, to neither) to every worker.

    An owner's without a worker goes to all its workers. origin: moderators may say in whose name.

    Raises:
        InvalidRequest: the text or the time breaks a limit.
        NotFound: there is no such worker or account.
        NotPermitted: the worker or the account is another's, and the sender no moderator.
    """
    sender = account_that(tx, by)
    limits = policy.workers
    between("message", len(text.strip()), 1, limits.message_chars_max, "characters")
    lasts_h = limits.message_hours if hours is None else hours
    between("expiry", lasts_h, 1, limits.message_hours_max, "hours")
    if worker_id is not None:
        own_worker(tx, worker_id, by=sender)
        account_id = None
    else:
        account_id = _addressee(tx, sender, account_id)
    if origin is not None:
        check_moderator(sender, "say in whose name a message is")
        between("origin", len(origin.strip()), 1, 255, "characters")
    message = WorkerMessage(
        id=MessageId(new_id()),
        text=text,
        origin=origin or (_MODERATORS if sender.moderator else sender.handle),
        made_at_ms=now_ms,
        expires_at_ms=now_ms + lasts_h * _HOUR_MS,
        worker_id=worker_id,
        account_id=account_id,
        made_by=sender.id,
    )
    tx.messages.add(message)
    return message


def _addressee(tx: Transaction, sender: Account, account_id: AccountId | None) -> AccountId | None:
    """Return the account whose workers are addressed, None for every worker."""
    if account_id is None:
        return None if sender.moderator else sender.id
    if account_id != sender.id:
        check_moderator(sender, "write to another account's workers")
        if tx.accounts.get(account_id) is None:
            message = f"There is no account with the number {account_id}. Check the number after the '#'."
            raise NotFound(message, code="UserNotFound")
    return account_id


def messages_of(
    tx: ReadTransaction | Transaction,
    *,
    by: AccountId,
    now_ms: int,
    worker_id: WorkerId | None = None,
    account_id: AccountId | None = None,
    validity: Validity = Validity.ACTIVE,
    page: int = 1,
) -> Sequence[WorkerMessage]:
    """Return messages, the newest first: a moderator's choice of all there are, anyone else's own workers'.

    Raises ``NotPermitted`` for another's worker or account, ``NotFound`` for a worker that is not there.
    """
    reader = account_that(tx, by)
    if worker_id is not None:
        own_worker(tx, worker_id, by=reader)
    elif account_id is None and not reader.moderator:
        account_id = reader.id
    if account_id is not None and account_id != reader.id:
        check_moderator(reader, "read another account's messages")
    match validity:
        case Validity.ACTIVE:
            from_ms, to_ms = now_ms + 1, _NEVER_MS
        case Validity.EXPIRED:
            from_ms, to_ms = 0, now_ms + 1
        case Validity.ALL:
            from_ms, to_ms = 0, _NEVER_MS
        case _:
            assert_never(validity)
    return tx.messages.listed(
        worker_id=worker_id,
        account_id=account_id,
        from_ms=from_ms,
        to_ms=to_ms,
        limit=PAGE,
        offset=(max(page, 1) - 1) * PAGE,
    )


def message_of(tx: ReadTransaction | Transaction, *, message_id: MessageId, by: AccountId) -> WorkerMessage:
    """Return the message, if the account sent it, has the worker it is for, or is a moderator's.

    Raises ``NotFound`` where there is none, ``NotPermitted`` where it is not for these eyes.
    """
    reader = account_that(tx, by)
    found = tx.messages.get(message_id)
    if found is None:
        message = f"There is no message {message_id[:60]!r}. It may have been deleted."
        raise NotFound(message, code="MessageNotFound")
    worker = None if found.worker_id is None else tx.workers.get(found.worker_id)
    owner_id = found.account_id if worker is None else worker.account_id
    if not reader.moderator and reader.id not in (found.made_by, owner_id):
        message = "This message is neither yours nor for one of your workers."
        raise NotPermitted(message, code="NotOwner")
    return found


def unsend(tx: Transaction, *, message_id: MessageId, by: AccountId) -> WorkerMessage:
    """Return the message that was deleted; only its sender and moderators may. Raises what ``message_of`` raises."""
    found = message_of(tx, message_id=message_id, by=by)
    sender = account_that(tx, by)
    if found.made_by != sender.id:
        check_moderator(sender, "delete another's message")
    tx.messages.remove(found.id)
    return found


def prune_messages(tx: Transaction, *, policy: QueuePolicy, now_ms: int) -> int:
    """Return how many messages were deleted, long after they had expired."""
    return tx.messages.prune(now_ms - policy.workers.messages_kept_s * 1_000)
