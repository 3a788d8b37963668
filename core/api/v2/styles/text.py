"""Styles of texts."""

from msgspec import convert

from core.api.limits import an_hour
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.styles import acting
from core.domain.kinds.kind import Kind
from core.domain.shelf.style import PublishedStyle
from core.wire import Rc
from core.wire.showing.styles import (
    ModelStyleInputKobold,
    ModelStyleInputParamsKobold,
    ModelStylePatchKobold,
    StyleKobold,
    StyleModify,
    StylesQuery,
)
from core.wire.users import SimpleResponse


async def list_styles(call: Call[None, StylesQuery]) -> Answer:
    """List a page of the public styles."""
    return [shown(style) for style in await acting.listed(call, Kind.TEXT)]


async def show_style(call: Call[None, None]) -> Answer:
    """Show the style of this id."""
    return shown(await acting.found(call, call.at("id"), Kind.TEXT))


async def show_by_name(call: Call[None, None]) -> Answer:
    """Show the style of this name."""
    return shown(await acting.found(call, call.at("name"), Kind.TEXT))


async def make(call: Call[ModelStyleInputKobold, None]) -> Answer:
    """Publish a style."""
    return await acting.made(call, Kind.TEXT)


async def change(call: Call[ModelStylePatchKobold, None]) -> Answer:
    """Change a style."""
    return await acting.changed(call, Kind.TEXT)


async def delete(call: Call[None, None]) -> Answer:
    """Take a style down."""
    return await acting.deleted(call, Kind.TEXT)


def shown(style: PublishedStyle) -> StyleKobold:
    """Return the style as it is shown."""
    return StyleKobold(
        **acting.common_of(style),
        params=convert(dict(style.params), ModelStyleInputParamsKobold),
    )


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/styles/text",
        id="get_text_styles",
        tag=Tag.STYLES,
        summary="Public styles of texts, 25 a page",
        handler=list_styles,
        query=StylesQuery,
        replies={200: list[StyleKobold]},
    ),
    Operation(
        method="POST",
        path="/api/v2/styles/text",
        id="post_text_style",
        tag=Tag.STYLES,
        summary="Publish a style of texts",
        handler=make,
        body=ModelStyleInputKobold,
        replies={200: StyleModify},
        refusals={400: acting.BAD_STYLE, 403: acting.AUTHORS},
        caller=Caller.ACCOUNT,
        idempotent=True,
        limits=(an_hour(20),),
    ),
    Operation(
        method="GET",
        path="/api/v2/styles/text/{id}",
        id="get_single_text_style",
        tag=Tag.STYLES,
        summary="A style of texts",
        handler=show_style,
        replies={200: StyleKobold},
        refusals={404: (Rc.STYLE_NOT_FOUND,)},
    ),
    Operation(
        method="PATCH",
        path="/api/v2/styles/text/{id}",
        id="patch_single_text_style",
        tag=Tag.STYLES,
        summary="Change a style of texts",
        handler=change,
        body=ModelStylePatchKobold,
        replies={200: StyleModify},
        refusals={400: acting.BAD_STYLE, 403: (Rc.NOT_OWNER,), 404: (Rc.STYLE_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
    Operation(
        method="DELETE",
        path="/api/v2/styles/text/{id}",
        id="delete_single_text_style",
        tag=Tag.STYLES,
        summary="Take a style of texts down",
        handler=delete,
        replies={200: SimpleResponse},
        refusals={403: (Rc.NOT_OWNER,), 404: (Rc.STYLE_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
    Operation(
        method="GET",
        path="/api/v2/styles/text_by_name/{name}",
        id="get_single_text_style_by_name",
        tag=Tag.STYLES,
        summary="A style of texts by its name, or owner#id::style::name",
        handler=show_by_name,
        replies={200: StyleKobold},
        refusals={404: (Rc.STYLE_NOT_FOUND,)},
    ),
)
