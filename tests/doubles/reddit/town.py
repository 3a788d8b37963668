"""What this Reddit remembers: accounts, communities, and everything that was written; tests read and change it."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Thing = dict[str, Any]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass
class Community:
    """A subreddit with its rules."""

    name: str
    over_18: bool = False
    locked: bool = False
    flairs: tuple[str, ...] = ()
    banned: set[str] = field(default_factory=set)
    text_chars_max: int = 10_000


@dataclass
class Town:
    """The memory of the double. now_s: seconds since 1970, as Reddit stamps its things.

    shadowed: what the bot writes is seen by itself alone. lists_lag_s: so long a post is missing in its author's list.
    strangers: tokens of an app that is nobody's account. profiles: what people have written about themselves.
    """

    bot: str = "horde-bot"
    password: str = "a bot's password"
    refresh_token: str = "a-refresh-token"
    client: tuple[str, str] = ("client-id", "client-secret")
    now_s: Callable[[], float] = time.time
    token_lives_s: int = 3_600
    things: dict[str, Thing] = field(default_factory=dict)
    inbox: list[str] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    communities: dict[str, Community] = field(default_factory=dict)
    tokens: dict[str, float] = field(default_factory=dict)
    suspended: bool = False
    shadowed: bool = False
    lists_lag_s: float = 0.0
    strangers: set[str] = field(default_factory=set)
    profiles: dict[str, str] = field(default_factory=dict)
    closed_messages: set[str] = field(default_factory=set)
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _numbers: Any = field(default_factory=lambda: itertools.count(36**3))

    def community(self, name: str) -> Community:
        """Returns the subreddit, made if need be."""
        return self.communities.setdefault(name.casefold(), Community(name=name))

    def submit(self, *, author: str, subreddit: str, title: str, url: str = "", text: str = "", **more: Any) -> Thing:
        """A post is in the subreddit."""
        number = self._number()
        thing = self._thing("t3", number, author=author, subreddit=self.community(subreddit).name, title=title)
        thing |= {
            "url": url or f"https://reddit.test/comments/{number}/", "selftext": text, "is_self": not url,
            "permalink": f"/r/{thing['subreddit']}/comments/{number}/title/", "locked": False,
            "over_18": self.community(subreddit).over_18, "spoiler": False, "link_flair_template_id": None,
        }  # fmt: skip
        return self._kept(thing | more)

    def comment(self, *, author: str, parent: str, text: str) -> Thing:
        """A comment is below its parent, and in the bot's inbox if it calls or answers the bot."""
        above = self.things[parent]
        link = above["name"] if parent.startswith("t3_") else above["link_id"]
        number = self._number()
        thing = self._thing("t1", number, author=author, subreddit=above["subreddit"], body=text)
        thing |= {
            "parent_id": parent, "link_id": link, "replies": "", "removed": False,
            "permalink": f"/r/{above['subreddit']}/comments/{link[3:]}/title/{number}/",
        }  # fmt: skip
        answers = above["author"] == self.bot
        if author != self.bot and (answers or f"u/{self.bot}".casefold() in text.casefold()):
            kind = ("comment_reply" if parent.startswith("t1_") else "post_reply") if answers else "username_mention"
            thing |= {"type": kind, "was_comment": True, "context": f"{thing['permalink']}?context=3"}
            self._arrived(thing)
        return self._kept(thing)

    def mention(self, text: str, *, author: str = "ann", subreddit: str = "pictures", below: str = "") -> Thing:
        """Someone calls the bot below a new post, or below this one."""
        if below:
            return self.comment(author=author, parent=below, text=text)
        post = self.submit(author="poster", subreddit=subreddit, title="Something to talk about", text="…")
        return self.comment(author=author, parent=post["name"], text=text)

    def message(self, *, author: str, to: str, text: str, subject: str = "hello", parent: str | None = None) -> Thing:
        """A private message is in the other one's inbox."""
        thing = self._thing("t4", self._number(), author=author, subreddit=None, body=text)
        thing |= {
            "dest": to, "subject": subject, "parent_id": parent, "replies": "", "was_comment": False,
            "first_message": None, "first_message_name": parent, "distinguished": None, "context": "",
        }  # fmt: skip
        if to.casefold() == self.bot.casefold():
            self._arrived(thing)
        if author == self.bot:
            self.sent.append(thing["name"])
        return self._kept(thing)

    def remove(self, fullname: str, *, word: str = "[deleted]") -> None:
        """The thing is deleted by its author, or `[removed]` by a moderator; deleted ones leave every listing."""
        thing = self.things[fullname]
        thing |= {"author": word, "body": word, "selftext": word, "gone": True}
        if word == "[deleted]" and fullname in self.inbox:
            self.inbox.remove(fullname)
            self.unread.discard(fullname)

    def of_bot(self, kind: str) -> list[Thing]:
        """Returns what the bot wrote and did not delete, newest first."""
        mine = [one for one in self.things.values() if one["name"].startswith(kind) and one["author"] == self.bot]
        is_listed = self.now_s() - self.lists_lag_s
        return [one for one in reversed(mine) if not one.get("gone") and one["created_utc"] <= is_listed]

    def answers_to(self, fullname: str) -> list[Thing]:
        """Returns the bot's answers below this, oldest first."""
        return [one for one in self.things.values() if one.get("parent_id") == fullname and one["author"] == self.bot]

    def expire_tokens(self) -> None:
        """Every access token is refused from now on, whatever it was told to live."""
        self.tokens.clear()

    def _arrived(self, thing: Thing) -> None:
        thing["new"] = True
        self.inbox.append(thing["name"])
        self.unread.add(thing["name"])

    def _kept(self, thing: Thing) -> Thing:
        self.things[thing["name"]] = thing
        return thing

    def _number(self) -> str:
        number, digits = next(self._numbers), ""
        while number:
            number, digit = divmod(number, 36)
            digits = DIGITS[digit] + digits
        return digits

    def _thing(self, kind: str, number: str, **fields: Any) -> Thing:
        written = str(fields.get("body", ""))
        return {
            "id": number, "name": f"{kind}_{number}", "created_utc": float(int(self.now_s())), "score": 1, "ups": 1,
            "new": False, "body_html": f'<div class="md"><p>{written}</p></div>', "edited": False, **fields,
        }  # fmt: skip
