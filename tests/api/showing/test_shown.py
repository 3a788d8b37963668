"""What everyone may look at: how busy it is, models, statistics, news and documents."""

from typing import Any

import pytest

from core.domain.policy import QueuePolicy
from core.services.statistics.roll_up import roll_up
from tests.api.scene import MODEL, Builder, Horde, webp


async def made(horde: Horde, *, who: str = "owner") -> None:
    """One picture is asked for, made and counted."""
    _, popped = await horde.leased(who=who)
    await horde.upload(popped["r2_upload"], webp())
    assert (await horde.submit(popped["id"], who=who)).status == 200
    await horde.uow.write(roll_up)


async def test_the_load_is_told_kind_by_kind(horde: Horde) -> None:
    empty = (await horde.call("GET", "/api/v2/status/performance")).body
    assert set(empty.values()) == {0}
    assert len(empty) == 13
    await horde.ask(params={"n": 3})
    text = {"prompt": "Once", "params": {"max_length": 80}, "models": ["llm"]}
    assert (await horde.call("POST", "/api/v2/generate/text/async", who="asker", json=text)).status == 202
    offer = {"name": "writer", "models": ["other"], "threads": 2}
    await horde.call("POST", "/api/v2/generate/text/pop", who="owner", json=offer)
    busy = (await horde.call("GET", "/api/v2/status/performance")).body
    assert (busy["queued_requests"], busy["queued_text_requests"], busy["queued_forms"]) == (3, 1, 0)
    assert (busy["worker_count"], busy["text_worker_count"], busy["text_thread_count"]) == (0, 1, 2)
    assert busy["queued_megapixelsteps"] > 0
    assert busy["queued_tokens"] >= 80


async def test_models_are_listed_and_shown(horde: Horde) -> None:
    await horde.ask(params={"n": 2})
    listed = (await horde.call("GET", "/api/v2/status/models")).body
    assert [(one["name"], one["count"], one["jobs"], one["eta"]) for one in listed] == [(MODEL, 0, 2, 10_000)]
    assert listed[0]["queued"] > 0
    await made(horde)
    one = (await horde.call("GET", "/api/v2/status/models/" + MODEL)).body
    assert one == (await horde.call("GET", "/api/v2/status/models?type=image")).body
    assert (one[0]["count"], one[0]["jobs"], one[0]["type"]) == (1, 2, "image")
    assert one[0]["performance"] > 0
    assert one[0]["eta"] < 10_000
    for query, count in (
        ("min_count=1", 1),
        ("min_count=2", 0),
        ("max_count=1", 1),
        ("max_count=0", 0),
        ("type=text", 0),
    ):
        assert len((await horde.call("GET", f"/api/v2/status/models?{query}")).body) == count, query
    missing = await horde.call("GET", "/api/v2/status/models/a%2Fb")
    assert (missing.status, missing.body["rc"]) == (404, "ModelNotFound")
    assert "a/b" in missing.body["message"]
    assert (await horde.call("GET", "/api/v2/status/models?type=sound")).status == 400


async def test_known_and_custom_models(build: Builder) -> None:
    known = QueuePolicy(default_models=(MODEL,), known_models=frozenset({MODEL, "idle"}))
    horde = await build(policy=known)
    await horde.pop(models=[MODEL, "own/model"])

    async def names(state: str) -> list[str]:
        return [one["name"] for one in (await horde.call("GET", f"/api/v2/status/models?model_state={state}")).body]

    assert await names("all") == ["own/model", MODEL]
    assert await names("known") == [MODEL]
    assert await names("custom") == ["own/model"]
    assert (await horde.call("GET", "/api/v2/status/models/own%2Fmodel")).body[0]["name"] == "own/model"
    idle = (await horde.call("GET", "/api/v2/status/models/idle")).body
    assert [(one["name"], one["count"], one["eta"]) for one in idle] == [("idle", 0, 0)]


async def test_r18_totals_and_models_of_what_was_made(horde: Horde) -> None:
    nothing = {"images": 0, "ps": 0}
    periods = ("minute", "hour", "day", "month", "total")
    assert (await horde.call("GET", "/api/v2/stats/img/totals")).body == dict.fromkeys(periods, nothing)
    assert (await horde.call("GET", "/api/v2/stats/img/models?model_state=known")).body == {
        "day": {},
        "month": {},
        "total": {},
    }
    await made(horde)
    totals = (await horde.call("GET", "/api/v2/stats/img/totals")).body
    assert totals["total"] == {"images": 1, "ps": 64 * 64 * 10}
    assert totals["hour"] == totals["total"]
    models = (await horde.call("GET", "/api/v2/stats/img/models")).body
    assert models == {"day": {MODEL: 1}, "month": {MODEL: 1}, "total": {MODEL: 1}}
    assert (await horde.call("GET", "/api/v2/stats/img/models?model_state=custom")).body["total"] == {}
    texts = (await horde.call("GET", "/api/v2/stats/text/totals")).body
    assert texts == {period: {"requests": 0, "tokens": 0} for period in periods}
    assert (await horde.call("GET", "/api/v2/stats/text/models")).body["total"] == {}


async def test_news_are_told_newest_first(build: Builder) -> None:
    pieces = (
        {"date_published": "2026-01-01", "newspiece": "old"},
        {"date_published": "2026-02-01", "newspiece": "new"},
    )
    horde = await build(news=pieces)
    told = (await horde.call("GET", "/api/v2/status/news")).body
    assert [piece["newspiece"] for piece in told] == ["new", "old"]
    assert set(told[0]) == {"date_published", "newspiece", "importance", "title", "tags", "more_info_urls"}


@pytest.mark.parametrize("name", ["terms", "privacy", "sponsors"])
async def test_documents_come_in_two_forms(build: Builder, name: str) -> None:
    horde = await build(
        documents={name: "# A <b>\n\n- one\n- **two** [x](https://example.org/?a=1&b)\n\n[y](javascript:z)"}
    )
    path = f"/api/v2/documents/{name}"
    html = {
        "html": "<h1>A &lt;b&gt;</h1>\n"
        '<ul><li>one</li><li><strong>two</strong> <a href="https://example.org/?a=1&amp;b">x</a></li></ul>\n'
        "<p>[y](javascript:z)</p>"
    }
    assert (await horde.call("GET", path)).body == html
    assert (await horde.call("GET", f"{path}?format=html")).body == html
    markdown: Any = (await horde.call("GET", f"{path}?format=markdown")).body
    assert markdown["markdown"].startswith("# A <b>")
    assert (await horde.call("GET", f"{path}?format=pdf")).status == 400
    bare = await build()
    assert (await bare.call("GET", path)).status == 404
