"""An event is read before the desk's transaction: what it asks for, and whether that is allowed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bots.asked import Wish, Wishes
from bots.desk.commands import REPEATABLE, meant
from bots.grammar import Command, CommandWord, NotForUs, Order, Parsed, parse
from bots.horde.port import Horde
from bots.platform import EventKind, Parent, Platform, PlatformEvent
from bots.store.inbox import SUMMONING
from bots.store.rows import InboxRow
from bots.styles import StyleShelf, draft_of
from core.domain.moderation import Verdict
from core.domain.requests import RequestDraft
from core.domain.styles import NEGATIVE_MARK
from core.ports.store import ReadTransaction, UnitOfWork

ABOUT_PARENTS: Final = frozenset({CommandWord.TIP})
"""Commands about the post that they answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An event as it was read before the transaction.

    order_text: what `again` repeats. refusal: why a room refuses the order, "" if none does.
    """

    row: InboxRow
    parsed: Parsed
    order_text: str = ""
    style: str = ""
    style_version: str = ""
    draft: RequestDraft | None = None
    verdict: Verdict | None = None
    parent: Parent | None = None
    refusal: str = ""


class Reader:
    """Reads events; asks the platform and the styles, never the horde's queue."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        horde: Horde,
        shelf: StyleShelf,
        platforms: Mapping[str, Platform],
        wishes: Sequence[Wishes],
    ) -> None:
        """Hold the ports; wishes: of rooms that have a say in orders."""
        self._uow = uow
        self._horde = horde
        self._shelf = shelf
        self._platforms = platforms
        self._wishes = wishes

    async def read(self, row: InboxRow) -> Reading:
        """Returns what the desk has to know of the event before it deals with it."""
        event = row.event
        if event.kind not in SUMMONING or event.author.is_bot:
            return Reading(row=row, parsed=NotForUs())
        parsed = self._parse(event, event.text)
        text = event.text
        if isinstance(parsed, Command) and parsed.word is CommandWord.AGAIN:
            earlier = await self._uow.read(partial(meant, event=event, states=REPEATABLE))
            again = self._parse(event, earlier.order_text) if earlier else parsed
            if earlier and isinstance(again, Order):
                text = earlier.order_text
                parsed = replace(again, overrides=replace(again.overrides, seed=None))
        if not isinstance(parsed, Order):
            wants_parent = isinstance(parsed, Command) and parsed.word in ABOUT_PARENTS
            parent = await self._platforms[event.platform].parent(event) if wants_parent else None
            return Reading(row=row, parsed=parsed, parent=parent)
        wish = await self._wish(event, parsed)
        if wish.refusal:
            return Reading(row=row, parsed=parsed, refusal=wish.refusal)
        parsed = replace(parsed, style=wish.style or parsed.style)
        book = self._shelf.book
        chance = _chance(row.id)
        style = book.choose(parsed.style or book.default, chance=chance)
        allowed = event.place_nsfw or self._platforms[event.platform].capabilities.nsfw_allowed
        nsfw = parsed.overrides.nsfw and allowed
        draft = draft_of(
            book,
            style,
            prompt=parsed.prompt,
            negative=parsed.negative,
            overrides=replace(parsed.overrides, nsfw=nsfw),
            chance=chance,
        )
        return Reading(
            row=row,
            parsed=parsed,
            order_text=text,
            style=style.name,
            style_version=book.version,
            draft=draft,
            verdict=self._horde.screen(draft.prompt.partition(NEGATIVE_MARK)[0]),
        )

    async def _wish(self, event: PlatformEvent, order: Order) -> Wish:
        """Returns what the first room that has something to say makes of the order."""

        def ask(tx: ReadTransaction) -> Wish:
            return next((wish for look in self._wishes if (wish := look(tx, event, order))), Wish())

        return await self._uow.read(ask) if self._wishes and event.place else Wish()

    def _parse(self, event: PlatformEvent, text: str) -> Parsed:
        handle = self._platforms[event.platform].handle
        return parse(text, handle=handle, styles=self._shelf.book.names, direct=event.kind is EventKind.DIRECT)


def _chance(row_id: str) -> int:
    """Returns a number for what is left to chance; the same however often the row is read."""
    return int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:4], "big")
