"""Threads: a message of its own, and a thread from it; both once, however the calls end."""

from __future__ import annotations

from typing import Final

from bots.discord.client import SaidNo
from bots.discord.finding import HIDDEN, marked
from bots.discord.parse import Place, place_of
from bots.discord.render import draft_of
from bots.discord.rest import Rest, Said
from bots.platform import Absent, Delivered, Finding, Found, Outcome, Post, Refused, RetryAt, Unsure
from core.ports.clock import Clock

SHUT_OUT: Final = frozenset({403, 404})
GONE: Final = 404
NAME_MAX: Final = 100
RETRY_MS: Final = 15_000
QUIET_MINUTES: Final = (60, 1_440, 4_320, 10_080)
"""After so long without a message Discord puts a thread into its archive; writing there takes it out again."""


class Threads:
    """Opens threads. A thread's remote id is its channel's, which is also its first message's: no other post has it."""

    def __init__(self, *, rest: Rest, clock: Clock, site_url: str) -> None:
        """Hold the ports."""
        self._rest = rest
        self._clock = clock
        self._site_url = site_url

    async def open(self, post: Post) -> Outcome:
        """The announcement and its thread are there. What an earlier attempt has left is found and gone on with.

        Raises as Rest does; where the thread is refused the announcement is taken away again.
        """
        asked = place_of(post.in_reply_to or "")
        if asked is None:
            return Refused(reason=f"{post.in_reply_to!r} is no place on Discord")
        room = await self._rest.room(asked.channel_id)
        if room.is_thread:
            return Refused(reason="Discord has no threads within threads: ask for it in the channel itself")
        announced = await self._announced(asked.channel_id, post)
        if announced == HIDDEN:
            announced = Absent()  # it never will be told; after a lost answer `find` is as unsure, and nothing is sent
        if isinstance(announced, Unsure):
            return RetryAt(at_ms=self._clock.now_ms() + RETRY_MS, reason=announced.reason)
        if isinstance(announced, Absent):
            draft = draft_of(post, uploads=(), links=(), calls=False)
            announced = await self._rest.send(asked.channel_id, draft, answers=None)
        try:
            name = post.thread_name[:NAME_MAX]
            await self._rest.open_thread(announced.place, name=name, quiet_minutes=quiet_minutes(post.thread_hours))
        except SaidNo as error:
            await self._take_away(announced.place)
            return Refused(reason=f"Discord opens no thread there; let the bot create public threads ({error})")
        thread = announced.place.id
        return Delivered(remote_id=str(thread), url=self._url(room.guild, thread))

    async def find(self, post: Post) -> Finding:
        """Says whether the thread is there; an announcement without one counts as absent, as `open` goes on with it.

        Raises as Rest does.
        """
        asked = place_of(post.in_reply_to or "")
        found = Absent() if asked is None else await self._announced(asked.channel_id, post)
        if not isinstance(found, Said):
            return found
        try:
            room = await self._rest.room(found.place.id)
        except SaidNo as error:
            if error.status != GONE:
                raise
            return Absent()
        return Found(remote_id=str(found.place.id), url=self._url(room.guild, found.place.id))

    async def first_message(self, remote_id: str) -> Place | None:
        """Returns where the message is whose thread has this remote id, None where there is no such thread."""
        if not remote_id.isdecimal():
            return None
        try:
            room = await self._rest.room(int(remote_id))
        except SaidNo as error:
            if error.status != GONE:
                raise
            return None
        return None if room.parent_id is None else Place(channel_id=room.parent_id, id=int(remote_id))

    async def _announced(self, channel_id: int, post: Post) -> Said | Absent | Unsure:
        try:
            return await marked(self._rest, channel_id, post, now_ms=self._clock.now_ms())
        except SaidNo as error:
            if error.status not in SHUT_OUT:
                raise
            return Absent()  # we may not read what is there; the nonce keeps it from being said twice

    async def _take_away(self, place: Place) -> None:
        try:
            await self._rest.remove(place)
        except SaidNo:
            return  # it is gone

    def _url(self, guild: str, thread: int) -> str:
        return f"{self._site_url}/channels/{guild}/{thread}"


def quiet_minutes(hours: int) -> int:
    """Returns the shortest of Discord's spans that lasts as long, the longest where none does."""
    return next((one for one in QUIET_MINUTES if one >= hours * 60), QUIET_MINUTES[-1])
