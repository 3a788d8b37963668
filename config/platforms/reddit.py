"""Reddit's settings, what is missing in them, and the adapter that is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from bots.platform import PlatformMisconfigured

if TYPE_CHECKING:
    from bots.reddit.adapter import RedditPlatform
    from config.settings import Settings
    from core.ports.clock import Clock

Subreddit = r"[A-Za-z0-9_]{2,21}"
Secret = Annotated[str, Meta(pattern=r"^\S*$", examples=["what Reddit showed when the app was made"])]


class RedditSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The Reddit account that people summon (bots/reddit/README.md)."""

    enabled: Annotated[bool, Meta(examples=[True])] = False
    client_id: Annotated[str, Meta(pattern=r"^[\w-]*$", examples=["p-jcoLKBynTLew"])] = ""
    client_secret: Secret = ""
    username: Annotated[str, Meta(pattern=r"^$|^[A-Za-z0-9_-]{3,20}$", examples=["my_horde_bot"])] = ""
    password: Annotated[str, Meta(examples=["the bot account's password"])] = ""
    refresh_token: Secret = ""
    user_agent: Annotated[str, Meta(pattern=r"^$|^.{7,200}$", examples=["linux:my-horde:1.0 (by /u/my_name)"])] = ""
    showcase: Annotated[str, Meta(pattern=rf"^$|^{Subreddit}$", examples=["my_horde_art"])] = ""
    showcase_flair_id: Annotated[
        str, Meta(pattern=r"^[0-9a-f-]*$", examples=["0f7349d8-2a6d-11e6-8529-0e5c9ea0eb4c"])
    ] = ""
    nsfw: Annotated[bool, Meta(examples=[False])] = False
    poll_s: Annotated[float, Meta(ge=1, le=3_600, examples=[5.0])] = 5.0
    scores_s: Annotated[float, Meta(ge=1, le=86_400, examples=[300.0])] = 300.0
    subreddits: Annotated[tuple[str, ...], Meta(examples=[["pics", "my_horde_art"]])] = ()
    blocked_subreddits: Annotated[tuple[str, ...], Meta(examples=[["suicidewatch", "depression"]])] = (
        "depression",
        "suicidewatch",
    )
    replies_per_post: Annotated[int, Meta(ge=0, le=1_000, examples=[10])] = 10
    delete_below: Annotated[int, Meta(ge=-1_000, le=0, examples=[-2])] = -2
    url: Annotated[str, Meta(pattern=r"^https?://[^/\s]+$", examples=["https://www.reddit.com"])] = (
        "https://www.reddit.com"
    )
    oauth_url: Annotated[str, Meta(pattern=r"^https?://[^/\s]+$", examples=["https://oauth.reddit.com"])] = (
        "https://oauth.reddit.com"
    )


def missing_for_reddit(settings: RedditSettings) -> Iterator[str]:
    """Yields what the bot needs besides what is set, a sentence a key."""
    for key in ("client_id", "client_secret", "username"):
        if not getattr(settings, key):
            yield f"set reddit.{key} (or HORDE_REDDIT_{key.upper()})"
    if not settings.password and not settings.refresh_token:
        yield "set HORDE_REDDIT_PASSWORD (script app) or HORDE_REDDIT_REFRESH_TOKEN"
    if settings.password and settings.refresh_token:
        yield "set only one of reddit.password and reddit.refresh_token"


def unreachable_pictures(settings: Settings) -> str:
    """Returns what to set so that Reddit's readers reach the pictures, which are linked and not uploaded; else ""."""
    public = settings.objects.public_url if settings.objects.kind == "s3" else settings.server.public_url
    if public:
        return ""
    if settings.objects.kind == "s3":
        return "set objects.public_url: the signed addresses used without it end after a week, and posts stay"
    return "set server.public_url (or keep pictures in a bucket): nobody on Reddit reaches this machine's own address"


def reddit_platform(settings: RedditSettings, *, clock: Clock, version: str) -> RedditPlatform:
    """Returns the adapter. Raises PlatformMisconfigured with all that is missing."""
    missing = list(missing_for_reddit(settings))
    try:
        from bots.reddit.adapter import RedditPlatform
        from bots.reddit.line import Credentials
        from bots.reddit.place import RedditPlace, RedditRhythm
    except ImportError as error:
        missing.append(f"pip install 'horde-suite[reddit]' ({error.name} is not installed)")
    if missing:
        raise PlatformMisconfigured("; ".join(missing))
    return RedditPlatform(
        credentials=Credentials(
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            username=settings.username,
            password=settings.password,
            refresh_token=settings.refresh_token,
            user_agent=settings.user_agent or f"linux:horde-suite:{version} (by /u/{settings.username})",
            url=settings.url,
            oauth_url=settings.oauth_url,
        ),
        clock=clock,
        place=RedditPlace(
            showcase=settings.showcase,
            flair_id=settings.showcase_flair_id,
            nsfw=settings.nsfw,
            subreddits=frozenset(name.casefold() for name in settings.subreddits),
            blocked_subreddits=frozenset(name.casefold() for name in settings.blocked_subreddits),
            replies_per_post=settings.replies_per_post,
            delete_below=settings.delete_below,
        ),
        rhythm=RedditRhythm(unread_s=settings.poll_s, scores_s=settings.scores_s),
    )
