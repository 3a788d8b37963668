"""The stage of Discord: the real discord.py talks to the double, over REST and a websocket."""

from __future__ import annotations

from collections.abc import Sequence

from bots.discord.adapter import Access, DiscordPlatform
from bots.discord.parse import place_of
from bots.platform import Visibility
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from tests.doubles.discord import POST_MESSAGE, DiscordDouble
from tests.doubles.discord_world import BOT, GUILD, SHOWCASE_CHANNEL, TALK_CHANNEL, user
from tests.doubles.moods import turn_discord
from tests.stages.abilities import Abilities, Unchanging
from tests.stages.stage import Shown

TALK, SHOWCASE = TALK_CHANNEL, SHOWCASE_CHANNEL


class DiscordStage(Unchanging):
    """A server with a channel to talk in and one for the showcase; a person and another bot on it.

    Who writes while the bot is away waits until it is there: Discord itself keeps nothing for it.
    """

    lost_answers: tuple[str, ...] = ("accept-then-503", "accept-then-drop", "accept-then-hang")
    # Its library waits for a short 429 itself, so nothing comes back from it. What is in other people's messages
    # Discord tells only those who have its privileged intent.
    abilities = Abilities(
        told_to_wait=("429-long", "429-banned", "429-banned-silent"),
        broken_reading=("503", "drop", "hang", "session-forgotten"),
        conditions=("429", "429-global", "line-dropped", "session-dropped"),
        shut_out=("revoked-token",),
        says_no=("no-permission", "banned"),
        says_no_in_private=("closed-dms",),
        has_pictures=True,
        has_parents=True,
        community=str(GUILD),
    )

    def __init__(self, double: DiscordDouble, *, clock: Clock, objects: ObjectStore) -> None:
        self.name = "discord"
        self.double = double
        self.ada = user(1001, "ada")
        self.bob = user(1002, "bob")
        self.other_bot = user(1003, "echo", is_bot=True)
        self.access = Access(
            token=double.token,
            showcase_channel=SHOWCASE,
            api_url=double.api_url,
            gateway_url=double.gateway.url,
        )
        self._lives: list[DiscordPlatform] = []
        self._clock = clock
        self._objects = objects

    def platform(self) -> DiscordPlatform:
        made = DiscordPlatform(self.access, objects=self._objects, clock=self._clock)
        self._lives.append(made)
        return made

    async def close(self) -> None:
        """Every life of the adapter is closed."""
        for life in self._lives:
            await life.close()

    async def say(self, text: str, *, in_reply_to: str | None = None, private: bool = False) -> str:
        text = text if "@horde" in text else f"@horde {text}"
        place = place_of(in_reply_to) if in_reply_to else None
        channel = self.double.direct(self.ada).id if private else TALK
        answers = place.id if place else None
        said = await self.double.say(text.replace("@horde", f"<@{BOT}>"), by=self.ada, channel=channel, answers=answers)
        return f"{channel}.{said}"

    async def say_as_bots(self, text: str) -> None:
        for author in (self.other_bot, self.double.bot):
            await self.double.say(text.replace("@horde", f"<@{BOT}>"), by=author)

    async def vote(self, post_id: str) -> None:
        place = place_of(post_id)
        assert place is not None
        await self.double.react(place.id, "👍", by=self.ada, channel=place.channel_id)

    async def posts(self) -> Sequence[Shown]:
        found = [one for channel in self.double.channels for one in self.double.said(channel)]
        return [
            Shown(
                id=f"{one['channel_id']}.{one['id']}",
                text=one["content"],
                visibility=Visibility.PUBLIC if int(one["channel_id"]) in {TALK, SHOWCASE} else Visibility.DIRECT,
                in_reply_to=_answered(one),
                pictures=len(one["attachments"]),
            )
            for one in sorted(found, key=lambda one: int(one["id"]))
        ]

    async def take_away(self, post_id: str) -> None:
        place = place_of(post_id)
        assert place is not None
        del self.double.channels[place.channel_id].messages[place.id]

    def keeps_waiting(self) -> bool:
        """A command or a press has no response yet."""
        return any(one.response is None for one in self.double.asked.values())

    def fault(self, kind: str) -> None:
        self.double.faults.append((POST_MESSAGE, kind))

    def set_up(self, kind: str) -> None:
        turn_discord(self.double, kind)

    def mend(self) -> None:
        turn_discord(self.double, "well")

    async def show(self, alt_text: str, *, text: str, in_reply_to: str | None = None) -> str:
        place = place_of(in_reply_to) if in_reply_to else None
        said = await self.double.say(
            text.replace("@horde", f"<@{BOT}>"),
            by=self.ada,
            channel=TALK,
            answers=place.id if place else None,
            pictures=("picture.png",),
            alt_text=alt_text,
        )
        return f"{TALK}.{said}"

    def outage(self, *, is_down: bool) -> None:
        self.double.outage = "503" if is_down else None


def _answered(message: dict[str, object]) -> str | None:
    reference = message.get("message_reference")
    return f"{message['channel_id']}.{reference['message_id']}" if isinstance(reference, dict) else None
