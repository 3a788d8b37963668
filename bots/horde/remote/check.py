"""Whether another horde can be asked: is it there, is the key good, whose is it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from bots.horde.remote.access import RemoteAccess
from bots.horde.remote.client import RemoteClient, RemoteDownError, RemoteGoneError
from core.domain.kinds.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One thing that was tried. `next_step` is empty where all is well."""

    what: str
    told: str
    next_step: str = ""


async def try_out(access: RemoteAccess) -> AsyncIterator[Tried]:
    """Yields what works with this horde and what does not; orders nothing."""
    async with RemoteClient(access) as client:
        try:
            await client.heartbeat()
        except RemoteDownError as error:
            step = f"Check horde.url ({access.url}) and this machine's way to it, or try again later"
            yield Tried(what="address", told=f"cannot be asked: {error}", next_step=step)
            return
        yield Tried(what="address", told=f"{access.url} answers")
        yield await _account(client)
        try:
            models = await client.served(Kind.IMAGE)
        except (RemoteDownError, RemoteGoneError, ValueError, TypeError) as error:
            yield Tried(what="models", told=f"cannot be read now: {error}", next_step="Try again later")
            return
        yield Tried(what="models", told=f"{len(models)} for pictures are served now")


async def _account(client: RemoteClient) -> Tried:
    step = "Set horde.key (HORDE_HORDE_KEY) to the API key of an account there that only these bots use"
    if not client.access.can_look:
        return Tried(what="key", told="is the anonymous one, which is everybody's and comes last", next_step=step)
    try:
        account = await client.account()
    except RemoteGoneError:
        return Tried(what="key", told="belongs to no account there", next_step=step)
    except RemoteDownError as error:
        return Tried(what="key", told=f"cannot be checked: {error}", next_step=step)
    if not client.access.honours_keys and "active_generations" not in account:
        told = "the account's list of open orders is not shown: an order whose answer is lost may be made twice"
        return Tried(what="key", told=told, next_step="Use an account's own API key, no shared key")
    return Tried(what="key", told=f"is {account.get('username')}'s, with {account.get('kudos')} kudos")
