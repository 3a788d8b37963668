"""The rules of a party for what is asked in its thread."""

from bots.asked import Wish
from bots.grammar import Order
from bots.platform import PlatformEvent
from bots.replies import other_style_at_party, word_missing_at_party
from bots.store.parties import open_party_at
from core.domain.kinds.kind import Kind
from core.ports.store import ReadTransaction


def party_wish(tx: ReadTransaction, event: PlatformEvent, order: Order) -> Wish | None:
    """Returns what the party in this thread makes of an order for a picture; None where there is no party."""
    party = open_party_at(tx, platform=event.platform, place=event.place)
    if party is None or order.kind is not Kind.IMAGE:
        return None
    if party.style and order.style not in {None, party.style}:
        return Wish(refusal=other_style_at_party(theme=party.theme, style=party.style))
    prompt = order.prompt.casefold()
    if party.words and not any(word.casefold() in prompt for word in party.words):
        return Wish(refusal=word_missing_at_party(theme=party.theme, words=party.words))
    return Wish(style=party.style or None)
