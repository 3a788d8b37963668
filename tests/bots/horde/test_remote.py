"""Another horde in trouble: nothing is lost, nothing is delivered to the wrong person, nothing is paid twice."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from bots.horde.remote import RemoteAccess
from bots.horde.remote.check import try_out
from bots.horde.remote.client import RemoteClient, Taken
from bots.store.remote import RemoteRequest, RemoteState, claim_to_send, remote
from core.domain.errors import NotFound
from core.domain.events import EventKind
from core.domain.ids import REMOTE, RequestId
from core.domain.kinds.kind import Kind
from core.domain.requests import RequestState
from tests.bots.square import HandClock
from tests.contracts.test_hordes import BOB, HEART, Play
from tests.doubles.horde_asked import KEY, MODEL
from tests.stages.hordes import DoubleStage, Ground, double
from tests.stores import Database

HOUR_S = 3_600


@pytest_asyncio.fixture
async def stage(tmp_path: Path, database: Database) -> AsyncIterator[tuple[Play, DoubleStage]]:
    """The bots before the double, on both stores."""
    clock = HandClock()
    async with AsyncExitStack() as stack:
        ground = Ground.on(tmp_path, await database.open(clock=clock), clock)
        there = await double(ground, stack)
        yield Play(ground=ground, stage=there), there


Stage = tuple[Play, DoubleStage]


async def row(play: Play, request_id: RequestId) -> RemoteRequest:
    found = await play.ground.uow.read(lambda tx: remote(tx, request_id=request_id))
    assert found is not None
    return found


async def test_what_that_horde_quotes_is_held_and_what_it_says_it_cost_is_paid(stage: Stage) -> None:
    play, there = stage
    there.double.kudos = 12.0
    accepted = await play.order()
    assert accepted.price_mk != 12_000
    await there.work.turn()
    assert (await play.account()).held_mk == (await play.status(accepted.request_id)).price_mk == 12_000
    await there.make()
    assert (await play.status(accepted.request_id)).spent_mk == 12_000
    await play.assert_settled(spent_mk=12_000)
    account = await play.ground.uow.read(lambda tx: tx.accounts.get(REMOTE))
    assert account is not None
    assert account.kudos_mk == 12_000


async def test_never_more_is_paid_than_was_held(stage: Stage) -> None:
    play, there = stage
    there.double.kudos = 3.0
    accepted = await play.order()
    await there.work.turn()
    (order,) = there.double.orders.values()
    order.kudos = 900.0
    await there.make()
    assert (await play.status(accepted.request_id)).spent_mk == 3_000
    await play.assert_settled(spent_mk=3_000)


async def test_a_refusal_is_told_in_that_hordes_words_and_costs_nothing(stage: Stage) -> None:
    play, there = stage
    there.double.faults.append("400")
    accepted = await play.order()
    await there.settle()
    assert [event.kind for event in await play.ends()] == [EventKind.REQUEST_FAULTED]
    refusal = await play.refusal(accepted.request_id)
    assert str(refusal) == "The horde that I ask refuses this: This horde does not draw fish. Nothing was charged."
    assert refusal is not None
    assert refusal.code == "UnsupportedModel"
    assert not there.double.orders
    await play.assert_settled(spent_mk=0)


async def test_being_told_to_wait_is_no_outage_and_the_order_is_sent_then(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    play, there = stage
    there.double.faults.append("429")
    accepted = await play.order()
    with caplog.at_level(logging.INFO, logger="bots.horde"):
        await there.work.turn()
        assert not there.double.orders
        assert (await row(play, accepted.request_id)).due_ms == there.clock.now_ms() + 1_000
        await there.work.turn()
        assert not there.double.orders
    there.clock.pass_s(1)
    await there.work.turn()
    assert len(there.double.orders) == 1
    assert "remote.down" not in caplog.text


@pytest.mark.parametrize("outage", ["503", "drop"])
async def test_an_hour_of_outage_loses_nothing_and_is_told_once_at_each_end(
    stage: Stage, outage: str, caplog: pytest.LogCaptureFixture
) -> None:
    play, there = stage
    before = await play.order(key="before")
    await there.work.turn()
    there.double.outage = outage
    during = await play.order(key="during", author=BOB)
    with caplog.at_level(logging.INFO, logger="bots.horde"):
        for _ in range(12):
            await there.work.turn()
            there.clock.pass_s(240)
        there.double.outage = ""
        await there.settle()
        await there.make()
    assert {event.request_id for event in await play.ends()} == {before.request_id, during.request_id}
    assert [record.getMessage().split()[0] for record in caplog.records if "remote.down" in record.getMessage()] == [
        "remote.down"
    ]
    assert caplog.text.count("remote.up") == 1
    for accepted in (before, during):
        assert (await play.status(accepted.request_id)).state is RequestState.DONE


async def test_a_wrong_key_loses_no_order_and_is_told_once(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    play, there = stage
    access = replace(there.access, key="wrong")
    there.horde, there.work = play.ground.remote(access)
    accepted = await play.order()
    await there.settle()
    assert (await row(play, accepted.request_id)).state is RemoteState.NEW
    assert [record.getMessage().split()[0] for record in caplog.records] == ["remote.takes_nothing"]
    there.horde, there.work = play.ground.remote(replace(access, key=KEY))
    await there.settle()
    await there.make()
    assert (await play.status(accepted.request_id)).state is RequestState.DONE


async def test_exactly_one_match_in_the_accounts_list_is_taken_for_the_order(stage: Stage) -> None:
    play, there = stage
    there.double.faults.append("accept-then-503")
    accepted = await play.order()
    await there.settle()
    found = await row(play, accepted.request_id)
    (order,) = there.double.orders.values()
    assert (found.state, found.remote_id, found.is_adopted) == (RemoteState.ASKED, order.id, True)
    await there.make()
    assert (await play.status(accepted.request_id)).state is RequestState.DONE
    assert len(there.double.orders) == 1


async def test_two_lost_answers_are_never_swapped(stage: Stage) -> None:
    play, there = stage
    there.double.faults += ["accept-then-503", "accept-then-503"]
    mine, bobs = await play.order(key="mine"), await play.order(key="bobs", author=BOB)
    await there.settle()
    await there.make()
    for accepted in (mine, bobs):
        seed = (await row(play, accepted.request_id)).seed
        status = await play.status(accepted.request_id)
        assert status.state is RequestState.DONE
        assert [result.seed for result in status.results] == [seed]


async def test_a_strangers_picture_is_never_handed_over(stage: Stage) -> None:
    play, there = stage
    theirs = RemoteClient(there.access)
    async with theirs:  # somebody else asks with the same key
        stranger = await theirs.order(
            Kind.IMAGE, {"prompt": "theirs", "params": {"width": 64, "height": 64, "seed": "1"}}, key="x"
        )
    assert isinstance(stranger, Taken)
    there.double.faults.append("503")  # ours does not arrive
    accepted = await play.order()
    await there.settle()
    await there.make()  # the stranger's, which was taken for ours and is found out
    await there.make()
    status = await play.status(accepted.request_id)
    assert status.state is RequestState.DONE
    found = await row(play, accepted.request_id)
    assert [result.seed for result in status.results] == [found.seed]
    assert found.remote_id != stranger.remote_id


async def test_what_a_process_died_sending_is_sent_once_the_other_horde_does_not_have_it(stage: Stage) -> None:
    play, there = stage
    accepted = await play.order()
    now_ms = there.clock.now_ms()
    await play.ground.uow.write(lambda tx: claim_to_send(tx, now_ms=now_ms, until_ms=now_ms + 5_000))
    await there.work.turn()
    assert not there.double.orders, "it is left to who began, as long as that may take"
    await there.settle()
    assert len(there.double.orders) == 1
    await there.make()
    assert (await play.status(accepted.request_id)).state is RequestState.DONE


async def test_an_order_that_is_gone_over_there_ends_and_costs_nothing(stage: Stage) -> None:
    play, there = stage
    await play.order()
    await there.work.turn()
    there.double.forget()
    await there.settle()
    assert [event.kind for event in await play.ends()] == [EventKind.REQUEST_FAULTED]
    await play.assert_settled(spent_mk=0)


async def test_pictures_come_by_address_too(stage: Stage) -> None:
    play, there = stage
    there.double.pictures_by_address = True
    accepted = await play.order()
    await there.make()
    (result,) = (await play.status(accepted.request_id)).results
    assert (await play.ground.objects.get(result.object_key))[8:12] == b"WEBP"


async def test_a_picture_that_is_none_is_no_result(stage: Stage) -> None:
    play, there = stage
    there.double.pictures_by_address = True
    accepted = await play.order()
    await there.work.turn()
    there.double.make()
    there.double.pictures = dict.fromkeys(there.double.pictures, b"<html>no picture</html>")
    await there.settle()
    status = await play.status(accepted.request_id)
    assert (status.state, status.results) == (RequestState.FAULTED, ())
    await play.assert_settled(spent_mk=0)


async def test_how_far_an_order_is_is_told_as_that_horde_told_it(stage: Stage) -> None:
    play, there = stage
    accepted = await play.order()
    await there.settle()
    status = await play.status(accepted.request_id)
    assert (status.waiting, status.queue_position, status.wait_time_s) == (1, 3, 2)
    assert there.double.asked.count("GET /api/v2/generate/check/" + next(iter(there.double.orders))) <= 8


async def test_what_is_served_is_what_that_horde_says(stage: Stage) -> None:
    play, there = stage
    now_ms = there.clock.now_ms()
    impossible = replace(HEART, models=("no such model",))
    horde, uow = there.horde, play.ground.uow
    assert await uow.read(lambda tx: horde.is_possible(tx, draft=impossible, now_ms=now_ms)), "nothing is known yet"
    await there.work.learn()
    served = await uow.read(lambda tx: horde.served(tx, now_ms=now_ms))
    assert served == {Kind.IMAGE: (MODEL,), Kind.TEXT: (), Kind.ALCHEMY: ("caption",)}
    assert not await uow.read(lambda tx: horde.is_possible(tx, draft=impossible, now_ms=now_ms))
    assert await uow.read(lambda tx: horde.is_possible(tx, draft=HEART, now_ms=now_ms))


async def test_an_order_that_cannot_be_sent_is_given_up_in_the_end(stage: Stage) -> None:
    play, there = stage
    there.double.outage = "503"
    await play.order()
    await there.work.turn()
    there.clock.pass_s(HOUR_S)
    await there.work.turn()
    assert [event.kind for event in await play.ends()] == [EventKind.REQUEST_EXPIRED]
    await play.assert_settled(spent_mk=0)


async def test_what_ended_long_ago_is_forgotten_and_what_was_asked_at_once(stage: Stage) -> None:
    play, there = stage
    accepted = await play.order()
    await there.make()
    spent_mk = (await play.status(accepted.request_id)).spent_mk
    ended = await row(play, accepted.request_id)
    assert (ended.prompt, ended.body) == ("", "{}")
    assert await there.work.forget() == 0
    there.clock.pass_s(31 * 24 * HOUR_S)
    await play.order(key="new")
    assert await there.work.forget() == 1
    with pytest.raises(NotFound):
        await play.status(accepted.request_id)
    assert (await play.account()).kudos_mk == -spent_mk


async def test_doctor_says_what_is_wrong_with_url_and_key(stage: Stage) -> None:
    _, there = stage

    async def steps(access: RemoteAccess) -> list[tuple[str, bool]]:
        return [(tried.what, not tried.next_step) async for tried in try_out(access)]

    assert await steps(there.access) == [("address", True), ("key", True), ("models", True)]
    assert await steps(replace(there.access, key="wrong")) == [("address", True), ("key", False), ("models", True)]
    assert await steps(replace(there.access, key="0000000000")) == [
        ("address", True),
        ("key", False),
        ("models", True),
    ]
    there.double.outage = "503"
    assert await steps(there.access) == [("address", False)]
