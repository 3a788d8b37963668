"""Time-outs of addresses, modes, and their rows on both stores."""

from dataclasses import replace

import pytest

from core.api.standing import Standing
from core.domain.errors import InvalidRequest, NotFound, NotPermitted, TooManyWorkers
from core.domain.guard import AddressBlock, Mode, block_that_holds, network_of, prompt_timeout_ms
from core.domain.ids import WorkerId
from core.services.moderation.filters import add_filter, change_filter, list_filters, remove_filter
from core.services.moderation.guard import (
    ADDRESSES_KEPT_MS,
    block_network,
    block_worker,
    in_force,
    is_stale,
    note_address,
    prune_guard,
    strike,
    switch_modes,
    unblock_network,
    unblock_worker,
)
from tests.core.scene import Scene

HOUR_S = 3_600


@pytest.mark.parametrize(
    ("network", "address", "held"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.77/24", "192.0.2.2", True),
        ("192.0.2.0/24", "::ffff:192.0.2.2", True),
        ("2001:db8::/32", "2001:db8:1::5", True),
        ("2001:db8::/32", "192.0.2.2", False),
        ("192.0.2.0/24", "nonsense", False),
    ],
)
def test_which_addresses_a_network_holds(network: str, address: str, held: bool) -> None:
    block = AddressBlock(id=str(network_of(network)), until_ms=10)
    found = block_that_holds(address, address_hash="h", blocks=[block], now_ms=9)
    assert (found is not None) is held
    assert block_that_holds(address, address_hash="h", blocks=[block], now_ms=10) is None


@pytest.mark.parametrize("text", ["", "nonsense", "0.0.0.0/0", "::/0", "192.0.2.1/33"])
def test_what_is_no_network_or_everyone_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        network_of(text)


def test_time_outs_after_refused_prompts_grow() -> None:
    assert [prompt_timeout_ms(strikes) // 60_000 for strikes in range(4)] == [3, 9, 15, 21]


async def test_a_network_is_kept_out_until_its_time(scene: Scene) -> None:
    now_ms = scene.clock.now_ms()
    await scene.do(lambda tx: block_network(tx, network="192.0.2.5/24", hours=1, now_ms=now_ms))
    await scene.do(lambda tx: block_network(tx, network="192.0.2.0/24", hours=2, now_ms=now_ms))
    seen = await scene.uow.read(lambda tx: in_force(tx, now_ms=now_ms))
    assert [(block.id, block.left_s(now_ms)) for block in seen.blocks] == [("192.0.2.0/24", 2 * HOUR_S)]
    assert not await scene.uow.read(lambda tx: is_stale(tx, now_ms=now_ms))
    scene.clock.pass_s(2 * HOUR_S)
    now_ms = scene.clock.now_ms()
    assert (await scene.uow.read(lambda tx: in_force(tx, now_ms=now_ms))).blocks == ()
    assert await scene.uow.read(lambda tx: is_stale(tx, now_ms=now_ms))
    assert await scene.do(lambda tx: prune_guard(tx, now_ms=now_ms)) == 1
    with pytest.raises(NotFound):
        await scene.do(lambda tx: unblock_network(tx, network="192.0.2.0/24"))


@pytest.mark.parametrize("hours", [0, 721])
async def test_hours_are_bounded(scene: Scene, hours: int) -> None:
    with pytest.raises(InvalidRequest, match="1 to 720"):
        await scene.do(lambda tx: block_network(tx, network="192.0.2.5", hours=hours, now_ms=0))


async def test_a_workers_address_is_known_by_its_hash_alone(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    other = (await scene.account("other")).account
    now_ms = scene.clock.now_ms()
    await scene.pop(scene.offer(owner.id, "w"))
    worker = await scene.uow.read(lambda tx: tx.workers.by_name("w"))
    assert worker is not None
    with pytest.raises(NotFound, match="not known from where"):
        await scene.do(lambda tx: block_worker(tx, worker_id=worker.id, days=1, now_ms=now_ms))

    async def note(who: object, hashed: str) -> bool:
        return await scene.do(
            lambda tx: note_address(tx, worker_name="w", owner=who, address_hash=hashed, now_ms=now_ms)  # type: ignore[arg-type] # an account
        )

    assert await note(owner, "first")
    assert await note(owner, "second")
    assert not await note(other, "third"), "another's worker"
    block = await scene.do(lambda tx: block_worker(tx, worker_id=worker.id, days=2, now_ms=now_ms))
    assert (block.id, block.address_hash) == (worker.id, "second")
    found = block_that_holds("192.0.2.1", address_hash="second", blocks=[block], now_ms=now_ms)
    assert found == block
    assert block_that_holds("192.0.2.1", address_hash="first", blocks=[block], now_ms=now_ms) is None
    await scene.do(lambda tx: unblock_worker(tx, worker_id=worker.id))
    with pytest.raises(NotFound):
        await scene.do(lambda tx: unblock_worker(tx, worker_id=worker.id))
    with pytest.raises(NotFound):
        await scene.do(lambda tx: block_worker(tx, worker_id=WorkerId("none"), days=2, now_ms=now_ms))
    with pytest.raises(InvalidRequest, match="1 to 30"):
        await scene.do(lambda tx: block_worker(tx, worker_id=worker.id, days=31, now_ms=now_ms))
    scene.clock.pass_s(ADDRESSES_KEPT_MS / 1_000 + 1)
    assert await scene.do(lambda tx: prune_guard(tx, now_ms=scene.clock.now_ms())) == 1
    assert await scene.uow.read(lambda tx: tx.guard.address_of(worker.id)) is None


async def test_strikes_of_a_day_count(scene: Scene) -> None:
    async def struck(who: str = "a") -> int:
        now_ms = scene.clock.now_ms()
        return (await scene.do(lambda tx: strike(tx, address_hash=who, now_ms=now_ms))).left_s(now_ms) // 60

    assert [await struck() for _ in range(3)] == [3, 9, 15]
    assert await struck("b") == 3
    scene.clock.pass_s(24 * HOUR_S + 1)
    assert await struck() == 3


async def test_who_may_switch_modes(scene: Scene) -> None:
    moderator = (await scene.account("mod", moderator=True)).account
    person = (await scene.account("person")).account

    async def switch(by: object, *, is_admin: bool = False, **wanted: bool) -> frozenset[Mode]:
        modes = {Mode(name): on for name, on in wanted.items()}
        return await scene.do(lambda tx: switch_modes(tx, by=by, wanted=modes, is_admin=is_admin))  # type: ignore[arg-type] # an account

    with pytest.raises(InvalidRequest, match="Nothing"):
        await switch(moderator)
    with pytest.raises(NotPermitted, match="admin"):
        await switch(moderator, maintenance=True)
    with pytest.raises(NotPermitted, match="moderators"):
        await switch(person, raid=True)
    assert await switch(moderator, raid=True, invite_only=True) == {Mode.RAID, Mode.INVITE_ONLY}
    assert await switch(person, is_admin=True, maintenance=True, raid=False) == {Mode.MAINTENANCE, Mode.INVITE_ONLY}


async def test_by_invitation_only_who_was_invited_has_new_workers(scene: Scene) -> None:
    owner = (await scene.account("owner")).account
    await scene.pop(scene.offer(owner.id, "old"))
    scene.policy = Standing.policy_under(scene.policy, frozenset({Mode.INVITE_ONLY}))
    await scene.pop(scene.offer(owner.id, "old"))
    with pytest.raises(TooManyWorkers) as caught:
        await scene.pop(scene.offer(owner.id, "new"))
    assert caught.value.code == "WorkerInviteOnly"
    await scene.do(lambda tx: tx.accounts.put(replace(owner, worker_invited=2)))
    await scene.pop(scene.offer(owner.id, "new"))


def test_a_raid_halves_what_workers_may_drop(scene: Scene) -> None:
    calm, raid = scene.policy, Standing.policy_under(scene.policy, frozenset({Mode.RAID}))
    assert raid.workers.aborts_max == calm.workers.aborts_max // 2
    assert Standing.policy_under(calm, frozenset()) is calm


async def test_filters_are_kept(scene: Scene) -> None:
    mod = (await scene.account("mod", moderator=True)).account

    async def add(pattern: str, type_: int) -> str:
        now_ms = scene.clock.now_ms()
        scene.clock.pass_s(1)
        made = await scene.do(
            lambda tx: add_filter(tx, by=mod.id, pattern=pattern, type_=type_, about="", replacement="", now_ms=now_ms)
        )
        return made.id

    first, second = await add("Kid", 10), await add("lewd", 20)
    for wanted, type_, contains in (([first, second], None, None), ([second], 20, None), ([first], None, "kid")):
        found = await scene.uow.read(lambda tx, t=type_, c=contains: list_filters(tx, type_=t, contains=c))  # type: ignore[misc] # bound now
        assert [one.id for one in found] == wanted
    changed = await scene.do(lambda tx: change_filter(tx, filter_id=first, replacement="adult"))
    assert (changed.replacement, changed.pattern, changed.author) == ("adult", "Kid", mod.handle)
    with pytest.raises(InvalidRequest, match="10 to 29"):
        await scene.do(lambda tx: change_filter(tx, filter_id=first, type_=30))
    with pytest.raises(InvalidRequest, match="Nothing"):
        await scene.do(lambda tx: change_filter(tx, filter_id=first))
    await scene.do(lambda tx: remove_filter(tx, filter_id=first))
    with pytest.raises(NotFound):
        await scene.do(lambda tx: remove_filter(tx, filter_id=first))
    assert [one.id for one in (await scene.uow.read(lambda tx: in_force(tx, now_ms=0))).filters] == [second]
