"""What every test may use, and what the whole suite says at its end."""

from collections.abc import Iterator

import pytest

from tests.seaweed import seaweed
from tests.stores import database

__all__ = ["database", "seaweed"]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """The last lines say it plainly where the page was not looked at."""
    yield
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "page" in report.keywords]
    if skipped:
        terminalreporter.write_line(
            f"NOT RUN: {len(skipped)} page tests, because there is no Chromium (Debian: apt-get install chromium). "
            "With HORDE_TEST_BROWSER=required that is a failure."
        )
