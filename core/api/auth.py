"""Whose request this is: the API key in the header ``apikey``."""

from aiohttp import web

from core.api.context import CONTEXT
from core.api.errors import MissingKeyError
from core.domain.accounts import Account
from core.services.people.authenticate import authenticate

_KEY_CHARS_MAX = 100
_AGENT_CHARS_MAX = 255
_UNKNOWN_AGENT = "unknown:0:unknown"


def api_key_of(request: web.Request) -> str:
    """Return the key in the request's header, whatever its case.

    Raises:
        MissingKeyError: there is none.
    """
    key = request.headers.get("apikey", "").strip()
    if not key:
        raise MissingKeyError
    return key[:_KEY_CHARS_MAX].encode("utf-8", "replace").decode()


async def account_of(request: web.Request) -> Account:
    """Return the account whose key the request carries.

    Raises:
        MissingKeyError: no key.
        Unauthorized: a key that nobody has.
    """
    key = api_key_of(request)
    return await request.app[CONTEXT].uow.read(lambda tx: authenticate(tx, api_key=key))


def client_agent_of(request: web.Request) -> str:
    """Return what the client says it is; whatever it says, or does not say, is fine."""
    agent = request.headers.get("Client-Agent", "").strip()
    return agent[:_AGENT_CHARS_MAX].encode("utf-8", "replace").decode() or _UNKNOWN_AGENT
