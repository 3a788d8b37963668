"""The statement: each movement once, with the balance after it, and nobody told who asked."""

from collections.abc import Awaitable

import pytest

from core.domain.errors import InvalidRequest, NotFound
from core.domain.ids import AccountId
from core.domain.kudos.ledger import Transfer, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.kudos.statement import Statement, StatementLine, Totals
from core.ports.store import Transaction
from core.services.kudos.award import award
from core.services.kudos.reward import reward
from core.services.kudos.statement import statement, totals
from core.services.kudos.transfer import transfer
from core.store import connection_of
from core.store.rows.kudos.journal import _ENTRIES
from tests.core.scene import START_MS, Scene
from tests.stores import ONLY_SQLITE


def move(
    scene: Scene, name: str, one: AccountId, other: AccountId, amount_mk: int, *, reason: TransferReason
) -> Awaitable[Transfer]:
    now_ms = scene.clock.now_ms()
    return scene.do(
        lambda tx: transfer(
            tx,
            transfer_id=name,
            from_id=one,
            to_id=other,
            amount_mk=amount_mk,
            reason=reason,
            ref="job" if reason is TransferReason.JOB else "",
            now_ms=now_ms,
        )
    )


def page(scene: Scene, who: AccountId, *, limit: int = 50, cursor: str | None = None) -> Awaitable[Statement]:
    return scene.uow.read(lambda tx: statement(tx, account_id=who, limit=limit, cursor=cursor))


async def test_lines_say_when_how_much_why_and_with_whom(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    scene.clock.pass_s(1)
    await move(scene, "g", ann.id, bob.id, 2_000, reason=TransferReason.GIFT)
    await scene.do(
        lambda tx: award(
            tx, actor=None, target="bob#2", amount_mk=500, why="good ideas", policy=KudosPolicy(), now_ms=START_MS
        )
    )
    mine, theirs = await page(scene, ann.id), await page(scene, bob.id)
    assert mine.lines == (
        StatementLine(
            at_ms=START_MS + 1_000,
            amount_mk=-2_000,
            balance_mk=8_000,
            reason=TransferReason.GIFT,
            other="bob#2",
            job_id=None,
            note="",
        ),
        StatementLine(
            at_ms=START_MS,
            amount_mk=10_000,
            balance_mk=10_000,
            reason=TransferReason.GRANT,
            other="Mint",
            job_id=None,
            note="",
        ),
    )
    assert [(line.amount_mk, line.other, line.note) for line in theirs.lines] == [
        (500, "Mint", "good ideas"),
        (2_000, "ann#1", ""),
    ]
    assert mine.next_cursor is None


async def test_who_made_a_job_is_told_and_who_asked_for_it_is_not(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    await move(scene, "job:job", ann.id, bob.id, 2_000, reason=TransferReason.JOB)
    asked, made = (await page(scene, ann.id)).lines[0], (await page(scene, bob.id)).lines[0]
    assert (asked.other, asked.job_id, asked.amount_mk) == ("bob#2", "job", -2_000)
    assert (made.other, made.job_id, made.amount_mk) == ("", "job", 2_000)


async def test_what_waits_in_escrow_has_its_line(scene: Scene) -> None:
    ann = (await scene.account("ann")).account
    await scene.do(
        lambda tx: reward(
            tx,
            account_id=ann.id,
            amount_mk=100,
            transfer_id="u",
            reason=TransferReason.UPTIME,
            ref="worker",
            policy=KudosPolicy(),
            now_ms=START_MS,
        )
    )
    lines = (await page(scene, ann.id)).lines
    assert [(line.reason, line.amount_mk, line.balance_mk, line.other) for line in lines] == [
        (TransferReason.ESCROW, -50, 50, "Escrow"),
        (TransferReason.UPTIME, 100, 100, "Mint"),
    ]


async def test_pages_fit_together_while_kudos_move(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    for number in range(11):
        one, other = (ann, bob) if number % 3 else (bob, ann)
        await move(scene, f"t{number}", one.id, other.id, 100 + number, reason=TransferReason.TIP)
    await move(scene, "self", ann.id, ann.id, 77, reason=TransferReason.JOB)
    whole = await page(scene, ann.id)
    assert len(whole.lines) == 13, "a line each, also where an account paid itself"
    assert whole.lines[0].amount_mk == 0
    found: list[StatementLine] = []
    cursor = None
    for _ in range(5):
        part = await page(scene, ann.id, limit=3, cursor=cursor)
        found += part.lines
        cursor = part.next_cursor
        await move(scene, f"between{len(found)}", ann.id, bob.id, 1, reason=TransferReason.TIP)
    assert tuple(found) == whole.lines
    assert cursor is None
    for newer, older in zip(whole.lines, whole.lines[1:], strict=False):
        assert newer.balance_mk - newer.amount_mk == older.balance_mk
    assert whole.lines[-1].balance_mk == whole.lines[-1].amount_mk


async def test_totals_by_reason_over_a_period(scene: Scene) -> None:
    ann, bob = (await scene.account("ann", kudos=10)).account, (await scene.account("bob")).account
    scene.clock.pass_s(10)
    since_ms = scene.clock.now_ms()
    await move(scene, "a", ann.id, bob.id, 5, reason=TransferReason.GIFT)
    await move(scene, "b", ann.id, bob.id, 6, reason=TransferReason.GIFT)
    await move(scene, "c", bob.id, ann.id, 7, reason=TransferReason.JOB)
    await move(scene, "d", ann.id, ann.id, 8, reason=TransferReason.JOB)
    scene.clock.pass_s(10)
    until_ms = scene.clock.now_ms()
    await move(scene, "e", ann.id, bob.id, 9, reason=TransferReason.TIP)

    def summed(since_ms: int, until_ms: int) -> Awaitable[Totals]:
        return scene.uow.read(lambda tx: totals(tx, account_id=ann.id, since_ms=since_ms, until_ms=until_ms))

    within = await summed(since_ms, until_ms)
    assert (within.earned_mk, within.spent_mk) == ({TransferReason.JOB: 7}, {TransferReason.GIFT: 11})
    whole = await summed(0, until_ms + 1)
    assert whole.earned_mk == {TransferReason.JOB: 7, TransferReason.GRANT: 10_000}
    assert whole.spent_mk == {TransferReason.GIFT: 11, TransferReason.TIP: 9}
    with pytest.raises(InvalidRequest):
        await summed(2, 1)


@pytest.mark.parametrize("cursor", ["", "x", "====", "ä", "MTox", "MTIz", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OjE", "LTE6MQ"])
async def test_cursors_that_were_not_given_out(scene: Scene, cursor: str) -> None:
    ann = (await scene.account("ann")).account
    if cursor == "MTox":
        assert (await page(scene, ann.id, cursor=cursor)).lines == ()
        return
    with pytest.raises(InvalidRequest, match="Begin again"):
        await page(scene, ann.id, cursor=cursor)


@pytest.mark.parametrize("limit", [0, 201, -1])
async def test_a_page_has_bounds(scene: Scene, limit: int) -> None:
    with pytest.raises(InvalidRequest, match="1 to 200"):
        await page(scene, AccountId(0), limit=limit)
    with pytest.raises(NotFound):
        await page(scene, AccountId(99))


@ONLY_SQLITE
async def test_a_page_reads_the_account_s_own_lines_and_no_others(scene: Scene) -> None:
    def plan(tx: Transaction) -> list[str]:
        text = _ENTRIES.compile(dialect=connection_of(tx).dialect)
        given = text.construct_params({"account_id": 1, "below_seq": 99, "limit": 5})
        values = tuple(given[name] for name in text.positiontup or ())
        return [row[3] for row in connection_of(tx).exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]

    steps = await scene.do(plan)
    assert any("ix_transfers_from" in step for step in steps), steps
    assert any("ix_transfers_to" in step for step in steps), steps
    assert not any(step.startswith("SCAN transfers") for step in steps), steps
