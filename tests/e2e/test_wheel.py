"""The wheel alone, in an empty virtual environment and outside the checkout, plays the whole demo."""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.packaging


def run(*command: str | Path, cwd: Path, timeout_s: float) -> subprocess.CompletedProcess[str]:
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("HORDE_", "PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_wheel_plays_the_demo_outside_the_checkout(tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", ROOT, cwd=tmp_path, timeout_s=300)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    run(python, "-m", "pip", "install", "-q", "-c", constraints, "torch==2.13.0", cwd=tmp_path, timeout_s=600)
    run(python, "-m", "pip", "install", "-q", "-c", constraints, f"{wheel}[worker]", cwd=tmp_path, timeout_s=600)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = run(tmp_path / "venv" / "bin" / "horde", "demo", "--data", elsewhere / "data", cwd=elsewhere, timeout_s=400)
    told = dict(re.findall(r"^(\w+) {2,}(.+)$", done.stdout, re.MULTILINE))
    assert "red heart" in told["reply"]
    assert float(told["paid"].removesuffix(" kudos")) > 0
    assert told["balance"] == f"-{told['paid']}"
    assert told["ledger"] == "sum 0, no differences"
    assert str(ROOT) not in done.stdout
    with Image.open(told["picture"]) as picture:
        red, green, blue = picture.convert("RGB").resize((1, 1)).tobytes()
    assert red > green + 20
    assert red > blue + 20
