"""The import rules of the house hold, and each of them bites when it is broken on purpose."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "bots", "worker", "cdn", "config")

# contract id -> (a module of the room, an import that the contract forbids there)
VIOLATIONS = {
    "house": ("core/domain/errors.py", "import config.settings"),
    "config": ("config/settings.py", "import config.cli"),
    "bots": ("bots/platform.py", "import bots.runner"),
    "core": ("core/domain/ids.py", "import core.ports.clock"),
    "wire-only-from-api": ("core/services/__init__.py", "import core.wire"),
    "wire-imports-nothing": ("core/wire/__init__.py", "import core.domain.ids"),
    "worker": ("worker/main.py", "import core.domain.errors"),
    "cdn": ("cdn/disk.py", "import core.services"),
    "sqlalchemy": ("core/services/__init__.py", "import sqlalchemy"),
    "asyncpg": ("core/services/__init__.py", "import asyncpg"),
    "apscheduler": ("core/services/__init__.py", "import apscheduler"),
    "prometheus": ("core/services/__init__.py", "import prometheus_client"),
    "limits": ("core/services/__init__.py", "import limits"),
    "diffusers": ("core/services/__init__.py", "import torch"),
    "matplotlib": ("core/services/__init__.py", "import matplotlib"),
    "boto3": ("core/services/__init__.py", "import boto3"),
    "praw": ("core/services/__init__.py", "import praw"),
    "mastodon": ("core/services/__init__.py", "import mastodon"),
    "discord": ("core/services/__init__.py", "import discord"),
}


def contracts() -> list[dict[str, str]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, str]] = settings["tool"]["importlinter"]["contracts"]
    return found


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def copy_with_violations(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=lambda _, names: [n for n in names if not _is_code(n)])
    for module, statement in VIOLATIONS.values():
        with (folder / module).open("a", encoding="utf-8") as file:
            file.write(f"\n{statement}\n")
    return lint(folder).stdout


def _is_code(name: str) -> bool:
    return name.endswith(".py") or ("." not in name and name != "__pycache__")


def test_the_rules_hold_in_the_tree() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_has_a_violation_here() -> None:
    assert {contract["id"] for contract in contracts()} == set(VIOLATIONS)


@pytest.mark.parametrize("contract_id", sorted(VIOLATIONS))
def test_each_contract_bites(contract_id: str, copy_with_violations: str) -> None:
    name = next(contract["name"] for contract in contracts() if contract["id"] == contract_id)
    flat = " ".join(copy_with_violations.split())
    assert f"{name} BROKEN" in flat, copy_with_violations
