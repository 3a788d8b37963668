"""A stream says when to look; whatever becomes of it, each mention is read once, in order, from the pages."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from bots.platform import Platform, PlatformEvent
from tests.bots.mastodon.conftest import Fedi

NEVER_S = 3_600.0


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - what is waited for is on the other side of a socket
            await asyncio.sleep(0.01)


@asynccontextmanager
async def reading(fedi: Fedi, *, poll_s: float, quiet_s: float = NEVER_S) -> AsyncIterator[list[str]]:
    """The bot reads from its beginning; yields the ids of the summons that it has read so far."""
    fedi.stage.access = replace(fedi.stage.access, poll_s=poll_s, quiet_s=quiet_s)
    platform: Platform = fedi.stage.platform()
    found: list[PlatformEvent] = []
    ids: list[str] = []

    async def read() -> None:
        async with aclosing(platform.events("0")) as events:  # type: ignore[type-var]  # it is a generator
            async for event in events:
                found.append(event)
                ids.append(event.remote_id)

    task = asyncio.get_running_loop().create_task(read())
    try:
        yield ids
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await platform.close()


@pytest.mark.parametrize("kind", ["websocket", "events"])
async def test_a_stream_of_either_kind_tells_without_any_poll(fedi: Fedi, kind: str) -> None:
    fedi.double.streams.offered = {kind}
    async with reading(fedi, poll_s=0.05) as read:
        await until(lambda: fedi.double.streams.listening)
        await asyncio.sleep(0.3)  # the look after the opening is done, the next one is an hour away
        said = [await fedi.stage.say(f"@horde draw for me {number} stars") for number in range(3)]
        await until(lambda: read == said)
    assert fedi.double.streams.opened[kind] == 1


@pytest.mark.parametrize("fedi", ["gotosocial"], indirect=True)
async def test_gotosocial_has_websockets_alone(fedi: Fedi) -> None:
    async with reading(fedi, poll_s=0.05) as read:
        await until(lambda: fedi.double.streams.listening)
        await asyncio.sleep(0.3)
        said = await fedi.stage.say("@horde draw for me a red heart")
        await until(lambda: read == [said])
    assert dict(fedi.double.streams.opened) == {"websocket": 1}


async def test_where_the_server_tells_a_plain_address_events_are_tried_first(fedi: Fedi) -> None:
    fedi.double.streams.url = fedi.double.url
    async with reading(fedi, poll_s=NEVER_S):
        await until(lambda: fedi.double.streams.listening)
    assert dict(fedi.double.streams.opened) == {"events": 1}


async def test_without_any_stream_the_pages_are_polled(fedi: Fedi) -> None:
    fedi.double.streams.offered = set()
    async with reading(fedi, poll_s=0.02) as read:
        await until(lambda: fedi.double.streams.refused["events"])
        said = await fedi.stage.say("@horde draw for me a red heart")
        await until(lambda: read == [said])
    assert not fedi.double.streams.opened


async def test_what_happens_while_the_stream_is_away_is_read_when_it_is_back_and_once(
    fedi: Fedi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="bots.mastodon.streaming")
    async with reading(fedi, poll_s=0.05) as read:
        await until(lambda: fedi.double.streams.listening)
        first = await fedi.stage.say("@horde draw for me one star")
        await until(lambda: read == [first])
        fedi.double.streams.offered = set()
        fedi.double.streams.drop()
        missed = [await fedi.stage.say(f"@horde draw for me {number} stars") for number in range(100)]
        await until(lambda: read == [first, *missed])
        fedi.double.streams.offered = {"websocket"}
        await until(lambda: fedi.double.streams.listening)
        last = await fedi.stage.say("@horde draw for me a last star")
        await until(lambda: read == [first, *missed, last])
    told = [record.getMessage().split()[0] for record in caplog.records]
    assert told == ["mastodon.stream_down", "mastodon.stream_up"]


async def test_a_stream_that_tells_nothing_holds_nothing_back_for_longer_than_a_quiet_look(fedi: Fedi) -> None:
    fedi.double.streams.is_silent = True
    async with reading(fedi, poll_s=0.02, quiet_s=0.1) as read:
        await until(lambda: fedi.double.streams.listening)
        said = await fedi.stage.say("@horde draw for me a red heart")
        await until(lambda: read == [said])


async def test_no_stream_is_left_open_when_reading_ends(fedi: Fedi) -> None:
    async with reading(fedi, poll_s=NEVER_S):
        await until(lambda: fedi.double.streams.listening)
    await until(lambda: not fedi.double.streams.listening)


async def test_an_operator_may_do_without_streams(fedi: Fedi) -> None:
    fedi.stage.access = replace(fedi.stage.access, streams=False)
    async with reading(fedi, poll_s=0.02) as read:
        said = await fedi.stage.say("@horde draw for me a red heart")
        await until(lambda: read == [said])
    assert not fedi.double.streams.opened
