"""Log lines: one an event, as text or as JSON."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from worker.logs import say, set_up_logs, warn


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before[0], before[1]


def test_text_has_the_event_and_its_facts() -> None:
    out = io.StringIO()
    set_up_logs("text", out=out)
    say("job.popped", job_id="7", seconds=1.23456, next=None)
    warn("horde.unreachable", cause="no answer")
    first, second = out.getvalue().splitlines()
    assert first[8:] == " job.popped job_id=7 seconds=1.23"
    assert second[8:] == ' WARNING horde.unreachable cause="no answer"'


def test_json_has_them_side_by_side() -> None:
    out = io.StringIO()
    set_up_logs("json", out=out)
    say("job.popped", job_id="7", steps=4)
    line = json.loads(out.getvalue())
    assert (line["event"], line["level"], line["job_id"], line["steps"]) == ("job.popped", "info", "7", 4)
