"""Collect: styles of one kind are put together under one name."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.errors import InvalidRequest, NotFound, NotPermitted
from core.domain.ids import AccountId, new_id
from core.domain.kinds.kind import Kind
from core.domain.shelf.collection import MEMBERS_MAX, Collection, CollectionId, Member
from core.domain.shelf.style import KINDS, PublishedStyle, check_about, check_name
from core.ports.store import Transaction
from core.services.styles.find import collection_that, look_style
from core.services.styles.publish import check_author


def make_collection(
    tx: Transaction, *, by: AccountId, name: str, about: str, public: bool, styles: Sequence[str], now_ms: int
) -> Collection:
    """Return a new collection of these styles, named by id or name.

    Raises ``NotPermitted`` for who may not, ``NotFound`` for a style that is not there, ``InvalidRequest`` for a limit,
    a taken name, or styles of both kinds.
    """
    author = check_author(tx, by)
    check_name(name, what="collection")
    check_about(about)
    kind, members = _members(tx, styles)
    collection = Collection(
        id=CollectionId(new_id()),
        kind=kind,
        account_id=author.id,
        owner=author.name,
        name=name,
        about=about,
        public=public,
        members=members,
        made_at_ms=now_ms,
    )
    if not tx.collections.add(collection):
        raise _name_taken(name)
    return collection


def change_collection(
    tx: Transaction,
    *,
    by: AccountId,
    collection_id: CollectionId,
    name: str | None = None,
    about: str | None = None,
    public: bool | None = None,
    styles: Sequence[str] | None = None,
) -> Collection:
    """Return the collection as it is now; what is None stays. Raises as ``make_collection`` does."""
    collection = own_collection(tx, collection_id, by=by)
    if name is None and about is None and public is None and styles is None:
        message = "Nothing is to be changed. Name at least one of: name, info, public, styles."
        raise InvalidRequest(message)
    if name is not None:
        check_name(name, what="collection")
    if about is not None:
        check_about(about)
    kind, members = (collection.kind, collection.members) if styles is None else _members(tx, styles)
    changed = replace(
        collection,
        kind=kind,
        members=members,
        name=collection.name if name is None else name,
        about=collection.about if about is None else about,
        public=collection.public if public is None else public,
    )
    if not tx.collections.put(changed):
        raise _name_taken(changed.name)
    return changed


def delete_collection(tx: Transaction, *, by: AccountId, collection_id: CollectionId) -> Collection:
    """Return the collection that is gone; its styles stay. Raises ``NotFound`` and ``NotPermitted``."""
    collection = own_collection(tx, collection_id, by=by)
    tx.collections.remove(collection.id)
    return collection


def own_collection(tx: Transaction, collection_id: CollectionId, *, by: AccountId) -> Collection:
    """Return the collection if the account owns it or is a moderator's."""
    collection = collection_that(tx, collection_id)
    account = tx.accounts.get(by)
    if account is None or (collection.account_id != by and not account.moderator):
        message = f"The collection {collection.name!r} is not yours. Only its owner or a moderator can do this."
        raise NotPermitted(message, code="NotOwner")
    return collection


def _members(tx: Transaction, references: Sequence[str]) -> tuple[Kind, tuple[Member, ...]]:
    """Return the kind of these styles, which is one, and them without doubles."""
    if not 1 <= len(references) <= MEMBERS_MAX:
        message = f"There are {len(references)} styles; a collection has 1 to {MEMBERS_MAX}."
        raise InvalidRequest(message, field="styles", limit=MEMBERS_MAX, value=len(references))
    found = [_style(tx, reference) for reference in references]
    kinds = {style.kind for style in found}
    if len(kinds) > 1:
        message = "A collection has styles for pictures or for texts, not both. Make two collections."
        raise InvalidRequest(message, field="styles", code="StyleMismatch")
    members = dict.fromkeys(Member(id=style.id, name=style.name) for style in found)
    return found[0].kind, tuple(members)


def _style(tx: Transaction, reference: str) -> PublishedStyle:
    for kind in KINDS:
        style = look_style(tx, reference, kind=kind)
        if style is not None:
            return style
    message = f"There is no style {reference[:60]!r}. Give its id, or name#number::style::name."
    raise NotFound(message, code="StyleNotFound")


def _name_taken(name: str) -> InvalidRequest:
    message = f"You have another collection with the name {name!r}. Choose another name."
    return InvalidRequest(message, field="name", value=name)
