"""Teams: who makes and changes them, who joins, whom they serve first, and what they have done."""

from dataclasses import replace

import pytest

from core.domain.errors import InvalidRequest, NotFound, NotPermitted
from core.domain.ids import ANONYMOUS
from core.domain.workers.team import TeamId
from core.services.workers.remove import remove
from core.services.workers.teams import (
    change_team,
    delete_team,
    describe_team,
    describe_teams,
    make_team,
    roll_up,
)
from tests.core.scene import MODEL, Scene, draft
from tests.core.workers.folk import hello, known, mates, moderator, owner, team_of, wish


async def test_trusted_accounts_and_moderators_make_teams(scene: Scene) -> None:
    ada, bob, boss = await owner(scene, "ada", trusted=True), await owner(scene, "bob"), await moderator(scene)
    team = await team_of(scene, ada.id, "  the   early birds ")
    assert (team.name, team.account_id, team.jobs_done) == ("the early birds", ada.id, 0)
    assert (await team_of(scene, boss.id, "the house")).account_id == boss.id
    with pytest.raises(NotPermitted, match="Only trusted accounts make teams") as refused:
        await team_of(scene, bob.id, "the others")
    assert refused.value.code == "UntrustedTeamCreation"
    with pytest.raises(NotPermitted, match="Without an account"):
        await team_of(scene, ANONYMOUS, "nobody's")


@pytest.mark.parametrize("name", ["", "ab", "x" * 101, "tab\x07bell"])
async def test_names_that_no_team_can_have(scene: Scene, name: str) -> None:
    ada = await owner(scene, trusted=True)
    with pytest.raises(InvalidRequest, match="take 3 to 100 printable ones") as refused:
        await team_of(scene, ada.id, name)
    assert (refused.value.limit, refused.value.value) == ((3, 100), len(name))


async def test_each_name_is_one_team_s(scene: Scene) -> None:
    ada = await owner(scene, trusted=True)
    first, second = await team_of(scene, ada.id, "birds"), await team_of(scene, ada.id, "bees")
    with pytest.raises(InvalidRequest, match="Another team has the name 'birds'") as taken:
        await team_of(scene, ada.id, "birds")
    assert taken.value.code == "TeamNameAlreadyExists"
    with pytest.raises(InvalidRequest, match="Another team has the name 'birds'"):
        await scene.do(lambda tx: change_team(tx, team_id=second.id, by=ada.id, policy=scene.policy, name="birds"))
    same = await scene.do(
        lambda tx: change_team(tx, team_id=first.id, by=ada.id, policy=scene.policy, name="birds", about="We fly.")
    )
    assert (same.name, same.about) == ("birds", "We fly.")


async def test_only_who_made_a_team_and_moderators_change_it(scene: Scene) -> None:
    ada, bob, boss = await owner(scene, "ada", trusted=True), await owner(scene, "bob"), await moderator(scene)
    team = await team_of(scene, ada.id)
    with pytest.raises(NotPermitted, match="'the early birds' is not yours") as refused:
        await scene.do(lambda tx: change_team(tx, team_id=team.id, by=bob.id, policy=scene.policy, about="x"))
    assert refused.value.code == "NotOwner"
    with pytest.raises(NotPermitted):
        await scene.do(lambda tx: delete_team(tx, team_id=team.id, by=bob.id))
    with pytest.raises(InvalidRequest, match="Nothing is to be changed") as nothing:
        await scene.do(lambda tx: change_team(tx, team_id=team.id, by=ada.id, policy=scene.policy))
    assert nothing.value.code == "NoTeamModSelected"
    with pytest.raises(InvalidRequest, match="has 1001 characters, but at most 1000"):
        await scene.do(lambda tx: change_team(tx, team_id=team.id, by=ada.id, policy=scene.policy, about="x" * 1_001))
    with pytest.raises(NotFound, match="There is no team 'nowhere'") as unknown:
        await scene.do(lambda tx: delete_team(tx, team_id=TeamId("nowhere"), by=ada.id))
    assert unknown.value.code == "TeamNotFound"
    assert (await scene.do(lambda tx: delete_team(tx, team_id=team.id, by=boss.id))).id == team.id
    assert await scene.uow.read(lambda tx: tx.teams.get(team.id)) is None


async def test_a_deleted_team_s_workers_are_in_none(scene: Scene) -> None:
    ada = await owner(scene, trusted=True)
    team = await team_of(scene, ada.id)
    worker_id = (await hello(scene, ada.id)).worker_id
    assert (await wish(scene, worker_id, ada.id, team=team.id)).team_name == "the early birds"
    await scene.do(lambda tx: delete_team(tx, team_id=team.id, by=ada.id))
    worker = await known(scene)
    assert (worker.team_id, worker.team_name) == (None, None)
    assert (await hello(scene, ada.id)).people_first == (ada.id,)


async def test_a_team_s_workers_serve_the_team_first(scene: Scene) -> None:
    ada, bob, other = await owner(scene, "ada", trusted=True), await owner(scene, "bob"), await owner(scene, "other")
    team = await team_of(scene, ada.id)
    worker_id = (await hello(scene, ada.id, "a")).worker_id
    bobs = (await hello(scene, bob.id, "b")).worker_id
    await wish(scene, worker_id, ada.id, team=team.id)
    await wish(scene, bobs, bob.id, team=team.id)
    greeting = await hello(scene, ada.id, "a")
    assert greeting.people_first == (ada.id, bob.id)
    await scene.ask(other.id)
    scene.clock.pass_s(700)
    late = await scene.ask(bob.id)
    assert (await scene.pop_one(scene.offer(ada.id, "a"))).request_id == late.request_id
    await wish(scene, worker_id, ada.id, team="")
    assert (await hello(scene, ada.id, "a")).people_first == (ada.id,)


async def test_who_lends_no_worker_is_no_team_mate(scene: Scene) -> None:
    ada, bob, flagged = await owner(scene, "ada", trusted=True), await owner(scene, "bob"), await owner(scene, "bad")
    team = await team_of(scene, ada.id)
    for account, name in ((bob, "b"), (flagged, "f")):
        worker_id = (await hello(scene, account.id, name)).worker_id
        await wish(scene, worker_id, account.id, team=team.id)
    assert await mates(scene, team.id) == (ada.id, bob.id, flagged.id)
    await owner_is_flagged(scene, flagged.id)
    scene.clock.pass_s(11)
    assert await mates(scene, team.id) == (ada.id, bob.id)
    scene.clock.pass_s(86_401)
    assert await mates(scene, team.id) == (ada.id,), "its maker stays, whose worker is long gone does not"


async def owner_is_flagged(scene: Scene, account_id: int) -> None:
    account = await scene.look(account_id)  # type: ignore[arg-type]
    await scene.do(lambda tx: tx.accounts.put(replace(account, flagged=True)))


async def test_a_team_counts_what_its_workers_do_while_they_are_in_it(scene: Scene) -> None:
    ada, guest = await owner(scene, "ada", trusted=True), await scene.guest()
    first, second = await team_of(scene, ada.id, "first"), await team_of(scene, ada.id, "second")
    await scene.ask(guest.id, draft(n=4))

    async def work() -> int:
        job = await scene.pop_one(scene.offer(ada.id))
        scene.clock.pass_s(20)
        return (await scene.hand_in(job, ada.id)).reward_mk

    async def totals(team_id: TeamId) -> tuple[int, int, int]:
        team = await scene.uow.read(lambda tx: tx.teams.get(team_id))
        assert team is not None
        return team.jobs_done, team.kudos_mk, team.uptime_ms

    await work()
    worker = await known(scene)
    await wish(scene, worker.id, ada.id, team=first.id)
    reward_mk = await work()
    assert await totals(first.id) == (0, 0, 0), "no job writes its team"
    assert await scene.do(roll_up) == 1
    assert await totals(first.id) == (1, reward_mk, 20_000)
    assert await scene.do(roll_up) == 0
    await work()
    await wish(scene, worker.id, ada.id, team=second.id)
    assert await totals(first.id) == (2, 2 * reward_mk, 40_000), "who goes leaves what it did"
    await work()
    now_ms = scene.clock.now_ms()
    await scene.do(lambda tx: remove(tx, worker_id=worker.id, by=ada.id, policy=scene.policy, now_ms=now_ms))
    assert await totals(second.id) == (1, reward_mk, 20_000)
    assert await totals(first.id) == (2, 2 * reward_mk, 40_000)
    assert await scene.do(roll_up) == 0


async def test_two_roll_ups_side_by_side_count_nothing_twice(scene: Scene) -> None:
    ada, guest = await owner(scene, "ada", trusted=True), await scene.guest()
    team = await team_of(scene, ada.id)
    worker_id = (await hello(scene, ada.id)).worker_id
    await wish(scene, worker_id, ada.id, team=team.id)
    await scene.ask(guest.id)
    await scene.hand_in(await scene.pop_one(scene.offer(ada.id)), ada.id)
    seen = await scene.uow.read(lambda tx: tx.teams.behind(limit=10))
    assert await scene.do(roll_up) == 1
    for share in seen:
        await scene.do(lambda tx: tx.teams.take_in(share))  # noqa: B023
    found = await scene.uow.read(lambda tx: tx.teams.get(team.id))
    assert found is not None
    assert found.jobs_done == 1


async def test_a_team_is_described_with_its_workers_and_models(scene: Scene) -> None:
    ada = await owner(scene, "ada", trusted=True)
    team = await team_of(scene, ada.id)
    empty = await team_of(scene, ada.id, "empty")
    for name, models in (("a", (MODEL,)), ("b", (MODEL, "other"))):
        worker_id = (await hello(scene, ada.id, name, models=models)).worker_id
        await wish(scene, worker_id, ada.id, team=team.id)
    now_ms = scene.clock.now_ms()
    found = await scene.uow.read(lambda tx: describe_team(tx, team_id=team.id, policy=scene.policy, now_ms=now_ms))
    assert (found.maker, {one.name for one in found.workers}) == (ada.handle, {"a", "b"})
    assert found.models == {MODEL: 2, "other": 1}
    every = await scene.uow.read(lambda tx: describe_teams(tx, policy=scene.policy, now_ms=now_ms))
    assert {one.team.id for one in every} == {team.id, empty.id}
    with pytest.raises(NotFound):
        await scene.uow.read(lambda tx: describe_team(tx, team_id=TeamId("x"), policy=scene.policy, now_ms=now_ms))


async def test_a_team_needs_its_maker_s_trust_only_once(scene: Scene) -> None:
    ada = await owner(scene, "ada", trusted=True)
    made = await scene.do(
        lambda tx: make_team(
            tx, by=ada.id, name="abc", about="x" * 1_000, policy=scene.policy, now_ms=scene.clock.now_ms()
        )
    )
    assert len(made.about) == 1_000
