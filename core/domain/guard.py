"""What moderators keep people out with: time-outs of addresses, and the modes of the whole horde."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from core.domain.errors import InvalidRequest

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

HOURS_MAX: Final = 720
DAYS_MAX: Final = 30
STRIKES_COUNTED_MS: Final = 24 * 3_600_000
_V6_BITS_MIN: Final = 32
_V4_BITS_MIN: Final = 8


class Mode(StrEnum):
    """States of the whole horde that moderators switch."""

    MAINTENANCE = "maintenance"
    """No new orders, and no jobs for workers."""
    INVITE_ONLY = "invite_only"
    """No new workers but those of people who were invited to have some."""
    RAID = "raid"
    """Under attack: workers may drop half as many jobs before they are put into maintenance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBlock:
    """Addresses that are kept out until a time.

    id: the network, or the worker whose address it is, or a mark of its own. address_hash: set where it is one address
    that is known by its keyed hash alone.
    """

    id: str
    until_ms: int
    address_hash: str | None = None

    @property
    def network(self) -> Network | None:
        """The network, None where it is known by a hash."""
        return None if self.address_hash is not None else ipaddress.ip_network(self.id)

    def left_s(self, now_ms: int) -> int:
        """Return the seconds that it still lasts, 0 when it is over."""
        return max(-(-(self.until_ms - now_ms) // 1_000), 0)


def network_of(text: str) -> Network:
    """Return an address or a range as a network; raises ``InvalidRequest`` for what is neither, or most of all."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as exc:
        message = f"{text[:40]!r} is neither an address nor a range. Write it like 192.0.2.1 or 192.0.2.0/24."
        raise InvalidRequest(message, field="ipaddr", value=text[:40]) from exc
    least = _V4_BITS_MIN if network.version == 4 else _V6_BITS_MIN
    if network.prefixlen < least:
        message = f"{network} is too large a range: it needs at least /{least}. Name smaller ones."
        raise InvalidRequest(message, field="ipaddr", limit=least, value=network.prefixlen)
    return network


def block_that_holds(
    address: str, *, address_hash: str, blocks: Sequence[AddressBlock], now_ms: int
) -> AddressBlock | None:
    """Return the block that keeps the address out the longest, None where nothing does."""
    in_force = [block for block in blocks if block.until_ms > now_ms]
    if not in_force:
        return None
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    held = [
        block
        for block in in_force
        if (parsed in network if (network := block.network) is not None else block.address_hash == address_hash)
    ]
    return max(held, key=lambda block: block.until_ms, default=None)


def prompt_timeout_ms(strikes: int) -> int:
    """Return how long an address is kept out after a refused prompt, with so many others in the day before.

    Source, AI Horde: 3 minutes, then 9, 15, 21 and so on.
    """
    return (2 * strikes + 1) * 3 * 60_000
