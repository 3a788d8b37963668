"""The ledger: transfers, holds and the audit that finds what is wrong."""

from collections.abc import Awaitable
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.domain.errors import Conflict, InsufficientKudos, InvalidRequest, NotFound, Unavailable
from core.domain.ids import MINT, TREASURY, AccountId
from core.domain.kudos.ledger import Hold, HoldState, Transfer, TransferReason
from core.ports.store import Transaction
from core.services.kudos.audit import audit
from core.services.kudos.hold import hold
from core.services.kudos.post import post
from core.services.kudos.transfer import transfer
from core.services.kudos.void import expire_holds, void
from core.store import connection_of
from core.store.sqlite.connections import translated
from core.store.tables import transfers
from tests.core.scene import START_MS, Scene


async def give(scene: Scene, one: AccountId, other: AccountId, amount_mk: int, *, name: str = "t1") -> Transfer:
    return await scene.do(
        lambda tx: transfer(
            tx,
            transfer_id=name,
            from_id=one,
            to_id=other,
            amount_mk=amount_mk,
            reason=TransferReason.GIFT,
            floor_mk=0,
            now_ms=scene.clock.now_ms(),
        )
    )


async def test_the_same_id_is_the_same_transfer_once(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    first = await give(scene, ann.id, bob.id, 4_000)
    scene.clock.pass_s(5)
    assert await give(scene, ann.id, bob.id, 4_000) == first
    with pytest.raises(Conflict, match="already used"):
        await give(scene, ann.id, bob.id, 5_000)
    assert [(await scene.look(one.id)).kudos_mk for one in (ann, bob)] == [6_000, 4_000]
    await scene.audit()


async def test_gifts_have_a_floor_of_zero_and_know_holds(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    await scene.ask(ann.id)
    with pytest.raises(InsufficientKudos, match=r"ann#1 has 3\.50 kudos available.* 4\.00"):
        await give(scene, ann.id, bob.id, 4_000)
    with pytest.raises(InvalidRequest, match="at least 1"):
        await give(scene, ann.id, bob.id, 0)
    with pytest.raises(NotFound, match="99"):
        await give(scene, ann.id, AccountId(99), 1)
    await give(scene, ann.id, bob.id, 3_500)
    assert (await scene.look(ann.id)).available_mk == 0


async def test_a_hold_in_parts(scene: Scene) -> None:
    ann, bob = (await scene.account("ann")).account, (await scene.account("bob")).account
    now_ms = scene.clock.now_ms()

    def set_aside(amount_mk: int, floor_mk: int | None = None) -> Awaitable[Hold]:
        return scene.do(
            lambda tx: hold(
                tx,
                hold_id="h",
                account_id=ann.id,
                amount_mk=amount_mk,
                expires_at_ms=now_ms + 1_000,
                now_ms=now_ms,
                floor_mk=floor_mk,
            )
        )

    with pytest.raises(InsufficientKudos):
        await set_aside(100, 0)
    first = await set_aside(100)
    assert await set_aside(100) == first
    with pytest.raises(Conflict):
        await set_aside(101)

    def spend(name: str, amount_mk: int) -> Awaitable[Hold]:
        return scene.do(
            lambda tx: post(
                tx,
                hold_id="h",
                transfer_id=name,
                to_id=bob.id,
                amount_mk=amount_mk,
                reason=TransferReason.TIP,
                now_ms=now_ms,
            )
        )

    await spend("p1", 30)
    await spend("p1", 30)
    assert (await scene.do(lambda tx: void(tx, hold_id="h", amount_mk=20))).held_mk == 50
    last = await scene.do(lambda tx: void(tx, hold_id="h"))
    assert (last.state, last.posted_mk, last.returned_mk) == (HoldState.POSTED, 30, 70)
    after = await scene.look(ann.id)
    assert (after.kudos_mk, after.held_mk) == (-30, 0)
    with pytest.raises(NotFound):
        await scene.do(lambda tx: void(tx, hold_id="none"))
    await scene.audit()


async def test_a_hold_that_nobody_used_expires_but_never_an_open_request_s(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    accepted = await scene.ask(ann.id)
    await scene.do(lambda tx: hold(tx, hold_id="h", account_id=ann.id, amount_mk=5, expires_at_ms=START_MS, now_ms=0))
    scene.clock.pass_s(10 * 24 * 3_600)
    assert await scene.do(lambda tx: expire_holds(tx, now_ms=scene.clock.now_ms())) == 1
    assert (await scene.look(ann.id)).held_mk == accepted.price_mk
    ended = await scene.uow.read(lambda tx: tx.ledger.hold("h"))
    assert ended is not None
    assert ended.state is HoldState.EXPIRED
    await scene.audit()


async def test_mint_and_treasury_have_no_row_but_a_balance(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=10)).account
    for _ in range(3):
        cached = await scene.uow.read(lambda tx: tx.ledger.cached_balances())
        assert MINT not in cached
        mint = await scene.look(MINT)
        assert mint.kudos_mk == -10_000
        scene.clock.pass_s(400)
        await scene.do(lambda tx: tx.ledger.snapshot(scene.clock.now_ms()))
    await give(scene, ann.id, TREASURY, 1_000)
    assert (await scene.look(TREASURY)).kudos_mk == 1_000
    await scene.audit()


async def test_a_transfer_that_is_seen_late_is_in_the_balance(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=10)).account

    def write(tx: Transaction, seq: int) -> None:
        connection_of(tx).execute(
            sa.insert(transfers),
            {
                "seq": seq,
                "transfer_id": f"t{seq}",
                "from_id": MINT,
                "to_id": ann.id,
                "amount_mk": 1_000,
                "reason": TransferReason.GRANT.value,
                "ref": "",
                "made_at_ms": scene.clock.now_ms(),
            },
        )

    scene.clock.pass_s(700)
    for seq in (1_002, 1_001):  # as on PostgreSQL, where the one with the lower number may be committed later
        await scene.do(lambda tx, seq=seq: write(tx, seq))  # type: ignore[misc]
        await scene.do(lambda tx: tx.ledger.snapshot(scene.clock.now_ms()))
    assert (await scene.look(MINT)).kudos_mk == -12_000
    scene.clock.pass_s(700)
    await scene.do(lambda tx: tx.ledger.snapshot(scene.clock.now_ms()))
    assert (await scene.look(MINT)).kudos_mk == -12_000


async def test_the_journal_cannot_be_changed(scene: Scene) -> None:
    await scene.account("ann", kudos=10)
    for statement in ("UPDATE transfers SET amount_mk = 1", "DELETE FROM transfers"):
        with pytest.raises((Conflict, Unavailable), match="never changed or deleted"):
            await scene.do(lambda tx, s=statement: connection_of(tx).exec_driver_sql(s))  # type: ignore[misc]
    await scene.audit()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE balances SET posted_mk = posted_mk + 1 WHERE account_id = 1", "Account 1: cached"),
        ("UPDATE balances SET held_mk = held_mk + 1", "holds say"),
        ("UPDATE holds SET returned_mk = returned_mk + 1", "its open jobs cost"),
        ("UPDATE jobs SET state = 'done'", "was paid 0 times"),
        (
            "INSERT INTO transfers SELECT 99, 'x', 1, 1, 5, 'job', id, 0 FROM jobs",
            "is waiting and was paid 1 times",
        ),
    ],
)
async def test_the_audit_finds_damage(scene: Scene, damage: str, words: str) -> None:
    ann = (await scene.account("ann", kudos=10)).account
    await scene.ask(ann.id)
    await scene.audit()
    await scene.do(lambda tx: connection_of(tx).exec_driver_sql(damage))
    report = await scene.uow.read(audit)
    assert not report.ok
    assert any(words in difference for difference in report.differences), report.differences


async def test_an_account_marked_hot_has_many_slots_and_one_sum(scene: Scene) -> None:
    ann = (await scene.account("ann", kudos=10)).account
    await scene.do(lambda tx: connection_of(tx).exec_driver_sql("UPDATE accounts SET hot = true WHERE name = 'ann'"))
    assert (await scene.look(ann.id)).hot
    for _ in range(12):
        await scene.ask(ann.id)
    slots = await scene.do(
        lambda tx: connection_of(tx).scalar(sa.text("SELECT count(*) FROM balances WHERE account_id = 1"))
    )
    assert slots is not None
    assert slots > 4
    after = await scene.look(ann.id)
    assert (after.kudos_mk, after.held_mk) == (10_000, 78_000)
    await scene.audit()


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("database or disk is full", "Free some space"),
        ("attempt to write a readonly database", "may write in it"),
        ("unable to open database file", "the folder exists"),
        ("database is locked", "try again in a moment"),
        ("no such table: jobs", "horde db upgrade"),
        ("database disk image is malformed", "latest backup"),
        ("disk I/O error", "Free some space"),
    ],
)
def test_what_the_database_says_is_said_with_what_to_do(reason: str, advice: str) -> None:
    error = translated(sa.exc.OperationalError("x", {}, Exception(reason)), Path("/data/horde.db"))
    assert isinstance(error, Unavailable)
    assert "/data/horde.db" in str(error)
    assert advice in str(error)
