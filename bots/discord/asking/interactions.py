"""What an interaction means: an event in the one grammar's words, or something that is answered on the spot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bots.discord.asking.commands import MODEL, SLASH, STYLE, USER_MENU, words_of
from bots.discord.asking.controls import (
    AGAIN,
    DELETE,
    EDIT,
    UP,
    VARY,
    TipAbout,
    edit_modal,
    filled_in,
    is_edit,
    pressed,
    tip_about,
    tip_modal,
)
from bots.discord.asking.controls import DOWN as THUMB_DOWN
from bots.discord.known import Earlier, Known
from bots.discord.parse import (
    About,
    Interaction,
    Place,
    author_of,
    pictures_of,
    place_of,
    press_vote,
    words_event,
)
from bots.platform import EventKind, PlatformEvent
from core.domain.kinds.kind import Kind

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SENT = 2, 3, 4, 5
MESSAGE, THINKING, NOTHING_SEEN, CHOICES, MODAL = 4, 5, 6, 8, 9
EPHEMERAL: Final = 1 << 6
SOMEONE_ELSES: Final = "This is someone else's picture. Ask for one of your own: /draw"
_ORDERS = re.compile(r"\s*(?:please\s+)?(?:draw|paint|imagine|sketch|write)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An event to be stored. told: what its author reads once it is; "" where an answer follows."""

    event: PlatformEvent
    told: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The interaction's one response, at once: Discord's type and data."""

    kind: int
    data: Mapping[str, Any]


Meaning: TypeAlias = News | Reply | None


def whisper(text: str) -> Reply:
    """Returns a response that its author alone sees."""
    return Reply(kind=MESSAGE, data={"content": text, "flags": EPHEMERAL, "allowed_mentions": {"parse": []}})


class Meanings:
    """Reads interactions. Without `known` there are no suggestions, and orders cannot be changed in a form."""

    def __init__(self, *, known: Known | None, handle: str) -> None:
        """Hold what is known; handle: how we are called in the grammar."""
        self._known = known
        self._handle = handle

    def matters(self, event: PlatformEvent) -> bool:
        """Tells whether a reaction is worth a row: a vote, or a mark that means something to us."""
        return event.kind is not EventKind.REACTION or self._known is None or self._known.counts(event.mark)

    async def of(self, asked: Interaction, *, me: int) -> Meaning:
        """Returns what the interaction means, None where it is not ours; me: our own id."""
        match asked.kind:
            case 2:
                return await self._command(asked, me)
            case 3:
                return await self._press(asked)
            case 4:
                return await self._choices(asked)
            case 5:
                return self._sent(asked)
            case _:
                return None

    async def _command(self, asked: Interaction, me: int) -> Meaning:
        given = asked.given
        kind, name, resolved = int(given.get("type", SLASH)), str(given["name"]), given.get("resolved") or {}
        if kind == SLASH:
            options: Sequence[Mapping[str, Any]] = given.get("options", ())
            about = About(
                pictures=pictures_of(resolved.get("attachments", {}).values()),
                author=next((author_of(one) for one in resolved.get("users", {}).values()), None),
            )
            return News(event=words_event(asked, words_of(name, options), about=about))
        target = str(given["target_id"])
        if kind == USER_MENU:
            return _tip(TipAbout(place=None, author=author_of(resolved["users"][target])))
        message = resolved["messages"][target]
        about = _about(message, channel_id=asked.place.channel_id)
        if name == "Describe picture":
            if not about.pictures:
                return whisper("There is no picture in that message. Choose one with a picture, or use /read.")
            return News(event=words_event(asked, "describe", about=about))
        if name == "Tip author" and about.author is not None:
            return _tip(TipAbout(place=about.place, author=about.author))
        if about.author is not None and about.author.external_id == str(me):
            return await self._again(asked, about)
        return self._as_said(asked, str(message.get("content") or ""), me)

    async def _press(self, asked: Interaction) -> Meaning:
        button = pressed(str(asked.given.get("custom_id", "")))
        if button is None or asked.message.place is None:
            return None
        about = await self._shown(asked, button.outbox_id)
        if about.place is not None and button.word in {UP, THUMB_DOWN}:
            value = 1 if button.word == UP else -1
            told = "Your 👍 counts, thank you." if value > 0 else "Your 👎 counts. Results far down are hidden."
            return News(event=press_vote(asked, on=about.place, value=value), told=told)
        is_owner = button.owner_id == asked.author.external_id
        if button.word == EDIT:
            return await self._edit(asked, about)
        if button.word == AGAIN:
            return await self._again(asked, about)
        may_delete = is_owner or asked.by_moderator
        if (button.word == DELETE and not may_delete) or (button.word == VARY and not is_owner):
            return whisper(SOMEONE_ELSES)
        return News(event=words_event(asked, button.word, about=About(place=about.place)))

    async def _again(self, asked: Interaction, about: About) -> Meaning:
        """One's own order once more; what everyone may see, anyone may have made for themselves."""
        earlier = await self._earlier(about)
        if earlier is None or earlier.author_id == asked.author.external_id:
            return News(event=words_event(asked, AGAIN, about=About(place=about.place)))
        if not earlier.is_public:
            return whisper(SOMEONE_ELSES)
        return News(event=words_event(asked, earlier.words))

    async def _edit(self, asked: Interaction, about: About) -> Meaning:
        earlier = await self._earlier(about)
        if earlier is None:
            return whisper("I find no order that this came of. Write a new one: /draw")
        if earlier.author_id != asked.author.external_id and not earlier.is_public:
            return whisper(SOMEONE_ELSES)
        words = earlier.words.replace(f"@{self._handle}", "").strip()
        return Reply(kind=MODAL, data=edit_modal(on=str(about.place or ""), words=words))

    def _as_said(self, asked: Interaction, text: str, me: int) -> Meaning:
        text = text.replace(f"<@{me}>", "").replace(f"<@!{me}>", "").strip()
        if not text:
            return whisper("There are no words in that message that I could draw. Write your own: /draw")
        # Never as a command: who is shown someone's "forget me" wants it drawn.
        return News(event=words_event(asked, text if _ORDERS.match(text) else f"draw for me {text}"))

    def _sent(self, asked: Interaction) -> Meaning:
        custom_id, fields = str(asked.given.get("custom_id", "")), filled_in(asked.given.get("components", ()))
        if is_edit(custom_id):
            order = fields.get("order", "").strip()
            return News(event=words_event(asked, order if _ORDERS.match(order) else f"draw for me {order}"))
        tip = tip_about(custom_id)
        if tip is None:
            return None
        amount = fields.get("amount", "").strip()
        if not amount.replace(".", "", 1).replace(",", "").isdecimal():
            return whisper("How many kudos? Write a number, such as 10.")
        return News(event=words_event(asked, f"tip {amount}", about=About(place=tip.place, author=tip.author)))

    async def _choices(self, asked: Interaction) -> Meaning:
        focused = next((one for one in asked.given.get("options", ()) if one.get("focused")), None)
        names: Sequence[str] = ()
        if focused is not None and self._known is not None:
            begun = str(focused.get("value") or "")
            if focused["name"] == STYLE:
                names = await self._known.styles(begun)
            elif focused["name"] == MODEL:
                kind = Kind.TEXT if asked.given.get("name") == "write" else Kind.IMAGE
                names = await self._known.models(begun, kind=kind)
        return Reply(kind=CHOICES, data={"choices": [{"name": name, "value": name} for name in names]})

    async def _earlier(self, about: About) -> Earlier | None:
        return await self._known.order_of(str(about.place)) if self._known and about.place else None

    async def _shown(self, asked: Interaction, outbox_id: str) -> About:
        """Returns the message under which a button is; one that its reader alone sees is known by its outbox row."""
        if asked.message_is_ephemeral and outbox_id and self._known is not None:
            place = place_of(await self._known.remote_of(outbox_id) or "")
            return About(place=place or asked.message.place)
        return asked.message


def _tip(about: TipAbout) -> Reply:
    return Reply(kind=MODAL, data=tip_modal(about))


def _about(message: Mapping[str, Any], *, channel_id: int) -> About:
    """Returns what a menu was opened on; pictures that a message only links count as well."""
    linked = [one.get("image") or one.get("thumbnail") for one in message.get("embeds", ())]
    pictures = [*message.get("attachments", ()), *(one for one in linked if one)]
    return About(
        place=Place(channel_id=channel_id, id=int(message["id"])),
        author=author_of(message["author"]),
        pictures=pictures_of(pictures),
    )
