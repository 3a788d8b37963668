"""Examples of a style of pictures: up to four addresses of pictures that it made."""

from msgspec import UNSET

from core.api.limits import an_hour
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.domain.shelf.style import Example, StyleId
from core.services.styles.publish import add_example, change_example, remove_example
from core.wire import Rc
from core.wire.showing.styles import (
    InputStyleExamplePatch,
    InputStyleExamplePost,
    StyleExample,
)
from core.wire.users import SimpleResponse


async def add(call: Call[InputStyleExamplePost, None]) -> Answer:
    """Add an example."""
    style_id, message = StyleId(call.at("id")), call.message
    example = await call.context.uow.write(
        lambda tx: add_example(tx, by=call.account.id, style_id=style_id, url=message.url, primary=message.primary)
    )
    return _shown(example)


async def change(call: Call[InputStyleExamplePatch, None]) -> Answer:
    """Change an example."""
    style_id, example_id, message = StyleId(call.at("id")), call.at("example_id"), call.message
    example = await call.context.uow.write(
        lambda tx: change_example(
            tx,
            by=call.account.id,
            style_id=style_id,
            example_id=example_id,
            url=None if message.url is UNSET else message.url,
            primary=None if message.primary is UNSET else message.primary,
        )
    )
    return _shown(example)


async def remove(call: Call[None, None]) -> Answer:
    """Delete an example."""
    style_id, example_id = StyleId(call.at("id")), call.at("example_id")
    await call.context.uow.write(
        lambda tx: remove_example(tx, by=call.account.id, style_id=style_id, example_id=example_id)
    )
    return SimpleResponse()


def _shown(example: Example) -> StyleExample:
    return StyleExample(id=example.id, url=example.url, primary=example.primary)


_MISSING = (Rc.STYLE_EXAMPLE_NOT_FOUND, Rc.STYLE_NOT_FOUND)

OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/styles/image/{id}/example",
        id="post_style_example",
        tag=Tag.STYLES,
        summary="Add an example to a style",
        handler=add,
        body=InputStyleExamplePost,
        replies={200: StyleExample},
        refusals={
            400: (Rc.BAD_REQUEST, Rc.TOO_MANY_STYLE_EXAMPLES),
            403: (Rc.NOT_OWNER,),
            404: (Rc.STYLE_NOT_FOUND,),
        },
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
    Operation(
        method="PATCH",
        path="/api/v2/styles/image/{id}/example/{example_id}",
        id="patch_style_example",
        tag=Tag.STYLES,
        summary="Change an example of a style",
        handler=change,
        body=InputStyleExamplePatch,
        replies={200: StyleExample},
        refusals={400: (Rc.BAD_REQUEST,), 403: (Rc.NOT_OWNER,), 404: _MISSING},
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
    Operation(
        method="DELETE",
        path="/api/v2/styles/image/{id}/example/{example_id}",
        id="delete_style_example",
        tag=Tag.STYLES,
        summary="Delete an example of a style",
        handler=remove,
        replies={200: SimpleResponse},
        refusals={403: (Rc.NOT_OWNER,), 404: _MISSING},
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
)
