"""Where a post of ours is, when nobody told us whether it arrived: looked for by its mark."""

from __future__ import annotations

from typing import Final

from bots.discord.parse import first_id_at, place_of
from bots.discord.render import is_marked
from bots.discord.rest import PAGE, Rest, Said
from bots.platform import Absent, Post, Target, Unsure

PAGES_MAX: Final = 10
DAY_MS: Final = 24 * 3_600_000
HIDDEN: Final = Unsure(reason="the bot may not read that channel's history; let it, and this is looked for again")
LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"


async def marked(rest: Rest, channel_id: int, post: Post, *, now_ms: int) -> Said | Absent | Unsure:
    """Returns our message with the post's mark among those since the summons."""
    me, since = await rest.me(), _since(post, now_ms=now_ms)
    for number in range(PAGES_MAX):
        page = await rest.after(channel_id, since)
        if not (page or number) and await rest.hides(channel_id, since):
            return HIDDEN
        for said in page:
            if said.author_id == me.id and is_marked(said.text, post):
                return said
        if len(page) < PAGE:
            return Absent()
        since = page[-1].place.id
    return Unsure(reason=f"more than {PAGES_MAX * PAGE} messages since")


def _since(post: Post, *, now_ms: int) -> int:
    """Returns an id before the post was first sent: the summons', its thread's, or from the commission's time.

    An id that tells no time means all that was ever said there: rather unsure at its end than sent twice.
    """
    asked = place_of(post.in_reply_to or "")
    if asked is not None and post.target in {Target.REPLY, Target.PARTY}:
        return asked.id
    if post.place.isdecimal():
        return int(post.place)
    told = post.commission_id[:10]
    if len(told) < 10 or not set(told) <= set(LETTERS):
        return 0
    made = 0
    for letter in told:
        made = made * 32 + LETTERS.index(letter)
    # Our ids run ahead of a clock that went back, by as much as it did. A day to spare, as our clock is not Discord's.
    return first_id_at(min(made, now_ms) - DAY_MS)
