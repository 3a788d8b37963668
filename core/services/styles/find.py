"""Find: a style or a collection by its id, by its owner's handle and its name, or by its name alone."""

import random
import re
from dataclasses import dataclass

from core.domain.accounts import parse_handle
from core.domain.errors import NotFound
from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.shelf.collection import COLLECTION_MARK, Collection, CollectionId
from core.domain.shelf.style import STYLE_MARK, PublishedStyle, StyleId
from core.ports.store import ReadTransaction, Transaction

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The style that an order gets, and the collection that it was drawn from, if one was named."""

    style: PublishedStyle
    collection: Collection | None = None


def choose(tx: ReadTransaction | Transaction, *, reference: str, kind: Kind) -> Chosen:
    """Return the style that the reference names, or one of the collection that it names, drawn by chance.

    Raises ``NotFound`` where there is none of this kind.
    """
    style = look_style(tx, reference, kind=kind)
    if style is not None:
        return Chosen(style=style)
    collection = look_collection(tx, reference, kind=kind)
    if collection is not None and collection.members:
        drawn = tx.styles.get(random.choice(collection.members).id)
        if drawn is not None:
            return Chosen(style=drawn, collection=collection)
    message = (
        f"There is no {kind} style {reference[:60]!r}. Give its id, its name, or name#number{STYLE_MARK}name; "
        f"or a collection of {kind} styles."
    )
    raise NotFound(message, code="StyleNotFound")


def style_that(tx: ReadTransaction | Transaction, reference: str, *, kind: Kind) -> PublishedStyle:
    """Return the style of this id or name; raises ``NotFound``."""
    style = look_style(tx, reference, kind=kind)
    if style is None:
        message = f"There is no {kind} style {reference[:60]!r}. Look it up in the list of styles."
        raise NotFound(message, code="StyleNotFound")
    return style


def collection_that(tx: ReadTransaction | Transaction, reference: str) -> Collection:
    """Return the collection of this id or name; raises ``NotFound``."""
    collection = look_collection(tx, reference)
    if collection is None:
        message = f"There is no collection {reference[:60]!r}. Look it up in the list of collections."
        raise NotFound(message, code="CollectionNotFound")
    return collection


def look_style(tx: ReadTransaction | Transaction, reference: str, *, kind: Kind) -> PublishedStyle | None:
    """Return the style of this kind that the reference names, None where there is none."""
    if _ID.fullmatch(reference.lower()):
        style = tx.styles.get(StyleId(reference.lower()))
        return style if style is not None and style.kind is kind else None
    if STYLE_MARK in reference:
        owner, _, name = reference.partition(STYLE_MARK)
        account_id = _owner(tx, owner)
        return None if account_id is None else tx.styles.by_name(name, kind=kind, account_id=account_id)
    return tx.styles.by_name(reference, kind=kind)


def look_collection(
    tx: ReadTransaction | Transaction, reference: str, *, kind: Kind | None = None
) -> Collection | None:
    """Return the collection that the reference names, None where there is none; of one kind if given."""
    if _ID.fullmatch(reference.lower()):
        collection = tx.collections.get(CollectionId(reference.lower()))
        return collection if collection is not None and kind in {None, collection.kind} else None
    for mark in (COLLECTION_MARK, "::"):
        if mark in reference:
            owner, _, name = reference.partition(mark)
            account_id = _owner(tx, owner)
            return None if account_id is None else tx.collections.by_name(name, kind=kind, account_id=account_id)
    return tx.collections.by_name(reference, kind=kind)


def _owner(tx: ReadTransaction | Transaction, handle: str) -> AccountId | None:
    """Return the account of a ``name#number``, None where there is none."""
    parsed = parse_handle(handle)
    account = tx.accounts.get(parsed[1]) if parsed is not None else None
    if parsed is None or account is None or account.name.casefold() != parsed[0].casefold():
        return None
    return account.id
