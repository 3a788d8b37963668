"""Shared keys: kudos that an account lends, within a budget and limits."""

from dataclasses import replace
from typing import Final

from core.api.limits.limit import a_minute
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag, write_once
from core.api.v2.people.callers import SHARED_KEY
from core.api.v2.times import iso_of
from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotFound, Unauthorized
from core.domain.kudos.keys import UNLIMITED, KeyTerms, SharedKey
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.ports.store import Transaction
from core.services.kudos.keys import change_key, look_up, make_key, revoke_key
from core.wire import Rc
from core.wire.kudos import SharedKeyDetails, SharedKeyInput
from core.wire.users import SimpleResponse

_DAY_MS: Final = 86_400_000
_UNNAMED: Final = "Shared key"
_UNKNOWN: Final = "There is no shared key like this (any more). Check it, or ask who lent it to you."


async def put_shared_key(call: Call[SharedKeyInput, None]) -> Answer:
    """Make a key whose requests the caller's account pays for, within its budget and limits."""
    context, account, now_ms = call.context, call.account, call.context.clock.now_ms()
    terms = _terms(call.message, KeyTerms(name=_UNNAMED), used_mk=0, now_ms=now_ms)

    def use_case(tx: Transaction) -> SharedKeyDetails:
        key = make_key(tx, account_id=account.id, terms=terms, policy=context.policy.kudos, now_ms=now_ms)
        return _details(key, account)

    return await write_once(call, use_case)


async def get_shared_key(call: Call[None, None]) -> Answer:
    """Describe a shared key to whoever has it."""
    key_id = _id(call)
    key, owner = await call.context.uow.read(lambda tx: look_up(tx, key_id=key_id))
    return _details(key, owner)


async def patch_shared_key(call: Call[SharedKeyInput, None]) -> Answer:
    """Change what is named of one of the caller's shared keys."""
    context, account, wanted, key_id = call.context, call.account, call.message, _id(call)
    now_ms, policy = context.clock.now_ms(), context.policy.kudos
    if wanted == SharedKeyInput():
        message = "Nothing is to be changed. Name at least one of: name, kudos, expiry, or a limit."
        raise InvalidRequest(message, code="NoSharedKeyModSelected")

    def use_case(tx: Transaction) -> SharedKey:
        key = tx.keys.lock(key_id)
        if key is None:
            raise Unauthorized(_UNKNOWN)
        terms = _terms(wanted, key.terms, used_mk=key.used_mk, now_ms=now_ms)
        return change_key(tx, account_id=account.id, key_id=key_id, terms=terms, policy=policy)

    return _details(await context.uow.write(use_case), account)


async def delete_shared_key(call: Call[None, None]) -> Answer:
    """Revoke one of the caller's shared keys; what was asked with it goes on."""
    context, account, key_id, now_ms = call.context, call.account, _id(call), call.context.clock.now_ms()
    await context.uow.write(lambda tx: revoke_key(tx, account_id=account.id, key_id=key_id, now_ms=now_ms))
    return SimpleResponse()


def _id(call: Call[SharedKeyInput, None] | Call[None, None]) -> str:
    """Return the key in the path; what cannot be one, such as an account's key, raises ``NotFound``."""
    text = call.at("id")
    if not SHARED_KEY.fullmatch(text):
        raise NotFound("This is no shared key: those are UUIDs. An account's own key goes to find_user.")
    return text.lower()


def _terms(wanted: SharedKeyInput, terms: KeyTerms, *, used_mk: int, now_ms: int) -> KeyTerms:
    """Return the terms with what is named. A budget is told, and given, as what is left of it."""
    if wanted.kudos is not None:
        budget_mk = UNLIMITED if wanted.kudos == UNLIMITED else wanted.kudos * MK_PER_KUDOS + used_mk
        terms = replace(terms, budget_mk=budget_mk)
    if wanted.expiry is not None:
        days = wanted.expiry
        terms = replace(terms, expires_at_ms=None if days == UNLIMITED else now_ms + days * _DAY_MS)
    limits = ("name", "max_image_pixels", "max_image_steps", "max_text_tokens")
    named = {name: getattr(wanted, name) for name in limits if getattr(wanted, name) is not None}
    return replace(terms, **named)


def _details(key: SharedKey, owner: Account) -> SharedKeyDetails:
    """Return the key as v2 tells it."""
    return SharedKeyDetails(
        id=key.id,
        username=owner.handle,
        name=key.name,
        kudos=UNLIMITED if key.left_mk is None else max(key.left_mk, 0) // MK_PER_KUDOS,
        expiry=None if key.expires_at_ms is None else iso_of(key.expires_at_ms),
        utilized=key.utilized_mk // MK_PER_KUDOS,
        max_image_pixels=key.max_image_pixels,
        max_image_steps=key.max_image_steps,
        max_text_tokens=key.max_text_tokens,
    )


OPERATIONS: Operations = (
    Operation(
        method="PUT",
        path="/api/v2/sharedkeys",
        id="put_shared_key",
        tag=Tag.SHARED_KEYS,
        summary="Make a shared key",
        handler=put_shared_key,
        body=SharedKeyInput,
        replies={200: SharedKeyDetails},
        refusals={400: (Rc.BAD_REQUEST,), 403: (Rc.ANON_FORBIDDEN, Rc.TOO_MANY_SHARED_KEYS)},
        caller=Caller.ACCOUNT,
        limits=(a_minute(5),),
        idempotent=True,
    ),
    Operation(
        method="GET",
        path="/api/v2/sharedkeys/{id}",
        id="get_shared_key_single",
        tag=Tag.SHARED_KEYS,
        summary="One shared key",
        handler=get_shared_key,
        replies={200: SharedKeyDetails},
        refusals={401: (Rc.INVALID_API_KEY,), 404: (Rc.NOT_FOUND,)},
    ),
    Operation(
        method="PATCH",
        path="/api/v2/sharedkeys/{id}",
        id="patch_shared_key_single",
        tag=Tag.SHARED_KEYS,
        summary="Change a shared key",
        handler=patch_shared_key,
        body=SharedKeyInput,
        replies={200: SharedKeyDetails},
        refusals={400: (Rc.BAD_REQUEST, Rc.NO_SHARED_KEY_MOD_SELECTED), 403: (Rc.NOT_OWNER,), 404: (Rc.NOT_FOUND,)},
        caller=Caller.ACCOUNT,
    ),
    Operation(
        method="DELETE",
        path="/api/v2/sharedkeys/{id}",
        id="delete_shared_key_single",
        tag=Tag.SHARED_KEYS,
        summary="Revoke a shared key",
        handler=delete_shared_key,
        replies={200: SimpleResponse},
        refusals={403: (Rc.NOT_OWNER,), 404: (Rc.NOT_FOUND,)},
        caller=Caller.ACCOUNT,
    ),
)
