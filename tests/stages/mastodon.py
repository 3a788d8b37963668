"""The stage of a Mastodon server, or of GoToSocial: the real Mastodon.py talks to the double over a port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bots.mastodon.adapter import Access, MastodonPlatform
from bots.mastodon.render import Manners
from bots.platform import Visibility
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from tests.doubles.mastodon import POST_STATUS, MastodonDouble
from tests.doubles.moods import turn
from tests.stages.abilities import Abilities, Unchanging
from tests.stages.stage import PICTURE, Shown

VISIBILITIES = {
    "public": Visibility.PUBLIC,
    "unlisted": Visibility.UNLISTED,
    "private": Visibility.FOLLOWERS,
    "direct": Visibility.DIRECT,
}


class MastodonStage(Unchanging):
    """One server with a person and another bot on it."""

    lost_answers: tuple[str, ...] = ("accept-then-503", "accept-then-500", "accept-then-drop", "accept-then-hang")
    abilities = Abilities(
        told_to_wait=("429",),
        broken_reading=("503", "drop", "stream-dropped", "stream-refused", "stream-silent"),
        conditions=("broken-idempotency", "400-for-422", "no-events", "no-streams", "slow-pictures"),
        shut_out=("revoked-token", "disabled-account"),
        has_pictures=True,
        sees_above=True,
        has_parents=True,
        community="fedi.test",
    )

    def __init__(self, double: MastodonDouble, *, clock: Clock, objects: ObjectStore) -> None:
        self.name = "mastodon"
        self.double = double
        self.world = double.world
        self.ada = self.world.settle("ada")
        self.other_bot = self.world.settle("echo", bot=True)
        self.manners = Manners(showcase_per_hour=1_000)
        self.access = Access(base_url=double.url, token=self.world.bot.token, poll_s=0.02, request_timeout_s=1.5)
        self._clock = clock
        self._objects = objects

    def platform(self) -> MastodonPlatform:
        return MastodonPlatform(self.access, manners=self.manners, objects=self._objects, clock=self._clock)

    async def say(self, text: str, *, in_reply_to: str | None = None, private: bool = False) -> str:
        text = text if "@horde" in text else f"@horde {text}"
        visibility = "direct" if private else "public"
        return self.world.say(self.ada, text, in_reply_to=in_reply_to, visibility=visibility).id

    async def say_as_bots(self, text: str) -> None:
        self.world.say(self.other_bot, text)
        self.world.say(self.world.bot, text)

    async def vote(self, post_id: str) -> None:
        self.world.favourite(self.ada, post_id)

    async def posts(self) -> Sequence[Shown]:
        return [
            Shown(
                id=post.id,
                text=post.text,
                visibility=VISIBILITIES[post.visibility],
                in_reply_to=post.in_reply_to,
                pictures=len(post.media),
            )
            for post in self.world.of(self.world.bot)
        ]

    async def take_away(self, post_id: str) -> None:
        self.world.remove(post_id)

    def fault(self, kind: str) -> None:
        self.double.faults.append((POST_STATUS, kind))

    def outage(self, *, is_down: bool) -> None:
        self.double.outage = "503" if is_down else None

    def set_up(self, kind: str) -> None:
        turn(self.double, kind)

    def mend(self) -> None:
        self.world.bot.token = self.access.token
        turn(self.double, "well")

    async def show(self, alt_text: str, *, text: str, in_reply_to: str | None = None) -> str:
        sent = self.world.upload(self.ada, PICTURE, content_type="image/webp", description=alt_text)
        return self.world.say(self.ada, text, in_reply_to=in_reply_to, media=(sent.id,)).id

    def with_manners(self, **changes: object) -> None:
        """The operator has set this; it holds from the next life on."""
        self.manners = replace(self.manners, **changes)  # type: ignore[arg-type]  # tests name its fields
