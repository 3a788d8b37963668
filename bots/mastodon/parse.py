"""The server's notifications as platform events: who said what to us, in plain text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from bots.grammar import text_of_html
from bots.mastodon.entities import FediAccount, Notification, Status
from bots.platform import Attachment, Author, EventKind, Parent, PlatformEvent, Visibility

PLATFORM: Final = "mastodon"
TYPES: Final = ("mention", "favourite", "reblog")
"""The notifications that concern us; servers have many more."""

_VISIBILITIES: Final = {
    "public": Visibility.PUBLIC,
    "unlisted": Visibility.UNLISTED,
    "private": Visibility.FOLLOWERS,
}
_NOBOT: Final = re.compile(r"#nobots?\b", re.IGNORECASE)
_VOID: Final = frozenset({"br", "img", "hr", "wbr", "input"})


def event_of(notification: Notification, *, me: FediAccount, domain: str) -> PlatformEvent | None:
    """Returns what a notification is to us; None for what is nothing to us, and from those who want no bots."""
    status, account = notification.status, notification.account
    if status is None or notification.type not in TYPES or wants_no_bots(account):
        return None
    is_mention = notification.type == "mention"
    return PlatformEvent(
        platform=PLATFORM,
        event_id=notification.id if not is_mention else f"status-{status.id}",
        kind=_kind(status, me=me) if is_mention else EventKind.VOTE,
        author=_author(account, me=me, domain=domain),
        remote_id=status.id,
        at_ms=notification.created_at_ms,
        text=said(status) if is_mention else "",
        in_reply_to=status.in_reply_to,
        visibility=_VISIBILITIES.get(status.visibility, Visibility.DIRECT),
        value=0 if is_mention else 1,
        cursor=notification.id,
        community=address_of(account, domain=domain).rpartition("@")[2] if is_mention else "",
        place_nsfw=is_mention and (status.is_sensitive or bool(status.spoiler)),
        attachments=pictures_of(status) if is_mention else (),
    )


def parent_of(status: Status, *, me: FediAccount, domain: str) -> Parent:
    """Returns a post that is answered; the pictures of those who want no bots are not looked at."""
    account = status.account
    return Parent(
        remote_id=status.id,
        author=_author(account, me=me, domain=domain),
        text=said(status),
        pictures=() if wants_no_bots(account) else pictures_of(status),
    )


def pictures_of(status: Status) -> tuple[Attachment, ...]:
    """Returns the pictures in a post."""
    return tuple(
        Attachment(url=one.url, alt_text=one.alt_text) for one in status.media if one.kind == "image" and one.url
    )


def wants_no_bots(account: FediAccount) -> bool:
    """Tells whether its owner has written #nobot about themselves."""
    return _NOBOT.search(text_of_html(account.note_html)) is not None


def address_of(account: FediAccount, *, domain: str) -> str:
    """Returns `name@domain`, which is the same on every server, in small letters."""
    return (account.acct if "@" in account.acct else f"{account.acct}@{domain}").lower()


def said(status: Status) -> str:
    """Returns the post's own words as plain text: quotes are left out, each paragraph is a line."""
    reader = _OwnWords()
    reader.feed(status.html)
    reader.close()
    return text_of_html("".join(reader.parts))


def _author(account: FediAccount, *, me: FediAccount, domain: str) -> Author:
    address = address_of(account, domain=domain)
    return Author(external_id=address, display_name=f"@{address}", is_bot=account.is_bot or account.id == me.id)


def _kind(status: Status, *, me: FediAccount) -> EventKind:
    alone = set(status.mentioned_ids) <= {me.id}
    return EventKind.DIRECT if status.visibility == "direct" and alone else EventKind.MENTION


class _OwnWords(HTMLParser):
    """The HTML again without its quotes: `blockquote`, and what servers write for those that know no quotes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._quotes_deep = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = next((value or "" for name, value in attrs if name == "class"), "").split()
        if self._quotes_deep or tag == "blockquote" or "quote-inline" in classes:
            self._quotes_deep += tag not in _VOID
            return
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if self._quotes_deep:
            self._quotes_deep -= tag not in _VOID
            return
        self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._quotes_deep:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")
