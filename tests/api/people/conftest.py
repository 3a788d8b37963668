"""The fixtures of people."""

import pytest

from tests.api.people.folk import Folk, people
from tests.api.scene import Builder


@pytest.fixture
async def folk(build: Builder) -> Folk:
    return await people(build)
