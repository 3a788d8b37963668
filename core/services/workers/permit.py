"""Permit: whether an account may change a worker, or a team."""

from core.domain.accounts import Account
from core.domain.errors import NotFound, NotPermitted
from core.domain.ids import AccountId, WorkerId
from core.domain.workers.worker import Worker
from core.ports.store import ReadTransaction, Transaction


def account_that(tx: ReadTransaction | Transaction, account_id: AccountId) -> Account:
    """Return the account; raises ``NotFound``, and ``NotPermitted`` for the one that everybody shares."""
    account = tx.accounts.get(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Check the key."
        raise NotFound(message, code="UserNotFound")
    if account.is_anonymous:
        message = "Without an account nobody can change this. Make one and use its key."
        raise NotPermitted(message, code="AnonForbidden")
    return account


def worker_that(tx: ReadTransaction | Transaction, worker_id: WorkerId) -> Worker:
    """Return the worker; raises ``NotFound``."""
    worker = tx.workers.get(worker_id)
    if worker is None:
        message = f"There is no worker {worker_id[:60]!r}. Look its id up in the list of workers."
        raise NotFound(message, code="WorkerNotFound")
    return worker


def own_worker(tx: ReadTransaction | Transaction, worker_id: WorkerId, *, by: Account) -> Worker:
    """Return the worker if it is the account's, or the account is a moderator's; else raise ``NotPermitted``."""
    worker = worker_that(tx, worker_id)
    if worker.account_id != by.id and not by.moderator:
        message = f"The worker {worker.name!r} is not yours. Only its owner or a moderator can do this."
        raise NotPermitted(message, code="NotOwner")
    return worker


def check_moderator(by: Account, what: str) -> None:
    """Return if the account is a moderator's, else raise ``NotPermitted``."""
    if not by.moderator:
        message = f"Only a moderator can {what}. Ask one."
        raise NotPermitted(message, code="NotModerator")
