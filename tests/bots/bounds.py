"""No test of the bots waits for ever: what never comes is a failure that says where, not a run that hangs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator
from functools import wraps
from typing import Final, ParamSpec, TypeVar

import pytest

TEST_S: Final = 120.0
"""Many times what the slowest test takes, so that a busy machine alone fails none."""

P = ParamSpec("P")
T = TypeVar("T")


def bounded(test: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Returns the test with an end: a TimeoutError out of the line that it waits in."""

    @wraps(test)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        async with asyncio.timeout(TEST_S):
            return await test(*args, **kwargs)

    return run


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Every asynchronous test of the folders whose conftest names this hook is bounded."""
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        item.obj = bounded(item.obj)
    return (yield)
