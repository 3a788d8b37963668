"""How a double may be, by a word: for the contract suite, and for who runs one by hand (`--mood`, and `/mood`)."""

from __future__ import annotations

from tests.doubles.discord import POST_MESSAGE, DiscordDouble
from tests.doubles.discord_world import TALK_CHANNEL
from tests.doubles.mastodon import POST_STATUS, MastodonDouble
from tests.doubles.reddit.server import POSTING, RedditDouble

LOST: tuple[str, ...] = ("accept-then-503", "accept-then-drop", "accept-then-hang")
"""The next post is taken, and nobody is told."""
MASTODON: tuple[str, ...] = (
    "well",
    *LOST,
    "503",
    "429",
    "drop",
    "hang",
    "stream-dropped",
    "stream-refused",
    "stream-silent",
    "no-streams",
    "no-events",
    "broken-idempotency",
    "400-for-422",
    "slow-pictures",
    "no-pictures",
    "revoked-token",
    "disabled-account",
)
REDDIT: tuple[str, ...] = (
    "well",
    *LOST,
    "503",
    "429",
    "drop",
    "hang",
    "token-expired",
    "slow-lists",
    "shadow-ban",
    "suspended",
)

TOO_MANY: tuple[str, ...] = ("429", "429-global", "429-long", "429-banned", "429-banned-silent")
DISCORD: tuple[str, ...] = (
    "well",
    *LOST,
    *TOO_MANY,
    "503",
    "drop",
    "hang",
    "line-dropped",
    "session-dropped",
    "session-forgotten",
    "revoked-token",
    "no-permission",
    "banned",
    "closed-dms",
)


def turn(double: MastodonDouble, mood: str) -> None:
    """The Mastodon server is so from now on; `well` mends all but a revoked token."""
    world = double.world
    match mood:
        case "well":
            double.outage, world.bot.disabled, world.takes_media = None, False, True
            double.streams.offered = {"websocket"} if world.is_gotosocial else {"websocket", "events"}
            double.streams.is_silent, world.breaks_on_known_keys, world.processing_looks = False, False, 0
            world.refusal, world.posts_too_early = 400 if world.is_gotosocial else 422, 0
        case "503" | "429" | "drop" | "hang":
            double.outage = mood
        case "accept-then-503" | "accept-then-drop" | "accept-then-hang":
            double.faults.append((POST_STATUS, mood))
        case "broken-idempotency":
            world.breaks_on_known_keys = True
        case "400-for-422":
            world.refusal, world.posts_too_early = 400, 1
        case "slow-pictures":
            world.processing_looks = 3
        case "no-pictures":
            world.takes_media = False
        case "revoked-token":
            world.bot.token = "another"
        case "disabled-account":
            world.bot.disabled = True
        case _:
            _turn_streams(double, mood)


def _turn_streams(double: MastodonDouble, mood: str) -> None:
    match mood:
        case "stream-dropped":
            double.streams.drop()
        case "stream-refused" | "no-streams":
            double.streams.offered = set()
            double.streams.drop()
        case "stream-silent":
            double.streams.is_silent = True
        case "no-events":
            double.streams.offered = {"websocket"}
        case _:
            raise ValueError(mood)


def turn_reddit(double: RedditDouble, mood: str) -> None:
    """Reddit is so from now on; `well` mends everything."""
    town = double.town
    match mood:
        case "well":
            double.faults.heal()
            town.shadowed, town.suspended, town.lists_lag_s = False, False, 0.0
        case "503" | "drop" | "hang":
            double.faults.order("", mood, times=None)
        case "429":
            double.faults.order("", mood, times=None, wait_s=0.01)
        case "accept-then-503" | "accept-then-drop" | "accept-then-hang":
            double.faults.order(POSTING, mood)
        case "token-expired":
            town.expire_tokens()
        case "slow-lists":
            town.lists_lag_s = 10.0
        case "shadow-ban":
            town.shadowed = True
        case "suspended":
            town.suspended = True
        case _:
            raise ValueError(mood)


def turn_discord(double: DiscordDouble, mood: str) -> None:
    """The Discord is so from now on; a 429 is of the next message alone, the dropped are of the next line."""
    match mood:
        case "well":
            double.outage, double.accepts, double.gateway.is_forgetful = None, None, False
            double.faults.clear()
            double.is_banned = False
            for channel in double.channels.values():
                channel.is_shut = False
        case "503" | "drop" | "hang":
            double.outage = mood
        case _ if mood in (*TOO_MANY, *LOST):
            double.faults.append((POST_MESSAGE, mood))
        case "line-dropped":
            double.gateway.closes_with = 4000
        case "session-dropped":
            double.gateway.breaks_once = True
        case "session-forgotten":
            double.gateway.is_forgetful = True
        case _:
            _turn_standing(double, mood)


def _turn_standing(double: DiscordDouble, mood: str) -> None:
    """What the bot may not, until that is mended."""
    match mood:
        case "revoked-token":
            double.accepts = "another token"
        case "no-permission":
            double.channels[TALK_CHANNEL].is_shut = True
        case "banned":
            double.is_banned = True
        case "closed-dms":
            for channel in double.channels.values():
                channel.is_shut = channel.is_shut or channel.guild_id is None
        case _:
            message = f"Discord has no mood {mood!r}. It has {', '.join(DISCORD)}."
            raise ValueError(message)
