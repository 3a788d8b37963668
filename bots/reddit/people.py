"""Who wants no bots: people say so with #nobot in their profile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bots.reddit.client import RedditClient
from bots.reddit.parse import wants_no_bots
from bots.reddit.wire import RedditTrouble
from core.ports.clock import Clock

REMEMBERED_MAX: Final = 5_000
REMEMBERED_MS: Final = 24 * 3_600_000
LOOKS_MAX: Final = 5


class People:
    """What was last seen in people's profiles; a profile is looked at once a day."""

    def __init__(self, client: RedditClient, *, clock: Clock) -> None:
        """Nobody is known yet."""
        self._client = client
        self._clock = clock
        self._seen: dict[str, tuple[bool, int]] = {}

    def is_known_to_refuse(self, name: str) -> bool:
        """Tells whether this person was seen to want no bots."""
        return self._seen.get(name.casefold(), (False, 0))[0]

    async def get_to_know(self, names: Iterable[str]) -> None:
        """A few of these profiles are looked at; a rush of people is not held up by a call for each of them.

        Who is left out, or could not be looked at, is looked at before being answered.
        """
        unknown = [name for name in dict.fromkeys(names) if not self._is_fresh(name)]
        for name in unknown[:LOOKS_MAX]:
            try:
                await self.refuses(name)
            except RedditTrouble:
                return

    async def refuses(self, name: str) -> bool:
        """Tells whether this person wants no bots; raises RedditTrouble."""
        if not self._is_fresh(name):
            refuses = wants_no_bots(await self._client.profile(name))
            self._seen.pop(name.casefold(), None)
            self._seen[name.casefold()] = (refuses, self._clock.now_ms() + REMEMBERED_MS)
            while len(self._seen) > REMEMBERED_MAX:
                del self._seen[next(iter(self._seen))]
        return self.is_known_to_refuse(name)

    def _is_fresh(self, name: str) -> bool:
        return self._seen.get(name.casefold(), (False, 0))[1] > self._clock.now_ms()
