"""What a token may do and what it lacks, found out by asking the server; nothing is posted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from bots.mastodon.client import NobodyKnows, NotTaken, SaidNo, connect
from bots.mastodon.entities import FediAccount
from bots.mastodon.parse import address_of
from bots.mastodon.server import Server
from bots.platform import PlatformMisconfigured

FORBIDDEN: Final = 403
NEEDED: Final = ("read:accounts", "read:notifications", "read:statuses", "write:statuses", "write:media")
"""The scopes of the bot's token; plain `read` and `write` hold them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One thing that was tried. `next_step` is empty where it works."""

    what: str
    told: str
    next_step: str = ""


async def try_out(*, base_url: str, token: str) -> AsyncIterator[Tried]:
    """Yields what works and what does not: the server, the account, and each scope of the token."""
    server = Server(partial(connect, base_url=base_url, token=token))
    try:
        me, instance = await server.me(), await server.instance()
        yield _account(me, domain=instance.domain)
        told = f"{instance.text_chars_max} characters, {instance.media_max} pictures a post"
        yield Tried(what="server", told=f"{base_url}: {told}")
        yield await _scopes(server, me)
    except PlatformMisconfigured as error:
        yield Tried(what="account", told="does not work", next_step=str(error))
    except (NotTaken, NobodyKnows) as error:
        step = f"Check mastodon.base_url ({base_url}) and the network, then run this again"
        yield Tried(what="server", told=str(error), next_step=step)
    except SaidNo as error:
        if error.code == FORBIDDEN and "scope" in str(error).lower():
            yield _missing(["read:accounts"])
        else:
            step = f"Log in at {base_url} as the bot and see what the server says: it may be suspended or not confirmed"
            yield Tried(what="account", told=f"is refused: {error}", next_step=step)
    finally:
        await server.close()


def _account(me: FediAccount, *, domain: str) -> Tried:
    address = f"@{address_of(me, domain=domain)}"
    if me.is_bot:
        return Tried(what="account", told=f"{address}, marked as automated")
    step = "Servers ask bots to say so: tick “This is an automated account” in its profile"
    return Tried(what="account", told=f"{address} is not marked as automated", next_step=step)


async def _scopes(server: Server, me: FediAccount) -> Tried:
    """Tries each scope: the two that write are tried with what no server takes, an empty post and a picture 0."""
    tries: dict[str, tuple[str, tuple[object, ...]]] = {
        "read:notifications": ("notifications", ()),
        "read:statuses": ("account_statuses", (me.id,)),
        "write:statuses": ("status_post", ("",)),
        "write:media": ("media_update", ("0", "nothing")),
    }
    missing = []
    for scope, (name, given) in tries.items():
        try:
            await server.try_call(name, *given)
        except SaidNo as error:
            if error.code == FORBIDDEN:
                missing.append(scope)
    return _missing(missing) if missing else Tried(what="token", told=f"has {', '.join(NEEDED)}")


def _missing(scopes: list[str]) -> Tried:
    step = (
        "Under Preferences > Development on the server, tick them for the bot's application, save, regenerate the "
        "access token, and set it as HORDE_MASTODON_TOKEN"
    )
    return Tried(what="token", told=f"lacks {', '.join(scopes)}", next_step=step)
