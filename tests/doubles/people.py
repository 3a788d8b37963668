"""What people do on a double that runs as a process of its own, over a second port: write, like, look."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A post as it stands on the platform, whoever wrote it. pictures: the description of each; place: where it is."""

    id: str
    by: str
    by_bot: bool
    text: str
    in_reply_to: str | None
    pictures: tuple[str, ...]
    place: str


class Town(Protocol):
    """A double with people on it. `@horde` in a text is the bot, however it is called there."""

    double: AbstractAsyncContextManager[object]
    moods: tuple[str, ...]

    def env(self) -> Mapping[str, str]:
        """Returns what to set so that the suite runs the bot of this double."""
        ...

    def words(self) -> str:
        """Returns what someone at a terminal is told."""
        ...

    async def say(self, text: str, *, by: str, in_reply_to: str | None) -> str:
        """A person writes to the bot, in public; returns the post's id."""
        ...

    async def command(self, name: str, options: Mapping[str, Any], *, by: str) -> str:
        """A person uses a command of the platform's own; returns the id of what the answer answers."""
        ...

    async def like(self, post_id: str, *, by: str) -> None:
        """A person likes a post."""
        ...

    def turn(self, mood: str) -> None:
        """The platform is so from now on: one of its `moods`."""
        ...

    def posts(self) -> list[Seen]:
        """Returns everything that stands there, oldest first."""
        ...

    def acknowledged_ms(self) -> list[int | None]:
        """Returns how long each command waited until the bot said that it has it; None: it never did."""
        ...


class People:
    """The second port."""

    def __init__(self, town: Town) -> None:
        self._town = town

    def routes(self) -> list[web.RouteDef]:
        """Everything takes and gives JSON."""
        return [
            web.post("/say", self._say),
            web.post("/command", self._command),
            web.post("/like", self._like),
            web.post("/mood", self._mood),
            web.get("/posts", self._posts),
            web.get("/acknowledged", self._acknowledged),
        ]

    async def _say(self, request: web.Request) -> web.Response:
        """Each text is said, at once after one another; returns the ids."""
        given = await request.json()
        said = [
            await self._town.say(str(one["text"]), by=str(one.get("by", "ada")), in_reply_to=one.get("in_reply_to"))
            for one in given
        ]
        return web.json_response(said)

    async def _command(self, request: web.Request) -> web.Response:
        given = await request.json()
        asked = [
            await self._town.command(str(one["name"]), one["options"], by=str(one.get("by", "ada"))) for one in given
        ]
        return web.json_response(asked)

    async def _like(self, request: web.Request) -> web.Response:
        given = await request.json()
        await self._town.like(str(given["id"]), by=str(given.get("by", "bob")))
        return web.json_response({})

    async def _mood(self, request: web.Request) -> web.Response:
        mood = str((await request.json())["mood"])
        if mood not in self._town.moods:
            raise web.HTTPBadRequest(text=f"It may be: {', '.join(self._town.moods) or 'nothing but well'}")
        self._town.turn(mood)
        return web.json_response({})

    async def _posts(self, _: web.Request) -> web.Response:
        return web.json_response([asdict(one) for one in self._town.posts()])

    async def _acknowledged(self, _: web.Request) -> web.Response:
        return web.json_response(self._town.acknowledged_ms())


async def hold(town: Town, *, as_json: bool, tell: Callable[[str], object] = sys.stdout.write) -> None:
    """The double and its people are there until Ctrl-C; how to reach them is told first."""
    async with town.double:
        app = web.Application()
        app.add_routes(People(town).routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        people_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        settings = " ".join(f"{name}={value!r}" for name, value in town.env().items())
        tell(
            json.dumps({"people_url": people_url, "env": dict(town.env())}) + "\n"
            if as_json
            else f"{town.words()}\nStart the horde with\n  {settings} horde up\n"
            f"Let someone ask for a picture, and see what came of it, with\n"
            f"""  curl -d '[{{"text": "@horde draw for me a red heart"}}]' {people_url}/say\n"""
            f"  curl {people_url}/posts\n"
            + (
                f"Let something go wrong, and be well again, with\n"
                f"""  curl -d '{{"mood": "{town.moods[1]}"}}' {people_url}/mood\n"""
                f"It may be {', '.join(town.moods)}.\n"
                if town.moods
                else ""
            )
        )
        sys.stdout.flush()
        await asyncio.Event().wait()


def run(town: Callable[[], Town], *, extra: tuple[str, ...] = ()) -> None:
    """Runs a double from the command line. extra: switches that its maker has read itself."""
    parser = argparse.ArgumentParser(description="A local double of a platform's server, until Ctrl-C.")
    parser.add_argument("--json", action="store_true", help="tell how to reach it as one line of JSON")
    parser.add_argument(
        "--mood", action="append", default=[], help="what goes wrong from the beginning; may be repeated"
    )
    for switch in extra:
        parser.add_argument(switch, action="store_true")
    given = parser.parse_args()
    made = town()
    if unknown := [mood for mood in given.mood if mood not in made.moods]:
        parser.error(f"--mood {unknown[0]}: it may be {', '.join(made.moods) or 'nothing here'}")

    async def serve() -> None:
        for mood in given.mood:
            made.turn(mood)
        await hold(made, as_json=given.json)

    _until_interrupted(serve)


def _until_interrupted(serve: Callable[[], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        await serve()

    try:
        asyncio.run(all_of_it())
    except KeyboardInterrupt:
        sys.exit(0)
