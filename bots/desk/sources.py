"""The picture that an order works on: attached, answered, or the author's own latest; found before the transaction."""

from dataclasses import dataclass

import msgspec

from bots.grammar import Order
from bots.platform import Attachment, Picture, Platform, PlatformEvent, Target, Visibility
from bots.store.commissions import commission, latest_commissions
from bots.store.outbox import post_of_remote, posts_of_commission
from bots.store.rows import Commission, CommissionState
from core.domain.kinds.alchemy import READING_FORMS
from core.domain.kinds.kind import Kind
from core.ports.store import ReadTransaction, Transaction, UnitOfWork

LOOKED_AT = 5
"""So many of someone's latest results are looked through for a picture."""
_ENDED = (CommissionState.FINISHED, CommissionState.ANSWERED)
_SEEN_BY_ALL = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture of ours with the commission that it was made for."""

    commission: Commission
    picture: Picture


def kept(source: Attachment | Picture | None) -> str:
    """Returns the picture's place as a commission keeps it."""
    return "" if source is None else msgspec.json.encode(source).decode()


def kept_before(text: str) -> Attachment | Picture | None:
    """Returns the picture that a commission worked on."""
    if not text:
        return None
    is_ours = "key" in msgspec.json.decode(text)
    return msgspec.json.decode(text, type=Picture) if is_ours else msgspec.json.decode(text, type=Attachment)


def wants_picture(event: PlatformEvent, order: Order) -> bool:
    """Tells whether the order works on a picture, if there is one: words that point at one are not always meant so."""
    if order.kind is Kind.TEXT:
        return False
    named = order.needs_picture or bool(order.refers) or order.strength is not None
    return named or _attached(event) is not None


def answered(tx: ReadTransaction | Transaction, event: PlatformEvent) -> Shown | None:
    """Returns the picture of ours in the post that the event answers, if its author may see it."""
    row = post_of_remote(tx, platform=event.platform, remote_id=event.in_reply_to) if event.in_reply_to else None
    found = commission(tx, commission_id=row.commission_id) if row else None
    if row is None or found is None or not row.post.media:
        return None
    own = found.author_id == event.author.external_id and found.platform == event.platform
    seen_by_all = not found.private and row.post.visibility in _SEEN_BY_ALL
    return Shown(commission=found, picture=row.post.media[0]) if own or seen_by_all else None


def latest(tx: ReadTransaction | Transaction, event: PlatformEvent, *, kinds: tuple[Kind, ...]) -> Shown | None:
    """Returns the newest picture that was made for the event's author."""
    newest = latest_commissions(
        tx, platform=event.platform, author_id=event.author.external_id, states=_ENDED, limit=LOOKED_AT
    )
    for found in newest:
        rows = posts_of_commission(tx, commission_id=found.id) if found.kind in kinds else ()
        media = next((row.post.media for row in rows if row.target is Target.REPLY), ())
        if media:
            return Shown(commission=found, picture=media[0])
    return None


async def source_of(
    event: PlatformEvent, order: Order, *, uow: UnitOfWork, platform: Platform
) -> Attachment | Picture | None:
    """Returns the picture that the order works on: the attached one, else that of the post it answers.

    Who answers nothing and wants a picture changed means their latest. Raises PlatformDown.
    """
    attached = _attached(event)
    if attached is not None:
        return attached
    if event.in_reply_to is not None:
        ours = await uow.read(lambda tx: answered(tx, event))
        if ours is not None:
            return ours.picture
    parent = await platform.parent(event)
    if parent is not None and parent.pictures:
        return parent.pictures[0]
    if event.in_reply_to is not None or not order.needs_picture or READING_FORMS.intersection(order.forms):
        return None
    own = await uow.read(lambda tx: latest(tx, event, kinds=(Kind.IMAGE, Kind.ALCHEMY)))
    return own.picture if own else None


def is_of_others(source: Attachment | Picture | None, event: PlatformEvent) -> bool:
    """Tells whether the picture was put there by neither the author of the event nor us."""
    return isinstance(source, Attachment) and source not in event.attachments


def _attached(event: PlatformEvent) -> Attachment | None:
    pictures = (one for one in event.attachments if one.content_type.startswith("image/") or not one.content_type)
    return next(pictures, None)
