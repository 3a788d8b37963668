"""Published styles and their collections in the store, to read and to write."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.shelf.collection import Collection, CollectionId
from core.domain.shelf.style import PublishedStyle, StyleId

PAGE: int = 25


class ShelfOrder(StrEnum):
    """How a list of styles or collections is sorted."""

    POPULARITY = "popular"
    """The most used first."""
    AGE = "age"
    """The newest first."""


class StyleReads(Protocol):
    """Styles, to read."""

    def get(self, style_id: StyleId) -> PublishedStyle | None:
        """Return the style."""
        ...

    def by_name(self, name: str, *, kind: Kind, account_id: AccountId | None = None) -> PublishedStyle | None:
        """Return the account's style of this name; without an account the oldest one that is listed."""
        ...

    def listed(
        self, kind: Kind, *, order: ShelfOrder, page: int, tag: str | None = None, model: str | None = None
    ) -> Sequence[PublishedStyle]:
        """Return a page (from 1) of the public styles, only those with this tag and this model if given."""
        ...

    def of_account(self, account_id: AccountId, *, public_only: bool, limit: int) -> Sequence[PublishedStyle]:
        """Return the account's styles, the oldest first."""
        ...


class StyleStore(StyleReads, Protocol):
    """Styles, to write."""

    def add(self, style: PublishedStyle) -> bool:
        """Write a new style; return False where its owner has another one of the kind with this name."""
        ...

    def put(self, style: PublishedStyle) -> bool:
        """Write all that its owner may change; return False where another one has the name."""
        ...

    def remove(self, style_id: StyleId) -> None:
        """Delete the style, also out of all collections."""
        ...

    def used(self, style_id: StyleId) -> None:
        """Count one use."""
        ...


class CollectionReads(Protocol):
    """Collections, to read."""

    def get(self, collection_id: CollectionId) -> Collection | None:
        """Return the collection with its styles."""
        ...

    def by_name(self, name: str, *, kind: Kind | None = None, account_id: AccountId | None = None) -> Collection | None:
        """Return the account's collection of this name; without an account the oldest one that is listed."""
        ...

    def listed(self, kind: Kind | None, *, order: ShelfOrder, page: int) -> Sequence[Collection]:
        """Return a page (from 1) of the public collections."""
        ...


class CollectionStore(CollectionReads, Protocol):
    """Collections, to write."""

    def add(self, collection: Collection) -> bool:
        """Write a new collection; return False where its owner has another one with this name."""
        ...

    def put(self, collection: Collection) -> bool:
        """Write all that its owner may change; return False where another one has the name."""
        ...

    def remove(self, collection_id: CollectionId) -> None:
        """Delete the collection; its styles stay."""
        ...

    def used(self, collection_id: CollectionId) -> None:
        """Count one use."""
        ...
