"""Published styles."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.shelf.style import Example, PublishedStyle, StyleId
from core.ports.nouns.styles import PAGE, ShelfOrder
from core.store.tables import accounts, collection_styles, styles

_STYLES = sa.select(styles, accounts.c.name.label("owner")).join(accounts, accounts.c.id == styles.c.account_id)
_GET = _STYLES.where(styles.c.id == sa.bindparam("style_id"))
_NAMED = (
    _STYLES.where(styles.c.name == sa.bindparam("style_name"), styles.c.kind == sa.bindparam("style_kind"))
    .order_by(styles.c.made_at_ms, styles.c.id)
    .limit(1)
)
_NAMED_OF = _NAMED.where(styles.c.account_id == sa.bindparam("owner_id"))
_NAMED_PUBLIC = _NAMED.where(styles.c.public)
_LISTED = _STYLES.where(styles.c.kind == sa.bindparam("style_kind"), styles.c.public)
_OF = (
    _STYLES.where(styles.c.account_id == sa.bindparam("owner_id"))
    .order_by(styles.c.made_at_ms, styles.c.id)
    .limit(sa.bindparam("most"))
)
_PUT = sa.update(styles).where(styles.c.id == sa.bindparam("the_style"))
_USED = _PUT.values(uses=styles.c.uses + 1)
_LEAVE = sa.delete(collection_styles).where(collection_styles.c.style_id == sa.bindparam("the_style"))
_REMOVE = sa.delete(styles).where(styles.c.id == sa.bindparam("the_style"))
_ORDERS = {
    ShelfOrder.POPULARITY: (styles.c.uses.desc(), styles.c.made_at_ms, styles.c.id),
    ShelfOrder.AGE: (styles.c.made_at_ms.desc(), styles.c.id),
}


def insert_if_new(table: sa.Table, connection: sa.Connection) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT that does nothing where a row with the same unique values is there."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


class Styles:
    """The styles of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def get(self, style_id: StyleId) -> PublishedStyle | None:
        """Return the style."""
        return self._first(_GET, {"style_id": style_id})

    def by_name(self, name: str, *, kind: Kind, account_id: AccountId | None = None) -> PublishedStyle | None:
        """Return the account's style of this name; without an account the oldest one that is listed."""
        asked = {"style_name": name, "style_kind": kind.value}
        if account_id is None:
            return self._first(_NAMED_PUBLIC, asked)
        return self._first(_NAMED_OF, asked | {"owner_id": account_id})

    def listed(
        self, kind: Kind, *, order: ShelfOrder, page: int, tag: str | None = None, model: str | None = None
    ) -> Sequence[PublishedStyle]:
        """Return a page (from 1) of the public styles, only those with this tag and this model if given."""
        query = _LISTED.order_by(*_ORDERS[order]).limit(PAGE).offset((page - 1) * PAGE)
        for sort, word in (("tag", tag), ("model", model)):
            if word is not None:
                query = query.where(styles.c.words.contains(_word(sort, word), autoescape=True))
        return [_style(row) for row in self._connection.execute(query, {"style_kind": kind.value})]

    def of_account(self, account_id: AccountId, *, public_only: bool, limit: int) -> Sequence[PublishedStyle]:
        """Return the account's styles, the oldest first."""
        query = _OF.where(styles.c.public) if public_only else _OF
        return [_style(row) for row in self._connection.execute(query, {"owner_id": account_id, "most": limit})]

    def add(self, style: PublishedStyle) -> bool:
        """Write a new style; return False where its owner has another one of the kind with this name."""
        row = {
            "id": style.id,
            "kind": style.kind.value,
            "account_id": style.account_id,
            "uses": style.uses,
            "made_at_ms": style.made_at_ms,
        }
        done = self._connection.execute(insert_if_new(styles, self._connection).values(row | _changeable(style)))
        return done.rowcount == 1

    def put(self, style: PublishedStyle) -> bool:
        """Write all that its owner may change; return False where another one has the name."""
        namesake = self.by_name(style.name, kind=style.kind, account_id=style.account_id)
        if namesake is not None and namesake.id != style.id:
            return False
        self._connection.execute(_PUT.values(**_changeable(style)), {"the_style": style.id})
        return True

    def remove(self, style_id: StyleId) -> None:
        """Delete the style, also out of all collections."""
        self._connection.execute(_LEAVE, {"the_style": style_id})
        self._connection.execute(_REMOVE, {"the_style": style_id})

    def used(self, style_id: StyleId) -> None:
        """Count one use."""
        self._connection.execute(_USED, {"the_style": style_id})

    def _first(self, query: "sa.Select[*tuple[Any, ...]]", asked: Mapping[str, object]) -> PublishedStyle | None:
        row = self._connection.execute(query, asked).first()
        return None if row is None else _style(row)


def _changeable(style: PublishedStyle) -> dict[str, object]:
    """Return the columns of what a style's owner may change."""
    words = [_word("tag", tag) for tag in style.tags] + [_word("model", model) for model in style.models]
    return {
        "name": style.name,
        "about": style.about,
        "template": style.template,
        "params": json.dumps(style.params),
        "models": json.dumps(style.models),
        "tags": json.dumps(style.tags),
        "examples": json.dumps([[one.id, one.url, one.primary] for one in style.examples]),
        "words": "".join(words),
        "public": style.public,
        "nsfw": style.nsfw,
        "shared_key_id": style.shared_key_id,
    }


def _word(sort: str, word: str) -> str:
    """Return a tag or a model as it is looked for, the same on both stores: whatever its case."""
    return f"\x1f{sort}:{word.casefold()}\x1f"


def _style(row: "sa.Row[*tuple[Any, ...]]") -> PublishedStyle:
    """Return the style of a row."""
    return PublishedStyle(
        id=StyleId(row.id),
        kind=Kind(row.kind),
        account_id=AccountId(row.account_id),
        owner=row.owner,
        name=row.name,
        about=row.about,
        template=row.template,
        params=json.loads(row.params),
        models=tuple(json.loads(row.models)),
        tags=tuple(json.loads(row.tags)),
        examples=tuple(Example(id=one[0], url=one[1], primary=one[2]) for one in json.loads(row.examples)),
        public=row.public,
        nsfw=row.nsfw,
        shared_key_id=row.shared_key_id,
        uses=row.uses,
        made_at_ms=row.made_at_ms,
    )
