"""`horde outbox`: dead posts are seen and tried again through the real command, and none is there twice."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import pytest_asyncio

from bots.platform import Target
from bots.store.rows import OutboxState
from core.store import open_store
from core.store.migrate import upgrade
from tests.bots.scene import LOCATIONS, Scene
from tests.bots.square import HandClock, Square
from tests.e2e.processes import horde


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """The bots on a database in a data folder, by the real time, over a platform that is called mastodon."""
    url = f"sqlite:///{tmp_path / 'data' / 'horde.db'}"
    (tmp_path / "data").mkdir()
    upgrade(url, LOCATIONS)
    clock = HandClock(round(time.time() * 1_000))
    store = await open_store(url, clock=clock)
    made = await Scene.set_up(tmp_path, store, clock)
    made.square = Square(clock, name="mastodon")
    yield made
    await store.aclose()


async def outbox(scene: Scene, *arguments: str) -> CompletedProcess[str]:
    data = str(scene.folder / "data")
    return await asyncio.to_thread(lambda: horde("outbox", *arguments, "--data", data))


async def listed(scene: Scene, *arguments: str) -> list[dict[str, object]]:
    shown = await outbox(scene, "list", "--json", *arguments)
    assert shown.returncode == 0, shown.stderr
    rows: list[dict[str, object]] = json.loads(shown.stdout)
    return rows


async def ask_for_help(scene: Scene, *, fault: str) -> None:
    """Someone asks for help, and the answer meets this fault."""
    scene.square.faults.append(fault)
    scene.square.say("@horde help", by=f"person {len(scene.square.history)}")
    await scene.accept()
    await scene.deliver()


async def wear_on(scene: Scene) -> None:
    """So much time passes that everything is settled; the command goes by the real time, so the clock catches up."""
    scene.clock.pass_s(max(time.time() - scene.clock.now_ms() / 1_000, 0) + 1)
    for _ in range(4):
        await scene.deliver()
        scene.clock.pass_s(60)


async def test_a_refused_post_is_listed_and_sent_after_it_was_requeued(scene: Scene) -> None:
    await ask_for_help(scene, fault="refuse")
    (dead,) = await listed(scene)
    assert (dead["platform"], dead["target"], dead["state"]) == ("mastodon", "reply", "dead")
    assert (dead["reason"], dead["attempts"]) == ("the parent is deleted", 1)
    table = await outbox(scene, "list", "--state", "dead")
    assert table.stdout.splitlines()[0].split() == ["ID", "PLATFORM", "TARGET", "STATE", "ATTEMPTS", "AGE", "REASON"]
    assert str(dead["id"]) in table.stdout
    assert "the parent is deleted" in table.stdout

    done = await outbox(scene, "requeue", str(dead["id"]))
    assert done.returncode == 0, done.stderr
    assert "1 requeued" in done.stdout
    (row,) = await listed(scene)
    assert row["state"] == "unknown"
    await wear_on(scene)
    assert len(scene.square.of(Target.REPLY)) == 1
    assert await listed(scene) == []
    assert [one["state"] for one in await listed(scene, "--state", "sent")] == [OutboxState.SENT.value]


async def test_a_dead_post_that_is_on_the_platform_after_all_is_found_and_not_sent_again(scene: Scene) -> None:
    scene.square.unsure = True
    await ask_for_help(scene, fault="accept-then-drop")
    for _ in range(30):
        scene.clock.pass_s(3_600)
        await scene.deliver()
    (dead,) = await listed(scene, "--state", "dead")
    assert str(dead["reason"]).startswith("never found out")
    scene.square.unsure = False

    done = await outbox(scene, "requeue", "--dead", "--platform", "mastodon", "--json")
    assert json.loads(done.stdout) == {"requeued": [dead["id"]]}
    await wear_on(scene)
    assert len(scene.square.posts) == 1
    assert [one["id"] for one in await listed(scene, "--state", "sent")] == [dead["id"]]


async def test_only_dead_posts_are_requeued_and_all_of_them_or_none(scene: Scene) -> None:
    await ask_for_help(scene, fault="refuse")
    await ask_for_help(scene, fault="retry")
    rows = {str(one["state"]): str(one["id"]) for one in await listed(scene)}
    assert sorted(rows) == ["dead", "pending"]
    both = await outbox(scene, "requeue", rows["dead"], rows["pending"])
    assert both.returncode == 2
    assert f"{rows['pending']} is pending" in both.stderr
    unknown = await outbox(scene, "requeue", rows["dead"], "01nothing")
    assert unknown.returncode == 2
    assert "no post 01nothing" in unknown.stderr
    assert "horde outbox list --state dead" in unknown.stderr
    elsewhere = await outbox(scene, "requeue", rows["dead"], "--platform", "reddit")
    assert (elsewhere.returncode, "on reddit" in elsewhere.stderr) == (2, True)
    others = await outbox(scene, "requeue", "--dead", "--platform", "reddit")
    assert (others.returncode, others.stdout) == (0, "Nothing there is dead: nothing was changed.\n")
    assert {str(one["state"]): str(one["id"]) for one in await listed(scene)} == rows


@pytest.mark.parametrize(
    "arguments",
    [
        ("requeue",),
        ("requeue", "--dead"),
        ("requeue", "01m", "--dead", "--platform", "reddit"),
        ("list", "--limit", "0"),
    ],
)
async def test_wrong_usage_is_told_with_what_to_write(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = await asyncio.to_thread(lambda: horde("outbox", *arguments, "--data", str(tmp_path / "data")))
    assert done.returncode == 2
    assert "requeue --dead --platform mastodon" in done.stderr or "1 to 10000" in done.stderr
    assert not (tmp_path / "data").exists()


async def test_the_list_shows_the_newest_and_only_what_was_asked_for(scene: Scene) -> None:
    for _ in range(3):
        await ask_for_help(scene, fault="refuse")
    every = [one["id"] for one in await listed(scene, "--platform", "mastodon")]
    assert every == sorted(map(str, every), reverse=True)
    assert len(every) == 3
    assert [one["id"] for one in await listed(scene, "--limit", "2")] == every[:2]
    assert await listed(scene, "--platform", "discord") == []
