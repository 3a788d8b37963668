"""A hand does one call after the other beside the loop, and nothing that was cancelled."""

import asyncio
import threading

import pytest

from bots.hands import WAITING_MAX, Hand, HandFullError


class Bell:
    """A small SDK that blocks until it is told."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.go_on = threading.Event()
        self.blocked = threading.Event()
        self.threads: set[int] = set()
        self.ended = 0

    def ring(self, name: str) -> str:
        self.threads.add(threading.get_ident())
        self.rung.append(name)
        return name

    def block(self) -> None:
        self.blocked.set()
        self.go_on.wait(20)

    def end(self) -> None:
        self.ended += 1


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def hand(bell: Bell) -> Hand[Bell]:
    return Hand("test", make=lambda: bell, end=Bell.end)


async def test_calls_are_made_in_order_on_one_other_thread(bell: Bell, hand: Hand[Bell]) -> None:
    names = [str(number) for number in range(20)]
    assert await asyncio.gather(*(hand.do(lambda bell, name=name: bell.ring(name)) for name in names)) == names  # type: ignore[misc]  # bound now
    assert bell.rung == names
    assert len(bell.threads) == 1
    assert threading.get_ident() not in bell.threads
    await hand.close()


async def test_an_error_goes_to_who_asked_and_the_hand_goes_on(hand: Hand[Bell]) -> None:
    with pytest.raises(ZeroDivisionError):
        await hand.do(lambda _: 1 // 0)
    assert await hand.do(lambda bell: bell.ring("on")) == "on"
    await hand.close()


async def test_what_is_cancelled_before_it_begins_is_never_done(bell: Bell, hand: Hand[Bell]) -> None:
    loop = asyncio.get_running_loop()
    first = loop.create_task(hand.do(Bell.block))
    await asyncio.to_thread(bell.blocked.wait, 20)
    second = loop.create_task(hand.do(lambda bell: bell.ring("never")))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    bell.go_on.set()
    await first
    await hand.do(lambda bell: bell.ring("last"))
    assert bell.rung == ["last"]
    await hand.close()


async def test_only_so_many_calls_wait(bell: Bell, hand: Hand[Bell]) -> None:
    loop = asyncio.get_running_loop()
    blocked = loop.create_task(hand.do(Bell.block))
    await asyncio.to_thread(bell.blocked.wait, 20)
    waiting = [loop.create_task(hand.do(lambda bell: bell.ring("x"))) for _ in range(WAITING_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(HandFullError):
        await hand.do(lambda bell: bell.ring("too many"))
    bell.go_on.set()
    await asyncio.gather(blocked, *waiting)
    assert bell.rung == ["x"] * WAITING_MAX
    await hand.close()


async def test_a_closed_hand_ends_its_object_and_begins_anew_when_asked(bell: Bell, hand: Hand[Bell]) -> None:
    await hand.close()
    await hand.do(lambda bell: bell.ring("one"))
    await hand.close()
    await hand.close()
    assert bell.ended == 1
    assert await hand.do(lambda bell: bell.ring("two")) == "two"
    await hand.close()
    assert bell.ended == 2
