"""The Reddit bot's settings: what is wrong or missing is said, key by key, and the rest of the suite starts."""

import asyncio
from pathlib import Path

import pytest

from bots.platform import PlatformMisconfigured
from config.commands.doctor import Finding, examine
from config.platforms.reddit import RedditSettings, reddit_platform
from config.settings import Settings, SettingsError, load_settings
from config.wiring import build_rooms, open_ground, showcases
from core.ports.clock import SystemClock
from tests.doubles.reddit.server import RedditDouble


def settings_of(folder: Path, **environ: str) -> Settings:
    given = {f"HORDE_REDDIT_{key.upper()}": value for key, value in environ.items()}
    return load_settings(environ=given, overrides={"data.folder": str(folder), "server.port": 0})


def test_wrong_values_are_said_at_once_and_no_secret_with_them(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, client_secret="my secret", refresh_token="my token", showcase="r/art", username="u/x")
    told = str(caught.value)
    assert [
        key for key in ("client_secret", "refresh_token", "showcase", "username") if f"reddit.{key}" not in told
    ] == []
    assert "my secret" not in told
    assert "my token" not in told


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(PlatformMisconfigured) as caught:
        reddit_platform(RedditSettings(enabled=True), clock=SystemClock(), version="1")
    for key in ("CLIENT_ID", "CLIENT_SECRET", "USERNAME", "PASSWORD", "REFRESH_TOKEN"):
        assert f"HORDE_REDDIT_{key}" in str(caught.value)


async def test_a_reddit_that_lacks_credentials_does_not_stop_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_ground(settings_of(tmp_path, enabled="true", username="my_bot")) as ground:
        assert build_rooms(ground, public_url="http://127.0.0.1:8000").app is not None
    assert "bots.misconfigured part=reddit reason=set reddit.client_id" in caplog.text


def test_pictures_are_shown_on_the_timeline_where_no_subreddit_is_set(tmp_path: Path) -> None:
    assert showcases(settings_of(tmp_path))["reddit"] == "commons"
    assert showcases(settings_of(tmp_path, showcase="art"))["reddit"] == "reddit"


async def doctor(settings: Settings) -> Finding:
    """Returns what `horde doctor` says of Reddit; it runs loops of its own, so on a thread."""
    found = await asyncio.to_thread(lambda: list(examine(settings)))
    return next(finding for finding in found if finding.subject == "reddit")


async def test_doctor_logs_in_and_says_what_is_missing(tmp_path: Path) -> None:
    double = RedditDouble()
    async with double.running():
        given = {
            "enabled": "true",
            "client_id": double.town.client[0],
            "client_secret": double.town.client[1],
            "username": double.town.bot,
            "refresh_token": double.town.refresh_token,
            "url": double.url,
            "oauth_url": double.url,
        }
        found = await doctor(settings_of(tmp_path, **given))
        assert found.told == "logged in as u/horde-bot"
        assert found.next_step.startswith("set server.public_url")
        wrong = await doctor(settings_of(tmp_path, **given | {"client_secret": "wrong"}))
        assert wrong.told == "cannot log in"
        assert "Reddit gives no token for them (status 401)" in wrong.next_step
        missing = await doctor(settings_of(tmp_path, **given | {"refresh_token": ""}))
        assert "HORDE_REDDIT_PASSWORD" in missing.next_step
        double.faults.order("", "503", times=None)
        down = await doctor(settings_of(tmp_path, **given))
        assert "try again later" in down.next_step
