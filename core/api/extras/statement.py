"""Where an account's kudos came from and went to: its statement, for its owner alone."""

from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import UNSET

from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.amounts import kudos_of
from core.domain.accounts import Account
from core.domain.errors import NotPermitted
from core.domain.kudos.ledger import TransferReason
from core.domain.kudos.statement import StatementLine
from core.ports.store import ReadTransaction
from core.services.kudos.statement import statement, totals
from core.wire import Rc
from core.wire.extras import StatementLineOut, StatementOut, StatementQuery, TotalsOut, TotalsQuery
from core.wire.fields import Kudos

_DAY_MS = 24 * 3_600 * 1_000


async def read_statement(call: Call[None, StatementQuery]) -> Answer:
    """Return a page of the caller's journal, newest first."""
    account, query = _owner(call.account), call.query

    def read(tx: ReadTransaction) -> StatementOut:
        page = statement(tx, account_id=account.id, limit=query.limit, cursor=query.cursor or None)
        now = tx.accounts.get(account.id) or account
        return StatementOut(
            username=now.handle,
            kudos=kudos_of(now.kudos_mk),
            escrow=kudos_of(tx.escrows.of(account.id)),
            lines=tuple(map(_line, page.lines)),
            next_cursor=page.next_cursor or UNSET,
        )

    return await call.context.uow.read(read)


async def read_totals(call: Call[None, TotalsQuery]) -> Answer:
    """Return what the caller earned and spent in the last days, by reason."""
    account = _owner(call.account)
    until_ms = call.context.clock.now_ms() + 1
    since_ms = until_ms - call.query.days * _DAY_MS
    found = await call.context.uow.read(
        lambda tx: totals(tx, account_id=account.id, since_ms=since_ms, until_ms=until_ms)
    )
    return TotalsOut(
        username=account.handle,
        since=_when(found.since_ms),
        until=_when(found.until_ms),
        earned=_by_reason(found.earned_mk),
        spent=_by_reason(found.spent_mk),
    )


def _owner(account: Account) -> Account:
    """Return the account; raises ``NotPermitted`` for the anonymous one, whose statement is about everyone."""
    if account.is_anonymous:
        message = "The anonymous account is everyone's, so nobody reads its statement. Use the key of an account."
        raise NotPermitted(message, code="AnonForbidden")
    return account


def _line(line: StatementLine) -> StatementLineOut:
    """Return the line as it is told."""
    return StatementLineOut(
        at=_when(line.at_ms),
        kudos=kudos_of(line.amount_mk),
        balance=kudos_of(line.balance_mk),
        reason=line.reason.value,
        other=line.other or UNSET,
        job_id=line.job_id or UNSET,
        note=line.note or UNSET,
    )


def _by_reason(amounts_mk: Mapping[TransferReason, int]) -> dict[str, Kudos]:
    """Return the sums in kudos, the largest first."""
    ordered = sorted(amounts_mk.items(), key=lambda one: -one[1])
    return {reason.value: kudos_of(amount_mk) for reason, amount_mk in ordered}


def _when(at_ms: int) -> str:
    """Return a time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/extras/statement",
        id="get_statement",
        tag=Tag.KUDOS,
        summary="What came and went on one's account, newest first, with the balance after each",
        handler=read_statement,
        replies={200: StatementOut},
        refusals={400: (Rc.BAD_REQUEST,)},
        caller=Caller.ACCOUNT,
        query=StatementQuery,
        ours=True,
    ),
    Operation(
        method="GET",
        path="/api/extras/statement/totals",
        id="get_statement_totals",
        tag=Tag.KUDOS,
        summary="What one's account earned and spent in the last days, by reason",
        handler=read_totals,
        replies={200: TotalsOut},
        caller=Caller.ACCOUNT,
        query=TotalsQuery,
        ours=True,
    ),
)
