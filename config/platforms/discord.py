"""The settings of the Discord bot and the adapter that they come to; discord.py is imported only where it is used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from bots.horde.port import Horde
from bots.platform import Platform, PlatformMisconfigured
from bots.styles import StyleShelf
from bots.tips import TipRules
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from core.ports.store import UnitOfWork

if TYPE_CHECKING:
    from bots.discord.adapter import Access, DiscordPlatform


class DiscordSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The bot on Discord, or on a server that speaks its API (bots/discord/README.md)."""

    enabled: Annotated[bool, Meta(examples=[True])] = False
    token: Annotated[str, Meta(pattern=r"^\S*$", examples=["the bot's token, from the developer portal"])] = ""
    bot_name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,30}$", examples=["horde"])] = "horde"
    showcase_channel: Annotated[int, Meta(ge=0, examples=[123456789012345678])] = 0
    channels: Annotated[tuple[Annotated[int, Meta(gt=0)], ...], Meta(examples=[[123456789012345678]])] = ()
    site_url: Annotated[str, Meta(pattern=r"^https?://[^/\s@]+$", examples=["https://discord.com"])] = (
        "https://discord.com"
    )
    api_url: Annotated[str, Meta(pattern=r"^$|^https?://[^\s@]+$", examples=["http://127.0.0.1:9000/api/v10"])] = ""
    gateway_url: Annotated[str, Meta(pattern=r"^$|^wss?://[^\s@]+$", examples=["ws://127.0.0.1:9000/gateway/"])] = ""


def missing_for_discord(settings: DiscordSettings) -> Iterator[str]:
    """Yield what the bot needs besides what is given."""
    if not settings.token:
        yield (
            "discord.token: is needed with discord.enabled: https://discord.com/developers/applications > your "
            "application > Bot > Reset Token gives one. Best set it as HORDE_DISCORD_TOKEN."
        )
    if bool(settings.api_url) != bool(settings.gateway_url):
        yield (
            "discord.api_url and discord.gateway_url: belong together. "
            "An example: 'http://127.0.0.1:9000/api/v10' and 'ws://127.0.0.1:9000/gateway/'."
        )


def access_of(settings: DiscordSettings) -> Access:
    """What Discord is reached by. Raises PlatformMisconfigured with all that is missing, discord.py among it."""
    missing = list(missing_for_discord(settings))
    if find_spec("discord") is None:
        missing.append("Discord needs discord.py: pip install 'horde-suite[discord]'")
    if missing:
        raise PlatformMisconfigured(" ".join(missing))
    from bots.discord.adapter import Access

    return Access(
        token=settings.token,
        showcase_channel=settings.showcase_channel,
        channels=settings.channels,
        site_url=settings.site_url,
        api_url=settings.api_url,
        gateway_url=settings.gateway_url,
    )


def discord_platform(settings: DiscordSettings, *, objects: ObjectStore, clock: Clock) -> DiscordPlatform:
    """The adapter; it asks nothing of Discord before it runs."""
    access = access_of(settings)
    from bots.discord.adapter import DiscordPlatform

    return DiscordPlatform(access, objects=objects, clock=clock, handle=settings.bot_name)


def tell_discord(
    platforms: Sequence[Platform],
    *,
    uow: UnitOfWork,
    shelf: StyleShelf,
    horde: Horde,
    clock: Clock,
    tips: TipRules,
) -> None:
    """The Discord adapter, where there is one, knows what can be asked for, earlier orders, and what is a tip."""
    if not any(platform.name == "discord" for platform in platforms):
        return
    from bots.discord.adapter import DiscordPlatform
    from bots.discord.known import Known

    for platform in platforms:
        if isinstance(platform, DiscordPlatform):
            counts = partial(_is_tip, tips)
            platform.learn(Known(uow=uow, shelf=shelf, horde=horde, clock=clock, counts=counts))


def _is_tip(tips: TipRules, mark: str) -> bool:
    return tips.worth_mk("discord", mark) > 0
