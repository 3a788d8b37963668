"""Settings say everything that is wrong at once, each with its key and an example."""

import tomllib
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load_settings
from config.wiring import ROOT, VERSION


def load(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    file = tmp_path / "horde.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file=file, environ=environ or {})


def test_nothing_needs_to_be_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.database_url == f"sqlite:///{tmp_path.resolve()}/horde-data/horde.db"
    assert settings.models.aliases == {"stable_diffusion": "tiny-glyphs"}


def test_the_environment_outranks_the_file_and_the_command_line_both(tmp_path: Path) -> None:
    file = tmp_path / "horde.toml"
    file.write_text("[server]\nport = 1\nhost = '127.0.0.2'\n", encoding="utf-8")
    settings = load_settings(
        file=file, environ={"HORDE_SERVER_PORT": "2"}, overrides={"server.port": 3, "server.host": None}
    )
    assert (settings.server.port, settings.server.host) == (3, "127.0.0.2")
    assert load_settings(file=file, environ={"HORDE_SERVER_PORT": "2"}).server.port == 2


def test_lists_and_pairs_from_the_environment(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        "",
        {"HORDE_MODELS_DEFAULT_MODELS": "a, b", "HORDE_MODELS_ALIASES": "x=a,y=b", "HORDE_WORKER_ENABLED": "false"},
    )
    assert settings.models.default_models == ("a", "b")
    assert settings.models.aliases == {"x": "a", "y": "b"}
    assert settings.worker.enabled is False


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = (
        "lost = 1\n[server]\nport = 70000\nhots = 'x'\npublic_url = 'horde.example.org/'\n[worker]\nenabled = 'maybe'\n"
    )
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text, {"HORDE_QUEUE_LEASE_S": "-1", "HORDE_MODELS_ALIASES": "nonsense"})
    sentences = str(caught.value)
    for word in (
        "lost",
        "server.port",
        "server.hots",
        "server.public_url",
        "worker.enabled",
        "queue.lease_s",
        "HORDE_MODELS_ALIASES",
    ):
        assert word in sentences, word
    assert "8000" in sentences
    assert "https://horde.example.org" in sentences
    assert "server.host" in sentences  # the siblings of an unknown key
    assert len(caught.value.problems) == 7


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read as TOML"):
        load(tmp_path, "[server\n")


def test_a_named_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        load_settings(file=tmp_path / "absent.toml", environ={})


def test_the_version_that_is_served_is_the_packages() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"] == VERSION
