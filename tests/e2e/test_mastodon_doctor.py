"""`horde doctor` says what the Mastodon bot lacks."""

import asyncio
from pathlib import Path

from tests.doubles.mastodon import MastodonDouble
from tests.e2e.processes import horde


async def test_the_doctor_names_a_missing_scope_and_a_revoked_token(tmp_path: Path) -> None:
    async with MastodonDouble() as double:
        env = {
            "HORDE_SERVER_PORT": "0",
            "HORDE_MASTODON_ENABLED": "true",
            "HORDE_MASTODON_BASE_URL": double.url,
            "HORDE_MASTODON_TOKEN": double.world.bot.token,
        }

        async def told(**more: str) -> str:
            done = await asyncio.to_thread(lambda: horde("doctor", "--data", str(tmp_path / "data"), env=env | more))
            assert "Traceback" not in done.stderr
            return done.stdout + done.stderr

        double.world.bot.scopes = frozenset({"read", "write:statuses"})
        found = await told()
        assert "@horde@fedi.test, marked as automated" in found
        assert "lacks write:media" in found
        assert "was revoked" in await told(HORDE_MASTODON_TOKEN="wrong")
        assert double.world.of(double.world.bot) == []
