"""`horde demo`: one mention goes the whole way, in a fresh data folder, before the reader's eyes."""

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from config.commands.common import kudos
from config.demos.steps import ANSWER_S, LOOK_S, DemoFailedError, say, suite
from config.settings import Settings, load_settings

HELP = "Play the main job once: a mention on the timeline, a picture as the answer."
TEXT = "@horde draw for me a red heart"
BAR_CHARS = 24
SIGINT_CODE = 128 + signal.SIGINT
SIGTERM_CODE = 128 + signal.SIGTERM


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde demo`."""
    parser.add_argument("text", nargs="?", default=TEXT, help="what to write on the timeline (default: %(default)r)")
    parser.add_argument(
        "--platform",
        choices=("mastodon", "reddit", "discord"),
        help="play a scene on a local double of this platform instead (in a checkout of the source)",
    )
    parser.add_argument("--data", metavar="DIR", help="an empty data folder (default: a fresh one in the system's)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the demo; 0 only if the answer was posted and paid, and the suite stopped cleanly."""
    folder = Path(arguments.data) if arguments.data else Path(tempfile.mkdtemp(prefix="horde-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return asyncio.run(_stoppable(_played(arguments, folder.resolve())))
    except DemoFailedError as error:
        sys.stderr.write(f"\nhorde demo: {error}\n")
        return 1
    except (asyncio.CancelledError, KeyboardInterrupt) as stopped:
        if not arguments.data:
            shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.write("\nhorde demo: stopped before its end; nothing of it is left running.\n")
        return SIGINT_CODE if isinstance(stopped, KeyboardInterrupt) else SIGTERM_CODE


async def _played(arguments: argparse.Namespace, folder: Path) -> int:
    if arguments.platform:
        from config.demos.platform import play

        return await play(arguments.platform, folder, arguments.text)
    return await _demo(folder, arguments.text)


async def _stoppable(demo: Coroutine[Any, Any, int]) -> int:
    """The demo; SIGTERM and a closed terminal cancel it as Ctrl-C does, so that what it started is stopped, too."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is not None:
        for stop in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(stop, task.cancel)
    return await demo


async def _demo(folder: Path, text: str) -> int:
    say(f"data folder  {folder}")
    settings = load_settings(overrides={"data.folder": str(folder)})
    async with suite(folder) as url:
        say(f"horde        {url}")
        post_id, sentence = await _write(url, text)
        say(f"a guest      {text}")
        say(f"price        {sentence}")
        told = await _follow(settings, post_id)
    for name, value in told:
        say(f"{name:<12} {value}")
    say(f"again        horde up --data {folder}   then open the page and write to @horde")
    return 0


async def _write(url: str, text: str) -> tuple[int, str]:
    """A new guest's text is on the timeline; returns the post's number and what its price is said to be."""
    import aiohttp

    async with (
        aiohttp.ClientSession(url) as session,
        session.post("/commons/posts", json={"text": text}) as response,
    ):
        body: dict[str, Any] = await response.json(content_type=None)
    if response.status != 201:
        raise DemoFailedError(f"The timeline did not take the post: {body.get('message', body)}")
    return int(body["id"]), str(body["sentence"])


async def _follow(settings: Settings, post_id: int) -> list[tuple[str, str]]:
    """The summons is answered; returns what to tell of the answer. Reads the suite's database from this process."""
    from config.scene import Scene, read_scene
    from config.wiring import open_ground

    bar = Bar()
    ends = time.monotonic() + ANSWER_S
    last: Scene | None = None
    async with open_ground(settings) as ground:
        while time.monotonic() < ends:
            scene = await ground.uow.read(lambda tx: read_scene(tx, post_id=post_id, now_ms=ground.clock.now_ms()))
            if scene != last:
                bar.show(scene.words, step=scene.step, steps=scene.steps)
                last = scene
            if scene.is_over:
                bar.end()
                return _told(scene, settings, picture=await _picture(ground, scene))
            await asyncio.sleep(LOOK_S)
    raise DemoFailedError(
        f"There was no answer within {ANSWER_S:.0f} s; the last that was seen: {last.words if last else '-'}"
    )


async def _picture(ground: Any, scene: Any) -> str:  # noqa: ANN401 - both are imported where used
    """Where the picture lies: a file, or an address in a bucket."""
    from config.wiring import OBJECTS

    if scene.picture_key is None:
        raise DemoFailedError(f"The bot answered without a picture: {scene.reply}")
    settings: Settings = ground.settings
    shelf = OBJECTS[settings.objects.kind](settings, public_url="", secret=ground.secret, clock=ground.clock)
    on_disk = settings.objects.kind == "disk"
    found = await shelf.objects.head(scene.picture_key)
    place = settings.folder / "objects" / scene.picture_key
    where = str(place) if on_disk else shelf.objects.public_url(scene.picture_key)
    shelf.close()
    if found is None:
        raise DemoFailedError(f"The picture is not where it belongs: {where}")
    return where


def _told(
    scene: Any,  # noqa: ANN401 - Scene is imported where used
    settings: Settings,
    *,
    picture: str,
) -> list[tuple[str, str]]:
    if not scene.ledger_ok:
        raise DemoFailedError(f"The ledger is wrong. See: horde ledger check --data {settings.folder}")
    return [
        ("reply", scene.reply.replace("\n", "\n" + " " * 13)),
        ("picture", picture),
        ("paid", f"{kudos(scene.price_mk)} kudos"),
        ("balance", f"{kudos(scene.balance_mk)} kudos"),
        ("ledger", "sum 0, no differences"),
    ]


class Bar:
    """A progress line that is rewritten in place on a terminal, and printed once a stage elsewhere."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._live = sys.stdout.isatty()
        self._words = ""

    def show(self, words: str, *, step: int, steps: int) -> None:
        """The stage, and where it has steps, how many are done."""
        if self._live:
            done = BAR_CHARS * step // steps if steps else 0
            drawn = f"  [{'#' * done}{'.' * (BAR_CHARS - done)}]" if steps else ""
            sys.stdout.write(f"\r\x1b[K{'now':<12} {words}{drawn}")
            sys.stdout.flush()
        elif words != self._words:
            say(f"{'now':<12} {words}")
        self._words = words

    def end(self) -> None:
        """The line is finished."""
        if self._live:
            say("")
