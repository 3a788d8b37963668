"""What happens on Discord as the platform's events, and where an event is, as text that lasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bots.platform import Author, EventKind, PlatformEvent, Visibility

PLATFORM: Final = "discord"
AGAIN, DELETE = "again", "delete"
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


def message_event(
    *, place: Place, author: Author, text: str, me: int, handle: str, is_direct: bool, answers: Place | None
) -> PlatformEvent:
    """Returns the event of a message that mentions us or was written to us alone."""
    for mention in (f"<@{me}>", f"<@!{me}>"):
        text = text.replace(mention, f"@{handle}")
    return PlatformEvent(
        platform=PLATFORM,
        event_id=f"m{place.id}",
        kind=EventKind.DIRECT if is_direct else EventKind.MENTION,
        author=author,
        remote_id=str(place),
        at_ms=place.at_ms,
        text=text,
        in_reply_to=str(answers) if answers else None,
        visibility=Visibility.DIRECT if is_direct else Visibility.PUBLIC,
    )


def command_event(*, place: Place, author: Author, text: str, is_direct: bool) -> PlatformEvent:
    """Returns the event of a slash command, already in words."""
    return PlatformEvent(
        platform=PLATFORM,
        event_id=f"i{place.id}",
        kind=EventKind.DIRECT,
        author=author,
        remote_id=str(place),
        at_ms=place.at_ms,
        text=text,
        visibility=Visibility.DIRECT if is_direct else Visibility.PUBLIC,
    )


def button_event(*, place: Place, author: Author, word: str, on: Place, is_direct: bool) -> PlatformEvent:
    """Returns the event of a button under the message `on`: the same as answering it with that word."""
    return PlatformEvent(
        platform=PLATFORM,
        event_id=f"i{place.id}",
        kind=EventKind.DIRECT,
        author=author,
        remote_id=str(place),
        at_ms=place.at_ms,
        text=word,
        in_reply_to=str(on),
        visibility=Visibility.DIRECT if is_direct else Visibility.PUBLIC,
    )


def vote_event(*, on: Place, voter_id: int, emoji: str, is_added: bool, now_ms: int) -> PlatformEvent | None:
    """Returns the vote that a reaction is, None for any other emoji."""
    value = 1 if emoji in UP else -1 if emoji in DOWN else 0
    if value == 0:
        return None
    sign = "+" if is_added else "-"
    return PlatformEvent(
        platform=PLATFORM,
        event_id=f"r{on.id}.{voter_id}.{value}{sign}.{now_ms}",
        kind=EventKind.VOTE,
        author=Author(external_id=str(voter_id), display_name=str(voter_id)),
        remote_id=str(on),
        at_ms=now_ms,
        value=value if is_added else 0,
    )


def button_id(word: str, *, owner_id: str) -> str:
    """Returns the id that a button keeps for ever: it tells all that a press must know, also after a restart."""
    return f"horde:{word}:{owner_id}"


def pressed(custom_id: str) -> tuple[str, str] | None:
    """Returns word and owner of one of our buttons, None for others."""
    ours, _, rest = custom_id.partition(":")
    word, _, owner_id = rest.partition(":")
    return (word, owner_id) if ours == "horde" and word in {AGAIN, DELETE} else None


def words_of(name: str, options: Sequence[Mapping[str, object]]) -> str:
    """Returns a slash command in the words that a mention would use."""
    given = {str(option["name"]): option["value"] for option in options if option.get("value") not in {None, ""}}
    if name != "draw":
        return f"{name} {given.get('word', '')}".strip()
    lines = [f"draw for me {given.pop('prompt', '')}"]
    if given.pop("private", False):
        lines.append("private: yes")
    if given.pop("spoiler", False):
        lines.append("spoiler: yes")
    lines += [f"{key}: {value}" for key, value in given.items()]
    return "\n".join(lines)
