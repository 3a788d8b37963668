"""Collections of published styles."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.shelf.collection import Collection, CollectionId, Member
from core.domain.shelf.style import StyleId
from core.ports.nouns.styles import PAGE, ShelfOrder
from core.store.rows.shelf.styles import insert_if_new
from core.store.tables import accounts, collection_styles, collections, styles

_COLLECTIONS = sa.select(collections, accounts.c.name.label("owner")).join(
    accounts, accounts.c.id == collections.c.account_id
)
_GET = _COLLECTIONS.where(collections.c.id == sa.bindparam("collection_id"))
_NAMED = (
    _COLLECTIONS.where(collections.c.name == sa.bindparam("collection_name"))
    .order_by(collections.c.made_at_ms, collections.c.id)
    .limit(1)
)
_MEMBERS = (
    sa.select(collection_styles.c.collection_id, styles.c.id, styles.c.name)
    .join(styles, styles.c.id == collection_styles.c.style_id)
    .where(collection_styles.c.collection_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(collection_styles.c.place, styles.c.id)
)
_PUT = sa.update(collections).where(collections.c.id == sa.bindparam("the_collection"))
_USED = _PUT.values(uses=collections.c.uses + 1)
_EMPTY = sa.delete(collection_styles).where(collection_styles.c.collection_id == sa.bindparam("the_collection"))
_REMOVE = sa.delete(collections).where(collections.c.id == sa.bindparam("the_collection"))
_FILL = sa.insert(collection_styles)
_ORDERS = {
    ShelfOrder.POPULARITY: (collections.c.uses.desc(), collections.c.made_at_ms, collections.c.id),
    ShelfOrder.AGE: (collections.c.made_at_ms.desc(), collections.c.id),
}


class Collections:
    """The collections of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def get(self, collection_id: CollectionId) -> Collection | None:
        """Return the collection with its styles."""
        return next(iter(self._found(_GET, {"collection_id": collection_id})), None)

    def by_name(self, name: str, *, kind: Kind | None = None, account_id: AccountId | None = None) -> Collection | None:
        """Return the account's collection of this name; without an account the oldest one that is listed."""
        whose = collections.c.public if account_id is None else collections.c.account_id == account_id
        query = _NAMED.where(whose)
        if kind is not None:
            query = query.where(collections.c.kind == kind.value)
        return next(iter(self._found(query, {"collection_name": name})), None)

    def listed(self, kind: Kind | None, *, order: ShelfOrder, page: int) -> Sequence[Collection]:
        """Return a page (from 1) of the public collections."""
        query = _COLLECTIONS.where(collections.c.public)
        if kind is not None:
            query = query.where(collections.c.kind == kind.value)
        return self._found(query.order_by(*_ORDERS[order]).limit(PAGE).offset((page - 1) * PAGE), {})

    def add(self, collection: Collection) -> bool:
        """Write a new collection; return False where its owner has another one with this name."""
        row = {
            "id": collection.id,
            "account_id": collection.account_id,
            "uses": collection.uses,
            "made_at_ms": collection.made_at_ms,
        }
        added = insert_if_new(collections, self._connection).values(row | _changeable(collection))
        if self._connection.execute(added).rowcount != 1:
            return False
        self._fill(collection)
        return True

    def put(self, collection: Collection) -> bool:
        """Write all that its owner may change; return False where another one has the name."""
        namesake = self.by_name(collection.name, account_id=collection.account_id)
        if namesake is not None and namesake.id != collection.id:
            return False
        self._connection.execute(_PUT.values(**_changeable(collection)), {"the_collection": collection.id})
        self._connection.execute(_EMPTY, {"the_collection": collection.id})
        self._fill(collection)
        return True

    def remove(self, collection_id: CollectionId) -> None:
        """Delete the collection; its styles stay."""
        self._connection.execute(_EMPTY, {"the_collection": collection_id})
        self._connection.execute(_REMOVE, {"the_collection": collection_id})

    def used(self, collection_id: CollectionId) -> None:
        """Count one use."""
        self._connection.execute(_USED, {"the_collection": collection_id})

    def _fill(self, collection: Collection) -> None:
        """Put its styles into the collection."""
        rows = [
            {"collection_id": collection.id, "style_id": member.id, "place": place}
            for place, member in enumerate(collection.members)
        ]
        if rows:
            self._connection.execute(_FILL, rows)

    def _found(self, query: "sa.Select[*tuple[Any, ...]]", asked: Mapping[str, object]) -> Sequence[Collection]:
        """Return the collections of a query, each with its styles; two statements in all."""
        rows = self._connection.execute(query, asked).all()
        members: dict[str, list[Member]] = {row.id: [] for row in rows}
        if members:
            for found in self._connection.execute(_MEMBERS, {"ids": list(members)}):
                members[found.collection_id].append(Member(id=StyleId(found.id), name=found.name))
        return [
            Collection(
                id=CollectionId(row.id),
                kind=Kind(row.kind),
                account_id=AccountId(row.account_id),
                owner=row.owner,
                name=row.name,
                about=row.about,
                public=row.public,
                members=tuple(members[row.id]),
                uses=row.uses,
                made_at_ms=row.made_at_ms,
            )
            for row in rows
        ]


def _changeable(collection: Collection) -> dict[str, object]:
    """Return the columns of what a collection's owner may change."""
    return {
        "kind": collection.kind.value,
        "name": collection.name,
        "about": collection.about,
        "public": collection.public,
    }
