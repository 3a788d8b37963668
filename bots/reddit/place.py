"""Where the bot posts, whom it hears, and how often it asks: what an operator sets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RedditPlace:
    """Where the bot posts and whom it hears. showcase: a subreddit without r/, empty for none; names in small letters.

    subreddits: if any, only summons there are heard; private messages always are. replies_per_post: so often the bot
    answers below one post, then by private message; 0 for as often as one likes. delete_below: an answer with this
    score is taken away; 0 for none.
    """

    showcase: str = ""
    flair_id: str = ""
    nsfw: bool = False
    subreddits: frozenset[str] = frozenset()
    blocked_subreddits: frozenset[str] = frozenset()
    replies_per_post: int = 10
    delete_below: int = -2

    def hears(self, subreddit: str) -> bool:
        """Tells whether a summons there is heard."""
        name = subreddit.casefold()
        return name not in self.blocked_subreddits and (not self.subreddits or name in self.subreddits)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedditRhythm:
    """How often Reddit is asked, in seconds: the unread items, the whole inbox, and what people voted.

    audit_s: whether a mention was lost, and whether strangers still see the bot.
    """

    unread_s: float = 5.0
    inbox_s: float = 600.0
    scores_s: float = 300.0
    audit_s: float = 3_600.0
    read_lag_s: float = 30.0
