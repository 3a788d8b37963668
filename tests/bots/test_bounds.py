"""A test that waits for what never comes fails, and says where."""

import asyncio
import inspect

import pytest

from bots.platform import PlatformDown
from tests.bots import bounds
from tests.bots.scene import Scene


async def test_a_test_that_never_ends_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "TEST_S", 0.01)

    async def waits() -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await bounds.bounded(waits)()


async def test_the_tests_of_this_room_are_bounded() -> None:
    assert bounds.__file__ in {frame.filename for frame in inspect.stack()}


async def test_a_broken_stream_fails_the_reading_of_a_scene(scene: Scene) -> None:
    """Whoever read it waited ten seconds for what nobody stored, and was told of a time-out alone."""
    scene.square.say("@horde help")
    scene.square.break_stream()
    with pytest.raises(ExceptionGroup) as caught:
        await scene.read_inbox()
    assert caught.value.subgroup(PlatformDown)
