"""The Mastodon bot's settings say all they lack at once, and never show the token."""

from pathlib import Path

import pytest

from config.settings import SettingsError, load_settings


def test_a_bot_without_server_and_token_is_told_both(tmp_path: Path) -> None:
    file = tmp_path / "horde.toml"
    file.write_text("[mastodon]\nenabled = true\nshowcase_per_hour = 500\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file=file, environ={"HORDE_MASTODON_REPLY_VISIBILITY": "loud"})
    sentences = str(caught.value)
    for word in ("base_url", "HORDE_MASTODON_TOKEN", "showcase_per_hour", "reply_visibility"):
        assert word in sentences


def test_a_broken_token_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "horde.toml"
    file.write_text("[mastodon]\nenabled = false\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file=file, environ={"HORDE_MASTODON_TOKEN": "very private"})
    assert "mastodon.token" in str(caught.value)
    assert "very private" not in str(caught.value)


def test_a_bot_that_is_off_needs_nothing(tmp_path: Path) -> None:
    file = tmp_path / "horde.toml"
    file.write_text("[mastodon]\nbase_url = 'https://social.example.org'\n", encoding="utf-8")
    assert load_settings(file=file, environ={}).mastodon.enabled is False
