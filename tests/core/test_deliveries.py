"""Webhooks in the engine: each thing is written once, tried until it arrives or is dead, by any number of senders."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.calls.deliveries import Delivery, DeliveryState, Posted, Webhook, WebhookPolicy, WebhookSecret, pause_s
from core.domain.events import EventKind
from core.domain.ids import AccountId, RequestId
from core.loops.webhooks import WebhookSender
from core.ports.store import Transaction
from core.services.webhooks.send import prune_deliveries, settle_delivery, take_deliveries
from core.services.webhooks.write import READER, has_events, write_deliveries
from tests.core.scene import Scene, draft
from tests.stores import Database

ROOT = Path(__file__).parents[2]
POLICY = WebhookPolicy()
OK = Posted(delivered=True, status=200)
BROKEN = Posted(delivered=False, status=500, why="Internal Server Error")


class Notebook:
    """A poster that notes what it is given and answers in turn, the last answer again and again."""

    def __init__(self, *answers: Posted) -> None:
        self.answers = list(answers or (OK,))
        self.seen: list[Delivery] = []
        self.busy = 0
        self.most = 0
        self.hold: asyncio.Event | None = None

    async def post(self, delivery: Delivery) -> Posted:
        self.seen.append(delivery)
        self.busy += 1
        self.most = max(self.most, self.busy)
        if self.hold is not None:
            await self.hold.wait()
        self.busy -= 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def want(scene: Scene, request_id: RequestId, account_id: AccountId, *, host: str = "a.test") -> None:
    now_ms = scene.clock.now_ms()
    webhook = Webhook(request_id=request_id, account_id=account_id, url=f"https://{host}/hook", at_ms=now_ms)
    await scene.do(lambda tx: tx.webhooks.want(webhook))


async def write(scene: Scene) -> int:
    now_ms = scene.clock.now_ms()
    return await scene.do(lambda tx: write_deliveries(tx, now_ms=now_ms))


async def take(scene: Scene, *, limit: int = 32, full: Sequence[str] = (), a_host: int = 4) -> Sequence[Delivery]:
    now_ms = scene.clock.now_ms()
    return await scene.do(
        lambda tx: take_deliveries(tx, now_ms=now_ms, limit=limit, full_hosts=full, a_host=a_host, policy=POLICY)
    )


async def settle(scene: Scene, delivery: Delivery, posted: Posted) -> DeliveryState:
    now_ms = scene.clock.now_ms()
    return await scene.do(lambda tx: settle_delivery(tx, delivery, posted, now_ms=now_ms, draw=0.5, policy=POLICY))


async def states(scene: Scene, request_id: RequestId) -> list[DeliveryState]:
    return list((await scene.uow.read(lambda tx: tx.webhooks.states(request_id))).values())


async def ended(scene: Scene, request_id: RequestId) -> None:
    """Return when no delivery of the request waits any more."""
    while DeliveryState.WAITING in await states(scene, request_id):  # noqa: ASYNC110 - a row has no event
        await asyncio.sleep(0.01)


async def made(scene: Scene, *, n: int = 1, host: str = "a.test") -> tuple[RequestId, AccountId]:
    """A request of n jobs, all done, whose asker wants to be told."""
    asker, owner = (await scene.account("ann")).account, (await scene.account("owner")).account
    asked = await scene.ask(asker.id, draft(n=n))
    await want(scene, asked.request_id, asker.id, host=host)
    for _ in range(n):
        await scene.hand_in(await scene.pop_one(scene.offer(owner.id, f"of {owner.id}")), owner.id)
    return asked.request_id, asker.id


async def test_each_finished_job_is_told_once_and_nobody_else_s(scene: Scene) -> None:
    await scene.ask((await scene.account("silent")).account.id)
    owner = (await scene.account("owner")).account
    await scene.hand_in(await scene.pop_one(scene.offer(owner.id, f"of {owner.id}")), owner.id)
    request_id, asker = await made(scene, n=2)
    assert await scene.uow.read(has_events)
    assert await write(scene) > 0
    assert await write(scene) == 0
    assert not await scene.uow.read(has_events)
    taken = await take(scene)
    assert {one.request_id for one in taken} == {request_id}
    assert len({one.job_id for one in taken}) == len({one.id for one in taken}) == 2
    assert {(one.account_id, one.event, one.host, one.tries) for one in taken} == {
        (asker, EventKind.JOB_DONE, "a.test", 1)
    }


async def test_without_any_webhook_the_reader_goes_with_the_events(scene: Scene) -> None:
    await scene.ask((await scene.account("silent")).account.id)
    assert await write(scene) == 0
    assert not await scene.uow.read(has_events)
    assert await scene.uow.read(lambda tx: tx.events.cursor(READER)) > 0


@pytest.mark.parametrize("how", ["cancelled", "expired", "faulted"])
async def test_a_request_that_is_not_made_is_told_with_its_counts(scene: Scene, how: str) -> None:
    asker, owner = (await scene.account("ann")).account, (await scene.account("owner", trusted=True)).account
    asked = await scene.ask(asker.id, draft(n=2))
    await want(scene, asked.request_id, asker.id)
    if how == "cancelled":
        await scene.cancel(asked.request_id)
    elif how == "expired":
        scene.clock.pass_s(scene.policy.request_lifetime_s + 1)
        await scene.expire()
    else:
        for attempt in range(2 * scene.policy.tries_max):
            await scene.fail(await scene.pop_one(scene.offer(owner.id, f"worker {attempt}")), owner.id)
    await write(scene)
    (told,) = await take(scene)
    assert (told.event.value, told.job_id) == (f"request_{how}", None)
    assert told.counts is not None
    assert told.counts[how] == 2


async def test_a_request_of_which_some_is_missing_is_told_too(scene: Scene) -> None:
    asker, owner = (await scene.account("ann")).account, (await scene.account("owner", trusted=True)).account
    asked = await scene.ask(asker.id, draft(n=2))
    await want(scene, asked.request_id, asker.id)
    await scene.hand_in(await scene.pop_one(scene.offer(owner.id, f"of {owner.id}")), owner.id)
    for attempt in range(scene.policy.tries_max):
        await scene.fail(await scene.pop_one(scene.offer(owner.id, f"worker {attempt}")), owner.id)
    await write(scene)
    assert sorted(one.event for one in await take(scene)) == [EventKind.JOB_DONE, EventKind.REQUEST_FINISHED]


async def test_a_delivery_that_fails_is_tried_for_hours_and_then_is_dead(scene: Scene) -> None:
    request_id, _ = await made(scene)
    await write(scene)
    began_ms, ids = scene.clock.now_ms(), set()
    for attempt in range(1, POLICY.tries_max + 1):
        (delivery,) = await take(scene)
        ids.add(delivery.id)
        assert delivery.tries == attempt
        await settle(scene, delivery, BROKEN)
        assert await take(scene) == []
        scene.clock.pass_s(pause_s(tries=attempt, draw=0.5, policy=POLICY) + 1)
    assert await states(scene, request_id) == [DeliveryState.DEAD]
    assert await take(scene) == []
    assert len(ids) == 1
    assert scene.clock.now_ms() - began_ms > 3 * 3_600_000


async def test_what_cannot_help_is_not_tried_again(scene: Scene) -> None:
    request_id, _ = await made(scene)
    await write(scene)
    (delivery,) = await take(scene)
    assert await settle(scene, delivery, Posted(delivered=False, status=410, final=True)) is DeliveryState.DEAD
    assert await states(scene, request_id) == [DeliveryState.DEAD]


async def test_a_sender_that_dies_leaves_its_delivery_due_and_comes_back_too_late(scene: Scene) -> None:
    request_id, _ = await made(scene)
    await write(scene)
    (lost,) = await take(scene)
    assert await take(scene) == [], "it is being tried"
    scene.clock.pass_s(POLICY.lease_s + 1)
    (again,) = await take(scene)
    assert (again.id, again.tries) == (lost.id, 2)
    await settle(scene, lost, BROKEN)
    assert await settle(scene, again, OK) is DeliveryState.DELIVERED
    await settle(scene, lost, BROKEN)
    assert await states(scene, request_id) == [DeliveryState.DELIVERED]


async def test_senders_side_by_side_take_each_delivery_once(database: Database, scene: Scene) -> None:
    await made(scene, n=12)
    other = Scene(uow=await database.open(clock=scene.clock), clock=scene.clock)
    await asyncio.gather(*(write(one) for one in (scene, other) * 3))
    taken = await asyncio.gather(*(take(one, limit=3) for one in (scene, other) * 4))
    ids = [one.id for some in taken for one in some]
    assert len(ids) == len(set(ids)) > 0
    scene.clock.pass_s(POLICY.lease_s + 1)
    all_of_them = await take(scene, a_host=100)
    assert len(all_of_them) == 12


async def test_one_host_has_its_share_and_hides_no_other(scene: Scene) -> None:
    await made(scene, n=10)
    await made(scene, host="b.test")
    await write(scene)
    first = await take(scene, limit=32)
    assert sorted(one.host for one in first) == ["a.test"] * 4 + ["b.test"]
    assert [one.host for one in await take(scene, full=["a.test"])] == []


async def test_the_sender_delivers_what_is_due_and_stops_with_nothing_in_hand(scene: Scene) -> None:
    request_id, _ = await made(scene, n=6)
    await write(scene)
    poster = Notebook()
    poster.hold = asyncio.Event()
    sender = WebhookSender(uow=scene.uow, clock=scene.clock, poster=poster, tick_s=0.01)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(sender.run())
        while poster.busy < POLICY.at_once_a_host:  # noqa: ASYNC110 - a poster has no event for that
            await asyncio.sleep(0.01)
        poster.hold.set()
        await ended(scene, request_id)
        await sender.stop()
    assert await states(scene, request_id) == [DeliveryState.DELIVERED] * 6
    assert (len(poster.seen), poster.most) == (6, POLICY.at_once_a_host)


async def test_a_killed_sender_s_delivery_arrives_again_with_the_same_id(
    database: Database, scene: Scene, tmp_path: Path
) -> None:
    """Kill -9 between the POST and the COMMIT of what came of it."""
    request_id, _ = await made(scene)
    await write(scene)
    heard = tmp_path / "heard"
    command = [sys.executable, "-m", "tests.core.webhook_process", database.url, str(heard)]
    process = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, timeout=60, check=False)
    assert process.returncode == -signal.SIGKILL
    assert await states(scene, request_id) == [DeliveryState.WAITING]
    scene.clock.pass_s(POLICY.lease_s + 1)
    poster = Notebook()
    sender = WebhookSender(uow=scene.uow, clock=scene.clock, poster=poster, tick_s=0.01)
    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        tasks.create_task(sender.run())
        await ended(scene, request_id)
        await sender.stop()
    assert [one.id for one in poster.seen] == heard.read_text().split()


async def test_what_ended_long_ago_is_forgotten(scene: Scene) -> None:
    request_id, _ = await made(scene, n=2)
    await write(scene)
    first, second = await take(scene)
    await settle(scene, first, OK)
    await settle(scene, second, BROKEN)
    scene.clock.pass_s(POLICY.kept_s + 3_600)
    now_ms = scene.clock.now_ms()
    assert await scene.do(lambda tx: prune_deliveries(tx, now_ms=now_ms, policy=POLICY)) == 1
    assert await states(scene, request_id) == [DeliveryState.WAITING]
    assert not await scene.uow.read(lambda tx: tx.webhooks.any())


async def test_secrets_have_numbers(scene: Scene) -> None:
    account = (await scene.account("ann")).account
    assert (await scene.uow.read(lambda tx: tx.webhooks.secret(account.id))).version == 1
    for at_ms in (1_000, 2_000):
        turned = await scene.do(partial(turn, account.id, at_ms))
        assert (turned.version, turned.turned_at_ms) == (1 + at_ms // 1_000, at_ms)


def turn(account_id: AccountId, at_ms: int, tx: Transaction) -> WebhookSecret:
    return tx.webhooks.turn_secret(account_id, now_ms=at_ms)


@given(tries=st.integers(1, 40), draw=st.floats(0, 1))
def test_pauses_grow_to_a_bound_and_are_never_the_same_for_all(tries: int, draw: float) -> None:
    pause = pause_s(tries=tries, draw=draw, policy=POLICY)
    whole = min(POLICY.longest_s, POLICY.first_s * 2 ** (tries - 1))
    assert whole / 2 <= pause <= whole <= POLICY.longest_s
