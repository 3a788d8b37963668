"""What the adapter may know of the conversation: names to suggest, an earlier order's words, our latest posts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bots.discord.parse import PLATFORM
from bots.horde.port import Horde
from bots.platform import Visibility
from bots.store.commissions import commission
from bots.store.outbox import post_of_remote
from bots.store.outbox.recent import recent_posts, remote_of_post, voters_on
from bots.store.parties import party_places
from bots.styles import StyleShelf
from core.domain.kinds.kind import Kind
from core.ports.clock import Clock
from core.ports.store import ReadTransaction, Transaction, UnitOfWork

CHOICES_MAX: Final = 25
LOOKED_AT_MAX: Final = 20
PARTIES_MAX: Final = 50
BACK_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An order that was taken. is_public: everyone may see what came of it."""

    words: str
    author_id: str
    is_public: bool


class Known:
    """Reads the conversation's rows; everything may be asked at any time, and nothing is changed."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        shelf: StyleShelf,
        horde: Horde,
        clock: Clock,
        counts: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Hold the ports; counts: tells whether a mark on someone's message means anything to us."""
        self.counts = counts
        self._uow = uow
        self._shelf = shelf
        self._horde = horde
        self._clock = clock

    async def styles(self, begun: str) -> Sequence[str]:
        """Returns the styles and categories to suggest: those that can be made now, where anybody is there."""
        book, served = self._shelf.book, set((await self._served()).get(Kind.IMAGE, ()))
        names = [name for name, style in book.styles.items() if not served or style.model in served]
        return suggested([*names, *book.categories], begun)

    async def models(self, begun: str, *, kind: Kind) -> Sequence[str]:
        """Returns the models that someone serves now, what most serve first."""
        return suggested((await self._served()).get(kind, ()), begun)

    async def order_of(self, remote_id: str) -> Earlier | None:
        """Returns the order that our post of this id answers."""

        def read(tx: ReadTransaction | Transaction) -> Earlier | None:
            row = post_of_remote(tx, platform=PLATFORM, remote_id=remote_id)
            made = commission(tx, commission_id=row.commission_id) if row else None
            if made is None or not made.order_text:
                return None
            seen = made.visibility is not Visibility.DIRECT and not made.private
            return Earlier(words=made.order_text, author_id=made.author_id, is_public=seen)

        return await self._uow.read(read)

    async def remote_of(self, outbox_id: str) -> str | None:
        """Returns the id on Discord of the post of this outbox row."""
        return await self._uow.read(partial(remote_of_post, outbox_id=outbox_id))

    async def parties(self) -> Sequence[str]:
        """Returns the newest threads where a party is on."""
        return await self._uow.read(partial(party_places, platform=PLATFORM, limit=PARTIES_MAX))

    async def latest(self) -> Mapping[str, frozenset[str]]:
        """Returns our latest posts with who has voted on each."""
        since_ms = self._clock.now_ms() - BACK_MS

        def read(tx: ReadTransaction | Transaction) -> Mapping[str, frozenset[str]]:
            posts = recent_posts(tx, platform=PLATFORM, since_ms=since_ms, limit=LOOKED_AT_MAX)
            return voters_on(tx, platform=PLATFORM, remote_ids=posts)

        return await self._uow.read(read)

    async def _served(self) -> Mapping[Kind, Sequence[str]]:
        now_ms = self._clock.now_ms()
        return await self._uow.read(lambda tx: self._horde.served(tx, now_ms=now_ms))


def suggested(names: Iterable[str], begun: str) -> Sequence[str]:
    """Returns the names with these letters in them, those that begin with them first, as many as Discord shows."""
    wanted = begun.strip().casefold()
    fitting = [name for name in names if wanted in name.casefold() and len(name) <= 100]
    return sorted(fitting, key=lambda name: not name.casefold().startswith(wanted))[:CHOICES_MAX]
