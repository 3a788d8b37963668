"""`horde up`: engine, API, page, bots and the bundled worker, until Ctrl-C."""

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
from pathlib import Path

from config.commands.common import add_settings_options, settings_of
from config.logs import set_up_logs
from core.domain.errors import HordeError

HELP = "Run the whole suite on this machine until Ctrl-C."
NOTE = "up.json"
log = logging.getLogger(__name__)


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde up`."""
    add_settings_options(parser)
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on, 0 for a free one (default 8000)")
    parser.add_argument("--no-worker", action="store_true", help="start no worker beside it")
    parser.add_argument(
        "--only",
        metavar="PART[,PART]",
        help="run only these parts in this process: api, bots, loops, worker (the bundled one needs api beside it)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serves until SIGINT or SIGTERM; 0 after a clean stop, 2 where it cannot start."""
    settings = settings_of(
        arguments,
        {
            "server.host": arguments.host,
            "server.port": arguments.port,
            "worker.enabled": False if arguments.no_worker else None,
        },
    )
    set_up_logs(settings.log.level)
    from config.suite import Part, Suite

    try:
        parts = frozenset(map(Part, arguments.only.split(","))) if arguments.only else frozenset(Part)
    except ValueError:
        known = ", ".join(Part)
        sys.stderr.write(f"horde up: --only {arguments.only}: name one or more of {known}, with commas between.\n")
        return 2

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        suite = Suite(settings, parts=parts)
        await suite.run(stop, on_ready=lambda url: _note(note, url))

    note = settings.folder / NOTE
    failed = False
    try:
        asyncio.run(serve())
    except* HordeError as group:
        for error in group.exceptions:
            sys.stderr.write(f"horde up: {error}\n")
        failed = True
    finally:
        with contextlib.suppress(OSError):
            note.unlink()
    return 2 if failed else 0


def _note(path: Path, url: str) -> None:
    """Where we serve lies in the data folder while we do, for `horde demo` and for scripts."""
    path.write_text(json.dumps({"url": url}), encoding="utf-8")
