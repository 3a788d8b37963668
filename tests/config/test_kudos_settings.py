"""The settings of kudos come to the engine's numbers."""

from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load_settings
from config.wiring import queue_policy
from core.domain.kudos.policy import KudosPolicy
from core.domain.policy import QueuePolicy


def test_without_a_setting_they_are_the_engine_s_own() -> None:
    policy = queue_policy(Settings())
    assert policy.kudos == KudosPolicy()
    assert (policy.tax_job_mk, policy.fee_per_mille) == (QueuePolicy().tax_job_mk, QueuePolicy().fee_per_mille)


def test_kudos_become_millikudos_shares_thousandths_and_days_seconds(tmp_path: Path) -> None:
    file = tmp_path / "horde.toml"
    file.write_text(
        "[kudos]\ntax_job = 1.5\nfee_share = 0.025\nescrow_share = 0.25\ntrust_kudos = 12.5\ntrust_age_days = 0.5\n"
        "admins = [1]\nawarders = [2, 3]\nupfront = true\nbridge_shares = { 'AI Horde Worker' = 0.9 }\n",
        encoding="utf-8",
    )
    policy = queue_policy(load_settings(file=file, environ={"HORDE_KUDOS_BRIDGE_SHARE_OTHER": "0.75"}))
    kudos = policy.kudos
    assert (policy.tax_job_mk, policy.fee_per_mille) == (1_500, 25)
    assert (kudos.escrow_per_mille, kudos.trust_mk, kudos.trust_age_s) == (250, 12_500, 43_200)
    assert (sorted(kudos.admins), sorted(kudos.awarders), kudos.upfront) == ([1], [2, 3], True)
    assert (kudos.bridge_per_mille, kudos.bridge_other_per_mille) == ({"AI Horde Worker": 900}, 750)


@pytest.mark.parametrize(
    "line", ["escrow_share = 1.1", "tax_job = -1", "admins = [0]", "admins = ['ann']", "upfront_steps = 0"]
)
def test_what_is_out_of_bounds_is_said_with_an_example(tmp_path: Path, line: str) -> None:
    file = tmp_path / "horde.toml"
    file.write_text(f"[kudos]\n{line}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"kudos\.{line.split(maxsplit=1)[0]}.*an example"):
        load_settings(file=file, environ={})
