"""The commands: what someone can ask of the desk besides a picture; each answers within the desk's transaction."""

from dataclasses import dataclass
from typing import assert_never

from bots.desk.compose import removal_of
from bots.grammar import Command, CommandWord
from bots.horde.port import Horde
from bots.platform import PlatformEvent, Target
from bots.replies import (
    balance,
    cancelled,
    deleted,
    help_text,
    nothing_before,
    status_text,
    styles_text,
    too_late,
)
from bots.store.commissions import commission, latest_commissions
from bots.store.outbox import add_post, post_of_remote, posts_of_commission
from bots.store.rows import Commission, CommissionState, OutboxState
from bots.styles import StyleBook
from core.domain.ids import AccountId, RequestId
from core.domain.requests import RequestState
from core.ports.store import ReadTransaction, Transaction

ENDED_WELL = (CommissionState.FINISHED, CommissionState.ANSWERED)
REPEATABLE = (CommissionState.ACCEPTED, *ENDED_WELL, CommissionState.FAILED, CommissionState.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command with who asked it where. mine: the command's own commission."""

    command: Command
    event: PlatformEvent
    mine: Commission
    handle: str
    book: StyleBook
    now_ms: int


def answer_command(tx: Transaction, asked: Asked, horde: Horde) -> str:
    """Does what the command says and returns the reply's text."""
    word = asked.command.word
    match word:
        case CommandWord.HELP:
            return help_text(asked.handle)
        case CommandWord.STYLES:
            return _styles(asked)
        case CommandWord.STATUS:
            return _status(tx, asked, horde)
        case CommandWord.CANCEL:
            return _cancel(tx, asked, horde)
        case CommandWord.KUDOS:
            return _kudos(tx, asked, horde)
        case CommandWord.DELETE:
            return _delete(tx, asked)
        case CommandWord.AGAIN:
            # An order that could be repeated was read as that order before this transaction.
            return nothing_before()
        case _:
            assert_never(word)


def meant(
    tx: ReadTransaction | Transaction, *, event: PlatformEvent, states: tuple[CommissionState, ...]
) -> Commission | None:
    """Returns the author's commission that the event is about: the one it replies to, else the newest."""
    if event.in_reply_to is not None:
        row = post_of_remote(tx, platform=event.platform, remote_id=event.in_reply_to)
        replied = commission(tx, commission_id=row.commission_id) if row else None
        if replied is not None and replied.author_id == event.author.external_id and replied.state in states:
            return replied
    newest = latest_commissions(tx, platform=event.platform, author_id=event.author.external_id, states=states, limit=1)
    return newest[0] if newest else None


def _styles(asked: Asked) -> str:
    word = asked.command.argument.casefold()
    book = asked.book
    return styles_text(
        styles={name: style.note for name, style in book.styles.items() if word in name.casefold()},
        categories=[name for name in book.categories if word in name.casefold()],
        word=word,
        nearest=book.names.nearest(word) if word else (),
    )


def _status(tx: Transaction, asked: Asked, horde: Horde) -> str:
    found = meant(tx, event=asked.event, states=(CommissionState.ACCEPTED,))
    if found is None or found.request_id is None:
        return status_text(None, prompt="")
    status = horde.status(tx, request_id=RequestId(found.request_id), now_ms=asked.now_ms)
    return status_text(status, prompt=found.prompt)


def _cancel(tx: Transaction, asked: Asked, horde: Horde) -> str:
    found = meant(tx, event=asked.event, states=(CommissionState.ACCEPTED,))
    if found is None or found.request_id is None or found.account_id is None:
        return cancelled(found=False, balance_mk=0)
    owner = AccountId(found.account_id)
    # The commission ends with the request's own event: what is finished by then was paid and is handed over.
    status = horde.cancel(tx, request_id=RequestId(found.request_id), account_id=owner, now_ms=asked.now_ms)
    if status.state is RequestState.DONE:
        return too_late()
    account = horde.account_now(tx, account_id=owner)
    return cancelled(found=True, balance_mk=account.available_mk if account else 0)


def _kudos(tx: Transaction, asked: Asked, horde: Horde) -> str:
    account = horde.account(tx, platform=asked.event.platform, author=asked.event.author, now_ms=asked.now_ms)
    return balance(handle=account.handle, available_mk=account.available_mk, held_mk=account.held_mk)


def _delete(tx: Transaction, asked: Asked) -> str:
    found = meant(tx, event=asked.event, states=ENDED_WELL)
    rows = posts_of_commission(tx, commission_id=found.id) if found else ()
    posted = [row for row in rows if row.state is OutboxState.SENT and row.target in {Target.REPLY, Target.SHOWCASE}]
    for row in posted:
        add_post(tx, post=removal_of(row, by=asked.mine), now_ms=asked.now_ms)
    return deleted(found=bool(posted))
