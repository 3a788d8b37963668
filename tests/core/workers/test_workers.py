"""Workers: registration, names, limits an owner, maintenance, pause, changes and removal."""

import asyncio
from typing import Any

import pytest

from core.domain.errors import InvalidRequest, Locked, NotFound, NotPermitted, TooManyWorkers, WorkerMaintenance
from core.domain.ids import ANONYMOUS, WorkerId
from core.domain.kinds.kind import Kind
from core.domain.workers.wishes import Sight
from core.services.workers.describe import describe, describe_online, describe_own
from core.services.workers.remove import remove
from tests.core.scene import MODEL, Scene, draft
from tests.core.workers.folk import hello, known, moderator, owner, wish


async def test_a_worker_is_registered_at_its_first_pop_and_known_from_then_on(scene: Scene) -> None:
    ada = await owner(scene)
    first = await hello(scene, ada.id)
    again = await hello(scene, ada.id)
    assert first.worker_id == again.worker_id
    worker = await known(scene)
    assert (worker.kind, worker.account_id, worker.owner_handle) == (Kind.IMAGE, ada.id, ada.handle)
    assert (worker.registered_at_ms, worker.last_seen_at_ms) == (scene.clock.now_ms(), scene.clock.now_ms())


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "line\nbreak", "nul\x00"])
async def test_names_that_no_worker_can_have(scene: Scene, name: str) -> None:
    ada = await owner(scene)
    with pytest.raises(InvalidRequest, match="take 1 to 100 printable characters") as refused:
        await hello(scene, ada.id, name)
    assert (refused.value.field, refused.value.limit, refused.value.value) == ("name", 100, len(name))
    assert (await hello(scene, ada.id, "x" * 100)).worker_id


async def test_a_name_belongs_to_who_took_it_first(scene: Scene) -> None:
    ada, bob = await owner(scene, "ada"), await owner(scene, "bob")
    await hello(scene, ada.id)
    with pytest.raises(NotPermitted, match=r"'worker' belongs to another account\. Choose another name") as refused:
        await hello(scene, bob.id)
    assert refused.value.code == "WrongCredentials"


async def test_a_name_belongs_to_one_kind_of_work(scene: Scene) -> None:
    ada = await owner(scene)
    await hello(scene, ada.id)
    with pytest.raises(InvalidRequest, match="a worker for image jobs, but this one asks for text jobs") as refused:
        await hello(scene, ada.id, kind=Kind.TEXT)
    assert refused.value.code == "PolymorphicNameConflict"


async def test_the_anonymous_account_has_no_workers(scene: Scene) -> None:
    with pytest.raises(NotPermitted, match="needs an account of its own") as refused:
        await hello(scene, ANONYMOUS)
    assert refused.value.code == "AnonForbiddenWorker"


async def test_a_flagged_account_s_workers_get_nothing(scene: Scene) -> None:
    ada = await owner(scene, flagged=True)
    with pytest.raises(NotPermitted, match=rf"The account owner#{ada.id} is flagged") as refused:
        await hello(scene, ada.id)
    assert refused.value.code == "WorkerFlaggedMaintenance"
    assert await scene.uow.read(lambda tx: tx.workers.by_name("worker")) is None


@pytest.mark.parametrize(
    ("roles", "allowed", "code"),
    [
        ({}, 3, "TooManyWorkers"),
        ({"trusted": True}, 20, "TooManyWorkersTrusted"),
        ({"worker_invited": 5}, 5, "TooManyWorkers"),
        ({"worker_invited": 1}, 3, "TooManyWorkers"),
        ({"workers_max": 1, "worker_invited": 5}, 1, "TooManyWorkers"),
        ({"workers_max": 0}, 0, "TooManyWorkers"),
    ],
)
async def test_an_owner_has_so_many_workers(scene: Scene, roles: dict[str, Any], allowed: int, code: str) -> None:
    ada = await owner(scene, **roles)
    for number in range(allowed):
        await hello(scene, ada.id, f"w{number}")
    with pytest.raises(TooManyWorkers, match=f"has {allowed} workers and may have {allowed}. Remove one") as refused:
        await hello(scene, ada.id, "one more")
    assert (refused.value.limit, refused.value.value, refused.value.code) == (allowed, allowed + 1, code)
    if allowed:
        assert (await hello(scene, ada.id, "w0")).worker_id, "who is there already may stay"


async def test_workers_of_every_kind_count_together(scene: Scene) -> None:
    ada = await owner(scene)
    for number, kind in enumerate((Kind.IMAGE, Kind.TEXT, Kind.ALCHEMY)):
        await hello(scene, ada.id, f"w{number}", kind=kind)
    with pytest.raises(TooManyWorkers):
        await hello(scene, ada.id, "w3", kind=Kind.TEXT)


async def test_an_unchanged_offer_is_written_every_15_seconds_and_a_changed_one_at_once(scene: Scene) -> None:
    ada = await owner(scene)
    await hello(scene, ada.id)
    began_ms = scene.clock.now_ms()
    scene.clock.pass_s(14)
    await hello(scene, ada.id)
    assert (await known(scene)).last_seen_at_ms == began_ms
    scene.clock.pass_s(1)
    await hello(scene, ada.id)
    assert (await known(scene)).last_seen_at_ms == began_ms + 15_000
    scene.clock.pass_s(1)
    await hello(scene, ada.id, models=(MODEL, "other"))
    worker = await known(scene)
    assert (worker.last_seen_at_ms, worker.offer.models) == (began_ms + 16_000, (MODEL, "other"))


async def test_a_worker_in_maintenance_serves_its_owner_and_whom_it_names(scene: Scene) -> None:
    ada, friend, other = await owner(scene, "ada"), await owner(scene, "friend"), await owner(scene, "other")
    worker_id = (await hello(scene, ada.id)).worker_id
    await wish(scene, worker_id, ada.id, maintenance=True, maintenance_message="The fan is loud.")
    await scene.ask(other.id)
    with pytest.raises(WorkerMaintenance, match="'worker' is in maintenance: The fan is loud") as refused:
        await scene.pop(scene.offer(ada.id))
    assert refused.value.code == "WorkerMaintenance"
    await scene.ask(friend.id)
    with pytest.raises(WorkerMaintenance):
        await scene.pop(scene.offer(ada.id))
    named = scene.offer(ada.id, priority_usernames=(friend.handle,))
    assert len((await scene.pop(named)).jobs) == 1
    await scene.ask(ada.id)
    mine = await scene.pop_one(scene.offer(ada.id))
    await scene.hand_in(mine, ada.id)
    await wish(scene, worker_id, ada.id, maintenance=False)
    assert (await known(scene)).maintenance_message == ""
    assert len((await scene.pop(scene.offer(ada.id))).jobs) == 1, "the other's job was there all the time"


async def test_a_refused_pop_still_shows_that_the_worker_is_there(scene: Scene) -> None:
    ada = await owner(scene)
    worker_id = (await hello(scene, ada.id)).worker_id
    await wish(scene, worker_id, ada.id, maintenance=True)
    scene.clock.pass_s(100)
    with pytest.raises(WorkerMaintenance, match="Its owner has not said why"):
        await scene.pop(scene.offer(ada.id))
    assert (await known(scene)).last_seen_at_ms == scene.clock.now_ms()


async def test_a_paused_worker_gets_nothing_and_is_told_so(scene: Scene) -> None:
    ada, boss = await owner(scene), await moderator(scene)
    worker_id = (await hello(scene, ada.id)).worker_id
    await scene.ask(ada.id)
    assert (await wish(scene, worker_id, boss.id, paused=True)).paused
    with pytest.raises(WorkerMaintenance, match="The moderators of this horde have paused the worker 'worker'"):
        await scene.pop(scene.offer(ada.id))
    await wish(scene, worker_id, boss.id, paused=False)
    assert len((await scene.pop(scene.offer(ada.id))).jobs) == 1


async def test_only_moderators_pause(scene: Scene) -> None:
    ada = await owner(scene)
    worker_id = (await hello(scene, ada.id)).worker_id
    with pytest.raises(NotPermitted, match="Only a moderator can pause a worker") as refused:
        await wish(scene, worker_id, ada.id, paused=True)
    assert refused.value.code == "NotModerator"


async def test_owners_and_moderators_change_a_worker_and_nobody_else(scene: Scene) -> None:
    ada, bob, boss = await owner(scene, "ada"), await owner(scene, "bob"), await moderator(scene)
    worker_id = (await hello(scene, ada.id)).worker_id
    changed = await wish(scene, worker_id, ada.id, name="new name", about="A quiet machine.")
    assert (changed.name, changed.about) == ("new name", "A quiet machine.")
    assert (await wish(scene, worker_id, boss.id, maintenance=True)).maintenance
    with pytest.raises(NotPermitted, match=r"'new name' is not yours\. Only its owner or a moderator") as refused:
        await wish(scene, worker_id, bob.id, about="mine")
    assert refused.value.code == "NotOwner"
    with pytest.raises(NotPermitted, match="Without an account") as nobody:
        await wish(scene, worker_id, ANONYMOUS, about="mine")
    assert nobody.value.code == "AnonForbidden"


async def test_changes_that_cannot_be_made(scene: Scene) -> None:
    ada = await owner(scene)
    worker_id = (await hello(scene, ada.id, "one")).worker_id
    await hello(scene, ada.id, "two")
    with pytest.raises(InvalidRequest, match="Another worker has the name 'two'") as taken:
        await wish(scene, worker_id, ada.id, name="two")
    assert taken.value.code == "WorkerNameAlreadyExists"
    assert (await wish(scene, worker_id, ada.id, name="one")).name == "one", "its own name is no obstacle"
    with pytest.raises(InvalidRequest, match="Nothing is to be changed") as nothing:
        await wish(scene, worker_id, ada.id)
    assert nothing.value.code == "NoWorkerModSelected"
    with pytest.raises(InvalidRequest, match="info has 1001 characters, but at most 1000"):
        await wish(scene, worker_id, ada.id, about="x" * 1_001)
    with pytest.raises(InvalidRequest, match="maintenance_msg has 1001 characters"):
        await wish(scene, worker_id, ada.id, maintenance=True, maintenance_message="x" * 1_001)
    with pytest.raises(NotFound, match="There is no worker 'nobody'"):
        await wish(scene, WorkerId("nobody"), ada.id, about="x")
    with pytest.raises(NotFound, match="There is no team 'nowhere'"):
        await wish(scene, worker_id, ada.id, team="nowhere")


async def test_a_removed_worker_frees_its_name_and_keeps_its_past(scene: Scene) -> None:
    ada, bob = await owner(scene, "ada"), await owner(scene, "bob")
    accepted = await scene.ask(bob.id)
    job = await scene.pop_one(scene.offer(ada.id))
    with pytest.raises(Locked, match="'worker' has 1 jobs in its hands") as busy:
        await scene.do(
            lambda tx: remove(tx, worker_id=job.worker_id, by=ada.id, policy=scene.policy, now_ms=scene.clock.now_ms())
        )
    assert busy.value.code == "Locked"
    await scene.hand_in(job, ada.id)
    with pytest.raises(NotPermitted):
        await scene.do(
            lambda tx: remove(tx, worker_id=job.worker_id, by=bob.id, policy=scene.policy, now_ms=scene.clock.now_ms())
        )
    gone = await scene.do(
        lambda tx: remove(tx, worker_id=job.worker_id, by=ada.id, policy=scene.policy, now_ms=scene.clock.now_ms())
    )
    assert gone.name == "worker"
    assert await scene.uow.read(lambda tx: tx.workers.get(job.worker_id)) is None
    assert await scene.uow.read(lambda tx: tx.workers.count_of(ada.id)) == 0
    assert (await hello(scene, bob.id)).worker_id != job.worker_id, "the name is anyone's now"
    results = (await scene.status(accepted.request_id)).results
    assert [result.worker_id for result in results] == [job.worker_id]
    await scene.audit()


async def test_what_strangers_owners_and_moderators_see(scene: Scene) -> None:
    ada, boss = await owner(scene, contact="ada@example.org"), await moderator(scene)
    worker_id = (await hello(scene, ada.id)).worker_id
    now_ms = scene.clock.now_ms()

    async def seen_by(viewer: object) -> tuple[object, ...]:
        found = await scene.uow.read(
            lambda tx: describe(tx, worker_id=worker_id, viewer_id=viewer, policy=scene.policy, now_ms=now_ms)  # type: ignore[arg-type]
        )
        return found.sight, found.owner, found.contact, found.paused, found.suspicions, found.messages

    assert await seen_by(None) == (Sight.PUBLIC, None, None, None, None, None)
    assert await seen_by(ada.id) == (Sight.OWNER, ada.handle, "ada@example.org", False, 0, ())
    assert await seen_by(boss.id) == (Sight.MODERATOR, ada.handle, "ada@example.org", False, 0, ())
    await owner(scene, "other", public_workers=True)
    other = await owner(scene, "public", public_workers=True, contact="me")
    theirs = (await hello(scene, other.id, "shown")).worker_id
    found = await scene.uow.read(
        lambda tx: describe(tx, worker_id=theirs, viewer_id=None, policy=scene.policy, now_ms=now_ms)
    )
    assert (found.owner, found.contact, found.performance) == (other.handle, "me", "No requests fulfilled yet")


async def test_lists_of_workers(scene: Scene) -> None:
    ada = await owner(scene)
    await hello(scene, ada.id, "away")
    scene.clock.pass_s(301)
    await hello(scene, ada.id, "painter")
    scene.clock.pass_s(1)
    await hello(scene, ada.id, "writer", kind=Kind.TEXT)
    now_ms = scene.clock.now_ms()

    async def online(kind: Kind | None = None, name: str | None = None) -> set[str]:
        found = await scene.uow.read(
            lambda tx: describe_online(tx, viewer_id=None, policy=scene.policy, now_ms=now_ms, kind=kind, name=name)
        )
        return {one.worker.name for one in found}

    assert await online() == {"painter", "writer"}
    assert await online(Kind.TEXT) == {"writer"}
    assert await online(name="painter") == {"painter"}
    own = await scene.uow.read(lambda tx: describe_own(tx, account_id=ada.id, policy=scene.policy, now_ms=now_ms))
    assert [(one.worker.name, one.online) for one in own] == [("away", False), ("painter", True), ("writer", True)]


async def test_the_speed_is_the_mean_of_the_last_twenty(scene: Scene) -> None:
    ada, bob = await owner(scene, "ada"), await owner(scene, "bob", trusted=True)
    scene.policy = scene.policy.__class__(waiting_max=100, workers=scene.policy.workers)
    for _ in range(3):
        await scene.ask(bob.id, draft(n=20, px=64, steps=10))
    things = 64 * 64 * 10
    for seconds, mean_milli in ((1, things * 1_000), (1, things * 1_000), (2, things * 5_000 // 6)):
        job = await scene.pop_one(scene.offer(ada.id))
        scene.clock.pass_s(seconds)
        await scene.hand_in(job, ada.id)
        assert abs((await known(scene)).speed_milli - mean_milli) <= 2
    for _ in range(40):
        job = await scene.pop_one(scene.offer(ada.id))
        scene.clock.pass_s(10)
        await scene.hand_in(job, ada.id)
    worker = await known(scene)
    assert things * 100 <= worker.speed_milli < things * 300, "what was long ago hardly counts"
    assert (worker.jobs_done, worker.things_done) == (43, 43 * things)


async def test_a_slow_worker_is_slow_for_those_who_will_not_wait(scene: Scene) -> None:
    ada, bob = await owner(scene, "ada"), await owner(scene, "bob", trusted=True)
    await scene.ask(bob.id, draft(px=64, steps=10))
    job = await scene.pop_one(scene.offer(ada.id))
    assert not (await hello(scene, ada.id)).slow, "unknown is not slow"
    scene.clock.pass_s(10)
    await scene.hand_in(job, ada.id)
    assert (await hello(scene, ada.id)).slow
    await scene.ask(bob.id, draft(slow_workers=False))
    popped = await scene.pop(scene.offer(ada.id))
    assert (popped.jobs, popped.skipped) == ((), {"performance": 1})


async def test_workers_that_come_at_once_are_counted_one_by_one(scene: Scene) -> None:
    ada = await owner(scene)
    came = await asyncio.gather(*(hello(scene, ada.id, f"w{number}") for number in range(8)), return_exceptions=True)
    assert sum(isinstance(one, TooManyWorkers) for one in came) == 5, came
    assert await scene.uow.read(lambda tx: tx.workers.count_of(ada.id)) == 3


async def test_the_same_name_at_once_makes_one_worker(scene: Scene) -> None:
    ada = await owner(scene)
    greetings = await asyncio.gather(*(hello(scene, ada.id) for _ in range(5)))
    assert len({one.worker_id for one in greetings}) == 1
