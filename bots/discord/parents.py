"""Whose post a summons answers, as far as Discord lets a bot see it."""

from __future__ import annotations

from bots.discord.client import NobodyKnows, NotTaken, SaidNo
from bots.discord.parse import author_of, pictures_of, place_of
from bots.discord.rest import Rest
from bots.platform import Author, Parent, PlatformDown, PlatformEvent


async def parent_of(event: PlatformEvent, rest: Rest) -> Parent | None:
    """Returns the message or the person that the event is about; a menu or a command has told who that is."""
    told = event.raw.get("parent_author")
    if told:
        name, is_bot = event.raw.get("parent_name", told), "parent_is_bot" in event.raw
        author = Author(external_id=told, display_name=name, is_bot=is_bot)
        return Parent(remote_id=event.in_reply_to or f"person.{told}", author=author, pictures=event.attachments)
    place = place_of(event.in_reply_to or "")
    if place is None:
        return None
    try:
        raw = await (rest.whole_answer(place) if place.token else rest.message(place))
    except SaidNo:
        return None
    except (NotTaken, NobodyKnows) as error:
        raise PlatformDown(str(error)) from error
    return Parent(
        remote_id=str(place),
        author=author_of(raw["author"]),
        text=str(raw.get("content") or ""),
        pictures=pictures_of(raw.get("attachments", ())),
    )
