"""The commands on PostgreSQL: one setting chooses it, and its password is never printed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.cli import main
from config.settings import SettingsError, load_settings
from tests.postgres import server


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """Settings that name a database in which nothing was ever made."""
    with server().database() as url:
        path = tmp_path / "horde.toml"
        secretive = url.replace("postgres@", "postgres:pass-word@")
        path.write_text(
            f'[data]\nfolder = "{tmp_path / "data"}"\ndatabase_url = "{secretive}"\ndatabase_connections = 2\n'
        )
        yield path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what the command printed; none of it is the password."""
    main(list(arguments))
    printed = capsys.readouterr()
    assert "pass-word" not in printed.out + printed.err
    return printed.out + printed.err


def test_the_commands_use_the_database_of_the_settings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_file = ("--config", str(file))
    assert "database     will be made at the first start" in told(capsys, "doctor", *with_file)
    assert "is at this program's schema" in told(capsys, "db", "upgrade", *with_file)
    assert "ann" in told(capsys, "account", "create", "ann", *with_file)
    assert "the ledger is right" in told(capsys, "doctor", *with_file)
    assert "The ledger is right." in told(capsys, "ledger", "check", *with_file)


def test_a_server_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "horde.toml"
    path.write_text(
        f'[data]\nfolder = "{tmp_path / "data"}"\ndatabase_url = "postgresql://horde:pass-word@127.0.0.1:1/horde"\n'
    )
    assert "Look whether the server runs" in told(capsys, "doctor", "--config", str(path))
    assert "Look whether the server runs" in told(capsys, "db", "upgrade", "--config", str(path))


@pytest.mark.parametrize("url", ["postgres://horde:pass-word@host/horde", "mysql://pass-word", "horde.db"])
def test_another_database_is_refused_with_both_forms(url: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(overrides={"data.database_url": url})
    assert "sqlite:////var/lib/horde/horde.db, or postgresql://user:password@host:5432/horde" in str(raised.value)
    assert "pass-word" not in str(raised.value)
