"""Where an earlier delivery is looked for: under the post it answers, and among the bot's own posts."""

from __future__ import annotations

from typing import Final

from bots.mastodon.client import SaidNo
from bots.mastodon.entities import FediAccount, Status
from bots.mastodon.render import is_marked
from bots.mastodon.server import PAGE, Server
from bots.platform import Post, Target

GONE: Final = frozenset({404, 410})
PAGES_MAX: Final = 10


async def find(server: Server, post: Post, me: FediAccount) -> Status | None:
    """Returns the outbox row's post as it is on the server, None where it is not; raises what the server's calls do."""
    return await _answer_to(server, post, me) or await _own_marked(server, post, me)


async def _answer_to(server: Server, post: Post, me: FediAccount) -> Status | None:
    """Returns our answer to the post that this one answers; there is never more than one."""
    if post.target is not Target.REPLY or post.in_reply_to is None:
        return None
    try:
        answers = await server.answers(post.in_reply_to)
    except SaidNo as error:
        if error.code not in GONE:
            raise
        return None
    ours = (one for one in answers if one.account.id == me.id and one.in_reply_to == post.in_reply_to)
    return next(ours, None)


async def _own_marked(server: Server, post: Post, me: FediAccount) -> Status | None:
    """Returns the bot's own post with this one's mark, or that answers the same post."""
    is_reply, before = post.target is Target.REPLY, None
    for _ in range(PAGES_MAX):
        page = await server.own_posts(me, replies=is_reply, before=before)
        for one in page:
            if is_marked(one, post) or (is_reply and one.in_reply_to == post.in_reply_to):
                return one
        if len(page) < PAGE or is_reply:
            break  # a reply is found under its parent, the newest page is for a list that lags behind
        before = page[-1].id
    return None
