"""What the timeline does beyond the contract: notices stand where people look, prices are told for every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots.commons.adapter import CommonsPlatform
from bots.commons.price import PriceTag
from bots.commons.reading import Glass, read_threads
from bots.commons.session import Reader
from bots.platform import Author, Delivered, Post, Target
from bots.styles import load_book
from core.domain.policy import QueuePolicy
from tests.bots.scene import STYLES
from tests.bots.square import HandClock
from tests.stores import Database

ADA = Reader(id="guest:ada", name="Ada")
EVE = Reader(id="guest:eve", name="Eve")


async def test_a_notice_stands_in_the_thread_where_its_reader_wrote_last_and_for_them_alone(database: Database) -> None:
    clock = HandClock()
    uow = await database.open(clock=clock)
    platform = CommonsPlatform(uow=uow, clock=clock)
    await platform.client.write(reader=ADA, text="look at my dog", key="k1", answers=None, hidden=False)
    post = Post(
        outbox_id="o1",
        commission_id="c1",
        idempotency_key="c1:notice",
        platform="commons",
        target=Target.NOTICE,
        text="You were tipped 10 kudos.",
        to=Author(external_id=ADA.id, display_name="Ada"),
        label="",
    )
    assert isinstance(await platform.deliver(post), Delivered)
    for reader, seen in ((ADA, True), (EVE, False)):
        glass = Glass(reader=reader, now_ms=clock.now_ms(), handle="horde", url_of=lambda one: one.url)
        [thread] = await uow.read(lambda tx: read_threads(tx, glass, before=None, limit=5))  # noqa: B023
        assert ("You were tipped 10 kudos." in repr(thread)) == seen


@pytest.mark.parametrize(
    ("text", "price_mk", "hint"),
    [
        ("@horde write me a poem", 88_400, ""),
        ("@horde describe this", 1_000, ""),
        ("@horde upscale", 3_000, ""),
        ("@horde vary", None, "A command costs nothing."),
        ("@horde write", None, "What shall I write?"),
    ],
)
def test_every_kind_has_its_price(text: str, price_mk: int | None, hint: str) -> None:
    book = load_book(Path(STYLES))
    quote = PriceTag(handle="horde", book=lambda: book, policy=QueuePolicy()).quote(text)
    assert quote.price_mk == price_mk
    assert (quote.hint or quote.trouble).startswith(hint)
