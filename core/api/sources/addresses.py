"""Which addresses a stranger's URL may lead us to: public ones, each checked before we connect to that very one."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from threading import Thread
from typing import Final, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]

_NAT64: Final = IPv6Network("64:ff9b::/96")
_REFUSED: Final = tuple(
    ip_network(network)
    for network in (
        # What `is_global` calls global in one Python or another, and is not for us.
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)


def is_public_address(text: str) -> bool:
    """Tell whether an IP address is one of the public Internet.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is what it carries.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        carried = _carried(address)
        if carried is not None:
            return is_public_address(str(carried))
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as this machine knows them.

    It is asked on a daemon thread: a name server that is silent for half a minute must not hold up the end.

    Raises:
        OSError, UnicodeError: there are none.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(found: Sequence[str] | OSError | UnicodeError) -> None:
        if answer.done():
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look() -> None:
        found: Sequence[str] | OSError | UnicodeError
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))
        except (OSError, UnicodeError) as exc:
            found = exc
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(settle, found)

    Thread(target=look, name="resolve", daemon=True).start()
    return await answer


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """How names become addresses, and which of them are connected to."""

    resolve: Resolve = system_resolve
    allows: Callable[[str], bool] = is_public_address

    async def addresses_of(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses to connect to.

        Raises:
            OSError: the name is not known.
            PermissionError: one of its addresses is not allowed; then none of them is used.
        """
        try:
            found: Sequence[str] = (str(ip_address(host)),)
        except ValueError:
            found = await self.resolve(host, port)
        if not found or not all(self.allows(address) for address in found):
            raise PermissionError
        return found


class PinnedResolver(AbstractResolver):
    """Answers every name with the addresses that were checked, so that nobody is asked a second time."""

    def __init__(self, addresses: Sequence[str]) -> None:
        """Hold the addresses."""
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the checked addresses."""
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Hold nothing that needs closing."""
