"""The contract of a horde: asked once, held, made, told once, paid once; what differs is declared as an ability."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from bots.platform import Author, Picture
from core.domain.accounts import Account
from core.domain.errors import HordeError, InvalidRequest, NotFound, NotPermitted, PromptRejected, TooManyJobs
from core.domain.events import FINAL_KINDS, Event, EventKind
from core.domain.ids import AccountId, RequestId
from core.domain.kinds.alchemy import AlchemyParams, Form
from core.domain.kinds.image import ImageParams
from core.domain.kinds.kind import Kind
from core.domain.kinds.text import TextParams
from core.domain.kudos.ledger import TransferReason
from core.domain.requests import Accepted, RequestDraft, RequestState, RequestStatus
from core.services.kudos.audit import audit
from core.store import open_store
from tests.bots.square import HandClock
from tests.clients.worker import CAPTION, MODEL, STORY, TEXT_MODEL, picture
from tests.stages.hordes import DoubleStage, Ground, HordeStage, double, embedded, suite
from tests.stores import StoreKind, fresh

ADA = Author(external_id="ada", display_name="Ada")
BOB = Author(external_id="bob", display_name="Bob")
PAYING = {TransferReason.JOB, TransferReason.FEE, TransferReason.TAX, TransferReason.REMOTE}
HEART = RequestDraft(
    prompt="a red heart", models=(MODEL,), params=ImageParams(width_px=64, height_px=64, steps=30), client_agent="t:1:t"
)


@dataclass(kw_only=True)
class Play:
    """A horde on its stage, and the bots' database."""

    ground: Ground
    stage: HordeStage

    async def account(self, author: Author = ADA) -> Account:
        now_ms = self.ground.clock.now_ms()
        return await self.ground.uow.write(
            lambda tx: self.stage.horde.account(tx, platform="square", author=author, now_ms=now_ms)
        )

    async def order(self, draft: RequestDraft = HEART, *, key: str = "one", author: Author = ADA) -> Accepted:
        account, horde = await self.account(author), self.stage.horde
        return await self.ground.uow.write(
            lambda tx: horde.order(
                tx,
                account_id=account.id,
                draft=draft,
                verdict=horde.screen(draft.prompt),
                idempotency_key=key,
                now_ms=self.ground.clock.now_ms(),
            )
        )

    async def status(self, request_id: RequestId) -> RequestStatus:
        now_ms = self.ground.clock.now_ms()
        return await self.ground.uow.read(lambda tx: self.stage.horde.status(tx, request_id=request_id, now_ms=now_ms))

    async def cancel(self, request_id: RequestId, *, author: Author = ADA) -> RequestStatus:
        account, now_ms = await self.account(author), self.ground.clock.now_ms()
        return await self.ground.uow.write(
            lambda tx: self.stage.horde.cancel(tx, request_id=request_id, account_id=account.id, now_ms=now_ms)
        )

    async def ends(self) -> Sequence[Event]:
        """The final events that the desk has not dealt with; then it has."""
        horde = self.stage.horde
        found = await self.ground.uow.read(lambda tx: horde.events(tx, limit=1_000))
        if found:
            await self.ground.uow.write(lambda tx: horde.events_dealt_with(tx, seq=found[-1].seq))
        return [event for event in found if event.kind in FINAL_KINDS]

    async def refusal(self, request_id: RequestId) -> HordeError | None:
        return await self.ground.uow.read(lambda tx: self.stage.horde.refusal(tx, request_id=request_id))

    async def paid_mk(self, account_id: AccountId) -> list[int]:
        found = await self.ground.uow.read(lambda tx: tx.ledger.transfers_of(account_id, limit=100))
        return [one.amount_mk for one in found if one.from_id == account_id and one.reason in PAYING]

    async def assert_settled(self, *, spent_mk: int) -> None:
        """Nothing is held any more, so much was spent, and the ledger is right."""
        account = await self.account()
        assert (account.held_mk, account.kudos_mk) == (0, -spent_mk)
        report = await self.ground.uow.read(audit)
        assert report.ok, report.differences
        assert report.sum_mk == 0


@pytest_asyncio.fixture(params=["embedded", "suite", "double"])
async def play(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Play]:
    """The bots on an empty database, before one horde after the other."""
    async with AsyncExitStack() as stack:
        ground = await _ground(stack, tmp_path)
        stage: HordeStage
        if request.param == "embedded":
            stage = await embedded(ground)
        elif request.param == "suite":
            (tmp_path / "theirs").mkdir()
            url = stack.enter_context(fresh(StoreKind.SQLITE, tmp_path / "theirs"))
            stage = await suite(ground, stack, database_url=url)
        else:
            stage = await double(ground, stack)
        yield Play(ground=ground, stage=stage)


async def _ground(stack: AsyncExitStack, folder: Path) -> Ground:
    clock = HandClock()
    uow = await open_store(stack.enter_context(fresh(StoreKind.SQLITE, folder)), clock=clock, key_secret="test")
    stack.push_async_callback(uow.aclose)
    return Ground.on(folder, uow, clock)


async def test_an_order_is_accepted_once_and_its_price_is_held(play: Play) -> None:
    first = await play.order()
    again = await play.order()
    assert (again.request_id, first.duplicate, again.duplicate) == (first.request_id, False, True)
    account = await play.account()
    assert account.held_mk == first.price_mk > 0
    assert first.balance_after_mk == again.balance_after_mk == account.available_mk
    status = await play.status(first.request_id)
    assert (status.state, status.account_id, status.waiting, status.done) == (RequestState.OPEN, account.id, 1, False)
    assert (status.kind, status.prompt, status.models) == (Kind.IMAGE, "a red heart", (MODEL,))


async def test_what_is_made_is_told_once_and_paid_once(play: Play) -> None:
    accepted = await play.order()
    await play.stage.make()
    (ended,) = await play.ends()
    assert (ended.kind, ended.request_id) == (EventKind.REQUEST_FINISHED, accepted.request_id)
    assert await play.ends() == []
    status = await play.status(accepted.request_id)
    (result,) = status.results
    assert (status.state, status.done, status.faulted, result.state, result.model) == (
        RequestState.DONE, True, False, "ok", MODEL,
    )  # fmt: skip
    assert (result.width_px, result.height_px, result.content_type) == (64, 64, "image/webp")
    body = await play.ground.objects.get(result.object_key)
    assert body[8:12] == b"WEBP"
    assert play.stage.horde.picture_url(result.object_key).endswith(result.object_key)
    assert 0 < status.spent_mk <= status.price_mk
    assert sum(await play.paid_mk(status.account_id)) == status.spent_mk
    await play.assert_settled(spent_mk=status.spent_mk)
    await play.stage.settle()
    assert await play.ends() == []
    await play.assert_settled(spent_mk=status.spent_mk)


async def test_several_pictures_have_seeds_of_their_own(play: Play) -> None:
    accepted = await play.order(replace(HEART, n=3))
    await play.stage.make()
    status = await play.status(accepted.request_id)
    assert len({result.seed for result in status.results}) == len({one.object_key for one in status.results}) == 3
    (ended,) = await play.ends()
    assert ended.body["done"] == 3


async def test_texts_are_written(play: Play) -> None:
    draft = RequestDraft(
        kind=Kind.TEXT, prompt="Once upon a time", models=(TEXT_MODEL,), params=TextParams(length_max=32)
    )
    accepted = await play.order(draft)
    await play.stage.make()
    status = await play.status(accepted.request_id)
    assert [result.body for result in status.results] == [{"text": STORY}]
    paid_mk = sum(await play.paid_mk(status.account_id))
    assert (
        0 < paid_mk <= status.spent_mk
    )  # the engine tells what was asked for; a text that came out shorter costs less
    await play.assert_settled(spent_mk=paid_mk)


async def test_pictures_are_read_and_changed(play: Play) -> None:
    await play.ground.objects.put("pictures/2026/11/mine.webp", picture(64, 64), content_type="image/webp")
    mine = Picture(
        key="pictures/2026/11/mine.webp",
        url="",
        alt_text="",
        width_px=64,
        height_px=64,
        content_type="image/webp",
        seed=1,
    )
    source = await play.stage.horde.source(mine)
    forms = (Form(name="caption"), Form(name="RealESRGAN_x4plus"))
    draft = RequestDraft(kind=Kind.ALCHEMY, params=AlchemyParams(forms=forms, source_image=source.key))
    accepted = await play.order(draft)
    await play.stage.make()
    status = await play.status(accepted.request_id)
    read, changed = sorted(status.results, key=lambda result: bool(result.object_key))
    assert read.body == {"caption": CAPTION}
    assert (await play.ground.objects.get(changed.object_key))[8:12] == b"WEBP"
    assert status.spent_mk == status.price_mk > 0
    await play.assert_settled(spent_mk=status.spent_mk)


async def test_a_picture_that_was_held_back_is_told_and_has_no_picture(play: Play) -> None:
    accepted = await play.order()
    await play.stage.make(state="censored")
    (result,) = (await play.status(accepted.request_id)).results
    assert result.state == "censored"
    assert [event.kind for event in await play.ends()] == [EventKind.REQUEST_FINISHED]


async def test_what_nobody_could_make_costs_nothing(play: Play) -> None:
    accepted = await play.order()
    await play.stage.spoil()
    assert [event.kind for event in await play.ends()] == [EventKind.REQUEST_FAULTED]
    status = await play.status(accepted.request_id)
    assert (status.state, status.faulted, status.results) == (RequestState.FAULTED, True, ())
    assert await play.refusal(accepted.request_id) is None
    await play.assert_settled(spent_mk=0)


async def test_what_nobody_made_in_time_costs_nothing(play: Play) -> None:
    await play.order()
    await play.stage.expire()
    assert [event.kind for event in await play.ends()] == [EventKind.REQUEST_EXPIRED]
    await play.assert_settled(spent_mk=0)


@pytest.mark.parametrize("is_asked", [False, True])
async def test_a_cancelled_order_ends_and_costs_nothing(play: Play, is_asked: bool) -> None:
    accepted = await play.order()
    if is_asked:
        await play.stage.settle()
    with pytest.raises(NotPermitted):
        await play.cancel(accepted.request_id, author=BOB)
    await play.cancel(accepted.request_id)
    await play.stage.settle()
    assert [event.kind for event in await play.ends()] == [EventKind.REQUEST_CANCELLED]
    assert (await play.status(accepted.request_id)).state is RequestState.CANCELLED
    assert (await play.cancel(accepted.request_id)).state is RequestState.CANCELLED
    await play.stage.make()
    assert await play.ends() == []
    await play.assert_settled(spent_mk=0)


async def test_what_is_finished_can_no_longer_be_cancelled(play: Play) -> None:
    accepted = await play.order()
    await play.stage.make()
    assert (await play.cancel(accepted.request_id)).state is RequestState.DONE


async def test_a_refused_prompt_is_refused_at_once_and_is_on_record(play: Play) -> None:
    with pytest.raises(PromptRejected):
        await play.order(replace(HEART, prompt="a forbidden thing"))
    account = await play.account()
    assert await play.ground.uow.write(lambda tx: tx.verdicts.incidents_of(account.id))
    await play.assert_settled(spent_mk=0)


async def test_an_account_has_a_bound_of_open_jobs(play: Play) -> None:
    for number in range(30):
        await play.order(key=f"key-{number}")
    with pytest.raises(TooManyJobs):
        await play.order(key="one too many")
    await play.order(key="another's", author=BOB)


async def test_what_breaks_a_limit_is_refused_at_once(play: Play) -> None:
    with pytest.raises(InvalidRequest):
        await play.order(replace(HEART, params=ImageParams(width_px=65, height_px=64, steps=4)))


async def test_what_was_never_asked_is_not_found(play: Play) -> None:
    with pytest.raises(NotFound):
        await play.status(RequestId("00000000-0000-4000-8000-000000000000"))


async def test_an_answer_that_is_lost_makes_no_second_reply_and_no_second_payment(play: Play) -> None:
    for number, how in enumerate(play.stage.lost_answers):
        play.stage.lose_answer(how)
        accepted = await play.order(key=how)
        before = play.stage.orders_made()
        await play.stage.settle()
        made = play.stage.orders_made() - before
        await play.stage.make()
        assert made == 1 if play.stage.horde.abilities.idempotent_orders else made in {1, 2}, number
        assert [event.request_id for event in await play.ends()] == [accepted.request_id]
        status = await play.status(accepted.request_id)
        assert (status.state, len(status.results)) == (RequestState.DONE, 1)
    account = await play.account()
    assert len(await play.paid_mk(account.id)) == len(play.stage.lost_answers)
    await play.assert_settled(spent_mk=sum(await play.paid_mk(account.id)))


async def test_where_keys_are_honoured_a_lost_answer_makes_one_order(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        ground = await _ground(stack, tmp_path)
        stage: DoubleStage = await double(ground, stack, honours_keys=True)
        assert stage.horde.abilities.idempotent_orders
        await test_an_answer_that_is_lost_makes_no_second_reply_and_no_second_payment(Play(ground=ground, stage=stage))
        assert stage.orders_made() == len(stage.lost_answers)
