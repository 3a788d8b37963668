"""The people of each double: how they write, like and look where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from tests.doubles.discord import DiscordDouble
from tests.doubles.discord_gateway import Json
from tests.doubles.discord_world import BOT, SHOWCASE_CHANNEL, TALK_CHANNEL, user
from tests.doubles.fediverse import Resident
from tests.doubles.mastodon import MastodonDouble
from tests.doubles.moods import DISCORD, MASTODON, REDDIT, turn, turn_discord, turn_reddit
from tests.doubles.people import Seen, Town
from tests.doubles.reddit.server import RedditDouble
from tests.doubles.reddit.town import Thing

SHOWCASE = "horde_art"


class MastodonTown:
    """A Mastodon server, or GoToSocial."""

    moods = MASTODON

    def __init__(self, *, is_gotosocial: bool = False) -> None:
        self._server = MastodonDouble(is_gotosocial=is_gotosocial)
        self.double: AbstractAsyncContextManager[object] = self._server
        self._world = self._server.world
        self._people: dict[str, Resident] = {}

    def env(self) -> Mapping[str, str]:
        return {
            "HORDE_MASTODON_ENABLED": "true",
            "HORDE_MASTODON_BASE_URL": self._server.url,
            "HORDE_MASTODON_TOKEN": self._world.bot.token,
            "HORDE_MASTODON_POLL_S": "1",
            "HORDE_MASTODON_SHOWCASE_PER_HOUR": "40",
        }

    def words(self) -> str:
        ada = self._person("ada")
        return (
            f"A Mastodon server is at {self._server.url}, with @horde (token {self._world.bot.token}) "
            f"and @ada (token {ada.token})."
        )

    async def say(self, text: str, *, by: str, in_reply_to: str | None) -> str:
        return self._world.say(self._person(by), text, in_reply_to=in_reply_to).id

    async def command(self, name: str, options: Mapping[str, Any], *, by: str) -> str:
        raise NotImplementedError("A Mastodon server has no commands of its own.")

    async def like(self, post_id: str, *, by: str) -> None:
        self._world.favourite(self._person(by), post_id)

    def turn(self, mood: str) -> None:
        turn(self._server, mood)

    def posts(self) -> list[Seen]:
        world = self._world
        return [
            Seen(
                id=post.id,
                by=world.people[post.author].acct,
                by_bot=post.author == world.bot.id,
                text=post.text,
                in_reply_to=post.in_reply_to,
                pictures=tuple(world.uploads[one].description for one in post.media),
                place=post.visibility,
            )
            for post in world.posts.values()
        ]

    def acknowledged_ms(self) -> list[int | None]:
        return []

    def _person(self, name: str) -> Resident:
        if name not in self._people:
            self._people[name] = self._world.settle(name)
        return self._people[name]


class RedditTown:
    """A Reddit with a subreddit for the showcase."""

    moods = REDDIT

    def __init__(self) -> None:
        self._server = RedditDouble()
        self._town = self._server.town
        self.double: AbstractAsyncContextManager[object] = self._server.running()

    def env(self) -> Mapping[str, str]:
        town = self._town
        return {
            "HORDE_REDDIT_ENABLED": "true",
            "HORDE_REDDIT_CLIENT_ID": town.client[0],
            "HORDE_REDDIT_CLIENT_SECRET": town.client[1],
            "HORDE_REDDIT_USERNAME": town.bot,
            "HORDE_REDDIT_PASSWORD": town.password,
            "HORDE_REDDIT_URL": self._server.url,
            "HORDE_REDDIT_OAUTH_URL": self._server.url,
            "HORDE_REDDIT_SHOWCASE": SHOWCASE,
            "HORDE_REDDIT_POLL_S": "1",
            "HORDE_REDDIT_SCORES_S": "1",
        }

    def words(self) -> str:
        return f"A small Reddit is at {self._server.url}, with u/{self._town.bot}."

    async def say(self, text: str, *, by: str, in_reply_to: str | None) -> str:
        text = text.replace("@horde", f"u/{self._town.bot}")
        if in_reply_to is not None:
            return str(self._town.comment(author=by, parent=in_reply_to, text=text)["name"])
        return str(self._town.mention(text, author=by)["name"])

    async def command(self, name: str, options: Mapping[str, Any], *, by: str) -> str:
        raise NotImplementedError("Reddit has no commands of its own.")

    async def like(self, post_id: str, *, by: str) -> None:
        self._town.things[post_id]["score"] += 1

    def turn(self, mood: str) -> None:
        turn_reddit(self._server, mood)

    def posts(self) -> list[Seen]:
        return [self._seen(thing) for thing in self._town.things.values() if not thing.get("gone")]

    def acknowledged_ms(self) -> list[int | None]:
        return []

    def _seen(self, thing: Thing) -> Seen:
        is_link, by_bot = thing["name"].startswith("t3"), thing["author"] == self._town.bot
        text = f"{thing['title']}\n{thing['url']}" if is_link else thing["body"]
        pictures = (thing["url"],) * by_bot if is_link else tuple(["a link"] * text.count("[Picture"))
        return Seen(
            id=thing["name"],
            by=f"u/{thing['author']}",
            by_bot=by_bot,
            text=text,
            in_reply_to=None if is_link else thing["parent_id"],
            pictures=pictures,
            place=f"r/{thing['subreddit']}" if thing["subreddit"] else "a private message",
        )


class DiscordTown:
    """A Discord with a channel to talk in and one for the showcase."""

    moods = DISCORD

    def __init__(self) -> None:
        self._server = DiscordDouble()
        self.double: AbstractAsyncContextManager[object] = self._server
        self._people: dict[str, Json] = {}

    def env(self) -> Mapping[str, str]:
        return {
            "HORDE_DISCORD_ENABLED": "true",
            "HORDE_DISCORD_TOKEN": self._server.token,
            "HORDE_DISCORD_API_URL": self._server.api_url,
            "HORDE_DISCORD_GATEWAY_URL": self._server.gateway.url,
            "HORDE_DISCORD_SHOWCASE_CHANNEL": str(SHOWCASE_CHANNEL),
            "HORDE_DISCORD_CHANNELS": str(TALK_CHANNEL),
        }

    def turn(self, mood: str) -> None:
        turn_discord(self._server, mood)

    def words(self) -> str:
        return f"A small Discord is at {self._server.url}."

    async def say(self, text: str, *, by: str, in_reply_to: str | None) -> str:
        answers = int(in_reply_to.partition(".")[2]) if in_reply_to else None
        text = text.replace("@horde", f"<@{BOT}>")
        said = await self._server.say(text, by=self._person(by), channel=TALK_CHANNEL, answers=answers)
        return f"{TALK_CHANNEL}.{said}"

    async def command(self, name: str, options: Mapping[str, Any], *, by: str) -> str:
        asked = await self._server.ask(name, by=self._person(by), channel=TALK_CHANNEL, **dict(options))
        return f"{TALK_CHANNEL}.{asked.id}"

    async def like(self, post_id: str, *, by: str) -> None:
        channel, _, number = post_id.partition(".")
        await self._server.react(int(number), "👍", by=self._person(by), channel=int(channel))

    def posts(self) -> list[Seen]:
        found = [one for channel in self._server.channels.values() for one in channel.messages.values()]
        return [self._seen(one) for one in sorted(found, key=lambda one: int(one["id"]))]

    def acknowledged_ms(self) -> list[int | None]:
        return [
            None if one.acknowledged_ms is None else one.acknowledged_ms - one.asked_ms
            for one in self._server.asked.values()
        ]

    def _seen(self, message: Json) -> Seen:
        reference = message.get("message_reference")
        answered = f"{message['channel_id']}.{reference['message_id']}" if reference else None
        return Seen(
            id=f"{message['channel_id']}.{message['id']}",
            by=str(message["author"]["username"]),
            by_bot=message["author"]["id"] == str(BOT),
            text=str(message["content"]).replace(f"<@{BOT}>", "@horde"),
            in_reply_to=answered,
            pictures=tuple(str(one.get("description") or one["filename"]) for one in message["attachments"]),
            place="the showcase" if message["channel_id"] == str(SHOWCASE_CHANNEL) else "the channel",
        )

    def _person(self, name: str) -> Json:
        return self._people.setdefault(name, user(1_001 + len(self._people), name))


TOWNS: dict[str, Callable[[], Town]] = {"mastodon": MastodonTown, "reddit": RedditTown, "discord": DiscordTown}
