"""When calls are limited, and what is said about settings that are wrong."""

import pytest

from config.limits import client_addresses, is_try_out, rate_limits
from config.settings import Settings, SettingsError, load_settings
from core.api.limits import RateLimits
from core.ports.clock import SystemClock


def settings(**environ: str) -> Settings:
    return load_settings(environ=environ)


@pytest.mark.parametrize(
    ("host", "public_url", "alone"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", True),
        ("::1", "http://[::1]:8000", True),
        ("localhost", "http://localhost:8000", True),
        ("192.0.2.7", "http://192.0.2.7:8000", False),
        ("127.0.0.1", "https://horde.example.org", False),
        ("192.0.2.1", "http://127.0.0.1:8000", False),
    ],
)
def test_only_a_try_out_on_this_machine_goes_without_limits(host: str, public_url: str, alone: bool) -> None:
    assert is_try_out(host, public_url) is alone
    found = rate_limits(settings(HORDE_SERVER_HOST=host), public_url=public_url, clock=SystemClock())
    assert (found is None) is alone


@pytest.mark.parametrize(("chosen", "kind"), [("v2", RateLimits), ("off", type(None))])
def test_what_is_set_is_done_wherever_it_runs(chosen: str, kind: type) -> None:
    for host in ("127.0.0.1", "192.0.2.7"):
        chosen_settings = settings(HORDE_API_RATE_LIMITS=chosen, HORDE_SERVER_HOST=host)
        assert type(rate_limits(chosen_settings, public_url=f"http://{host}", clock=SystemClock())) is kind


def test_addresses_that_are_none_are_named() -> None:
    with pytest.raises(SettingsError, match=r"server.trusted_proxies: 'proxy'.*An example"):
        client_addresses(settings(HORDE_SERVER_TRUSTED_PROXIES="127.0.0.1,proxy"))
    with pytest.raises(SettingsError, match=r"api\.relaxed_addresses"):
        rate_limits(settings(HORDE_API_RELAXED_ADDRESSES="x"), public_url="http://localhost", clock=SystemClock())
    with pytest.raises(SettingsError, match=r"valkey://127\.0\.0\.1:6379/0"):
        settings(HORDE_API_RATE_LIMITS_URL="127.0.0.1:6379")
