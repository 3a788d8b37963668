"""Messages: who may say what to which workers, when it is told, and when it is gone."""

from typing import Any

import pytest

from core.domain.errors import InvalidRequest, NotFound, NotPermitted
from core.domain.ids import ANONYMOUS, AccountId, WorkerId
from core.domain.workers.message import MessageId, WorkerMessage
from core.services.workers.message import PAGE, Validity, message_of, messages_of, prune_messages, send, unsend
from tests.core.scene import Scene
from tests.core.workers.folk import hello, moderator, owner


async def say(scene: Scene, by: AccountId, text: str = "hello", **more: Any) -> WorkerMessage:
    now_ms = scene.clock.now_ms()
    return await scene.do(lambda tx: send(tx, by=by, text=text, policy=scene.policy, now_ms=now_ms, **more))


async def heard(scene: Scene, account_id: AccountId, name: str) -> list[str]:
    return [message.text for message in (await scene.pop(scene.offer(account_id, name))).messages]


async def listed(scene: Scene, by: AccountId, **more: Any) -> list[str]:
    now_ms = scene.clock.now_ms()
    found = await scene.uow.read(lambda tx: messages_of(tx, by=by, now_ms=now_ms, **more))
    return [message.text for message in found]


async def test_each_message_reaches_the_workers_it_is_for(scene: Scene) -> None:
    ada, bob, boss = await owner(scene, "ada"), await owner(scene, "bob"), await moderator(scene)
    one = (await hello(scene, ada.id, "a1")).worker_id
    await hello(scene, ada.id, "a2")
    await hello(scene, bob.id, "b")
    await say(scene, boss.id, "to a1", worker_id=one)
    scene.clock.pass_s(1)
    await say(scene, boss.id, "to ada's", account_id=ada.id)
    scene.clock.pass_s(1)
    await say(scene, boss.id, "to all")
    assert await heard(scene, ada.id, "a1") == ["to a1", "to ada's", "to all"]
    assert await heard(scene, ada.id, "a2") == ["to ada's", "to all"]
    assert await heard(scene, bob.id, "b") == ["to all"]
    assert await heard(scene, bob.id, "new") == ["to all"], "at its first pop too"


async def test_a_message_comes_with_a_job_too_and_until_it_expires(scene: Scene) -> None:
    ada, guest = await owner(scene), await scene.guest()
    await hello(scene, ada.id, "a")
    said = await say(scene, ada.id, "mind the gap", hours=1)
    assert said.origin == ada.handle
    await scene.ask(guest.id)
    popped = await scene.pop(scene.offer(ada.id, "a"))
    assert (len(popped.jobs), popped.messages) == (1, (said,))
    scene.clock.pass_s(3_599)
    assert await heard(scene, ada.id, "a") == ["mind the gap"]
    scene.clock.pass_s(1)
    assert await heard(scene, ada.id, "a") == []


async def test_an_owner_speaks_to_its_own_workers_only(scene: Scene) -> None:
    ada, bob, boss = await owner(scene, "ada"), await owner(scene, "bob"), await moderator(scene)
    own = (await hello(scene, ada.id, "a")).worker_id
    other = (await hello(scene, bob.id, "b")).worker_id
    assert (await say(scene, ada.id, worker_id=own)).account_id is None
    assert (await say(scene, ada.id)).account_id == ada.id, "to nobody in particular: to all its own"
    with pytest.raises(NotPermitted, match="The worker 'b' is not yours"):
        await say(scene, ada.id, worker_id=other)
    with pytest.raises(NotPermitted, match="Only a moderator can write to another account's workers"):
        await say(scene, ada.id, account_id=bob.id)
    with pytest.raises(NotPermitted, match="Only a moderator can say in whose name"):
        await say(scene, ada.id, origin="The boss")
    with pytest.raises(NotPermitted, match="Without an account"):
        await say(scene, ANONYMOUS)
    with pytest.raises(NotFound, match="There is no worker 'nobody'"):
        await say(scene, boss.id, worker_id=WorkerId("nobody"))
    with pytest.raises(NotFound, match="There is no account with the number 999"):
        await say(scene, boss.id, account_id=AccountId(999))
    assert (await say(scene, boss.id, origin="The crew")).origin == "The crew"
    assert (await say(scene, boss.id)).origin == "The moderators of this horde"


@pytest.mark.parametrize(
    ("more", "field", "limit", "value"),
    [
        ({"text": ""}, "message", (1, 10_240), 0),
        ({"text": "  "}, "message", (1, 10_240), 0),
        ({"text": "x" * 10_241}, "message", (1, 10_240), 10_241),
        ({"hours": 0}, "expiry", (1, 720), 0),
        ({"hours": 721}, "expiry", (1, 720), 721),
        ({"origin": "x" * 256}, "origin", (1, 255), 256),
    ],
)
async def test_what_no_message_can_be(
    scene: Scene, more: dict[str, Any], field: str, limit: tuple[int, int], value: int
) -> None:
    boss = await moderator(scene)
    with pytest.raises(InvalidRequest) as refused:
        await say(scene, boss.id, **more)
    assert (refused.value.field, refused.value.limit, refused.value.value) == (field, limit, value)


async def test_who_may_read_which_messages(scene: Scene) -> None:
    ada, bob, boss = await owner(scene, "ada"), await owner(scene, "bob"), await moderator(scene)
    own = (await hello(scene, ada.id, "a")).worker_id
    await say(scene, boss.id, "to all")
    scene.clock.pass_s(1)
    await say(scene, ada.id, "ada to hers")
    scene.clock.pass_s(1)
    await say(scene, boss.id, "boss to a", worker_id=own)
    assert await listed(scene, boss.id) == ["boss to a", "ada to hers", "to all"]
    assert await listed(scene, ada.id) == ["boss to a", "ada to hers"]
    assert await listed(scene, boss.id, account_id=ada.id) == ["boss to a", "ada to hers"]
    assert await listed(scene, ada.id, worker_id=own) == ["boss to a"]
    assert await listed(scene, bob.id) == []
    with pytest.raises(NotPermitted, match="The worker 'a' is not yours"):
        await listed(scene, bob.id, worker_id=own)
    with pytest.raises(NotPermitted, match="Only a moderator can read another account's messages"):
        await listed(scene, bob.id, account_id=ada.id)


async def test_expired_messages_are_listed_apart_and_pruned_a_month_later(scene: Scene) -> None:
    boss = await moderator(scene)
    await say(scene, boss.id, "short", hours=1)
    scene.clock.pass_s(3_600)
    await say(scene, boss.id, "long", hours=720)
    assert await listed(scene, boss.id, validity=Validity.ACTIVE) == ["long"]
    assert await listed(scene, boss.id, validity=Validity.EXPIRED) == ["short"]
    assert await listed(scene, boss.id, validity=Validity.ALL) == ["long", "short"]

    async def prune() -> int:
        now_ms = scene.clock.now_ms()
        return await scene.do(lambda tx: prune_messages(tx, policy=scene.policy, now_ms=now_ms))

    scene.clock.pass_s(30 * 86_400)
    assert await prune() == 0
    scene.clock.pass_s(1)
    assert await prune() == 1
    assert await listed(scene, boss.id, validity=Validity.ALL) == ["long"]


async def test_messages_come_in_pages(scene: Scene) -> None:
    boss = await moderator(scene)
    for number in range(PAGE + 3):
        scene.clock.pass_s(1)
        await say(scene, boss.id, str(number))
    assert len(await listed(scene, boss.id)) == PAGE
    assert await listed(scene, boss.id, page=2) == ["2", "1", "0"]
    assert await listed(scene, boss.id, page=0) == await listed(scene, boss.id, page=1)


async def test_senders_and_moderators_take_messages_back(scene: Scene) -> None:
    ada, bob, boss = await owner(scene, "ada"), await owner(scene, "bob"), await moderator(scene)
    await hello(scene, ada.id, "a")
    own, theirs = await say(scene, ada.id, "mine"), await say(scene, boss.id, "yours", account_id=ada.id)
    for reader, message, allowed in ((ada, own, True), (ada, theirs, True), (bob, own, False), (boss, own, True)):
        if allowed:
            assert await scene.uow.read(lambda tx: message_of(tx, message_id=message.id, by=reader.id)) == message  # noqa: B023
        else:
            with pytest.raises(NotPermitted, match="neither yours nor for one of your workers"):
                await scene.uow.read(lambda tx: message_of(tx, message_id=message.id, by=reader.id))  # noqa: B023
    with pytest.raises(NotPermitted, match="Only a moderator can delete another's message"):
        await scene.do(lambda tx: unsend(tx, message_id=theirs.id, by=ada.id))
    await scene.do(lambda tx: unsend(tx, message_id=own.id, by=ada.id))
    assert await heard(scene, ada.id, "a") == ["yours"]
    await scene.do(lambda tx: unsend(tx, message_id=theirs.id, by=boss.id))
    with pytest.raises(NotFound, match="It may have been deleted"):
        await scene.do(lambda tx: unsend(tx, message_id=MessageId(theirs.id), by=boss.id))
