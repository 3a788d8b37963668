"""What a text would cost, said before it is posted; and what is wrong with it, said beside the box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, assert_never

from bots import replies
from bots.commons.render import kudos_words
from bots.drafts import Terms, drafted
from bots.grammar import Command, NotForUs, Order, Parsed, Refusal, RefusalReason, parse
from bots.horde.port import SourcePicture
from bots.styles import StyleBook
from core.domain.kinds.kind import Kind
from core.domain.kinds.prices import price_mk
from core.domain.policy import QueuePolicy
from core.domain.requests import RequestDraft

_ABOUT: Final = SourcePicture(key="any", width_px=512, height_px=512)
"""A picture as most are here; which one an order is about is known when it is posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The price of a text, None if nothing is drawn for it; `trouble` says why it cannot be taken at all."""

    price_mk: int | None = None
    pictures: int = 0
    style: str = ""
    hint: str = ""
    trouble: str = ""

    def sentence(self, *, available_mk: int) -> str:
        """Returns the price and what would be left, in words."""
        if self.price_mk is None:
            return self.trouble or self.hint
        many = f" for {self.pictures} pictures" if self.pictures > 1 else ""
        left = kudos_words(available_mk - self.price_mk)
        return f"About {kudos_words(self.price_mk)} kudos{many}. You would have {left} then."


class PriceTag:
    """Prices texts by the same grammar, styles and formula that the desk goes by."""

    def __init__(self, *, handle: str, book: Callable[[], StyleBook], policy: QueuePolicy) -> None:
        """`book` returns the styles in use now, `policy` has the prices' numbers."""
        self._handle = handle
        self._book = book
        self._policy = policy

    @property
    def example_style(self) -> str:
        """A style to show people how to name one; empty if there is but the default."""
        book = self._book()
        return next((name for name in book.styles if name != book.default), "")

    def quote(self, text: str) -> Quote:
        """Returns what the text would cost. A style drawn by lot is priced by the first lot: the price is about."""
        book = self._book()
        asked = parse(text, handle=self._handle, styles=book.names)
        if isinstance(asked, Order):
            about = _ABOUT if asked.needs_picture else None
            made = drafted(asked, book=book, terms=Terms(limits=self._policy), source=about)
            return Quote(price_mk=price_mk(made.draft, self._policy), pictures=_pictures(made.draft), style=made.style)
        return _without_price(asked, handle=self._handle)


def _pictures(draft: RequestDraft) -> int:
    return draft.n if draft.kind is Kind.IMAGE else 1


def _without_price(asked: Parsed, *, handle: str) -> Quote:
    if isinstance(asked, Command):
        return Quote(hint="A command costs nothing.")
    if isinstance(asked, NotForUs):
        return Quote(hint=f"To have it drawn, write “@{handle} draw for me” before it; for a text, “@{handle} write”.")
    if isinstance(asked, Refusal):
        return Quote(trouble=trouble_words(asked, handle=handle))
    return Quote()


def trouble_words(refusal: Refusal, *, handle: str) -> str:
    """Returns what is wrong with a text and what to write instead, as the bot itself would say it."""
    match refusal.reason:
        case RefusalReason.MISSING_PROMPT:
            return replies.missing_prompt(handle, refusal.kind)
        case RefusalReason.UNKNOWN_STYLE:
            return replies.unknown_style(refusal.suggestions)
        case RefusalReason.BAD_VALUE:
            return replies.bad_value(refusal.key, next(iter(refusal.suggestions), refusal.key))
        case RefusalReason.ASKED_NOT_TO:
            return replies.asked_not_to()
        case _:
            assert_never(refusal.reason)
