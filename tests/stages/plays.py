"""The bots on every platform in turn, for the contract suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bots.platform import Target
from bots.store.rows import OutboxState
from core.store import open_store
from tests.bots.scene import Scene
from tests.bots.square import HandClock
from tests.doubles.discord import DiscordDouble
from tests.doubles.mastodon import MastodonDouble
from tests.stages.abilities import Abilities
from tests.stages.commons import CommonsStage
from tests.stages.discord import DiscordStage
from tests.stages.mastodon import MastodonStage
from tests.stages.reddit import RedditStage, reddit_double
from tests.stages.stage import Play, Stage
from tests.stores import StoreKind, fresh

STAGES: dict[str, type[CommonsStage | MastodonStage | DiscordStage | RedditStage]] = {
    "commons": CommonsStage,
    "mastodon": MastodonStage,
    "gotosocial": MastodonStage,
    "discord": DiscordStage,
    "reddit": RedditStage,
}


def lost_answers() -> list[tuple[str, str]]:
    """Returns each platform with each way to take a post and not say so; "" where it has none."""
    return [(name, kind) for name, stage in STAGES.items() for kind in stage.lost_answers or ("",)]


def kinds(of: Callable[[Abilities], tuple[str, ...]]) -> list[tuple[str, str]]:
    """Returns each platform with each of its kinds of trouble; "" where it has none."""
    return [(name, kind) for name, stage in STAGES.items() for kind in of(stage.abilities) or ("",)]


@asynccontextmanager
async def playing(name: str, folder: Path) -> AsyncIterator[Play]:
    """The bots on an empty database, on one platform."""
    clock = HandClock()
    with fresh(StoreKind.SQLITE, folder) as url:
        async with AsyncExitStack() as stack:
            uow = await open_store(url, clock=clock, key_secret="test")
            stack.push_async_callback(uow.aclose)
            scene = await Scene.set_up(folder, uow, clock)
            on: Stage
            if name == "commons":
                on = CommonsStage(uow=uow, clock=clock)
            elif name == "reddit":
                on = RedditStage(await stack.enter_async_context(reddit_double(clock).running()), clock=clock)
            elif name == "discord":
                server = await stack.enter_async_context(DiscordDouble(clock=clock))
                guild = DiscordStage(server, clock=clock, objects=scene.objects)
                stack.push_async_callback(guild.close)
                on = guild
            else:
                is_gotosocial = name == "gotosocial"
                double = await stack.enter_async_context(MastodonDouble(clock=clock, is_gotosocial=is_gotosocial))
                on = MastodonStage(double, clock=clock, objects=scene.objects)
            play = Play.on(on, scene)
            stack.push_async_callback(play.platform.close)
            yield play


async def assert_posted_once(play: Play, said: str) -> None:
    posts = await play.stage.posts()
    answers = [post for post in posts if post.in_reply_to == said]
    shown = [post for post in posts if post.in_reply_to is None]
    assert (len(answers), len(shown), len(posts)) == (1, 1, 2)
    assert answers[0].pictures == shown[0].pictures == 1
    rows = await play.rows()
    assert {(row.target, row.state) for row in rows} == {
        (Target.REPLY, OutboxState.SENT),
        (Target.SHOWCASE, OutboxState.SENT),
    }
    assert {row.remote_id for row in rows} == {answers[0].id, shown[0].id}
