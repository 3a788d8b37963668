"""The desk's own commands: each answers within the desk's transaction."""

from collections.abc import Callable, Mapping

from bots.asked import Answer, Asked, Told
from bots.desk.compose import words_of
from bots.drafts import TEXT_STOPS
from bots.grammar import CommandWord
from bots.horde.port import Horde
from bots.platform import PlatformEvent, Target, Visibility
from bots.replies import (
    balance,
    cancelled,
    deleted,
    help_text,
    more_words,
    no_more,
    nothing_before,
    nothing_to_vary,
    status_text,
    styles_text,
    too_late,
)
from bots.store.commissions import change_commission, commission, latest_commissions
from bots.store.outbox import post_of_remote, posts_of_commission
from bots.store.removals import add_removal
from bots.store.rows import Commission, CommissionState, OutboxState
from core.domain.errors import NotFound
from core.domain.ids import RequestId
from core.domain.kinds.kind import Kind
from core.domain.requests import RequestState
from core.ports.store import ReadTransaction, Transaction

ENDED_WELL = (CommissionState.FINISHED, CommissionState.ANSWERED)
REPEATABLE = (CommissionState.ACCEPTED, *ENDED_WELL, CommissionState.FAILED, CommissionState.CANCELLED)


def own_answers(horde: Horde, room_of: Callable[[str], int]) -> Mapping[CommandWord, Answer]:
    """Returns the answers to the commands that need nothing but the horde and the bots' rows.

    room_of: so many characters of a text fit into a post of a platform.
    """
    return {
        CommandWord.HELP: lambda _, asked: Told(text=help_text(asked.handle)),
        CommandWord.STYLES: lambda _, asked: Told(text=_styles(asked)),
        CommandWord.STATUS: lambda tx, asked: Told(text=_status(tx, asked, horde)),
        CommandWord.CANCEL: lambda tx, asked: Told(text=_cancel(tx, asked, horde)),
        CommandWord.KUDOS: lambda tx, asked: Told(text=_kudos(tx, asked, horde), private=True),
        CommandWord.DELETE: lambda tx, asked: Told(text=_delete(tx, asked)),
        # An order that could be repeated was read as that order before the transaction.
        CommandWord.AGAIN: lambda *_: Told(text=nothing_before()),
        CommandWord.VARY: lambda *_: Told(text=nothing_to_vary()),
        CommandWord.MORE: lambda tx, asked: _more(tx, asked, horde, room_of(asked.event.platform)),
    }


def meant(
    tx: ReadTransaction | Transaction,
    *,
    event: PlatformEvent,
    states: tuple[CommissionState, ...],
    kinds: tuple[Kind, ...] = tuple(Kind),
) -> Commission | None:
    """Returns the author's commission that the event is about: the one it replies to, else the newest."""
    if event.in_reply_to is not None:
        row = post_of_remote(tx, platform=event.platform, remote_id=event.in_reply_to)
        replied = commission(tx, commission_id=row.commission_id) if row else None
        is_own = replied is not None and replied.author_id == event.author.external_id
        if replied is not None and is_own and replied.state in states and replied.kind in kinds:
            return replied
    newest = latest_commissions(
        tx, platform=event.platform, author_id=event.author.external_id, states=states, kinds=kinds, limit=1
    )
    return newest[0] if newest else None


def _looked_after(tx: Transaction, event: PlatformEvent) -> Commission | None:
    """Returns the commission whose post a moderator of the community replies to, whoever asked for it."""
    if not event.by_moderator or event.in_reply_to is None:
        return None
    row = post_of_remote(tx, platform=event.platform, remote_id=event.in_reply_to)
    found = commission(tx, commission_id=row.commission_id) if row else None
    return found if found is not None and found.state in ENDED_WELL else None


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
        return cancelled(found=False)
    request_id = RequestId(found.request_id)
    # The commission ends with the request's own event: what is finished by then was paid and is handed over.
    owner = horde.status(tx, request_id=request_id, now_ms=asked.now_ms).account_id  # a pot's, perhaps
    status = horde.cancel(tx, request_id=request_id, account_id=owner, now_ms=asked.now_ms)
    if status.state is RequestState.DONE:
        return too_late()
    return cancelled(found=True)


def _more(tx: Transaction, asked: Asked, horde: Horde, room: int) -> Told:
    found = meant(tx, event=asked.event, states=ENDED_WELL, kinds=(Kind.TEXT, Kind.ALCHEMY))
    if found is None or found.request_id is None or not found.told_chars:
        return Told(text=no_more())
    try:
        status = horde.status(tx, request_id=RequestId(found.request_id), now_ms=asked.now_ms)
    except NotFound:
        return Told(text=no_more())
    words = words_of(status, stops=TEXT_STOPS)
    text, told_chars = more_words(words, told_chars=found.told_chars, chars_max=room)
    change_commission(tx, commission_id=found.id, state=found.state, now_ms=asked.now_ms, told_chars=told_chars)
    private = found.private or found.visibility is Visibility.DIRECT
    return Told(text=text, private=private, is_made=told_chars > found.told_chars)


def _kudos(tx: Transaction, asked: Asked, horde: Horde) -> str:
    account = horde.account(tx, platform=asked.event.platform, author=asked.event.author, now_ms=asked.now_ms)
    return balance(handle=account.handle, available_mk=account.available_mk, held_mk=account.held_mk)


def _delete(tx: Transaction, asked: Asked) -> str:
    found = _looked_after(tx, asked.event) or meant(tx, event=asked.event, states=ENDED_WELL)
    rows = posts_of_commission(tx, commission_id=found.id) if found else ()
    posted = [row for row in rows if row.state is OutboxState.SENT and row.target in {Target.REPLY, Target.SHOWCASE}]
    for row in posted:
        add_removal(tx, row, by=asked.mine.id, now_ms=asked.now_ms)
    return deleted(found=bool(posted))
