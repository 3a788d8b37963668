"""The settings of the Mastodon bot and the adapter that they come to."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from bots.mastodon.adapter import Access, MastodonPlatform
from bots.mastodon.render import Manners
from bots.platform import PlatformMisconfigured
from core.ports.clock import Clock
from core.ports.objects import ObjectStore

Visible = Annotated[str, Meta(pattern=r"^(public|unlisted|direct)$", examples=["unlisted"])]


class MastodonSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The bot's account on a server that speaks Mastodon's API (bots/mastodon/README.md)."""

    enabled: Annotated[bool, Meta(examples=[True])] = False
    base_url: Annotated[str, Meta(pattern=r"^$|^https?://[^/\s@]+$", examples=["https://social.example.org"])] = ""
    token: Annotated[str, Meta(pattern=r"^\S*$", examples=["the access token of the bot's application"])] = ""
    bot_name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,30}$", examples=["horde"])] = "horde"
    reply_visibility: Visible = "unlisted"
    showcase_visibility: Annotated[str, Meta(pattern=r"^(public|unlisted)$", examples=["unlisted"])] = "unlisted"
    showcase_per_hour: Annotated[int, Meta(ge=0, le=40, examples=[4])] = 4
    content_warning: Annotated[str, Meta(max_length=100, examples=["AI generated picture"])] = ""
    poll_s: Annotated[float, Meta(ge=1, le=3_600, examples=[5.0])] = 5.0
    streaming: Annotated[bool, Meta(examples=[True])] = True


def missing_for_mastodon(settings: MastodonSettings) -> Iterator[str]:
    """Yield what the bot needs besides what is given."""
    if not settings.base_url:
        yield "mastodon.base_url: is needed with mastodon.enabled. An example: 'https://social.example.org'."
    if not settings.token:
        yield (
            "mastodon.token: is needed with mastodon.enabled: on the server, Preferences > Development > New "
            "application gives one. Best set it as HORDE_MASTODON_TOKEN."
        )


def mastodon_platform(settings: MastodonSettings, *, objects: ObjectStore, clock: Clock) -> MastodonPlatform:
    """The adapter; it asks nothing of the server before it runs.

    Raises:
        PlatformMisconfigured: all that is missing; the other platforms run without this one.
    """
    if missing := list(missing_for_mastodon(settings)):
        raise PlatformMisconfigured(" ".join(missing))
    return MastodonPlatform(
        Access(base_url=settings.base_url, token=settings.token, poll_s=settings.poll_s, streams=settings.streaming),
        manners=Manners(
            reply_visibility=settings.reply_visibility,
            showcase_visibility=settings.showcase_visibility,
            showcase_per_hour=settings.showcase_per_hour,
            content_warning=settings.content_warning,
        ),
        objects=objects,
        clock=clock,
        handle=settings.bot_name,
    )
