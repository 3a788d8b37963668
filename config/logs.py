"""One log line an event, readable by people and by `grep`: time, level, event and key=value pairs."""

import logging
import sys
from datetime import UTC, datetime

QUIET = ("aiohttp.access", "apscheduler", "alembic", "asyncio")


class LineFormatter(logging.Formatter):
    """Formats a record as `12:34:56 event key=value`, with the level where it is a warning or worse."""

    _second, _clock = -1, ""

    def format(self, record: logging.LogRecord) -> str:
        """One line for the record, and its traceback below where it has one."""
        level = "" if record.levelno <= logging.INFO else f"{record.levelname} "
        line = f"{self._clock_at(int(record.created))} {level}{record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line

    def _clock_at(self, second: int) -> str:
        """Return the time of day; records of one second share it. The handler's lock is held meanwhile."""
        if second != self._second:
            self._clock = datetime.fromtimestamp(second, UTC).strftime("%H:%M:%S")
            self._second = second
        return self._clock


def set_up_logs(level: str) -> None:
    """Sends every record of `level` and above to standard error, third parties' from WARNING on."""
    out = logging.StreamHandler(sys.stderr)
    out.setFormatter(LineFormatter())
    # What no line shows is not looked up for each record.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001 - from the logging HOWTO: callers are not looked up either
    logging.basicConfig(level=level, handlers=[out], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
