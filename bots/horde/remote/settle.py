"""What becomes of an order, in one transaction each: it is over there, in doubt, refused, or at its end and paid."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bots.horde.remote.words import Look
from bots.store.remote import (
    Progress,
    RemoteRequest,
    RemoteState,
    add_results,
    change_remote,
    take_remote,
)
from core.domain.events import EventKind
from core.domain.ids import REMOTE
from core.domain.kudos.ledger import MK_PER_KUDOS, TransferReason
from core.domain.requests import JobResult
from core.ports.store import Transaction
from core.services.kudos.hold import hold
from core.services.kudos.post import post
from core.services.kudos.void import void

HOLD_SPARE_MS: Final = 24 * 3_600 * 1_000
"""A hold outlives its order by a day, so that an outage over there does not end it."""
FIRST_LOOK_MS: Final = 1_000
_EVENT_OF: Final = {
    RemoteState.DONE: EventKind.REQUEST_FINISHED,
    RemoteState.FAULTED: EventKind.REQUEST_FAULTED,
    RemoteState.CANCELLED: EventKind.REQUEST_CANCELLED,
    RemoteState.EXPIRED: EventKind.REQUEST_EXPIRED,
}


def ask_again(tx: Transaction, *, request_id: str, due_ms: int, now_ms: int) -> None:
    """The order is certainly not there and is sent at `due_ms`; ended where nobody wants it any more."""
    row = _open(tx, request_id, RemoteState.SENDING, RemoteState.UNKNOWN)
    if row is None:
        return
    if row.wants_cancel:
        end(tx, row=row, state=RemoteState.CANCELLED, now_ms=now_ms)
        return
    change_remote(tx, request_id=row.id, now_ms=now_ms, state=RemoteState.NEW, due_ms=due_ms, looks=0)


def doubt(tx: Transaction, *, request_id: str, look_ms: int, now_ms: int) -> None:
    """Nobody knows whether the order is there; it is looked for at `look_ms`."""
    row = _open(tx, request_id, RemoteState.SENDING)
    if row is not None:
        change_remote(tx, request_id=row.id, now_ms=now_ms, state=RemoteState.UNKNOWN, due_ms=look_ms, looks=0)


def unseen(tx: Transaction, *, request_id: str, look_ms: int, now_ms: int) -> None:
    """The order was looked for and not seen; it is looked for again at `look_ms`."""
    row = _open(tx, request_id, RemoteState.UNKNOWN)
    if row is not None:
        change_remote(tx, request_id=row.id, now_ms=now_ms, looks=row.looks + 1, due_ms=look_ms)


def look_later(tx: Transaction, *, request_id: str, look_ms: int, now_ms: int) -> None:
    """Whether the order is there could not be found out; it is looked for at `look_ms`."""
    row = _open(tx, request_id, RemoteState.UNKNOWN)
    if row is not None:
        change_remote(tx, request_id=row.id, now_ms=now_ms, due_ms=look_ms)


def arrived(
    tx: Transaction, *, request_id: str, remote_id: str, kudos: float | None, now_ms: int, is_adopted: bool = False
) -> None:
    """The order is over there under this id; what it is quoted at there is held instead of our own estimate."""
    row = _open(tx, request_id, RemoteState.SENDING, RemoteState.UNKNOWN)
    if row is None:
        return
    held = row if kudos is None else _quoted(tx, row, price_mk=max(round(kudos * MK_PER_KUDOS), 0), now_ms=now_ms)
    change_remote(
        tx,
        request_id=row.id,
        now_ms=now_ms,
        state=RemoteState.ASKED,
        remote_id=remote_id,
        is_adopted=is_adopted,
        hold_id=held.hold_id,
        price_mk=held.price_mk,
        due_ms=now_ms + FIRST_LOOK_MS,
        looks=0,
    )


def not_ours(tx: Transaction, *, request_id: str, look_ms: int, now_ms: int) -> None:
    """What was taken for the order is somebody else's: it is looked for again."""
    row = _open(tx, request_id, RemoteState.ASKED)
    if row is not None and row.remote_id is not None:
        change_remote(
            tx,
            request_id=row.id,
            now_ms=now_ms,
            state=RemoteState.UNKNOWN,
            remote_id=None,
            is_adopted=False,
            strangers=(*row.strangers, row.remote_id),
            due_ms=look_ms,
            looks=0,
        )


def seen(tx: Transaction, *, request_id: str, progress: Progress, now_ms: int) -> None:
    """This is how far the order is."""
    row = _open(tx, request_id, RemoteState.ASKED)
    if row is not None and row.progress != progress:
        change_remote(tx, request_id=row.id, now_ms=now_ms, progress=progress)


def turn_down(tx: Transaction, *, request_id: str, reason: str, code: str, now_ms: int) -> None:
    """The other horde will not do it: the hold is given back, and its author is told why."""
    row = _open(tx, request_id, RemoteState.SENDING, RemoteState.UNKNOWN)
    if row is not None:
        change_remote(tx, request_id=row.id, now_ms=now_ms, reason=reason, reason_code=code)
        end(tx, row=row, state=RemoteState.FAULTED, now_ms=now_ms)


def finish(
    tx: Transaction, *, request_id: str, look: Look, results: Sequence[JobResult], now_ms: int, is_late: bool = False
) -> None:
    """What the other horde made is here, what it cost there is paid, and the desk hears of it.

    is_late: so long after it was asked, an order of which nothing was made has run out of time there.
    """
    row = _open(tx, request_id, RemoteState.ASKED)
    if row is None:
        return
    if len(results) < row.jobs and row.wants_cancel:
        state = RemoteState.CANCELLED
    elif results:
        state = RemoteState.DONE
    else:
        state = RemoteState.EXPIRED if is_late else RemoteState.FAULTED
    end(tx, row=row, state=state, now_ms=now_ms, results=results, kudos_mk=look.kudos_mk)


def lose(tx: Transaction, *, request_id: str, now_ms: int, is_late: bool) -> None:
    """The other horde no longer knows the order: late, it has run out of time there; else it is lost."""
    row = _open(tx, request_id, RemoteState.ASKED)
    if row is not None:
        gone = RemoteState.EXPIRED if is_late else RemoteState.FAULTED
        end(tx, row=row, state=RemoteState.CANCELLED if row.wants_cancel else gone, now_ms=now_ms)


def expire(tx: Transaction, *, request_id: str, now_ms: int) -> None:
    """The order is past its time here, wherever it is."""
    row = _open(tx, request_id, RemoteState.NEW, RemoteState.ASKED, RemoteState.UNKNOWN)
    if row is not None and row.expires_at_ms <= now_ms:
        end(tx, row=row, state=RemoteState.EXPIRED, now_ms=now_ms)


def end(
    tx: Transaction,
    *,
    row: RemoteRequest,
    state: RemoteState,
    now_ms: int,
    results: Sequence[JobResult] = (),
    kudos_mk: int | None = None,
) -> None:
    """The order has ended. `row` was taken in this transaction and is open.

    Paid is what the other horde says it cost, but never more than was held; where it does not say (alchemy), the share
    of the hold that was made.
    """
    spent_mk = 0
    if results:
        share_mk = row.price_mk * min(len(results), row.jobs) // row.jobs
        spent_mk = min(row.price_mk, share_mk if kudos_mk is None else kudos_mk)
        post(
            tx,
            hold_id=row.hold_id,
            transfer_id=f"{TransferReason.REMOTE}:{row.id}",
            to_id=REMOTE,
            amount_mk=spent_mk,
            reason=TransferReason.REMOTE,
            ref=row.id,
            now_ms=now_ms,
        )
    void(tx, hold_id=row.hold_id)
    add_results(tx, request_id=row.id, results=_priced(results, spent_mk))
    made = Progress(finished=len(results), restarted=row.progress.restarted)
    # What was asked is the commission's to keep, and to forget.
    asked = {"prompt": "", "body": "{}"}
    change_remote(
        tx, request_id=row.id, now_ms=now_ms, state=state, spent_mk=spent_mk, ended_at_ms=now_ms, progress=made, **asked
    )
    missing = max(row.jobs - len(results), 0)
    lost = {RemoteState.CANCELLED: "cancelled", RemoteState.EXPIRED: "expired"}.get(state, "faulted")
    counts = {"done": len(results), "faulted": 0, "cancelled": 0, "expired": 0} | {lost: missing}
    # Without its kind: what another horde made is not in the statistics of this one.
    tx.events.add(_EVENT_OF[state], request_id=row.id, account_id=row.account_id, now_ms=now_ms, body=counts)


def _priced(results: Sequence[JobResult], spent_mk: int) -> list[JobResult]:
    """Returns the results with what was paid dealt out over them, the remainder on the first."""
    if not results:
        return []
    each_mk, rest_mk = divmod(spent_mk, len(results))
    return [replace(one, price_mk=each_mk + (rest_mk if number == 0 else 0)) for number, one in enumerate(results)]


def _quoted(tx: Transaction, row: RemoteRequest, *, price_mk: int, now_ms: int) -> RemoteRequest:
    """Returns the row with the quote held."""
    if price_mk == row.price_mk:
        return row
    estimated = void(tx, hold_id=row.hold_id)
    quoted = hold(
        tx,
        hold_id=f"{row.id}:{row.attempts}",
        account_id=estimated.account_id,
        amount_mk=price_mk,
        expires_at_ms=estimated.expires_at_ms,
        now_ms=now_ms,
    )
    return replace(row, hold_id=quoted.hold_id, price_mk=price_mk)


def _open(tx: Transaction, request_id: str, *states: RemoteState) -> RemoteRequest | None:
    """Returns the row, to be changed, if it is in one of these states: whoever comes second does nothing."""
    row = take_remote(tx, request_id=request_id)
    return row if row is not None and row.state in states else None
