"""The best of all platforms, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bots.commons.parse import PLATFORM
from bots.commons.reading import Glass
from bots.commons.render import again_text, ago_words, iso_time, picture_view
from bots.commons.views import PictureView
from bots.store.best import Liked, best_results
from core.ports.store import ReadTransaction

DAY_MS: Final = 24 * 3_600_000
PERIODS: Final[Mapping[str, tuple[str, int | None]]] = {
    "week": ("This week", 7),
    "month": ("This month", 31),
    "ever": ("Ever", None),
}
"""A period's name in the address, on the page, and its days."""
PLACES: Final[Mapping[str, str]] = {
    PLATFORM: "this page",
    "reddit": "Reddit",
    "mastodon": "Mastodon",
    "discord": "Discord",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BestView:
    """One of the best: its first picture, what was asked, how people voted, and where it is shown."""

    rank: int
    picture: PictureView
    more: int
    title: str
    style: str
    by: str
    place: str
    url: str
    up: int
    down: int
    at: str
    ago: str
    again: str
    spoiler: str


def read_best(tx: ReadTransaction, glass: Glass, *, period: str, limit: int) -> tuple[BestView, ...]:
    """Returns the best results of the period, the best first."""
    days = PERIODS[period][1]
    since_ms = 0 if days is None else glass.now_ms - days * DAY_MS
    found = [one for one in best_results(tx, since_ms=since_ms, limit=limit) if one.post.media]
    return tuple(_view(liked, rank, glass) for rank, liked in enumerate(found, start=1))


def _view(liked: Liked, rank: int, glass: Glass) -> BestView:
    post, facts = liked.post, liked.post.facts
    return BestView(
        rank=rank,
        picture=picture_view(post.media[0], url_of=glass.url_of),
        more=len(post.media) - 1,
        title=facts.prompt if facts else post.text,
        style=facts.style if facts else "",
        by=facts.requester if facts else post.to.display_name,
        place=PLACES.get(liked.asked_on, liked.asked_on),
        url=f"/posts/{liked.remote_id}" if liked.shown_on == PLATFORM else liked.url or "",
        up=liked.up,
        down=liked.down,
        at=iso_time(liked.at_ms),
        ago=ago_words(liked.at_ms, now_ms=glass.now_ms),
        again=again_text(prompt=facts.prompt, style=facts.style, handle=glass.handle) if facts else "",
        spoiler=post.spoiler or "",
    )
