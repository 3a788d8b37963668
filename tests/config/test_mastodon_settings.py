"""A bot's settings say all they lack at once, stop no other bot, and never show the token."""

from pathlib import Path

import pytest

from bots.platform import PlatformMisconfigured
from cdn.disk import DiskObjects
from config.platforms.discord import DiscordSettings, discord_platform
from config.platforms.mastodon import MastodonSettings, mastodon_platform
from config.settings import SettingsError, load_settings
from core.ports.clock import SystemClock


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "horde.toml"
    file.write_text("[mastodon]\nenabled = true\nshowcase_per_hour = 500\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file=file, environ={"HORDE_MASTODON_REPLY_VISIBILITY": "loud"})
    for word in ("showcase_per_hour", "reply_visibility"):
        assert word in str(caught.value)


def test_a_bot_without_its_token_is_told_so_and_stops_nobody_else(tmp_path: Path) -> None:
    objects = DiskObjects(tmp_path, public_url="http://127.0.0.1:1", secret=b"s" * 32, clock=SystemClock())
    with pytest.raises(PlatformMisconfigured, match=r"mastodon\.token: is needed.*HORDE_MASTODON_TOKEN"):
        mastodon_platform(MastodonSettings(enabled=True), objects=objects, clock=SystemClock())
    with pytest.raises(PlatformMisconfigured, match=r"discord\.token: is needed.*HORDE_DISCORD_TOKEN"):
        discord_platform(DiscordSettings(enabled=True), objects=objects, clock=SystemClock())


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
