"""An event is read before the desk's transaction: what it asks for, of which picture, and whether that is allowed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias

from bots.asked import Wish, Wishes
from bots.desk.commands import REPEATABLE, meant
from bots.desk.sources import answered, is_of_others, kept, kept_before, latest, source_of, wants_picture
from bots.drafts import Drafted, Terms, drafted
from bots.grammar import Command, CommandWord, NotForUs, Order, Parsed, Refusal, parse
from bots.horde.port import Horde, SourcePicture
from bots.platform import Attachment, EventKind, Parent, Picture, Platform, PlatformEvent
from bots.replies import no_picture, picture_refused, without_source
from bots.store.inbox import SUMMONING
from bots.store.rows import InboxRow
from bots.styles import StyleShelf
from core.domain.errors import InvalidRequest, NotFound
from core.domain.kinds.kind import Kind
from core.domain.moderation import ALLOWED, Verdict
from core.domain.requests import RequestDraft
from core.domain.styles import NEGATIVE_MARK
from core.ports.store import ReadTransaction, UnitOfWork

ABOUT_PARENTS: Final = frozenset({CommandWord.TIP})
"""Commands about the post that they answer."""
REPEATING: Final = frozenset({CommandWord.AGAIN, CommandWord.VARY})
VARY_STRENGTH: Final = 0.5
"""How much of a picture a variation changes."""

Served: TypeAlias = Mapping[Kind, Sequence[str]]
Source: TypeAlias = Attachment | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An event as it was read before the transaction.

    order_text: what `again` repeats. refusal: why the order cannot be taken, "" if it can. instead: what is made where
    nobody can start from the picture. source: the picture that it works on, as the commission keeps it.
    """

    row: InboxRow
    parsed: Parsed
    order_text: str = ""
    drafted: Drafted | None = None
    instead: Drafted | None = None
    source: str = ""
    verdict: Verdict | None = None
    parent: Parent | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """An order with the words that make it; source: the picture that it is known to work on."""

    order: Order
    text: str
    source: Source | None = None
    can_do_without: bool = False


class Reader:
    """Reads events; asks the platform, the styles and our rows, never the horde's queue."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        horde: Horde,
        shelf: StyleShelf,
        platforms: Mapping[str, Platform],
        wishes: Sequence[Wishes],
        text_model: str,
    ) -> None:
        """Hold the ports; wishes: of rooms that have a say in orders; text_model: of those who name none."""
        self._uow = uow
        self._horde = horde
        self._shelf = shelf
        self._platforms = platforms
        self._wishes = wishes
        self._text_model = text_model

    def parsed(self, event: PlatformEvent) -> Parsed:
        """Returns what the event's text asks for; nothing but its text is needed for that."""
        if event.kind not in SUMMONING or event.author.is_bot:
            return NotForUs()
        return self._parse(event, event.text, direct=event.kind is EventKind.DIRECT)

    @staticmethod
    def looks_outside(event: PlatformEvent, parsed: Parsed) -> bool:
        """Tells whether `read` may have to wait for a platform or for a picture."""
        if isinstance(parsed, Order):
            return wants_picture(event, parsed)
        return isinstance(parsed, Command) and parsed.word in ABOUT_PARENTS | REPEATING

    async def read(self, row: InboxRow, parsed: Parsed, served: Served) -> Reading:
        """Returns what the desk has to know of the event before it deals with it.

        Raises PlatformDown or Unavailable where what it is about cannot be got at just now.
        """
        event = row.event
        wanted: _Wanted | Parsed = parsed
        if isinstance(parsed, Order):
            wanted = _Wanted(order=parsed, text=event.text)
        elif isinstance(parsed, Command) and parsed.word is CommandWord.AGAIN:
            wanted = await self._again(event, parsed)
        elif isinstance(parsed, Command) and parsed.word is CommandWord.VARY:
            wanted = await self._vary(event, parsed)
        if isinstance(wanted, _Wanted):
            return await self._order(row, wanted, served)
        wants_parent = isinstance(parsed, Command) and parsed.word in ABOUT_PARENTS
        parent = await self._platforms[event.platform].parent(event) if wants_parent else None
        return Reading(row=row, parsed=wanted, parent=parent)

    async def _again(self, event: PlatformEvent, command: Command) -> _Wanted | Command | Refusal:
        earlier = await self._uow.read(partial(meant, event=event, states=REPEATABLE))
        if earlier is None:
            return command
        wanted = self._repeated(event, command, earlier.order_text)
        return replace(wanted, source=kept_before(earlier.source)) if isinstance(wanted, _Wanted) else wanted

    async def _vary(self, event: PlatformEvent, command: Command) -> _Wanted | Command | Refusal:
        found = await self._uow.read(lambda tx: answered(tx, event) or latest(tx, event, kinds=(Kind.IMAGE,)))
        if found is None or found.commission.kind is not Kind.IMAGE:
            return command
        wanted = self._repeated(event, command, found.commission.order_text)
        if not isinstance(wanted, _Wanted):
            return wanted
        order = replace(wanted.order, strength=wanted.order.strength or VARY_STRENGTH, refers="")
        return replace(wanted, order=order, source=found.picture, can_do_without=True)

    def _repeated(self, event: PlatformEvent, command: Command, text: str) -> _Wanted | Command | Refusal:
        """Returns an earlier order with another seed and with what is said now, which holds over what was said."""
        earlier = self._parse(event, text, direct=True)
        text = f"{text}\n{command.argument}" if command.argument else text
        again = self._parse(event, text, direct=True)
        if not isinstance(earlier, Order) or not isinstance(again, Order):
            return again if isinstance(again, Refusal) else command
        if again.overrides.seed == earlier.overrides.seed:
            again = replace(again, overrides=replace(again.overrides, seed=None))
        return _Wanted(order=again, text=text)

    async def _order(self, row: InboxRow, wanted: _Wanted, served: Served) -> Reading:
        event, order, source = row.event, wanted.order, wanted.source
        wish = await self._wish(event, order)
        if wish.refusal:
            return Reading(row=row, parsed=order, refusal=wish.refusal)
        platform = self._platforms[event.platform]
        order = replace(order, style=wish.style or order.style)
        if source is None and wants_picture(event, order):
            source = await source_of(event, order, uow=self._uow, platform=platform)
        if source is None and order.needs_picture:
            return Reading(row=row, parsed=order, refusal=no_picture(platform.handle))
        if source is None and order.prompt != order.refers:
            order = replace(order, prompt=f"{order.refers}{order.prompt}")
        try:
            taken = None if source is None else await self._horde.source(source)
        except (InvalidRequest, NotFound) as error:
            return Reading(row=row, parsed=order, refusal=picture_refused(error))
        terms = Terms(
            limits=self._horde.limits,
            served=served,
            text_model=self._text_model,
            most=platform.capabilities.media_max,
            nsfw=(event.place_nsfw or platform.capabilities.nsfw_allowed) and not is_of_others(source, event),
            chance=_chance(row.id),
        )
        return self._drafted(row, replace(wanted, order=order, source=source), terms, taken)

    def _drafted(self, row: InboxRow, wanted: _Wanted, terms: Terms, taken: SourcePicture | None) -> Reading:
        order, book = wanted.order, self._shelf.book
        made = drafted(order, book=book, terms=terms, source=taken)
        instead = None
        if wanted.can_do_without:
            plain = drafted(order, book=book, terms=terms)
            instead = replace(plain, notes=(*plain.notes, without_source()))
        return Reading(
            row=row,
            parsed=order,
            order_text=wanted.text,
            drafted=made,
            instead=instead,
            source=kept(wanted.source),
            verdict=self._verdict(order, made.draft),
        )

    def _verdict(self, order: Order, draft: RequestDraft) -> Verdict:
        match order.kind:
            case Kind.IMAGE:
                return self._horde.screen(draft.prompt.partition(NEGATIVE_MARK)[0])
            case Kind.TEXT:
                return self._horde.screen(order.prompt)
            case Kind.ALCHEMY:
                return ALLOWED

    async def _wish(self, event: PlatformEvent, order: Order) -> Wish:
        """Returns what the first room that has something to say makes of the order."""

        def ask(tx: ReadTransaction) -> Wish:
            return next((wish for look in self._wishes if (wish := look(tx, event, order))), Wish())

        has_a_say = self._wishes and event.place and order.kind is Kind.IMAGE
        return await self._uow.read(ask) if has_a_say else Wish()

    def _parse(self, event: PlatformEvent, text: str, *, direct: bool) -> Parsed:
        handle = self._platforms[event.platform].handle
        return parse(text, handle=handle, styles=self._shelf.book.names, direct=direct)


def _chance(row_id: str) -> int:
    """Returns a number for what is left to chance; the same however often the row is read."""
    return int.from_bytes(hashlib.sha256(row_id.encode()).digest()[:4], "big")
