"""Styles of pictures."""

from msgspec import convert

from core.api.limits import a_minute, a_second, an_hour
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.styles import acting
from core.domain.accounts import Account
from core.domain.kinds.kind import Kind
from core.domain.shelf.style import PublishedStyle
from core.wire import Rc
from core.wire.showing.styles import (
    ModelStyleInputParamsStable,
    ModelStyleInputStable,
    ModelStylePatchStable,
    StyleExample,
    StyleModify,
    StylesQuery,
    StyleStable,
)
from core.wire.users import SimpleResponse


async def list_styles(call: Call[None, StylesQuery]) -> Answer:
    """List a page of the public styles."""
    return [shown(style, call.caller) for style in await acting.listed(call, Kind.IMAGE)]


async def show_style(call: Call[None, None]) -> Answer:
    """Show the style of this id."""
    return shown(await acting.found(call, call.at("id"), Kind.IMAGE), call.caller)


async def show_by_name(call: Call[None, None]) -> Answer:
    """Show the style of this name."""
    return shown(await acting.found(call, call.at("name"), Kind.IMAGE), call.caller)


async def make(call: Call[ModelStyleInputStable, None]) -> Answer:
    """Publish a style."""
    return await acting.made(call, Kind.IMAGE)


async def change(call: Call[ModelStylePatchStable, None]) -> Answer:
    """Change a style."""
    return await acting.changed(call, Kind.IMAGE)


async def delete(call: Call[None, None]) -> Answer:
    """Take a style down."""
    return await acting.deleted(call, Kind.IMAGE)


def shown(style: PublishedStyle, caller: Account | None) -> StyleStable:
    """Return the style as it is shown to the caller."""
    return StyleStable(
        **acting.common_of(style),
        params=convert(dict(style.params), ModelStyleInputParamsStable),
        examples=tuple(StyleExample(id=one.id, url=one.url, primary=one.primary) for one in style.examples),
        sharedkey=acting.key_shown(style, caller),
    )


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/styles/image",
        id="get_image_styles",
        tag=Tag.STYLES,
        summary="Public styles of pictures, 25 a page",
        handler=list_styles,
        query=StylesQuery,
        replies={200: list[StyleStable]},
        caller=Caller.PERHAPS_KNOWN,
    ),
    Operation(
        method="POST",
        path="/api/v2/styles/image",
        id="post_image_style",
        tag=Tag.STYLES,
        summary="Publish a style of pictures",
        handler=make,
        body=ModelStyleInputStable,
        replies={200: StyleModify},
        refusals={400: acting.BAD_STYLE, 403: acting.AUTHORS},
        caller=Caller.ACCOUNT,
        idempotent=True,
        limits=(a_minute(90), a_second(2)),
    ),
    Operation(
        method="GET",
        path="/api/v2/styles/image/{id}",
        id="get_single_image_style",
        tag=Tag.STYLES,
        summary="A style of pictures",
        handler=show_style,
        replies={200: StyleStable},
        refusals={404: (Rc.STYLE_NOT_FOUND,)},
        caller=Caller.PERHAPS_KNOWN,
    ),
    Operation(
        method="PATCH",
        path="/api/v2/styles/image/{id}",
        id="patch_single_image_style",
        tag=Tag.STYLES,
        summary="Change a style of pictures",
        handler=change,
        body=ModelStylePatchStable,
        replies={200: StyleModify},
        refusals={400: acting.BAD_STYLE, 403: (Rc.NOT_OWNER,), 404: (Rc.STYLE_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
    Operation(
        method="DELETE",
        path="/api/v2/styles/image/{id}",
        id="delete_single_image_style",
        tag=Tag.STYLES,
        summary="Take a style of pictures down",
        handler=delete,
        replies={200: SimpleResponse},
        refusals={403: (Rc.NOT_OWNER,), 404: (Rc.STYLE_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
    Operation(
        method="GET",
        path="/api/v2/styles/image_by_name/{name}",
        id="get_single_image_style_by_name",
        tag=Tag.STYLES,
        summary="A style of pictures by its name, or owner#id::style::name",
        handler=show_by_name,
        replies={200: StyleStable},
        refusals={404: (Rc.STYLE_NOT_FOUND,)},
        caller=Caller.PERHAPS_KNOWN,
    ),
)
