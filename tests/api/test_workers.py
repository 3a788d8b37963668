"""What a worker program meets: refusals with v2's codes, and messages that come with its pops."""

from typing import Any

from core.domain.ids import WorkerId
from core.domain.workers.wishes import WorkerWishes
from core.services.workers.change import change
from core.services.workers.message import send
from tests.api.scene import Horde


async def wish(horde: Horde, by: str, **wishes: Any) -> None:
    account = (await horde.account(by)).account
    now_ms, policy = horde.clock.now_ms(), horde.context.policy
    found = await horde.uow.read(lambda tx: tx.workers.by_name("worker of owner"))
    assert found is not None
    await horde.uow.write(
        lambda tx: change(
            tx,
            worker_id=WorkerId(found.id),
            by=account.id,
            wishes=WorkerWishes(**wishes),
            policy=policy,
            now_ms=now_ms,
        )
    )


async def test_a_worker_in_maintenance_is_refused_with_its_message_and_serves_its_owner(horde: Horde) -> None:
    await horde.pop()
    await wish(horde, "owner", maintenance=True, maintenance_message="Back at noon.")
    await horde.ask()
    refused = await horde.pop()
    assert (refused.status, refused.body["rc"]) == (403, "WorkerMaintenance")
    assert "Back at noon." in refused.body["message"]
    held = await horde.pop(wait_s=20)
    assert held.status == 403, "it is told at once, not after the wait"
    await horde.ask(who="owner")
    assert (await horde.pop()).body["id"] is not None
    await wish(horde, "owner", maintenance=False)
    assert (await horde.pop()).body["id"] is not None


async def test_a_paused_worker_and_a_fourth_one_are_refused(horde: Horde) -> None:
    await horde.pop()
    await horde.account("boss", moderator=True)
    await wish(horde, "boss", paused=True)
    paused = await horde.pop()
    assert (paused.status, paused.body["rc"]) == (403, "WorkerMaintenance")
    for number in range(2):
        assert (await horde.pop(name=f"w{number}")).status == 200
    fourth = await horde.pop(name="w3")
    assert (fourth.status, fourth.body["rc"]) == (403, "TooManyWorkers")
    assert "has 3 workers and may have 3" in fourth.body["message"]


async def test_messages_come_with_each_pop(horde: Horde) -> None:
    await horde.pop()
    boss = (await horde.account("boss", moderator=True)).account
    now_ms, policy = horde.clock.now_ms(), horde.context.policy
    said = await horde.uow.write(lambda tx: send(tx, by=boss.id, text="Mind the gap.", policy=policy, now_ms=now_ms))
    empty = (await horde.pop()).body
    assert [(one["id"], one["message"], one["origin"]) for one in empty["messages"]] == [
        (said.id, "Mind the gap.", "The moderators of this horde")
    ]
    assert empty["messages"][0]["expiry"].endswith("Z")
    await horde.ask()
    full = (await horde.pop()).body
    assert (full["id"] is not None, full["messages"]) == (True, empty["messages"])
