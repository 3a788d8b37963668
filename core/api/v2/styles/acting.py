"""What styles of both kinds have in common: listed, looked at, changed, deleted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType, to_builtins

from core.api.operations import Answer, Call, write_once
from core.api.v2.nesting import check_carried
from core.domain.accounts import Account
from core.domain.errors import InvalidRequest
from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.shelf.style import PublishedStyle, StyleId
from core.ports.nouns.styles import ShelfOrder
from core.ports.store import Transaction
from core.services.styles.find import style_that
from core.services.styles.publish import change_style, delete_style, make_style, own_style
from core.wire import Rc
from core.wire.showing.styles import StyleModify, StylesQuery
from core.wire.users import SimpleResponse

_PARAMS_BYTES_MAX: Final = 16_384
AUTHORS: Final = (Rc.STYLES_ANON_FORBIDDEN, Rc.STYLES_REQUIRES_CUSTOMIZER)
BAD_STYLE: Final = (
    Rc.BAD_REQUEST,
    Rc.SHARED_KEY_INVALID,
    Rc.SPECIAL_FIELD_NEEDS_SPECIAL_USER,
    Rc.STYLE_PROMPT_MISSING_VARS,
)
_NOBODY: Final = AccountId(0)


async def listed(call: Call[None, StylesQuery], kind: Kind) -> Sequence[PublishedStyle]:
    """Return a page of the public styles."""
    query = call.query
    return await call.context.uow.read(
        lambda tx: tx.styles.listed(
            kind,
            order=ShelfOrder(query.sort),
            page=query.page,
            tag=query.tag or None,
            model=query.model or None,
        )
    )


async def found(call: Call[None, None], reference: str, kind: Kind) -> PublishedStyle:
    """Return the style of an id or a name."""
    return await call.context.uow.read(lambda tx: style_that(tx, reference, kind=kind))


async def made(call: Call[Any, None], kind: Kind) -> Answer:
    """Publish the style of the call's message."""
    message, now_ms = call.message, call.context.clock.now_ms()
    wanted = PublishedStyle(
        id=StyleId(""),
        kind=kind,
        account_id=_NOBODY,
        owner="",
        name=message.name,
        about=message.info or "",
        template=message.prompt,
        params=_params(message.params, call.account),
        models=message.models,
        tags=message.tags,
        public=message.public,
        nsfw=message.nsfw,
        shared_key_id=_key(message),
    )

    def use_case(tx: Transaction) -> StyleModify:
        return StyleModify(id=make_style(tx, by=call.account.id, wanted=wanted, now_ms=now_ms).id)

    return await write_once(call, use_case)


async def changed(call: Call[Any, None], kind: Kind) -> StyleModify:
    """Change what the call's message says of the style; the rest stays."""
    message, reference, account = call.message, call.at("id"), call.account
    given = {name: value for name in message.__struct_fields__ if (value := getattr(message, name)) is not UNSET}
    if not given:
        raise InvalidRequest("Nothing is to be changed. Name at least one field of the style.")
    named = {"info": "about", "prompt": "template"}
    changes = {named.get(name, name): value for name, value in given.items() if name not in {"params", "sharedkey"}}
    if "params" in given:
        changes["params"] = _params(message.params, account)
    if "sharedkey" in given:
        changes["shared_key_id"] = _key(message)
    style = await call.context.uow.write(
        lambda tx: change_style(
            tx,
            by=account.id,
            style=replace(own_style(tx, StyleId(reference), kind=kind, by=account.id), **changes),
        )
    )
    return StyleModify(id=style.id)


async def deleted(call: Call[None, None], kind: Kind) -> SimpleResponse:
    """Take the style down."""
    style_id = StyleId(call.at("id"))
    await call.context.uow.write(lambda tx: delete_style(tx, by=call.account.id, style_id=style_id, kind=kind))
    return SimpleResponse()


def common_of(style: PublishedStyle) -> dict[str, Any]:
    """Return what is shown of a style of either kind, but for its parameters."""
    return {
        "id": style.id,
        "name": style.name,
        "info": style.about,
        "prompt": style.template,
        "public": style.public,
        "nsfw": style.nsfw,
        "tags": style.tags,
        "models": style.models,
        "use_count": style.uses,
        "creator": f"{style.owner}#{style.account_id}",
    }


def key_shown(style: PublishedStyle, caller: Account | None) -> str | UnsetType:
    """Return the style's shared key for its owner and moderators: whoever has it could use it elsewhere."""
    if style.shared_key_id is None or caller is None:
        return UNSET
    return style.shared_key_id if caller.moderator or caller.id == style.account_id else UNSET


def _params(params: msgspec.Struct, account: Account) -> dict[str, Any]:
    """Return the parameters that are set, as they are stored."""
    given: dict[str, Any] = to_builtins(params)
    if given.get("special") and not account.special:
        message = "Only special accounts may send params.special. Leave it out."
        raise InvalidRequest(message, field="params.special", code=Rc.SPECIAL_FIELD_NEEDS_SPECIAL_USER)
    check_carried(given, field="params", bytes_max=_PARAMS_BYTES_MAX)
    return given


def _key(message: msgspec.Struct) -> str | None:
    """Return the shared key that a message names."""
    key = getattr(message, "sharedkey", UNSET)
    return None if key is UNSET else str(key).lower()
