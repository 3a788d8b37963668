"""`horde demo --platform NAME`: a scene on a local double of the platform, over its port, before the reader's eyes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from config.demos.steps import ANSWER_S, LOOK_S, DemoFailedError, say, suite
from config.settings import load_settings
from core.domain.errors import Unavailable

if TYPE_CHECKING:
    import aiohttp

    from config.wiring import Ground

PLATFORMS: Final = {"mastodon": "mastodon", "reddit": "praw", "discord": "discord"}
"""Where a scene can be played, with the library that the bot needs there."""
CHECKOUT: Final = Path(__file__).parents[2]
START_S: Final = 30.0
VOTE_S: Final = 60.0


async def play(platform: str, folder: Path, text: str) -> int:
    """A mention is answered and shown, a vote is read back, and another picture is made; returns the exit code 0.

    Raises:
        Unavailable: this is no checkout, or the platform's library is missing.
        DemoFailedError: something did not happen; the sentence says what.
    """
    _check(platform)
    settings = load_settings(overrides={"data.folder": str(folder)})
    say(f"data folder  {folder}")
    async with _double(platform, folder) as double, suite(folder, env=double.env) as url:
        say(f"{platform:<12} python -m tests.doubles.{platform}, as a process of its own")
        say(f"horde        {url}\n")
        from config.wiring import open_ground

        async with open_ground(settings) as ground:
            await _Scene(platform, double, ground).play(text)
    say("\nledger       sum 0, no differences")
    return 0


def _check(platform: str) -> None:
    if not (CHECKOUT / "tests" / "doubles" / "people.py").is_file():
        raise Unavailable(
            f"--platform {platform} needs a checkout of the source: the local {platform} that it plays on belongs to "
            "the tests (tests/doubles) and is not installed. In a checkout: make setup, then "
            f".venv/bin/horde demo --platform {platform}. Without one: horde demo"
        )
    if find_spec(PLATFORMS[platform]) is None:
        raise Unavailable(f"The bot on {platform} needs its library: pip install 'horde-suite[{platform}]'")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Double:
    """The platform as a process: what to set for it, and its people's port."""

    env: Mapping[str, str]
    people: aiohttp.ClientSession

    async def ask(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        method = "GET" if body is None else "POST"
        async with self.people.request(method, path, json=body) as response:
            if response.status != 200:
                raise DemoFailedError(f"The double did not take {path}: {await response.text()}")
            return await response.json()


@asynccontextmanager
async def _double(platform: str, folder: Path) -> AsyncIterator[_Double]:
    import aiohttp

    log = folder / f"{platform}.log"
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"tests.doubles.{platform}", "--json"),
            cwd=CHECKOUT,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        line = b""
        if process.stdout is not None:
            with contextlib.suppress(TimeoutError):
                line = await asyncio.wait_for(process.stdout.readline(), START_S)
        if not line:
            raise DemoFailedError(f"The local {platform} did not start. Its log: {log}")
        told = json.loads(line)
        async with aiohttp.ClientSession(told["people_url"]) as people:
            yield _Double(env=told["env"], people=people)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


class _Scene:
    """What happens, in the order in which people would see it."""

    def __init__(self, platform: str, double: _Double, ground: Ground) -> None:
        self._platform = platform
        self._double = double
        self._ground = ground
        self._told: set[str] = set()

    async def play(self, text: str) -> None:
        (said,) = await self._double.ask("/say", [{"text": text, "by": "ada"}])
        await self._see("the mention", lambda post: post["id"] == said)
        await self._see("a showcase post with a picture", _is_shown)
        answer = await self._see("an answer with a picture", lambda post: _answers(post, said))
        shown = next(post for post in await self._posts() if _is_shown(post))
        await self._double.ask("/like", {"id": shown["id"], "by": "bob"})
        say("bob          likes what is shown")
        await self._see_vote(shown["id"])
        if self._platform == "discord":
            known = {post["id"] for post in await self._posts()}
            await self._double.ask("/command", [{"name": "draw", "by": "ada", "options": {"prompt": "a blue house"}}])
            say("ada          /draw prompt: a blue house")
            await self._see(
                "the command's picture",
                lambda post: post["id"] not in known and _is_made(post) and post["place"] == answer["place"],
            )
        else:
            again = [{"text": "@horde again", "by": "ada", "in_reply_to": answer["id"]}]
            (said,) = await self._double.ask("/say", again)
            await self._see("the second mention", lambda post: post["id"] == said)
            await self._see("a second answer with a picture", lambda post: _answers(post, said))
        await self._see_ledger()

    async def _posts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._double.ask("/posts")
        return found

    async def _see(self, what: str, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The post is there and told; returns it."""
        ends = time.monotonic() + ANSWER_S
        while time.monotonic() < ends:
            for post in await self._posts():
                if is_it(post):
                    self._tell(post)
                    return post
            await asyncio.sleep(LOOK_S)
        last = [post["text"] for post in await self._posts() if post["by_bot"]][-1:]
        raise DemoFailedError(
            f"There was not {what} within {ANSWER_S:.0f} s; the bot's last words: {last[0] if last else '-'}"
        )

    def _tell(self, post: dict[str, Any]) -> None:
        if post["id"] in self._told:
            return
        self._told.add(post["id"])
        lines = [*post["text"].splitlines(), *(f"[picture: {one}]" for one in post["pictures"])]
        if post["by_bot"] and post["in_reply_to"] is None:
            lines.insert(0, f"({post['place']})")
        say(f"{post['by']:<12} " + "\n             ".join(lines))

    async def _see_vote(self, shown_id: str) -> None:
        """The vote is in the suite's own rating."""
        from bots.store.outbox import post_of_remote
        from bots.store.ratings import rating_of

        def rating(tx: Any) -> int:  # noqa: ANN401 - the transaction's type is imported where used
            row = post_of_remote(tx, platform=self._platform, remote_id=shown_id)
            return rating_of(tx, commission_id=row.commission_id).up if row else 0

        ends = time.monotonic() + VOTE_S
        while time.monotonic() < ends:
            up = await self._ground.uow.read(rating)
            if up:
                say(f"votes        {up} up, as the horde has read it back")
                return
            await asyncio.sleep(LOOK_S)
        raise DemoFailedError(f"The vote was not read back within {VOTE_S:.0f} s.")

    async def _see_ledger(self) -> None:
        from core.services.kudos.audit import audit

        report = await self._ground.uow.read(audit)
        if not report.ok:
            raise DemoFailedError(f"The ledger is wrong: {'; '.join(report.differences)}")


def _is_made(post: dict[str, Any]) -> bool:
    return bool(post["by_bot"] and post["pictures"])


def _is_shown(post: dict[str, Any]) -> bool:
    return _is_made(post) and post["in_reply_to"] is None


def _answers(post: dict[str, Any], said: str) -> bool:
    return _is_made(post) and post["in_reply_to"] == said
