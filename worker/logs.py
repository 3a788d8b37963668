"""One log line an event: time, level, event and its facts, as text for people or as JSON for machines."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

_LOG = logging.getLogger("worker")
_FACTS = "facts"


def say(event: str, /, *, level: int = logging.INFO, **facts: object) -> None:
    """Writes one line `event key=value …`; facts that are None are left out. Never give it a prompt or a key."""
    kept = {name: fact for name, fact in facts.items() if fact is not None}
    _LOG.log(level, event, extra={_FACTS: kept})


def warn(event: str, /, **facts: object) -> None:
    """Writes one line at WARNING."""
    say(event, level=logging.WARNING, **facts)


class TextFormatter(logging.Formatter):
    """Formats a record as `12:34:56 event key=value`, with the level where it is a warning or worse."""

    def format(self, record: logging.LogRecord) -> str:
        """One line for the record, and its traceback below where it has one."""
        clock = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        level = "" if record.levelno <= logging.INFO else f"{record.levelname} "
        pairs = "".join(f" {name}={_plain(fact)}" for name, fact in getattr(record, _FACTS, {}).items())
        line = f"{clock} {level}{record.getMessage()}{pairs}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with `at`, `level`, `event` and its facts side by side."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, _FACTS, {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def set_up_logs(log_format: str, *, out: TextIO | None = None) -> None:
    """Sends our records from INFO on and third parties' from ERROR on to `out` (standard error by default)."""
    sink = logging.StreamHandler(out or sys.stderr)
    sink.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=logging.ERROR, handlers=[sink], force=True)
    _LOG.setLevel(logging.INFO)


def _plain(fact: object) -> str:
    text = f"{fact:.3g}" if isinstance(fact, float) else str(fact)
    return json.dumps(text, ensure_ascii=False) if " " in text or "=" in text or not text else text
