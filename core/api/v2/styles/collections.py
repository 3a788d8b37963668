"""Collections: styles of one kind under one name, of which each use takes one by chance."""

from typing import Literal

from msgspec import UNSET

from core.api.limits import a_minute, a_second, an_hour
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag, write_once
from core.api.v2.styles.acting import AUTHORS
from core.domain.kinds.kind import Kind
from core.domain.shelf.collection import Collection, CollectionId
from core.ports.nouns.styles import ShelfOrder
from core.ports.store import Transaction
from core.services.styles.collect import change_collection, delete_collection, make_collection
from core.services.styles.find import collection_that
from core.wire import Rc
from core.wire.showing.styles import (
    CollectionsQuery,
    InputModelCollection,
    PatchModelCollection,
    ResponseModelCollection,
    ResponseModelStylesShort,
    StyleModify,
)
from core.wire.users import SimpleResponse


async def list_collections(call: Call[None, CollectionsQuery]) -> Answer:
    """List a page of the public collections."""
    query = call.query
    kind = None if query.type == "all" else Kind(query.type)
    found = await call.context.uow.read(
        lambda tx: tx.collections.listed(kind, order=ShelfOrder(query.sort), page=query.page)
    )
    return [_shown(collection) for collection in found]


async def show(call: Call[None, None]) -> Answer:
    """Show the collection of this id."""
    return _shown(await call.context.uow.read(lambda tx: collection_that(tx, call.at("id"))))


async def show_by_name(call: Call[None, None]) -> Answer:
    """Show the collection of this name."""
    return _shown(await call.context.uow.read(lambda tx: collection_that(tx, call.at("name"))))


async def make(call: Call[InputModelCollection, None]) -> Answer:
    """Publish a collection."""
    message, now_ms = call.message, call.context.clock.now_ms()

    def use_case(tx: Transaction) -> StyleModify:
        collection = make_collection(
            tx,
            by=call.account.id,
            name=message.name,
            about=message.info or "",
            public=message.public,
            styles=message.styles,
            now_ms=now_ms,
        )
        return StyleModify(id=collection.id)

    return await write_once(call, use_case)


async def change(call: Call[PatchModelCollection, None]) -> Answer:
    """Change a collection."""
    message, collection_id = call.message, CollectionId(call.at("id"))
    collection = await call.context.uow.write(
        lambda tx: change_collection(
            tx,
            by=call.account.id,
            collection_id=collection_id,
            name=None if message.name is UNSET else message.name,
            about=None if message.info is UNSET else message.info,
            public=None if message.public is UNSET else message.public,
            styles=None if message.styles is UNSET else message.styles,
        )
    )
    return StyleModify(id=collection.id)


async def delete(call: Call[None, None]) -> Answer:
    """Take a collection down; its styles stay."""
    collection_id = CollectionId(call.at("id"))
    await call.context.uow.write(lambda tx: delete_collection(tx, by=call.account.id, collection_id=collection_id))
    return SimpleResponse()


def _shown(collection: Collection) -> ResponseModelCollection:
    type_: Literal["image", "text"] = "text" if collection.kind is Kind.TEXT else "image"
    return ResponseModelCollection(
        id=collection.id,
        name=collection.name,
        type=type_,
        info=collection.about,
        public=collection.public,
        styles=tuple(ResponseModelStylesShort(name=one.name, id=one.id) for one in collection.members),
        use_count=collection.uses,
        creator=f"{collection.owner}#{collection.account_id}",
    )


_MISSING = (Rc.COLLECTION_NOT_FOUND, Rc.STYLE_NOT_FOUND)
_BAD = (Rc.BAD_REQUEST, Rc.STYLE_MISMATCH)

OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/collections",
        id="get_collections",
        tag=Tag.COLLECTIONS,
        summary="Public collections, 25 a page",
        handler=list_collections,
        query=CollectionsQuery,
        replies={200: list[ResponseModelCollection]},
    ),
    Operation(
        method="POST",
        path="/api/v2/collections",
        id="post_collection",
        tag=Tag.COLLECTIONS,
        summary="Publish a collection",
        handler=make,
        body=InputModelCollection,
        replies={200: StyleModify},
        refusals={400: _BAD, 403: AUTHORS, 404: (Rc.STYLE_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
        idempotent=True,
        limits=(a_minute(90), a_second(2)),
    ),
    Operation(
        method="GET",
        path="/api/v2/collections/{id}",
        id="get_single_collection",
        tag=Tag.COLLECTIONS,
        summary="A collection",
        handler=show,
        replies={200: ResponseModelCollection},
        refusals={404: (Rc.COLLECTION_NOT_FOUND,)},
    ),
    Operation(
        method="PATCH",
        path="/api/v2/collections/{id}",
        id="patch_single_collection",
        tag=Tag.COLLECTIONS,
        summary="Change a collection",
        handler=change,
        body=PatchModelCollection,
        replies={200: StyleModify},
        refusals={400: _BAD, 403: (Rc.NOT_OWNER,), 404: _MISSING},
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
    Operation(
        method="DELETE",
        path="/api/v2/collections/{id}",
        id="delete_single_collection",
        tag=Tag.COLLECTIONS,
        summary="Take a collection down",
        handler=delete,
        replies={200: SimpleResponse},
        refusals={403: (Rc.NOT_OWNER,), 404: (Rc.COLLECTION_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
        limits=(an_hour(20),),
    ),
    Operation(
        method="GET",
        path="/api/v2/collection_by_name/{name}",
        id="get_single_collection_by_name",
        tag=Tag.COLLECTIONS,
        summary="A collection by its name, or owner#id::collection::name",
        handler=show_by_name,
        replies={200: ResponseModelCollection},
        refusals={404: (Rc.COLLECTION_NOT_FOUND,)},
    ),
)
