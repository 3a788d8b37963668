"""The stage of Reddit: the real praw talks to the double over a port."""

from __future__ import annotations

from collections.abc import Sequence

from bots.platform import Visibility
from bots.reddit.adapter import RedditPlatform
from bots.reddit.client import RedditClient
from bots.reddit.line import Credentials
from bots.reddit.place import RedditPlace, RedditRhythm
from core.ports.clock import Clock
from tests.doubles.moods import turn_reddit
from tests.doubles.reddit.server import POSTING, RedditDouble
from tests.doubles.reddit.town import Thing, Town
from tests.stages.abilities import Abilities, Unchanging
from tests.stages.stage import Shown


def reddit_double(clock: Clock) -> RedditDouble:
    """Returns a Reddit whose bot is u/horde, by this clock."""
    return RedditDouble(Town(bot="horde", now_s=lambda: clock.now_ms() / 1_000))


class RedditStage(Unchanging):
    """A subreddit with a person and another bot in it, and one for the showcase."""

    lost_answers: tuple[str, ...] = ("accept-then-503", "accept-then-500", "accept-then-drop", "accept-then-hang")
    abilities = Abilities(
        told_to_wait=("429", "RATELIMIT"),
        broken_reading=("503", "drop", "429", "token-expired"),
        conditions=("token-expired", "slow-lists"),
        shut_out=("shadow-ban", "suspended"),
        has_pictures=True,
        sees_above=True,
        has_parents=True,
        community="pictures",
    )

    def __init__(self, double: RedditDouble, *, clock: Clock) -> None:
        self.name = "reddit"
        self.double = double
        self.town = double.town
        self._clock = clock

    def platform(self) -> RedditPlatform:
        credentials = Credentials(
            client_id=self.town.client[0],
            client_secret=self.town.client[1],
            username=self.town.bot,
            password=self.town.password,
            user_agent="linux:horde-suite:test (by /u/tester)",
            url=self.double.url,
            oauth_url=self.double.url,
        )
        return RedditPlatform(
            credentials=credentials,
            clock=self._clock,
            place=RedditPlace(showcase="horde_art"),
            rhythm=RedditRhythm(unread_s=0.02, inbox_s=0.1, scores_s=0.05),
            client=RedditClient(credentials, call_s=1.5),
        )

    async def say(self, text: str, *, in_reply_to: str | None = None, private: bool = False) -> str:
        text = text.replace("@horde", "u/horde")
        if private:
            return str(self.town.message(author="ada", to="horde", text=text)["name"])
        if in_reply_to is not None:
            return str(self.town.comment(author="ada", parent=in_reply_to, text=text)["name"])
        return str(self.town.mention(text, author="ada")["name"])

    async def say_as_bots(self, text: str) -> None:
        for bot in ("AutoModerator", "echo-bot", "horde"):
            self.town.mention(text.replace("@horde", "u/horde"), author=bot)

    async def vote(self, post_id: str) -> None:
        self.town.things[post_id]["score"] = 2

    async def posts(self) -> Sequence[Shown]:
        written = [thing for thing in self.town.things.values() if thing["author"] == "horde" and not thing.get("gone")]
        return [_shown(thing) for thing in written]

    async def take_away(self, post_id: str) -> None:
        self.town.remove(post_id)

    def fault(self, kind: str) -> None:
        if kind == "RATELIMIT":
            self.double.faults.order(POSTING, error=(kind, "Take a break for 2 minutes before trying again."))
        else:
            self.double.faults.order(POSTING, kind, wait_s=0.01)

    def outage(self, *, is_down: bool) -> None:
        if is_down:
            self.double.faults.order("", "503", times=None)
        else:
            self.double.faults.heal()

    def set_up(self, kind: str) -> None:
        turn_reddit(self.double, kind)

    def mend(self) -> None:
        turn_reddit(self.double, "well")

    async def show(self, alt_text: str, *, text: str, in_reply_to: str | None = None) -> str:
        words = f"{text.replace('@horde', 'u/horde')} [{alt_text}](https://pictures.test/cat.png)"
        if in_reply_to is None and "@horde" not in text:
            more = {"author": "ada", "subreddit": "pictures", "title": text}
            return str(self.town.submit(**more, text=words)["name"])
        return str(self.town.mention(words, author="ada", below=in_reply_to or "")["name"])


def _shown(thing: Thing) -> Shown:
    is_link, is_message = thing["name"].startswith("t3"), thing["name"].startswith("t4")
    text = thing["title"] if is_link else thing["body"]
    return Shown(
        id=thing["name"],
        text=text,
        visibility=Visibility.DIRECT if is_message else Visibility.PUBLIC,
        in_reply_to=None if is_link else thing["parent_id"],
        pictures=1 if is_link else text.count("[Picture"),
    )
