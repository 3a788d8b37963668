"""`horde db upgrade` and `horde db copy`, as one types them."""

import asyncio
import json
from functools import partial
from pathlib import Path

import pytest

from config.cli import main
from config.settings import load_settings
from config.wiring import open_ground
from core.services.people.register import register
from tests.postgres import fresh_postgres


def horde(tmp_path: Path) -> Path:
    """Make a horde with one account in a data folder."""
    data = tmp_path / "data"

    async def people() -> None:
        async with open_ground(load_settings(environ={}, overrides={"data.folder": str(data)})) as ground:
            await ground.uow.write(partial(register, name="ann", kudos_mk=7_000, now_ms=ground.clock.now_ms()))

    asyncio.run(people())
    return data


def test_a_copy_is_told_and_says_what_is_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = horde(tmp_path)
    with fresh_postgres() as url:
        assert main(["db", "copy", "--data", str(data), "--to", url]) == 0
        told = capsys.readouterr().out
        rows = dict(line.split()[:2] for line in told.splitlines() if line[:1].islower())
        assert (rows["accounts"], rows["transfers"], rows["commons_posts"]) == ("6", "1", "0")
        assert "The copy has the same rows, and its ledger is right (1 transfers)." in told
        assert f"Next: set data.database_url to {url} and start the horde with the same data folder" in told
        monkeypatch.setenv("HORDE_DATA_DATABASE_URL", url)
        assert main(["account", "show", "1", "--json", "--data", str(data)]) == 0
        assert json.loads(capsys.readouterr().out)["kudos"] == 7
        back = tmp_path / "back.db"
        assert main(["db", "copy", "--data", str(data), "--to", f"sqlite:///{back}"]) == 0
        assert back.exists()
        assert main(["db", "copy", "--from", f"sqlite:///{back}", "--to", url]) == 2
        assert "The target is not empty: its table accounts has rows." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("mysql://host/horde", "is not understood"),
        ("postgresql://bob:hidden@127.0.0.1:9/horde", "Look whether the server runs"),
        ("sqlite:////proc/horde.db", "horde.db"),
    ],
)
def test_a_target_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str, words: str
) -> None:
    assert main(["db", "copy", "--data", str(horde(tmp_path)), "--to", target]) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert "hidden" not in told.err + told.out


def test_an_upgrade_says_where_it_was_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "upgrade", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"sqlite:///{tmp_path}/horde.db is at this program's schema.\n"
