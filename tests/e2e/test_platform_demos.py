"""`horde demo --platform NAME` plays its scene with the real worker, and says what it needs where it cannot."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.processes import ROOT, clean_environment, horde

ROOMS = ("core", "bots", "worker", "cdn", "config")
SECOND = {"mastodon": "@horde again", "reddit": "u/horde-bot again", "discord": "/draw prompt: a blue house"}


@pytest.mark.parametrize("platform", SECOND)
def test_the_demo_plays_a_scene_on_a_platform(platform: str, tmp_path: Path) -> None:
    done = horde("demo", "--platform", platform, "--data", str(tmp_path / "data"), timeout_s=400)
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout
    assert told.index("draw for me a red heart") < told.index("Here is your picture: “a red heart”")
    assert told.index("bob          likes what is shown") < told.index("votes        1 up")
    assert told.index("votes        1 up") < told.index(SECOND[platform])
    assert told[told.index(SECOND[platform]) :].count("Here is your picture") == 1
    assert told.count("[picture: ") == 3
    assert told.endswith("ledger       sum 0, no differences\n")


def test_outside_of_a_checkout_the_demo_says_that_it_needs_one(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {MAIN}"],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "--platform reddit needs a checkout of the source" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_is_stopped_leaves_no_process_and_no_folder(number: signal.Signals, tmp_path: Path) -> None:
    """SIGTERM ended the demo alone: the suite and the double went on, and the folder stayed."""
    mark = f"TMPDIR={tmp_path}"
    demo = subprocess.Popen(
        [sys.executable, "-m", "config.cli", "demo", "--platform", "mastodon"],
        cwd=ROOT,
        env=clean_environment(dict([mark.split("=")])),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout
    assert any(line.startswith("horde ") for line in demo.stdout), "the suite is there"
    assert len(_processes(mark)) >= 3, "the demo, the double and the suite"
    demo.send_signal(number)
    assert demo.wait(60) == 128 + number
    demo.stdout.close()
    assert _processes(mark) == []
    assert list(tmp_path.glob("horde-*")) == []


def _processes(mark: str) -> list[str]:
    """The processes that were started with this in their environment."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            held = environ.read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is someone else's
        if mark.encode() in held.split(b"\0"):
            found.append(environ.parent.name)
    return found


MAIN = "from config.cli import main; sys.exit(main(['demo', '--platform', 'reddit', '--data', 'data']))"
