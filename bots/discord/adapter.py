"""Discord as a platform: heard through the gateway, answered through REST, each message made once by its nonce."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from bots.discord.asking.interactions import Meanings
from bots.discord.client import NobodyKnows, NotTaken, SaidNo, point_at
from bots.discord.finding import marked
from bots.discord.gate import Gate
from bots.discord.known import Known
from bots.discord.missed import Missed
from bots.discord.parents import parent_of
from bots.discord.parse import (
    PLATFORM,
    TOKEN_LIVES_MS,
    Place,
    place_of,
)
from bots.discord.render import Draft, Upload, draft_of, is_marked, uploads_of
from bots.discord.rest import Rest, Said
from bots.discord.threads import Threads
from bots.discord.waiting import Waiting
from bots.platform import (
    Absent,
    Ambiguous,
    Capabilities,
    Delivered,
    Finding,
    Found,
    Idempotency,
    Outcome,
    Parent,
    PlatformDown,
    PlatformEvent,
    Post,
    Refused,
    RetryAt,
    Target,
    Unsure,
    Visibility,
)
from core.domain.errors import NotFound, Unavailable
from core.ports.clock import Clock
from core.ports.objects import ObjectStore

RETRY_S: Final = 15.0
PROGRESS_S: Final = 6.0
GONE: Final = 404
SHUT_OUT: Final = frozenset({403, 404})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The bot and its server. showcase_channel: 0 for none. The addresses are "" for Discord's own.

    channels: where mentions are looked for that were made while Discord could not tell us of them.
    """

    token: str
    showcase_channel: int = 0
    channels: tuple[int, ...] = ()
    site_url: str = "https://discord.com"
    api_url: str = ""
    gateway_url: str = ""


class DiscordPlatform:
    """One bot on Discord, or on a server that speaks its API."""

    def __init__(self, access: Access, *, objects: ObjectStore, clock: Clock, handle: str = "horde") -> None:
        """Nothing is asked of Discord yet."""
        self._access = access
        self._objects = objects
        self._clock = clock
        self._handle = handle
        self._rest = Rest(access.token)
        self._waiting = Waiting(rest=self._rest, clock=clock)
        self._threads = Threads(rest=self._rest, clock=clock, site_url=access.site_url)
        self._known: Known | None = None
        self._gate: Gate | None = None
        point_at(api_url=access.api_url, gateway_url=access.gateway_url)

    def learn(self, known: Known) -> None:
        """From its next connection on the adapter knows what can be asked for, and earlier orders."""
        self._known = known

    @property
    def name(self) -> str:
        """Always `discord`."""
        return PLATFORM

    @property
    def handle(self) -> str:
        """What people are told to write; on Discord itself a mention is a number, which stands for this."""
        return self._handle

    @property
    def capabilities(self) -> Capabilities:
        """Discord's limits. The showcase exists where a channel is set."""
        return Capabilities(
            text_chars_max=1_800,
            media_max=10,
            alt_text_chars_max=1_024,
            can_edit=True,
            can_delete=True,
            can_be_private=True,
            can_show=self._access.showcase_channel != 0,
            can_notify=True,
            can_thread=True,
            idempotency=Idempotency.NONCE,
            acknowledge_deadline_s=3.0,
            read_lag_s=2.0,
            progress_every_s=PROGRESS_S,
        )

    async def events(self, cursor: str | None) -> AsyncIterator[PlatformEvent]:
        """Yields what happens from now on, and what was missed after `cursor` in the channels that let us read on."""
        await self._shut()
        known, access, handle, clock = self._known, self._access, self._handle, self._clock
        gate = self._gate = Gate(
            clock=clock,
            handle=handle,
            meanings=Meanings(known=known, handle=handle),
            missed=Missed(rest=self._rest, known=known, channels=access.channels, handle=handle, clock=clock),
            since=int(cursor) if cursor and cursor.isdecimal() else None,
        )
        async for event in gate.listen(access.token):
            yield event

    async def acknowledge(self, events: Sequence[PlatformEvent]) -> None:
        """Their interactions show "thinking" now, if they did not before."""
        if self._gate is not None:
            for event in events:
                self._gate.stored(event.event_id)

    async def deliver(self, post: Post) -> Outcome:
        """The message is there, or the outcome says what is known of it."""
        try:
            if post.target is Target.PARTY:
                return await self._threads.open(post)
            uploads, links = await uploads_of(post, self._objects)
            asked = place_of(post.in_reply_to or "") if post.target is Target.REPLY else None
            async with self._waiting.answering(asked):
                outcome = await self._deliver(post, uploads, links)
            if isinstance(outcome, Delivered):
                await self._waiting.end(asked)
            return outcome  # noqa: TRY300 - what came of it, in the block that says what else may
        except NotFound as error:
            return Refused(reason=f"the picture is gone: {error}")
        except (NotTaken, Unavailable) as error:
            return self._later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        except SaidNo as error:
            return Refused(reason=str(error))

    async def _deliver(self, post: Post, uploads: tuple[Upload, ...], links: tuple[str, ...]) -> Outcome:
        asked = place_of(post.in_reply_to or "")
        if post.target is Target.REPLY and asked is None:
            return Refused(reason=f"{post.in_reply_to!r} is no place on Discord")
        if asked is not None and self._is_answer(post, asked):
            try:
                quiet = draft_of(post, uploads=uploads, links=links, calls=False)
                return await self._sent(await self._rest.answer(asked, quiet), asked)
            except SaidNo as error:
                if error.status != GONE:
                    raise
                # The token has died: what was private goes to its author alone, as a message.
        channel_id = await self._channel_of(post, asked)
        if post.target is Target.SHOWCASE and post.nsfw and not (await self._rest.room(channel_id)).is_nsfw:
            return Refused(reason="the showcase channel is not age-restricted, and the picture is not for everyone")
        is_answered = asked is not None and not asked.token and channel_id == asked.channel_id
        draft = draft_of(post, uploads=uploads, links=links, calls=asked is not None and not is_answered)
        try:
            said = await self._rest.send(channel_id, draft, answers=asked.id if asked and is_answered else None)
        except SaidNo as error:
            if asked is None or not self._has_token(asked) or error.status not in SHUT_OUT:
                raise
            # The bot is no member there, as where someone installed it for themselves: the token alone may answer.
            return await self._sent(await self._rest.answer(asked, draft), asked)
        await self._conclude(asked, said)
        return await self._sent(said, asked)

    async def reconcile(self, post: Post) -> Finding:
        """Looks at the interaction's answer and through the channel after the summons for this post's mark."""
        try:
            if post.target is Target.PARTY:
                return await self._threads.find(post)
            asked = place_of(post.in_reply_to or "")
            if asked is not None and self._has_token(asked):
                said = await self._answered(asked)
                if said is not None and is_marked(said.text, post):
                    return await self._found(said, asked)
                if self._is_answer(post, asked):
                    return Absent()
            found = await marked(self._rest, await self._channel_of(post, asked), post, now_ms=self._clock.now_ms())
            if isinstance(found, Said):
                await self._conclude(asked, found)
                await self._waiting.end(asked)
                return await self._found(found, asked)
        except SaidNo as error:
            return Absent() if error.status in SHUT_OUT else Unsure(reason=str(error))
        except (NotTaken, NobodyKnows, PlatformDown) as error:
            return Unsure(reason=str(error))
        return found

    async def edit(self, remote_id: str, post: Post) -> Outcome:
        """The message has these words; its pictures stay."""
        draft = draft_of(post, uploads=(), links=(), calls=False)
        try:
            place = place_of(remote_id) or await self._threads.first_message(remote_id)
            if place is None:
                return Refused(reason=f"{remote_id!r} is no place on Discord")
            said = await (self._rest.answer(place, draft) if place.token else self._rest.change(place, draft))
        except NotTaken as error:
            return self._later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        except SaidNo as error:
            return Refused(reason=str(error))
        if not place_of(remote_id):
            return Delivered(remote_id=remote_id)
        return await self._sent(said, place)

    async def delete(self, remote_id: str) -> Outcome:
        """The message is gone, also if it was before; what only its reader saw goes by itself, late or soon.

        Of a thread that is the message it began with: what people said in it is theirs.
        """
        if not (place_of(remote_id) or remote_id.isdecimal()):
            return Refused(reason=f"{remote_id!r} is no place on Discord")
        try:
            place = place_of(remote_id) or await self._threads.first_message(remote_id)
            if place is None:
                return Delivered(remote_id=remote_id)
            if not place.token or self._has_token(place):
                await self._rest.remove(place)
        except NotTaken as error:
            return self._later(error)
        except NobodyKnows as error:
            return Ambiguous(reason=str(error))
        except SaidNo as error:
            if error.status != GONE:
                return Refused(reason=str(error))
        return Delivered(remote_id=remote_id)

    async def parent(self, event: PlatformEvent) -> Parent | None:
        """Returns the message that the summons answers; Discord hides the words and files of most from a bot.

        A menu or a command tells itself whom and what it is about.
        """
        return await parent_of(event, self._rest)

    async def progress(self, event_remote_id: str, text: str) -> None:
        """The command's own answer, or one message under a mention, is this line."""
        place = place_of(event_remote_id)
        if place is not None:
            await self._waiting.tell(place, text)

    async def close(self) -> None:
        """Gateway and connections are closed; may be called twice."""
        await self._shut()
        await self._rest.close()

    async def _shut(self) -> None:
        gate, self._gate = self._gate, None
        if gate is not None:
            await gate.close()

    def _has_token(self, place: Place) -> bool:
        return bool(place.token) and self._clock.now_ms() - place.at_ms < TOKEN_LIVES_MS

    def _is_answer(self, post: Post, asked: Place) -> bool:
        """Tells whether the interaction itself is answered, which its author alone sees where others are by."""
        return self._has_token(asked) and (not post.media or post.visibility is Visibility.DIRECT)

    async def _channel_of(self, post: Post, asked: Place | None) -> int:
        """Returns where a message of its own goes: the showcase, the summons' channel, or its author in private."""
        if post.target is Target.NOTICE:
            return await self._rest.direct(int(post.to.external_id))
        if post.target is Target.PARTY_END:
            return int(post.place)
        if post.target is Target.SHOWCASE or asked is None:
            return self._access.showcase_channel
        is_private = post.visibility is Visibility.DIRECT or (bool(asked.token) and not post.media)
        return await self._rest.direct(int(post.to.external_id)) if is_private else asked.channel_id

    async def _answered(self, asked: Place) -> Said | None:
        try:
            return await self._rest.answered(asked)
        except SaidNo as error:
            if error.status != GONE:
                raise
            return None

    async def _conclude(self, asked: Place | None, said: Said) -> None:
        """The interaction no longer shows "thinking" but where its result is. Nothing depends on it."""
        if asked is None or not self._has_token(asked):
            return
        try:
            where = await self._url(said.place) or "below"
            await self._rest.answer(asked, Draft(text=f"Here it is: {where}", nonce=""))
        except (SaidNo, NotTaken, NobodyKnows):
            return  # Discord takes the "thinking" away by itself

    async def _sent(self, said: Said, asked: Place | None) -> Delivered:
        found = await self._found(said, asked)
        return Delivered(remote_id=found.remote_id, url=found.url)

    async def _found(self, said: Said, asked: Place | None) -> Found:
        # What one person alone sees can be reached through its interaction only.
        if said.is_ephemeral and asked is not None:
            return Found(remote_id=str(asked))
        return Found(remote_id=str(said.place), url=await self._url(said.place))

    async def _url(self, place: Place) -> str | None:
        """Returns the message's address, None where its server cannot be asked for now: the post is there anyway."""
        try:
            guild = (await self._rest.room(place.channel_id)).guild
        except (SaidNo, NotTaken, NobodyKnows):
            return None
        return f"{self._access.site_url}/channels/{guild}/{place.channel_id}/{place.id}"

    def _later(self, error: Exception) -> RetryAt:
        wait_s = error.wait_s if isinstance(error, NotTaken) and error.wait_s is not None else RETRY_S
        return RetryAt(at_ms=self._clock.now_ms() + round(wait_s * 1_000), reason=str(error))
