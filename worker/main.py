"""The worker's door: settings, logs, signals, one shift, and an exit code."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from worker.errors import BadSettingsError, WorkerError
from worker.logs import set_up_logs, warn
from worker.settings.keys import Settings
from worker.settings.read import read_settings
from worker.shift import Shift

EXIT_FAILED = 1
EXIT_BAD_SETTINGS = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Works until it is told to stop, and returns the exit code: 0 stopped, 1 could not work, 2 bad settings."""
    try:
        settings = read_settings(sys.argv[1:] if argv is None else argv, os.environ)
    except BadSettingsError as exc:
        sys.stderr.write(f"{exc}\nhorde work --help lists all keys.\n")
        return EXIT_BAD_SETTINGS
    set_up_logs(settings.log_format)
    code, is_drawing = asyncio.run(_work(settings))
    if is_drawing:
        # One step of a large model on a slow CPU can outlast the 5 s of a stop; Python would wait for its thread.
        sys.stderr.flush()
        os._exit(code)
    return code


async def _work(settings: Settings) -> tuple[int, bool]:
    """The exit code, and whether the studio's thread is still busy."""
    shift = Shift(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, shift.stop.set)
    try:
        await shift.run()
    except WorkerError as exc:
        warn("worker.failed", cause=str(exc))
        return EXIT_FAILED, shift.is_drawing
    return 0, shift.is_drawing
