"""The metrics: what Prometheus reads is what happened, costs little, and is shown to whom the settings allow it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from prometheus_client.parser import text_string_to_metric_families

from core.api import ApiServer, create_app
from core.api.context import HELD
from core.api.metrics import EngineFigures, Metrics, ProcessFigures, StoreFigures
from core.api.metrics.page import is_local
from core.ports.store import ReadTransaction, UnitOfWork
from core.services.statistics.meters import NOTHING_WAITS, Meters, Spread
from core.services.statistics.roll_up import roll_up
from tests.api.scene import Horde, webp

T = TypeVar("T")
Value = Callable[..., float]
IMAGE = {"kind": "image"}


class CountedReads:
    """A store of which is counted how often it is read."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self.reads = 0

    async def read(self, query: Callable[[ReadTransaction], T], *, brief: bool = False) -> T:
        self.reads += 1
        return await self._uow.read(query, brief=brief)

    def __getattr__(self, name: str) -> object:
        return getattr(self._uow, name)


class Watched:
    """A second server over the same horde, with the metrics' page."""

    def __init__(self, horde: Horde, *, open_to_all: bool = False) -> None:
        self.reads = CountedReads(horde.uow)
        self.meters = Meters()
        app = create_app(replace(horde.context, meters=self.meters))
        self.engine = EngineFigures(uow=self.reads, clock=horde.clock, online_s=300)  # type: ignore[arg-type] # by duck
        held = app[HELD]
        process = ProcessFigures(self.meters, held=lambda: len(held), streams=lambda: held.streams)
        store = StoreFigures(horde.uow.meters)
        app.add_routes(Metrics([self.engine, process, store], open_to_all=open_to_all).routes())
        self.server = ApiServer(app)
        self._horde = horde

    async def page(self, **headers: str) -> tuple[int, str, str]:
        url = f"http://127.0.0.1:{self.server.port}/metrics"
        async with self._horde.session.get(url, headers=headers) as response:
            return response.status, response.headers["Content-Type"], await response.text()

    async def values(self) -> Value:
        """Read the page and return how to look a value up: by name and labels."""
        status, _, text = await self.page()
        assert status == 200, text
        found = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        return lambda name, labels=None, **more: found[name, tuple(sorted(((labels or {}) | more).items()))]


@pytest.fixture
async def watched(horde: Horde) -> AsyncIterator[Watched]:
    one = Watched(horde)
    await one.server.start()
    yield one
    await one.server.stop()


def replace_server(horde: Horde, watched: Watched) -> Horde:
    """Return the same horde, spoken to by way of the watched server."""
    return replace(horde, server=watched.server)


async def made(horde: Horde) -> None:
    """Three pictures were asked for: one is made, one is in work, one waits."""
    for _ in range(3):
        await horde.ask()
    first = (await horde.pop()).body
    await horde.upload(first["r2_upload"], webp())
    assert (await horde.submit(first["id"])).status == 200
    assert (await horde.pop()).body["id"]
    while await horde.uow.write(roll_up):
        pass


async def test_the_page_tells_what_happened(horde: Horde, watched: Watched) -> None:
    await made(horde)
    value = await watched.values()
    assert value("horde_queue_jobs", IMAGE) == 1
    assert value("horde_leases_active", IMAGE) == 1
    assert value("horde_workers", IMAGE) == value("horde_worker_threads", IMAGE) == 1
    assert value("horde_queue_jobs", kind="text") == 0
    assert value("horde_jobs_done_total", IMAGE) == 1
    assert value("horde_jobs_lost_total", IMAGE, how="faulted") == 0
    assert value("horde_requests_ended_total", IMAGE) == 1
    assert value("horde_things_done_total", IMAGE) == 64 * 64 * 10
    assert value("horde_job_wait_seconds_count", IMAGE) == 1
    assert value("horde_job_wait_seconds_bucket", IMAGE, le="+Inf") == 1
    assert value("horde_job_wait_seconds_bucket", IMAGE, le="1200.0") == 1
    assert value("horde_price_kudos_total", IMAGE) >= value("horde_reward_kudos_total", IMAGE) > 0
    assert value("process_resident_memory_bytes") > 1_000_000


async def test_the_ledger_sums_to_nothing_and_says_where_the_kudos_are(horde: Horde, watched: Watched) -> None:
    await horde.account("rich", kudos_mk=7_000_000)
    await made(horde)
    value = await watched.values()
    assert value("horde_ledger_sum_millikudos") == 0
    names = ("mint", "treasury", "escrow", "remote", "anonymous", "people")
    assert sum(round(value("horde_ledger_kudos", account=name) * 1_000) for name in names) == 0
    assert value("horde_ledger_kudos", account="mint") == -7_000
    held_mk = sum(held_mk for _, held_mk in (await horde.uow.read(lambda tx: tx.ledger.cached_balances())).values())
    assert held_mk > 0
    assert value("horde_ledger_held_kudos") * 1_000 == pytest.approx(held_mk)


async def test_a_scrape_reads_the_database_at_most_every_few_seconds(horde: Horde, watched: Watched) -> None:
    await horde.ask()
    value = await watched.values()
    assert watched.reads.reads == 2, "the queue and the ledger"
    await horde.ask()
    for _ in range(5):
        assert (await watched.values())("horde_queue_jobs", IMAGE) == value("horde_queue_jobs", IMAGE) == 1
    assert watched.reads.reads == 2
    horde.clock.ahead_ms += 50_000
    assert (await watched.values())("horde_queue_jobs", IMAGE) == 2
    assert watched.reads.reads == 3, "the ledger is read once a minute"
    horde.clock.ahead_ms += 60_000
    await watched.values()
    assert watched.reads.reads == 5


async def test_pops_and_submits_are_counted_where_they_are_answered(horde: Horde, watched: Watched) -> None:
    here = replace_server(horde, watched)
    await here.ask(params={"width": 1024})
    await here.ask()
    first = (await here.pop(max_pixels=64 * 64)).body
    assert first["id"]
    await here.upload(first["r2_upload"], webp())
    assert (await here.submit(first["id"])).status == 200
    assert (await here.pop(max_pixels=64 * 64)).body["id"] is None
    assert (await here.pop(max_pixels=64 * 64, who="other", models=["another"])).body["id"] is None
    second = (await here.pop(max_pixels=1024 * 64)).body
    assert (await here.submit(second["id"], state="faulted", generation="")).status == 200
    value = await watched.values()
    assert value("horde_pops_total", IMAGE, found="yes") == value("horde_pops_total", IMAGE, found="no") == 2
    assert value("horde_pops_empty_total", IMAGE, reason="max_pixels") == 1
    assert value("horde_pops_empty_total", IMAGE, reason="models") == 1
    assert value("horde_submits_total", IMAGE, state="ok") == 1
    assert value("horde_submits_total", IMAGE, state="faulted") == 1


async def test_what_the_process_counts_is_told(watched: Watched) -> None:
    watched.meters.popped("image", jobs=1, skipped={"models": 3})
    watched.meters.popped("image", jobs=0, skipped={"models": 3, "nsfw": 1, "kudos": 0})
    watched.meters.popped("text", jobs=0, skipped={})
    watched.meters.submits.count("image", "ok", by=2)
    watched.meters.loop_runs.count("reclaim")
    watched.meters.loop_failures.count("reclaim")
    value = await watched.values()
    assert value("horde_pops_total", IMAGE, found="yes") == value("horde_pops_total", IMAGE, found="no") == 1
    assert value("horde_pops_empty_total", IMAGE, reason="models") == 1
    assert value("horde_pops_empty_total", IMAGE, reason="nsfw") == 1
    assert value("horde_pops_empty_total", kind="text", reason=NOTHING_WAITS) == 1
    with pytest.raises(KeyError):
        value("horde_pops_empty_total", IMAGE, reason="kudos")
    assert value("horde_submits_total", IMAGE, state="ok") == 2
    assert value("horde_loop_runs_total", loop="reclaim") == value("horde_loop_failures_total", loop="reclaim") == 1
    assert value("horde_held_pops") == value("horde_streams") == 0


async def test_the_store_tells_what_its_writes_took(horde: Horde, watched: Watched) -> None:
    await made(horde)
    before = await watched.values()
    writes = before("horde_store_write_seconds_count")
    assert writes == before("horde_store_write_seconds_bucket", le="+Inf") == before("horde_store_group_writes_sum")
    assert before("horde_store_write_seconds_sum") > 0
    await asyncio.gather(*(horde.uow.write(lambda _: None) for _ in range(20)))
    after = await watched.values()
    assert after("horde_store_write_seconds_count") == after("horde_store_group_writes_sum") == writes + 20
    grown = after("horde_store_group_writes_count") - before("horde_store_group_writes_count")
    assert 1 <= grown <= 20
    assert after("horde_store_open_writes") == 0


async def test_the_page_is_for_this_machine_unless_it_is_open(horde: Horde, watched: Watched) -> None:
    status, kind, text = await watched.page()
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert "# TYPE horde_queue_jobs gauge" in text
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        status, _, text = await watched.page(**{header: "127.0.0.1"})
        assert status == 403
        assert "server.metrics" in text, "it says what to do"
    everyone = Watched(horde, open_to_all=True)
    await everyone.server.start()
    assert (await everyone.page(**{"X-Forwarded-For": "203.0.113.7"}))[0] == 200
    await everyone.server.stop()


@pytest.mark.parametrize(
    ("remote", "local"), [("127.0.0.1", True), ("::1", True), ("10.0.0.1", False), ("fe80::1%eth0", False), ("", False)]
)
def test_who_is_local(remote: str, local: bool) -> None:
    request: web.Request = make_mocked_request("GET", "/metrics").clone(remote=remote)
    assert is_local(request) is local


async def test_without_the_database_the_last_figures_stay(
    horde: Horde, watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    await horde.ask()
    await watched.values()
    horde.uow.close()
    horde.clock.ahead_ms += 3_600_000
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert (await watched.values())("horde_queue_jobs", IMAGE) == 1
    assert caplog.text.count("metrics.not_read source=EngineFigures") == 1


def test_a_spread_sorts_values_into_classes() -> None:
    spread = Spread((1, 5))
    for value in (0.5, 1, 2, 50):
        spread.note(value)
    assert spread.read() == (2, 1, 1)
    assert spread.sum == 53.5
