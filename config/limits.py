"""How often the API may be called, and whose address a call comes from, as the settings say."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from config.settings import Settings, SettingsError
from core.api.limits import ClientAddresses, RateLimits, networks_of, store_of
from core.api.limits.addresses import Network
from core.ports.clock import Clock


def rate_limits(settings: Settings, *, public_url: str, clock: Clock) -> RateLimits | None:
    """The limits of API v2, or None: where they are off, and on a try-out that only this machine reaches.

    Raises SettingsError for addresses that are none, Unavailable for a store that cannot be used.
    """
    relaxed = _networks("api.relaxed_addresses", settings.api.relaxed_addresses)
    chosen = settings.api.rate_limits
    if chosen == "off" or (chosen == "auto" and is_try_out(settings.server.host, public_url)):
        return None
    return RateLimits(store_of(settings.api.rate_limits_url, clock), clock, relaxed=relaxed)


def client_addresses(settings: Settings) -> ClientAddresses:
    """What finds clients' addresses. Raises SettingsError for proxies that are no addresses."""
    return ClientAddresses(_networks("server.trusted_proxies", settings.server.trusted_proxies))


def is_try_out(host: str, public_url: str) -> bool:
    """Tell whether only this machine gets in: it listens on a loopback address and is not published as another."""
    return _is_loopback(host) and _is_loopback(urlsplit(public_url).hostname or host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _networks(key: str, given: Sequence[str]) -> tuple[Network, ...]:
    try:
        return networks_of(given)
    except ValueError as error:
        raise SettingsError([f"{key}: {error}. An example: ['127.0.0.1', '10.0.0.0/8']."]) from error
