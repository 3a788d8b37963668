"""The chores of workers and teams do their work through the unit of work, and only where there is any."""

from core.loops.chores import chores
from core.loops.workers import worker_chores
from core.services.workers.message import Validity, messages_of, send
from tests.core.scene import Scene
from tests.core.workers.folk import hello, known, moderator, owner, team_of, wish


async def test_every_chore_of_workers_is_among_the_engine_s(scene: Scene) -> None:
    ours = {chore.name for chore in worker_chores(uow=scene.uow, policy=scene.policy)}
    assert ours == {"reward_uptime", "roll_up_teams", "prune_worker_messages"}
    assert ours <= {chore.name for chore in chores(uow=scene.uow, objects=None, policy=scene.policy)}


async def test_uptime_is_paid_and_teams_take_it_in(scene: Scene) -> None:
    ada = await owner(scene, trusted=True)
    team = await team_of(scene, ada.id)
    worker_id = (await hello(scene, ada.id)).worker_id
    await wish(scene, worker_id, ada.id, team=team.id)
    by_name = {chore.name: chore for chore in worker_chores(uow=scene.uow, policy=scene.policy)}

    async def run(name: str) -> int | None:
        chore, now_ms = by_name[name], scene.clock.now_ms()
        assert chore.due is not None
        assert chore.outside is not None
        if not await scene.uow.read(lambda tx: chore.due(tx, now_ms)):  # type: ignore[misc]
            return None
        return await chore.outside(now_ms)

    assert await run("reward_uptime") is None
    assert await run("roll_up_teams") is None
    for _ in range(4):
        scene.clock.pass_s(300)
        await hello(scene, ada.id)
    assert await run("reward_uptime") == 2
    assert await run("reward_uptime") is None
    assert (await known(scene)).uptime_kudos_mk == 104_000
    assert await run("roll_up_teams") == 1
    assert await run("roll_up_teams") is None
    found = await scene.uow.read(lambda tx: tx.teams.get(team.id))
    assert found is not None
    assert (found.kudos_mk, found.uptime_ms) == (104_000, 1_200_000)
    await scene.audit()


async def test_old_messages_go(scene: Scene) -> None:
    boss = await moderator(scene)
    began_ms = scene.clock.now_ms()
    await scene.do(lambda tx: send(tx, by=boss.id, text="old", policy=scene.policy, now_ms=began_ms, hours=1))
    chore = worker_chores(uow=scene.uow, policy=scene.policy)[-1]
    assert chore.in_transaction is not None
    work, later_ms = chore.in_transaction, began_ms + 31 * 86_400_000
    assert await scene.do(lambda tx: work(tx, began_ms)) == 0
    assert await scene.do(lambda tx: work(tx, later_ms)) == 1
    left = await scene.uow.read(lambda tx: messages_of(tx, by=boss.id, now_ms=began_ms, validity=Validity.ALL))
    assert left == []
