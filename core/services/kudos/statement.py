"""Statement: an account's journal in pages, and what it earned and spent in a period."""

from core.domain.errors import InvalidRequest, NotFound
from core.domain.ids import AccountId
from core.domain.kudos.statement import Cursor, Statement, Totals, change_mk, line_of
from core.ports.store import ReadTransaction, Transaction
from core.services.linking.purse import past_of

LINES_MAX = 200
_NEWEST = 2**62


def statement(
    tx: ReadTransaction | Transaction, *, account_id: AccountId, limit: int = 50, cursor: str | None = None
) -> Statement:
    """Return a page of the journal of the account and of what was merged into it, newest first, each with the balance.

    Pages fit together whatever happens in between, but for a transfer that PostgreSQL commits after a later one: it may
    still come in below, and then counts in no balance above it. Raises ``NotFound``, and
    ``InvalidRequest`` for a limit outside of 1 to 200 or a cursor that was not given out.
    """
    if not 1 <= limit <= LINES_MAX:
        message = f"A page has 1 to {LINES_MAX} lines; {limit} were asked for."
        raise InvalidRequest(message, field="limit", limit=LINES_MAX, value=limit)
    account = tx.accounts.get(account_id)
    if account is None:
        message = f"There is no account with the number {account_id}. Check the number after the '#'."
        raise NotFound(message, code="UserNotFound")
    own = past_of(tx, account_id)
    kudos_mk = sum(one.kudos_mk for each in own if (one := tx.accounts.get(each)) is not None)
    start = Cursor(below_seq=_NEWEST, balance_mk=kudos_mk) if cursor is None else Cursor.read(cursor)
    entries = tx.journal.entries(own, below_seq=start.below_seq, limit=limit + 1)
    balance_mk, lines = start.balance_mk, []
    for entry in entries[:limit]:
        lines.append(line_of(entry, own, balance_mk=balance_mk))
        balance_mk -= change_mk(entry.transfer, own)
    more = len(entries) > limit
    following = Cursor(below_seq=entries[limit - 1].seq, balance_mk=balance_mk).text() if more else None
    return Statement(lines=tuple(lines), next_cursor=following)


def totals(tx: ReadTransaction | Transaction, *, account_id: AccountId, since_ms: int, until_ms: int) -> Totals:
    """Return what the account earned and spent from ``since_ms`` up to, not including, ``until_ms``, by reason."""
    if until_ms < since_ms:
        message = "The period ends before it begins. Give the earlier time first."
        raise InvalidRequest(message, field="until", limit=since_ms, value=until_ms)
    earned_mk, spent_mk = tx.journal.sums(past_of(tx, account_id), since_ms=since_ms, until_ms=until_ms)
    return Totals(since_ms=since_ms, until_ms=until_ms, earned_mk=earned_mk, spent_mk=spent_mk)
