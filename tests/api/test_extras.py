"""Our own routes about kudos: the price part by part, and the statement."""

from typing import Any

import pytest

from core.domain.kudos.ledger import TransferReason
from core.domain.policy import QueuePolicy
from core.services.kudos.transfer import transfer
from tests.api.scene import MODEL, Builder, Horde


async def price(horde: Horde, **query: Any) -> Any:
    reply = await horde.call("GET", "/api/extras/price", params={name: str(value) for name, value in query.items()})
    assert reply.status == 200, reply.body
    return reply.body


def parts(body: Any) -> dict[str, float]:
    return {part["name"]: part["kudos"] for jobs in body["breakdown"] for part in jobs["parts"]}


async def test_a_price_is_explained_part_by_part_and_is_what_is_held(horde: Horde) -> None:
    told = await price(horde, width=64, height=64, steps=20, n=3, post_processing="GFPGAN, RealESRGAN_x4plus")
    assert told["models"] == [MODEL]
    (jobs,) = told["breakdown"]
    assert (jobs["jobs"], round(jobs["each"] * 3, 3)) == (3, told["kudos"])
    assert round(sum(part["kudos"] for part in jobs["parts"]), 3) == jobs["each"]
    assert list(parts(told)) == ["size_and_steps", "post_processing", "upscaler"]
    assert jobs["parts"][0]["why"] == "64 x 64 pixels, 20 steps."
    assert all(part["why"] and part["source"] for part in jobs["parts"])
    assert [part["to"] for part in jobs["parts"]] == ["worker", "worker", "treasury"]
    order = {"steps": 20, "n": 3, "post_processing": ["GFPGAN", "RealESRGAN_x4plus"]}
    asked = await horde.ask(params=order)
    assert asked.status == 202, asked.body
    held = await horde.uow.read(lambda tx: tx.ledger.hold(asked.body["id"]))
    assert held is not None
    assert held.amount_mk == round(told["kudos"] * 1_000)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"slow_workers": "false"}, ["size_and_steps", "fast_workers"]),
        ({"control_type": "canny"}, ["size_and_steps", "controlnet", "source_image"]),
        ({"loras": 2, "worker_blacklist": "true"}, ["size_and_steps", "loras", "worker_blacklist"]),
        ({"source_image": "true"}, ["size_and_steps", "source_image"]),
    ],
)
async def test_each_surcharge_has_its_part(horde: Horde, query: Any, names: list[str]) -> None:
    assert list(parts(await price(horde, **query))) == names


async def test_texts_and_alchemy_have_prices_too(horde: Horde) -> None:
    text = await price(horde, kind="text", models="org/some-13B", max_length=80, n=2)
    assert text["kudos"] == pytest.approx(70.72)
    assert parts(text) == {"tokens": pytest.approx(35.36)}
    alchemy = await price(horde, kind="alchemy", forms="caption,RealESRGAN_x4plus", width=1024, height=512)
    assert parts(alchemy) == {"caption": 1, "RealESRGAN_x4plus": 6}
    assert [jobs["jobs"] for jobs in alchemy["breakdown"]] == [1, 1]


async def test_the_tax_is_a_part(build: Builder) -> None:
    horde = await build(policy=QueuePolicy(tax_job_mk=500, default_models=(MODEL,)))
    assert parts(await price(horde))["tax"] == 0.5


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"width": "100"}, "width"),
        ({"kind": "music"}, "kind"),
        ({"n": "21"}, "n"),
        ({"kind": "alchemy", "forms": "caption,juggle"}, "juggle"),
        ({"kind": "alchemy"}, "No form"),
        ({"kind": "text", "max_length": "4096", "max_context_length": "80"}, "context"),
    ],
)
async def test_what_has_no_price_is_said(horde: Horde, query: dict[str, str], words: str) -> None:
    reply = await horde.call("GET", "/api/extras/price", params=query)
    assert reply.status == 400
    assert words in str(reply.body)


async def test_a_statement_in_pages_with_balances_and_totals(horde: Horde) -> None:
    ann = (await horde.account("ann", kudos_mk=10_000)).account
    bob = (await horde.account("bob")).account
    now_ms = horde.clock.now_ms()
    for number in range(4):
        await horde.uow.write(
            lambda tx, name=f"t{number}": transfer(  # type: ignore[misc]
                tx,
                transfer_id=name,
                from_id=ann.id,
                to_id=bob.id,
                amount_mk=1_500,
                reason=TransferReason.GIFT,
                now_ms=now_ms,
            )
        )
    first = await horde.call("GET", "/api/extras/statement?limit=3", who="ann")
    assert (first.status, first.body["username"], first.body["kudos"], first.body["escrow"]) == (200, "ann#1", 4, 0)
    line = first.body["lines"][0]
    assert (line["kudos"], line["balance"], line["reason"], line["other"]) == (-1.5, 4, "gift", "bob#2")
    assert "job_id" not in line
    assert line["at"].endswith("Z")
    cursor = first.body["next_cursor"]
    second = await horde.call("GET", "/api/extras/statement", who="ann", params={"limit": "3", "cursor": cursor})
    assert [(one["kudos"], one["balance"]) for one in second.body["lines"]] == [(-1.5, 8.5), (10, 10)]
    assert "next_cursor" not in second.body
    summed = await horde.call("GET", "/api/extras/statement/totals?days=1", who="ann")
    assert (summed.body["earned"], summed.body["spent"]) == ({"grant": 10}, {"gift": 6})


async def test_a_statement_is_its_owner_s_alone(horde: Horde) -> None:
    for path in ("/api/extras/statement", "/api/extras/statement/totals"):
        assert (await horde.call("GET", path)).status == 400, "no key"
        assert (await horde.call("GET", path, headers={"apikey": "nobody's"})).status == 401
        refused = await horde.call("GET", path, headers={"apikey": "0000000000"})
        assert (refused.status, refused.body["rc"]) == (403, "AnonForbidden")


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=nonsense", "limit=x"])
async def test_pages_that_do_not_exist(horde: Horde, query: str) -> None:
    assert (await horde.call("GET", f"/api/extras/statement?{query}", who="ann")).status == 400
