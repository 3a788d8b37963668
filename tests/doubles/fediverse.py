"""What a Mastodon server remembers: accounts, posts, pictures and notifications, with its rules of who sees what."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, UnidentifiedImageError

Json = dict[str, Any]
ALL_SCOPES = frozenset({"read", "write"})
_MENTION = re.compile(r"(?<![\w/])@(\w+)(?:@([\w.:-]+\w))?")
_URL = re.compile(r"https?://\S+")
_ULID_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Wrong(Exception):  # noqa: N818 - the server says what is wrong
    """An answer with an error."""

    def __init__(self, code: int, error: str) -> None:
        self.code = code
        super().__init__(error)


@dataclass
class Resident:
    """An account. `acct` has a domain where the account lives on another server."""

    id: str
    acct: str
    token: str
    bot: bool = False
    note: str = ""
    scopes: frozenset[str] = ALL_SCOPES
    disabled: bool = False


@dataclass
class Upload:
    """A picture that was sent; `looks_left`: so often it is still being processed."""

    id: str
    owner: str
    body: bytes
    content_type: str
    description: str
    looks_left: int = 0
    status_id: str | None = None


@dataclass
class Entry:
    """A post."""

    id: str
    author: str
    text: str
    visibility: str
    at_ms: int
    in_reply_to: str | None = None
    spoiler: str = ""
    sensitive: bool = False
    mentions: list[str] = field(default_factory=list)
    media: list[str] = field(default_factory=list)
    favourites: set[str] = field(default_factory=set)
    extra_html: str = ""


@dataclass
class Notice:
    """A notification to one account."""

    id: str
    to: str
    type: str
    by: str
    status_id: str | None
    at_ms: int


class Fediverse:
    """One server's memory; tests read and change it directly. `is_gotosocial`: ids are ULIDs, there are no keys."""

    def __init__(self, *, now_ms: Callable[[], int], is_gotosocial: bool = False) -> None:
        self.now_ms = now_ms
        self.is_gotosocial = is_gotosocial
        self.domain = "fedi.test"
        self.url = ""
        self.chars_max = 5_000 if is_gotosocial else 500
        self.media_max = 6 if is_gotosocial else 4
        self.description_max = 5_000 if is_gotosocial else 1_500
        self.image_bytes_max = 16_777_216
        self.image_pixels_max = 33_177_600
        self.kinds = ["image/jpeg", "image/png", "image/webp"]
        self.takes_media = True
        self.refusal = 400 if is_gotosocial else 422
        self.processing_looks = 0
        self.posts_too_early = 0
        self.breaks_on_known_keys = False
        self.on_notice: Callable[[Notice], None] = lambda _: None
        self.people: dict[str, Resident] = {}
        self.posts: dict[str, Entry] = {}
        self.uploads: dict[str, Upload] = {}
        self.notices: list[Notice] = []
        self.keys: dict[tuple[str, str], str] = {}
        self._count = 0
        self.bot = self.settle("horde", bot=True)

    def settle(self, acct: str, *, bot: bool = False, note: str = "") -> Resident:
        """Returns a new account."""
        one = Resident(id=self.next_id(), acct=acct, token=secrets.token_urlsafe(8), bot=bot, note=note)
        self.people[one.id] = one
        return one

    def next_id(self) -> str:
        """Returns an id that sorts after all before it: a number, or a ULID."""
        self._count += 1
        number = (self.now_ms() << 16) + self._count
        if not self.is_gotosocial:
            return str(number)
        letters = ""
        for _ in range(26):
            number, rest = divmod(number, 32)
            letters = _ULID_LETTERS[rest] + letters
        return letters

    def say(
        self,
        by: Resident,
        text: str,
        *,
        visibility: str = "public",
        in_reply_to: str | None = None,
        spoiler: str = "",
        sensitive: bool = False,
        media: tuple[str, ...] = (),
        extra_html: str = "",
    ) -> Entry:
        """The post is there, and who is mentioned in it knows."""
        self._check(by, text=text, spoiler=spoiler, in_reply_to=in_reply_to, media=media)
        named = [self._find(found[1], found[2]) for found in _MENTION.finditer(text)]
        post = Entry(
            id=self.next_id(),
            author=by.id,
            text=text,
            visibility=visibility,
            at_ms=self.now_ms(),
            in_reply_to=in_reply_to,
            spoiler=spoiler,
            sensitive=sensitive or bool(spoiler and media),
            mentions=list(dict.fromkeys(one.id for one in named if one)),
            media=list(media),
            extra_html=extra_html,
        )
        self.posts[post.id] = post
        for upload in media:
            self.uploads[upload].status_id = post.id
        for to in post.mentions:
            if to != by.id:
                self.notify(to, "mention", by, post.id)
        return post

    def notify(self, to: str, kind: str, by: Resident, status_id: str | None) -> None:
        """The account has one more notification."""
        notice = Notice(id=self.next_id(), to=to, type=kind, by=by.id, status_id=status_id, at_ms=self.now_ms())
        self.notices.append(notice)
        self.on_notice(notice)

    def upload(self, by: Resident, body: bytes, *, content_type: str, description: str = "") -> Upload:
        """The picture is there, and can be posted once the server is done with it."""
        if len(body) > self.image_bytes_max:
            raise Wrong(413, "Request Entity Too Large")
        if not self.takes_media or content_type not in self.kinds:
            raise Wrong(self.refusal, "Validation failed: File content type is invalid")
        if pixels_of(body) > self.image_pixels_max:
            raise Wrong(self.refusal, "Validation failed: File has too many pixels")
        if len(description) > self.description_max:
            raise Wrong(self.refusal, f"Validation failed: Description is limited to {self.description_max} characters")
        made = Upload(
            id=self.next_id(),
            owner=by.id,
            body=body,
            content_type=content_type,
            description=description,
            looks_left=self.processing_looks,
        )
        self.uploads[made.id] = made
        return made

    def favourite(self, by: Resident, status_id: str) -> None:
        """The person likes the post; its author is told once."""
        post = self.posts[status_id]
        if by.id not in post.favourites:
            post.favourites.add(by.id)
            self.notify(post.author, "favourite", by, status_id)

    def boost(self, by: Resident, status_id: str) -> None:
        """The person shows the post to others; its author is told."""
        self.notify(self.posts[status_id].author, "reblog", by, status_id)

    def remove(self, status_id: str) -> None:
        """The post is gone; what answered it answers nothing now."""
        del self.posts[status_id]
        self.notices = [one for one in self.notices if one.status_id != status_id]
        for post in self.posts.values():
            if post.in_reply_to == status_id:
                post.in_reply_to = None

    def seen(self, viewer: Resident, status_id: str) -> Entry:
        """Returns a post that this account may see."""
        post = self.posts.get(status_id)
        if post is None or not self.may_see(viewer, post):
            raise Wrong(404, "Record not found")
        return post

    def may_see(self, viewer: Resident, post: Entry) -> bool:
        """Tells whether the account may see the post: nobody follows anybody here."""
        return post.visibility in {"public", "unlisted"} or viewer.id in {post.author, *post.mentions}

    def of(self, author: Resident) -> list[Entry]:
        """Returns what an account has posted, oldest first."""
        return [post for post in self.posts.values() if post.author == author.id]

    def account_json(self, one: Resident) -> Json:
        """Returns the account as the API shows it."""
        return {
            "id": one.id, "username": one.acct.partition("@")[0], "acct": one.acct, "display_name": "", "locked": False,
            "bot": one.bot, "note": f"<p>{html.escape(one.note)}</p>", "url": f"{self.url}/@{one.acct}",
            "created_at": iso(0), "avatar": "", "header": "", "emojis": [], "fields": [],
        }  # fmt: skip

    def status_json(self, post: Entry) -> Json:
        """Returns the post as the API shows it."""
        return {
            "id": post.id, "created_at": iso(post.at_ms), "content": post.extra_html + self._html(post),
            "visibility": post.visibility, "sensitive": post.sensitive, "spoiler_text": post.spoiler,
            "account": self.account_json(self.people[post.author]),
            "mentions": [
                {"id": one.id, "username": one.acct.partition("@")[0], "acct": one.acct, "url": ""}
                for one in map(self.people.__getitem__, post.mentions)
            ],
            "tags": [{"name": tag, "url": ""} for tag in re.findall(r"(?<!\w)#(\w+)", post.text)],
            "media_attachments": [self.media_json(self.uploads[one]) for one in post.media],
            "in_reply_to_id": post.in_reply_to, "url": f"{self.url}/@{self.people[post.author].acct}/{post.id}",
            "uri": f"{self.url}/statuses/{post.id}", "favourites_count": len(post.favourites), "reblog": None,
        }  # fmt: skip

    def media_json(self, upload: Upload) -> Json:
        """Returns the picture as the API shows it: without an address until it is processed."""
        url = None if upload.looks_left else f"{self.url}/media/{upload.id}"
        return {"id": upload.id, "type": "image", "url": url, "preview_url": url, "description": upload.description}

    def notice_json(self, notice: Notice) -> Json:
        """Returns the notification as the API shows it."""
        shown = {
            "id": notice.id, "type": notice.type, "created_at": iso(notice.at_ms),
            "account": self.account_json(self.people[notice.by]),
        }  # fmt: skip
        post = self.posts.get(notice.status_id or "")
        return shown | ({"status": self.status_json(post)} if post else {})

    def _find(self, name: str, domain: str | None) -> Resident | None:
        wanted = name if domain in {None, self.domain} else f"{name}@{domain}"
        return next((one for one in self.people.values() if one.acct.lower() == wanted.lower()), None)

    def _check(self, by: Resident, *, text: str, spoiler: str, in_reply_to: str | None, media: tuple[str, ...]) -> None:
        refusal = self.refusal
        if in_reply_to is not None:
            self.seen(by, in_reply_to)
        if not text.strip() and not media:
            raise Wrong(refusal, "Validation failed: Text can't be blank")
        if self.length(text) + len(spoiler) > self.chars_max:
            raise Wrong(refusal, f"Validation failed: Text character limit of {self.chars_max} exceeded")
        if len(media) > self.media_max:
            raise Wrong(refusal, f"Validation failed: Cannot attach more than {self.media_max} files")
        for one in media:
            upload = self.uploads.get(one)
            if upload is None or upload.owner != by.id:
                raise Wrong(refusal, "Validation failed: The media could not be found")
            if upload.status_id is not None:
                raise Wrong(refusal, f"media already attached to status: {upload.status_id}")
            if upload.looks_left or self.posts_too_early:
                self.posts_too_early = max(self.posts_too_early - 1, 0)
                raise Wrong(refusal, "Cannot attach files that have not finished processing. Try again in a moment!")

    def length(self, text: str) -> int:
        """Returns the characters as the server counts them."""
        text = unicodedata.normalize("NFC", text)
        if self.is_gotosocial:
            return len(text)
        return len(_MENTION.sub(lambda found: f"@{found[1]}", _URL.sub("x" * 23, text)))

    def _html(self, post: Entry) -> str:
        def mention(found: re.Match[str]) -> str:
            if self._find(found[1], found[2]) is None:
                return found[0]
            link = f'<a href="{self.url}/@{found[1]}" class="u-url mention">@<span>{found[1]}</span></a>'
            return f'<span class="h-card" translate="no">{link}</span>'

        text = _MENTION.sub(mention, html.escape(post.text, quote=False))
        return "".join(f"<p>{part.replace(chr(10), '<br />')}</p>" for part in text.split("\n\n"))


def pixels_of(body: bytes) -> int:
    """Returns how many pixels a picture has; 0 for what is none."""
    try:
        with Image.open(io.BytesIO(body)) as opened:
            return opened.width * opened.height
    except UnidentifiedImageError:
        return 0


def iso(at_ms: int) -> str:
    """Returns the time as the API writes it."""
    return dt.datetime.fromtimestamp(at_ms / 1_000, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
