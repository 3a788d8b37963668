"""The bots' figures: what waits where, whatever the past holds."""

from __future__ import annotations

from bots.metrics import KEPT_MS, BotFigures
from bots.store.counts import DAY_MS, BotCounts, bot_counts
from bots.store.ids import first_id, new_id
from bots.store.rows import CommissionState, OutboxState
from tests.bots.scene import Scene


async def counted(scene: Scene) -> BotCounts:
    return await scene.uow.read(lambda tx: bot_counts(tx, now_ms=scene.clock.now_ms()))


def values(figures: BotFigures) -> dict[tuple[str, str], float]:
    """What the collector tells, by metric and state."""
    return {
        (family.name, sample.labels.get("state", "")): sample.value
        for family in figures.collect()
        for sample in family.samples
    }


def test_ids_sort_by_time() -> None:
    now_ms = 1_800_000_000_000
    assert first_id(0) == "0" * 26
    assert first_id(now_ms - 1) < first_id(now_ms) <= new_id(now_ms)


async def test_every_stage_is_counted(scene: Scene) -> None:
    platform = scene.square.name
    scene.square.say("@horde draw me a cat")
    scene.square.say("@horde draw me a dog")
    await scene.read_inbox()
    assert (await counted(scene)).inbox_new == 2
    await scene.accept()
    seen = await counted(scene)
    assert seen.inbox_new == 0
    assert seen.commissions == {(platform, CommissionState.ACCEPTED.value): 2}
    await scene.work(jobs_max=1)
    await scene.react()
    seen = await counted(scene)
    assert seen.commissions == {
        (platform, CommissionState.ACCEPTED.value): 1,
        (platform, CommissionState.FINISHED.value): 1,
    }
    assert seen.outbox == {(platform, OutboxState.PENDING.value): 2}
    scene.clock.pass_s(5)
    for _ in range(4):
        await scene.deliver()
        scene.clock.pass_s(5)
    seen = await counted(scene)
    assert seen.outbox == {(platform, OutboxState.SENT.value): 2}
    assert seen.commissions[platform, CommissionState.ANSWERED.value] == 1


async def test_the_past_is_not_counted_but_what_is_open_is(scene: Scene) -> None:
    platform = scene.square.name
    scene.square.say("@horde draw me a cat")
    scene.square.say("@horde draw me a dog")
    await scene.accept()
    await scene.work(jobs_max=1)
    await scene.react()
    for _ in range(4):
        scene.clock.pass_s(5)
        await scene.deliver()
    scene.clock.pass_s(DAY_MS / 1_000 + 60)
    seen = await counted(scene)
    assert seen.outbox == {}, "sent the day before"
    assert seen.commissions == {(platform, CommissionState.ACCEPTED.value): 1}, "the dog still waits"


async def test_the_collector_reads_now_and_then(scene: Scene) -> None:
    figures = BotFigures(uow=scene.uow, clock=scene.clock)
    assert values(figures) == {}
    scene.square.say("@horde draw me a cat")
    await scene.read_inbox()
    await figures.refresh()
    before = {("horde_inbox_waiting", ""): 1, ("horde_commissions", CommissionState.NEW.value): 1}
    assert values(figures) == before
    await scene.accept()
    await figures.refresh()
    assert values(figures) == before, "as read before"
    scene.clock.pass_s(KEPT_MS / 1_000)
    await figures.refresh()
    assert values(figures) == {
        ("horde_inbox_waiting", ""): 0,
        ("horde_commissions", CommissionState.ACCEPTED.value): 1,
    }
