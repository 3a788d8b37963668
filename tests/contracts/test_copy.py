"""A lively horde is copied from one store to the other and goes on exactly where it stood, and back."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bots.store.commons import newest
from bots.store.tables import metadata as bots_metadata
from config.wiring import MIGRATIONS
from core.domain.errors import DuplicateSubmission, InvalidRequest, Unavailable
from core.domain.events import Event, EventKind
from core.domain.ids import ANONYMOUS, AccountId, RequestId
from core.domain.requests import RequestState
from core.ports.store import ReadTransaction, Transaction
from core.store import connection_of
from core.store.copy import Copied, copy_database
from core.store.memory import Memory
from core.store.migrate import CORE_VERSIONS, is_empty, upgrade
from core.store.opening import Store, open_store
from core.store.postgres.connections import engine_for, url_of
from core.store.tables import events, metadata
from core.store.transaction import SqlTransaction
from tests.core.scene import HandClock, Scene, draft
from tests.postgres import fresh_postgres

TABLES = [table for one in (metadata, bots_metadata) for table in one.sorted_tables]
READERS = ("new", "half way", "at the end")


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'horde.db'}"
    upgrade(url, MIGRATIONS)
    return url


@pytest.fixture
def server_url() -> Iterator[str]:
    with fresh_postgres() as url:
        yield url


@asynccontextmanager
async def opened(url: str, clock: HandClock) -> AsyncIterator[Scene]:
    store: Store = await open_store(url, clock=clock, key_secret="copy")
    try:
        yield Scene(uow=store, clock=clock)
    finally:
        await store.aclose()


async def copy(from_url: str, to_url: str, told: list[tuple[str, int]] | None = None) -> Copied:
    def tell(table: str, rows: int) -> None:
        if told is not None:
            told.append((table, rows))

    return await copy_database(
        from_url=from_url, to_url=to_url, versions=MIGRATIONS, others=(bots_metadata,), clock=HandClock(), tell=tell
    )


def move(tx: Transaction, *, reader: str, place: int) -> None:
    tx.events.move_cursor(reader, place)


def run(tx: Transaction, *, statement: sa.Executable) -> None:
    connection_of(tx).execute(statement)


def after(tx: ReadTransaction, *, reader: str) -> Sequence[Event]:
    """Return what this reader has not had yet."""
    return tx.events.after(tx.events.cursor(reader), limit=100)


async def live(scene: Scene) -> dict[str, Any]:
    """Requests open, in work, done and cancelled; a debt; events that three readers have read to different places."""
    owner, ann = (await scene.account("owner")).account, (await scene.account("ann", kudos=40)).account
    guest, offer = await scene.guest(), scene.offer(owner.id)
    done = await scene.ask(ann.id, draft(n=2))
    for _ in range(2):
        await scene.hand_in(await scene.pop_one(offer), owner.id)
    await scene.cancel((await scene.ask(guest.id)).request_id)
    in_work = await scene.ask(ann.id, draft("in work", n=2), key="once")
    job = await scene.pop_one(offer)
    await scene.ask(ANONYMOUS, draft("waiting", n=3))
    await scene.do(lambda tx: tx.ledger.snapshot(scene.clock.now_ms()))
    seen = await scene.uow.read(lambda tx: tx.events.after(0, limit=100))
    places = {"new": 0, "half way": seen[3].seq, "at the end": seen[-1].seq}
    for reader, place in places.items():
        await scene.do(partial(move, reader=reader, place=place))
    await scene.do(fill_bots_tables)
    return {"owner": owner.id, "ann": ann.id, "done": done.request_id, "in_work": in_work.request_id, "job": job}


def fill_bots_tables(tx: Transaction) -> None:
    """Write rows into each table of the bots, whatever its columns are."""
    for table in bots_metadata.sorted_tables:
        for number in (1, 2):
            row = {column.name: _value(column, number) for column in table.c}
            connection_of(tx).execute(sa.insert(table), row)


def _value(column: sa.Column[Any], number: int) -> object:
    if isinstance(column.type, sa.Boolean):
        return number == 1
    return (
        json.dumps({"ü": number})
        if column.name == "body"
        else f"x{number}"
        if column.type.python_type is str
        else number
    )


async def everything(scene: Scene) -> dict[str, Sequence[sa.Row[Any]]]:
    """Return all rows of all tables, but for the numbers of events."""
    shown = {table.name: list(table.c) for table in TABLES if table.name != "event_cursors"}
    shown["events"] = [column for column in events.c if column.name != "seq"]
    return await scene.uow.read(
        lambda tx: {
            name: sorted(connection_of(tx).execute(sa.select(*columns)).all(), key=str)
            for name, columns in shown.items()
        }
    )


async def unread(scene: Scene) -> dict[str, list[tuple[object, ...]]]:
    """Return what each reader has not had yet, without the events' own numbers."""
    found = {reader: await scene.uow.read(partial(after, reader=reader)) for reader in READERS}
    return {
        reader: [(one.kind, one.request_id, one.at_ms, dict(one.body)) for one in waiting]
        for reader, waiting in found.items()
    }


async def go_on(scene: Scene, made: dict[str, Any]) -> None:
    """What was leased is handed in and paid once, what waits is taken, what is asked again is known."""
    assert (await scene.status(made["done"])).state is RequestState.DONE
    again = await scene.ask(made["ann"], draft("in work", n=2), key="once")
    assert (again.request_id, again.duplicate) == (made["in_work"], True)
    assert (await scene.hand_in(made["job"], made["owner"], lease_id=made["job"].lease_id)).reward_mk == 6_500
    with pytest.raises(DuplicateSubmission):
        await scene.hand_in(made["job"], made["owner"], lease_id=made["job"].lease_id)
    taken = [await scene.pop_one(scene.offer(made["owner"])) for _ in range(4)]
    assert [job.prompt for job in taken] == ["in work", "waiting", "waiting", "waiting"]
    for job in taken:
        await scene.hand_in(job, made["owner"])
    assert (await scene.status(made["in_work"])).state is RequestState.DONE
    assert (await scene.pop(scene.offer(made["owner"]))).jobs == ()
    assert (await scene.account("new")).account.id > made["ann"]
    report = await scene.audit()
    assert (report.held_mk, report.holds_pending) == (0, 0)


@pytest.mark.parametrize("way", ["there", "there and back"])
async def test_a_horde_goes_on_where_it_stood(file_url: str, server_url: str, tmp_path: Path, way: str) -> None:
    clock = HandClock()
    async with opened(file_url, clock) as scene:
        made = await live(scene)
        rows, waiting = await everything(scene), await unread(scene)
    total = len(waiting["new"])
    assert [len(waiting[reader]) for reader in READERS] == [total, total - 4, 0]
    assert total > 8
    urls = [file_url, server_url, f"sqlite:///{tmp_path / 'back' / 'horde.db'}"]
    last = 1 if way == "there" else 2
    for number in range(last):
        told: list[tuple[str, int]] = []
        copied = await copy(urls[number], urls[number + 1], told)
        assert copied.report.ok
        assert copied.rows == {name: len(found) for name, found in rows.items()} | {"event_cursors": 3}
        assert ("jobs", 8) in told
    async with opened(urls[last], clock) as scene:
        assert await everything(scene) == rows
        assert await unread(scene) == waiting
        await go_on(scene, made)
        later = await unread(scene)
        news = later["at the end"]
        assert {reader: later[reader][: -len(news)] for reader in READERS} == waiting
        assert len(news) >= 6
        written = await scene.uow.read(newest)
        await scene.do(partial(run, statement=sa.text(ADD_POST)))
        assert (await scene.uow.read(newest))[0] == written[0] + 1


ADD_POST = (
    "INSERT INTO commons_posts (idempotency_key, kind, author_id, author_name, text, visibility, created_at_ms) "
    "VALUES ('new', 'post', 'x', 'x', 'x', 'public', 1)"
)


async def test_events_that_became_visible_out_of_order_are_read_once(server_url: str, tmp_path: Path) -> None:
    """An older transaction that writes after a younger one comes before it: the reader has had the higher number."""
    clock, engine = HandClock(), engine_for(url_of(server_url), connections=2)

    def add(connection: sa.Connection, name: str) -> None:
        tx = SqlTransaction(connection, Memory(""), clock)
        kind = EventKind.REQUEST_ACCEPTED
        tx.events.add(kind, request_id=RequestId(name), account_id=AccountId(0), now_ms=1, body={})
        tx.flush()

    async with engine.connect() as older, engine.connect() as younger:
        await older.exec_driver_sql("SELECT pg_current_xact_id()")
        await younger.run_sync(add, "younger")
        await younger.commit()
        await older.run_sync(add, "older")
        await older.commit()
    await engine.dispose()
    async with opened(server_url, clock) as scene:
        first, second = await scene.uow.read(lambda tx: tx.events.after(0, limit=10))
        assert [first.request_id, second.request_id] == ["older", "younger"]
        await scene.do(lambda tx: tx.events.move_cursor("reader", first.seq))
        await scene.do(lambda tx: tx.events.move_cursor("at the start", 0))
    back = f"sqlite:///{tmp_path / 'horde.db'}"
    await copy(server_url, back)
    async with opened(back, clock) as scene:
        for reader, expected in (("reader", ["younger"]), ("at the start", ["older", "younger"])):
            found = await scene.uow.read(partial(after, reader=reader))
            assert [one.request_id for one in found] == expected
        await scene.ask(ANONYMOUS)
        assert len(await scene.uow.read(partial(after, reader="reader"))) == 2


async def test_numbers_are_never_given_out_twice(file_url: str, server_url: str) -> None:
    clock = HandClock()
    async with opened(file_url, clock) as scene:
        await scene.ask(ANONYMOUS)
        last = await scene.uow.read(lambda tx: tx.events.last_seq())
        await scene.do(lambda tx: tx.events.move_cursor("reader", last))
        await scene.do(partial(run, statement=sa.delete(events)))
    await copy(file_url, server_url)
    async with opened(server_url, clock) as scene:
        await scene.ask(ANONYMOUS)
        assert len(await scene.uow.read(partial(after, reader="reader"))) == 1


async def test_a_horde_in_use_is_not_copied(file_url: str, server_url: str) -> None:
    clock = HandClock()
    async with opened(file_url, clock) as scene:
        await scene.account("ann")
        with pytest.raises(Unavailable, match=r"Another program has sqlite:.* Stop it first"):
            await copy(file_url, server_url)
        await scene.account("bob")
    async with opened(server_url, clock):
        with pytest.raises(Unavailable, match=r"Another program has postgresql:.* Stop it first"):
            await copy(file_url, server_url)
    await copy(file_url, server_url)
    async with opened(server_url, clock):
        with pytest.raises(Unavailable, match=r"Another program has postgresql:"):
            await copy(server_url, f"{file_url}-back")


async def test_what_cannot_be_copied_is_said(file_url: str, server_url: str, tmp_path: Path) -> None:
    clock, other = HandClock(), f"sqlite:///{tmp_path / 'other.db'}"
    with pytest.raises(InvalidRequest, match="both name sqlite"):
        await copy(file_url, file_url)
    with pytest.raises(Unavailable, match=r"There is no horde in sqlite:.*other\.db.* Check --from"):
        await copy(other, file_url)
    upgrade(other, [CORE_VERSIONS])
    with pytest.raises(Unavailable, match=r"not at this program's schema.*horde db upgrade"):
        await copy(other, server_url)
    with pytest.raises(Unavailable, match=r"another version\. Copy into a fresh database"):
        await copy(server_url, other)
    async with opened(file_url, clock) as scene:
        await scene.account("ann", kudos=3)
    await copy(file_url, server_url)
    with pytest.raises(Unavailable, match="not empty: its table accounts has rows"):
        await copy(file_url, server_url)


async def test_a_ledger_that_is_wrong_is_not_copied(file_url: str, server_url: str) -> None:
    clock = HandClock()
    async with opened(file_url, clock) as scene:
        await scene.account("ann", kudos=3)
        await scene.do(partial(run, statement=sa.text("UPDATE balances SET posted_mk = 7")))
    with pytest.raises(Unavailable, match=r"has 1 differences, the first: Account 1.*Nothing was kept"):
        await copy(file_url, server_url)
    async with opened(server_url, clock) as scene:
        assert await scene.uow.read(lambda tx: tx.accounts.get(AccountId(1))) is None
        assert (await scene.audit()).transfers == 0
    assert not is_empty(server_url)
