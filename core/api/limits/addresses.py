"""Whose address a call comes from, also behind proxies that the settings trust."""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from aiohttp import web

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_V6_BITS = 64
_KEPT_MAX = 10_000  # addresses that need not be parsed again


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and CIDR ranges as networks; raises ``ValueError`` that names what is neither."""
    return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in texts if text.strip())


class ClientAddresses:
    """Finds clients' addresses. What proxies say is believed only of proxies in ``trusted``."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        """Hold the proxies' networks."""
        self._trusted = tuple(trusted)

    def of(self, request: web.BaseRequest) -> str:
        """Return the client's address: the last one of X-Forwarded-For that is not a trusted proxy's own."""
        address = request.remote or ""
        if not self._trusted or not _is_in(address, self._trusted):
            return address
        said = ",".join(request.headers.getall("X-Forwarded-For", ()))
        for hop in reversed([part.strip() for part in said.split(",") if part.strip()]):
            if _parsed(hop) is None:
                break
            address = hop
            if not _is_in(hop, self._trusted):
                break
        return address


@lru_cache(maxsize=_KEPT_MAX)
def counted_as(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, or the /64 of an IPv6 one, of which people have many."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((parsed, _V6_BITS), strict=False))
    return address


def is_among(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether the address is in one of the networks."""
    return bool(networks) and _is_in(address, networks)


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
