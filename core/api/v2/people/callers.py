"""Whose key it is where a route takes more keys than others do: a deleted account's, or a shared one."""

import re
from typing import Any, Final

from core.api.auth import api_key_of
from core.api.operations import Call
from core.domain.accounts import Account
from core.domain.errors import NotFound, NotPermitted, Unauthorized
from core.domain.ids import AccountId
from core.services.people.authenticate import authenticate

SHARED_KEY: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGITS_MAX: Final = 18


async def holder_of(call: Call[Any, Any]) -> Account:
    """Return the account whose key this is, also one that was deleted.

    Raises:
        MissingKeyError, Unauthorized: no key, or nobody's.
    """
    key = api_key_of(call.request)
    return await call.context.uow.read(lambda tx: authenticate(tx, api_key=key, deleted_too=True))


async def found_by_key(call: Call[Any, Any]) -> Account:
    """Return what ``holder_of`` does; nobody's key is ``NotFound``."""
    try:
        return await holder_of(call)
    except Unauthorized as exc:
        raise NotFound(str(exc), code="UserNotFound") from exc


def check_present(actor: Account, *, about: AccountId) -> None:
    """Return if the account may act: who was deleted may only take that back; else raise ``NotPermitted``."""
    if actor.is_deleted and actor.id != about:
        message = f"{actor.handle} was deleted. Its owner can take that back by undeleting the account."
        raise NotPermitted(message, code="DeletedUser")


def account_id_at(call: Call[Any, Any], name: str = "id") -> AccountId:
    """Return the account's number in the path; what is no number is nobody's: raises ``NotFound``."""
    text = call.at(name)
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        message = f"There is no account {text[:40]!r}. An account is named by its number, which follows the '#'."
        raise NotFound(message, code="UserNotFound")
    return AccountId(int(text))
