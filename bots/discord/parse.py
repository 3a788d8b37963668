"""What happens on Discord as the platform's events, and where an event is, as text that lasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bots.platform import Attachment, Author, EventKind, PlatformEvent, Visibility

PLATFORM: Final = "discord"
UP: Final = frozenset({"👍", "❤️", "⭐"})
DOWN: Final = frozenset({"👎"})
TOKEN_LIVES_MS: Final = 14 * 60_000
"""How long an interaction is answered by its token: Discord's 15 minutes, less what a slow call may take."""
_EPOCH_MS: Final = 1_420_070_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a message is, or an interaction (then with its token). As text it is an event's `remote_id`."""

    channel_id: int
    id: int
    token: str = ""

    def __str__(self) -> str:
        return f"{self.channel_id}.{self.id}.{self.token}" if self.token else f"{self.channel_id}.{self.id}"

    @property
    def at_ms(self) -> int:
        """When it was made: ids tell the time."""
        return made_ms(self.id)


def place_of(remote_id: str) -> Place | None:
    """Returns where that is, None if it is no place on Discord."""
    channel, _, rest = remote_id.partition(".")
    number, _, token = rest.partition(".")
    if not (channel.isdecimal() and number.isdecimal()):
        return None
    return Place(channel_id=int(channel), id=int(number), token=token)


def made_ms(snowflake: int) -> int:
    """Returns when this id was given out."""
    return (snowflake >> 22) + _EPOCH_MS


def first_id_at(at_ms: int) -> int:
    """Returns the smallest id of that time."""
    return max(at_ms - _EPOCH_MS, 0) << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message as the gateway or the listing tells it. calls: the ids of those it mentions.

    thread: the thread's id as text, "" outside of any. by_moderator: its author may take others' messages away there.
    """

    place: Place
    author: Author
    text: str
    guild_id: int | None
    is_nsfw: bool
    calls: frozenset[int]
    answers: Place | None = None
    pictures: tuple[Attachment, ...] = ()
    thread: str = ""
    by_moderator: bool = False


def message_event(written: Written, *, me: int, handle: str) -> PlatformEvent | None:
    """Returns the event of a message that mentions us or was written to us alone; None for all others."""
    is_direct = written.guild_id is None
    if written.author.external_id == str(me) or not (is_direct or me in written.calls):
        return None
    text = written.text
    for mention in (f"<@{me}>", f"<@!{me}>"):
        text = text.replace(mention, f"@{handle}")
    return PlatformEvent(
        platform=PLATFORM,
        event_id=f"m{written.place.id}",
        kind=EventKind.DIRECT if is_direct else EventKind.MENTION,
        author=written.author,
        remote_id=str(written.place),
        at_ms=written.place.at_ms,
        text=text,
        in_reply_to=str(written.answers) if written.answers else None,
        visibility=Visibility.DIRECT if is_direct else Visibility.PUBLIC,
        community=str(written.guild_id or ""),
        place=written.thread,
        place_nsfw=written.is_nsfw,
        by_moderator=written.by_moderator,
        attachments=written.pictures,
    )


def written_of(raw: Mapping[str, Any], *, guild_id: int | None, is_nsfw: bool, is_thread: bool) -> Written:
    """Returns a message of Discord's listings, which do not tell what its author may do."""
    channel_id = int(raw["channel_id"])
    reference = raw.get("message_reference") or {}
    answered = reference.get("message_id")
    return Written(
        place=Place(channel_id=channel_id, id=int(raw["id"])),
        author=author_of(raw["author"]),
        text=str(raw.get("content") or ""),
        guild_id=guild_id,
        is_nsfw=is_nsfw,
        calls=frozenset(int(one["id"]) for one in raw.get("mentions", ())),
        answers=Place(channel_id=channel_id, id=int(answered)) if answered else None,
        pictures=pictures_of(raw.get("attachments", ())),
        thread=str(channel_id) if is_thread else "",
    )


def author_of(raw: Mapping[str, Any]) -> Author:
    """Returns a person or a bot of Discord's listings."""
    name = raw.get("global_name") or raw["username"]
    return Author(external_id=str(raw["id"]), display_name=str(name), is_bot=bool(raw.get("bot")))


def pictures_of(attachments: Iterable[Mapping[str, Any]]) -> tuple[Attachment, ...]:
    """Returns the pictures among attached files."""
    return tuple(
        Attachment(
            url=str(one["url"]),
            content_type=str(one.get("content_type") or ""),
            alt_text=str(one.get("description") or ""),
        )
        for one in attachments
        if str(one.get("content_type") or "image/").startswith("image/")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an interaction is about: the message it points at, with its author and pictures, or a person alone."""

    place: Place | None = None
    author: Author | None = None
    pictures: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A command, a press, a modal that was sent, or a wish for choices; `given` is Discord's `data`.

    is_direct: nobody but its author and we are there. message: what a pressed button is under. thread, by_moderator:
    as of a message.
    """

    place: Place
    kind: int
    author: Author
    guild_id: int | None
    is_nsfw: bool
    is_direct: bool
    given: Mapping[str, Any] = field(default_factory=dict)
    message: About = field(default_factory=About)
    message_is_ephemeral: bool = False
    thread: str = ""
    by_moderator: bool = False

    @property
    def event_id(self) -> str:
        """The id of the event that it is."""
        return f"i{self.place.id}"


def words_event(asked: Interaction, text: str, *, about: About | None = None) -> PlatformEvent:
    """Returns the event of an interaction that is the same as writing these words, about that message or person."""
    about = about or About()
    raw: dict[str, str] = {}
    if about.author is not None:
        raw = {"parent_author": about.author.external_id, "parent_name": about.author.display_name}
        raw |= {"parent_is_bot": "yes"} if about.author.is_bot else {}
    return PlatformEvent(
        platform=PLATFORM,
        event_id=asked.event_id,
        kind=EventKind.DIRECT,
        author=asked.author,
        remote_id=str(asked.place),
        at_ms=asked.place.at_ms,
        text=text,
        in_reply_to=str(about.place) if about.place else None,
        visibility=Visibility.DIRECT if asked.is_direct else Visibility.PUBLIC,
        community=str(asked.guild_id or ""),
        place=asked.thread,
        place_nsfw=asked.is_nsfw,
        by_moderator=asked.by_moderator,
        about=about.author,
        attachments=about.pictures,
        raw=raw,
    )


def press_vote(asked: Interaction, *, on: Place, value: int) -> PlatformEvent:
    """Returns the vote that a press of a thumb under the message `on` is."""
    return PlatformEvent(
        platform=PLATFORM,
        event_id=asked.event_id,
        kind=EventKind.VOTE,
        author=asked.author,
        remote_id=str(on),
        at_ms=asked.place.at_ms,
        value=value,
        community=str(asked.guild_id or ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """A reaction that was put on or taken back; emoji: the sign, or the number of a server's own one.

    at_ms 0: it was found there later, when is not known.
    """

    on: Place
    by: Author
    emoji: str
    is_added: bool
    at_ms: int
    guild_id: int | None
    about: Author | None = None


def value_of(emoji: str) -> int:
    """Returns 1 or -1 for an emoji that is a vote on our messages, else 0."""
    return 1 if emoji in UP else -1 if emoji in DOWN else 0


def reaction_events(reacted: Reacted, *, me: int) -> list[PlatformEvent]:
    """Returns what a reaction means: a vote where our message has a vote's emoji, else a mark on someone's message.

    Who wrote the message is not told when a reaction is taken back: then it is both, and one of them is about nothing.
    """
    sign = "+" if reacted.is_added else "-"
    name = f"{reacted.on.id}.{reacted.by.external_id}.{reacted.emoji}{sign}.{reacted.at_ms or 'found'}"
    value = value_of(reacted.emoji)
    is_ours = reacted.about is not None and reacted.about.external_id == str(me)
    events: list[PlatformEvent] = []
    if value and (is_ours or reacted.about is None):
        events.append(_reaction(reacted, EventKind.VOTE, f"r{name}", value if reacted.is_added else 0))
    if not (value and is_ours):
        events.append(_reaction(reacted, EventKind.REACTION, f"e{name}", int(reacted.is_added)))
    return events


def _reaction(reacted: Reacted, kind: EventKind, event_id: str, value: int) -> PlatformEvent:
    return PlatformEvent(
        platform=PLATFORM,
        event_id=event_id,
        kind=kind,
        author=reacted.by,
        remote_id=str(reacted.on),
        at_ms=reacted.at_ms or reacted.on.at_ms,
        value=value,
        mark=reacted.emoji,
        about=reacted.about,
        community=str(reacted.guild_id or ""),
    )
