"""The bots on the real store, with the real praw talking to the double over a real socket."""

from collections.abc import AsyncIterator, Callable

import pytest

from bots.outbox import Patience
from bots.reddit.adapter import RedditPlatform
from bots.reddit.client import RedditClient
from bots.reddit.line import Credentials
from bots.reddit.place import RedditPlace, RedditRhythm
from tests.bots.reddit.reddit_scene import RedditScene
from tests.bots.scene import Scene
from tests.doubles.reddit.server import RedditDouble
from tests.doubles.reddit.town import Town

QUICK = RedditRhythm(unread_s=0.02, inbox_s=0.2, scores_s=0.05, audit_s=0.3, read_lag_s=0.0)
Connect = Callable[..., RedditPlatform]


@pytest.fixture
async def double(scene: Scene) -> AsyncIterator[RedditDouble]:
    town = Town(now_s=lambda: scene.clock.now_ms() / 1_000)
    town.community("horde_art").flairs = ("flair-1",)
    async with RedditDouble(town).running() as serving:
        serving.remaining = 1_000_000  # the bot is in a hurry here: it asks more in a second than else in ten minutes
        yield serving


@pytest.fixture
async def connect(double: RedditDouble, scene: Scene) -> AsyncIterator[Connect]:
    """Makes an adapter; by default with a password, and a showcase with a flair."""
    made: list[RedditPlatform] = []

    def connect(
        *,
        place: RedditPlace | None = None,
        rhythm: RedditRhythm = QUICK,
        call_s: float = 1.5,
        **changes: str,
    ) -> RedditPlatform:
        town = double.town
        given = {"username": town.bot, "password": town.password, "client_id": town.client[0]} | changes
        credentials = Credentials(
            client_secret=town.client[1],
            user_agent="linux:horde-suite:test (by /u/tester)",
            url=double.url,
            oauth_url=double.url,
            **given,
        )
        platform = RedditPlatform(
            credentials=credentials,
            clock=scene.clock,
            place=place or RedditPlace(showcase="horde_art", flair_id="flair-1"),
            rhythm=rhythm,
            client=RedditClient(credentials, call_s=call_s),
        )
        made.append(platform)
        return platform

    yield connect
    for platform in made:
        await platform.close()


@pytest.fixture
def play(scene: Scene, double: RedditDouble, connect: Connect) -> RedditScene:
    scene.patience = Patience(call_s=10.0, first_s=0.0)
    return RedditScene(scene=scene, double=double, connect=connect)
