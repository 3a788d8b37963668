"""A real Chromium for the page tests, and a whole suite for it to look at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, async_playwright

ROOT = Path(__file__).parents[2]
START_S = 60.0
STOP_S = 15.0
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """Returns where Chromium is; without one the test is skipped, or fails where a browser is required."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        reason = f"No Chromium on PATH (tried {', '.join(NAMES)}). Install one: apt-get install chromium"
        if os.environ.get("HORDE_TEST_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def suite(folder: Path, model: Path) -> Iterator[str]:
    """A running `horde up` on a fresh data folder, with a worker on the model; yields its address."""
    log = (folder / "up.log").open("wb")
    environment = os.environ | {"HORDE_WORKER_MODEL": f"tiny-glyphs={model}", "HORDE_WORKER_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "config.cli", "up", "--data", str(folder / "data"), "--port", "0"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield _address(folder, process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _address(folder: Path, process: subprocess.Popen[bytes]) -> str:
    note, until_s = folder / "data" / "up.json", time.monotonic() + START_S
    while time.monotonic() < until_s and process.poll() is None:
        if note.exists():
            return str(json.loads(note.read_text())["url"])
        time.sleep(0.05)
    raise AssertionError(f"horde up did not start:\n{(folder / 'up.log').read_text()}")


@asynccontextmanager
async def page_of(
    address: str,
    *,
    scheme: Literal["light", "dark"] = "light",
    width_px: int = 1280,
    height_px: int = 900,
    javascript: bool = True,
) -> AsyncIterator[Page]:
    """A page in a browser of its own that has been nowhere; it fails if anything is asked of another host."""
    asked: list[str] = []
    wrong: list[str] = []
    async with async_playwright() as player:
        browser = await player.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        context = await browser.new_context(
            viewport={"width": width_px, "height": height_px}, color_scheme=scheme, java_script_enabled=javascript
        )
        page = await context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        try:
            yield page
        finally:
            await browser.close()
    assert [url for url in asked if not url.startswith((f"{address}/", "data:"))] == []
    assert [words for words in wrong if "status of 400" not in words] == []
