"""Whose request this is: the API key in the header ``apikey``."""

import asyncio
from typing import Final

from aiohttp import web

from core.api.context import CONTEXT
from core.api.errors import MissingKeyError
from core.domain.accounts import Account
from core.ports.store import UnitOfWork
from core.services.people.authenticate import authenticate

_KEY_CHARS_MAX = 100
_AGENT_CHARS_MAX = 255
_UNKNOWN_AGENT = "unknown:0:unknown"
_KNOWN_MAX: Final = 10_000


class KnownKeys:
    """Whose keys the last calls had, so that those who call many times a second are not looked up each time.

    What is changed by a call of this process is known here at once (``forget``), by another process after ``kept_s``.
    Kudos in these accounts are as old; what is paid is always read in its own transaction.
    """

    def __init__(self, uow: UnitOfWork, *, kept_s: float) -> None:
        """Know nobody yet."""
        self._uow = uow
        self._kept_s = kept_s
        self._known: dict[str, tuple[Account, float]] = {}

    async def account(self, api_key: str) -> Account:
        """Return the account of the key; raises what ``authenticate`` raises."""
        now_s = asyncio.get_running_loop().time()
        account, until_s = self._known.get(api_key, (None, 0.0))
        if account is not None and now_s < until_s:
            return account
        known = self._known
        found = await self._uow.read(lambda tx: authenticate(tx, api_key=api_key), brief=True, loose=True)
        if len(known) >= _KNOWN_MAX:
            known.clear()
        known[api_key] = (found, now_s + self._kept_s)  # into the old book, if all was forgotten meanwhile
        return found

    def forget(self) -> None:
        """Look everybody up anew."""
        self._known = {}


KNOWN_KEYS: web.AppKey[KnownKeys] = web.AppKey("known_keys", KnownKeys)


def api_key_of(request: web.Request) -> str:
    """Return the key in the request's header ``apikey``, whatever its case, or after ``Authorization: Bearer``.

    Raises:
        MissingKeyError: there is none.
    """
    key = request.headers.get("apikey", "").strip()
    if not key:
        scheme, _, bearer = request.headers.get("Authorization", "").strip().partition(" ")
        key = bearer.strip() if scheme.lower() == "bearer" else ""
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
    return await request.app[CONTEXT].uow.read(lambda tx: authenticate(tx, api_key=key), brief=True, loose=True)


def client_agent_of(request: web.Request) -> str:
    """Return what the client says it is; whatever it says, or does not say, is fine."""
    agent = request.headers.get("Client-Agent", "").strip()
    return agent[:_AGENT_CHARS_MAX].encode("utf-8", "replace").decode() or _UNKNOWN_AGENT
