"""Register: a new account with its API key."""

import secrets

from core.domain.account_changes import checked_name
from core.domain.accounts import NewAccount
from core.domain.errors import InvalidRequest, NotFound
from core.domain.ids import MINT
from core.domain.kudos.ledger import TransferReason
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer


def register(
    tx: Transaction,
    *,
    name: str,
    trusted: bool = False,
    moderator: bool = False,
    guest: bool = False,
    kudos_mk: int = 0,
    now_ms: int,
) -> NewAccount:
    """Return a new account, with ``kudos_mk`` from the mint, and its key, which is shown this once.

    Raises ``InvalidRequest`` for a name that is empty, too long or holds a ``#``, and for negative kudos.
    """
    name = checked_name(name)
    if kudos_mk < 0:
        message = f"An account cannot begin with {kudos_mk} millikudos: give 0 or more."
        raise InvalidRequest(message, field="kudos", limit=0, value=kudos_mk)
    account_id = tx.accounts.add(name=name, trusted=trusted, moderator=moderator, guest=guest, now_ms=now_ms)
    api_key = secrets.token_urlsafe(16)
    tx.accounts.add_key(account_id=account_id, api_key=api_key, now_ms=now_ms)
    if kudos_mk:
        transfer(
            tx,
            transfer_id=f"grant:register:{account_id}",
            from_id=MINT,
            to_id=account_id,
            amount_mk=kudos_mk,
            reason=TransferReason.GRANT,
            now_ms=now_ms,
        )
    account = tx.accounts.get(account_id)
    if account is None:
        message = f"The account {name}#{account_id} is gone right after it was made; look at the database."
        raise NotFound(message, code="UserNotFound")
    return NewAccount(account=account, api_key=api_key)
