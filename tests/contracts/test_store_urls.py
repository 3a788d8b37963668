"""How a database is named, what is said where it cannot be used, and that no password is ever shown."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa

from core.domain.errors import Conflict, InvalidRequest, Unavailable
from core.store import open_store
from core.store.migrate import is_current, upgrade
from core.store.postgres.connections import POOL_WAIT_S, translated, unknown_end, url_of
from core.store.postgres.notices import PAYLOAD_BYTES_MAX, lanes_of, payloads
from core.store.urls import is_postgres_url, shown
from tests.core.scene import HandClock
from tests.postgres import server

ROOT = Path(__file__).parents[2]
URL = "postgresql://horde:pass-word@db.example.org:5433/horde"


def test_both_forms_of_a_url() -> None:
    tcp = url_of(URL + "?sslmode=require")
    assert (tcp.host, tcp.port, tcp.username, tcp.password, tcp.database) == (
        "db.example.org",
        5433,
        "horde",
        "pass-word",
        "horde",
    )
    socket = url_of("postgresql:///horde?host=/run/postgresql&port=5434")
    assert (socket.query["host"], socket.port, socket.database) == ("/run/postgresql", 5434, "horde")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://horde:pass-word@host:notaport/horde",
        "postgresql://horde:pass-word@host",
        "postgresql://horde:pass-word@host/horde?application=x",
        "postgresql+psycopg://horde:pass-word@host/horde",
        "mysql://horde:pass-word@host/horde",
        "horde.db",
    ],
)
async def test_a_url_that_is_not_understood(url: str) -> None:
    with pytest.raises(Unavailable, match=r"not understood.*postgresql://user:password@host:5432/horde") as raised:
        await open_store(url, clock=HandClock())
    assert "pass-word" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "as_shown"),
    [
        (URL, "postgresql://horde:***@db.example.org:5433/horde"),
        ("postgresql://horde:p@ss@host/horde", "postgresql://horde:***@host/horde"),
        ("postgresql:///horde?host=/run/postgresql", "postgresql:///horde?host=/run/postgresql"),
        ("sqlite:////var/lib/horde/horde.db", "sqlite:////var/lib/horde/horde.db"),
    ],
)
def test_no_password_is_shown(url: str, as_shown: str) -> None:
    assert shown(url) == as_shown


def test_which_store_a_url_means() -> None:
    assert is_postgres_url(URL)
    assert not is_postgres_url("sqlite:////x.db")


async def test_a_server_that_is_not_there() -> None:
    with pytest.raises(Unavailable, match="goes on by itself when it is back") as raised:
        await open_store("postgresql://horde:pass-word@127.0.0.1:1/horde", clock=HandClock())
    assert "pass-word" not in str(raised.value)
    with pytest.raises(Unavailable, match="Look whether the server runs"):
        is_current("postgresql:///horde?host=/nowhere")


async def test_a_database_that_was_never_made() -> None:
    for use in (is_current, upgrade):
        with pytest.raises(Unavailable, match="Make the database once: createdb"):
            use(server().url("never_made"))
    with pytest.raises(Unavailable, match="Make the database once: createdb"):
        await open_store(server().url("never_made"), clock=HandClock())


def failed(error: asyncpg.PostgresError) -> Exception:
    return sa.exc.OperationalError("SELECT 1", {}, error)


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (asyncpg.UniqueViolationError("duplicate key\nDETAIL: Key (name)=(secret) exists"), Conflict, "Look at what"),
        (asyncpg.StringDataRightTruncationError("too long"), InvalidRequest, "Send another one"),
        (asyncpg.UndefinedTableError("no relation jobs"), Unavailable, "horde db upgrade"),
        (asyncpg.DiskFullError("no space left"), Unavailable, "Free some space"),
        (asyncpg.TooManyConnectionsError("sorry"), Unavailable, "max_connections"),
        (asyncpg.InvalidPasswordError("no"), Unavailable, "data.database_url"),
        (asyncpg.DeadlockDetectedError("deadlock"), Unavailable, "try again in a moment"),
        (asyncpg.LockNotAvailableError("lock timeout"), Unavailable, "holds the rows"),
        (asyncpg.InsufficientPrivilegeError("denied"), Unavailable, "own its tables"),
        (asyncpg.CannotConnectNowError("starting up"), Unavailable, "goes on by itself"),
        (asyncpg.PostgresSyntaxError("syntax"), Unavailable, "report it"),
        (asyncpg.QueryCanceledError("canceled"), Unavailable, "Try again"),
    ],
)
def test_what_the_database_says_is_said_with_what_to_do(
    error: asyncpg.PostgresError, kind: type[Exception], advice: str
) -> None:
    for raised in (error, failed(error)):
        told = translated(raised, url_of(URL))
        assert isinstance(told, kind)
        assert advice in str(told)
        assert "secret" not in str(told)
        assert "pass-word" not in str(told)


def test_what_is_said_where_connections_are_few_or_the_end_is_unknown() -> None:
    told = str(translated(sa.exc.TimeoutError("QueuePool limit"), url_of(URL)))
    assert f"{POOL_WAIT_S:.0f} s" in told
    assert "data.database_connections" in told
    told = str(unknown_end(ConnectionResetError("reset by peer"), url_of(URL)))
    assert "with the same idempotency key, asking is safe" in told
    assert "pass-word" not in told


def test_without_the_driver_it_says_what_to_install() -> None:
    program = (
        "import asyncio, sys\n"
        "sys.modules['asyncpg'] = None\n"
        "from core.store import open_store\n"
        "from core.ports.clock import SystemClock\n"
        "try:\n"
        "    asyncio.run(open_store('postgresql://x@host/horde', clock=SystemClock()))\n"
        "except Exception as exc:\n"
        "    print(type(exc).__name__, exc)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Unavailable ")
    assert "pip install 'horde-suite[postgres]'" in done.stdout


def test_notices_come_in_pieces_that_the_server_takes() -> None:
    lanes = Counter({10_000_000 + i: 1 + i % 3 for i in range(3_000)})
    pieces = list(payloads(lanes))
    assert len(pieces) > 1
    assert all(len(piece.encode()) <= PAYLOAD_BYTES_MAX for piece in pieces)
    assert Counter(lane for piece in pieces for lane in lanes_of(piece)) == lanes
    assert list(payloads(Counter())) == []
    assert lanes_of("nonsense,7:2,x:1,8:") == [7, 7]
