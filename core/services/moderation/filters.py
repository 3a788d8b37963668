"""Filters: moderators keep them, and each is tried before it is kept."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.errors import InvalidRequest, NotFound
from core.domain.filters import FILTERS_MAX, Filter, check_filter
from core.domain.ids import AccountId, new_id
from core.ports.store import ReadTransaction, Transaction


def list_filters(
    tx: ReadTransaction | Transaction, *, type_: int | None = None, contains: str | None = None
) -> Sequence[Filter]:
    """Return the filters, only those of a type, and those whose pattern holds some words, if given."""
    return [
        one
        for one in tx.guard.filters()
        if (type_ is None or one.type == type_) and (contains is None or contains.casefold() in one.pattern.casefold())
    ]


def filter_that(tx: ReadTransaction | Transaction, filter_id: str) -> Filter:
    """Return the filter; raises ``NotFound``."""
    one = tx.guard.filter(filter_id)
    if one is None:
        message = f"There is no filter {filter_id[:60]!r}. Look its id up in the list of filters."
        raise NotFound(message, code="FilterNotFound")
    return one


def add_filter(
    tx: Transaction, *, by: AccountId, pattern: str, type_: int, about: str, replacement: str, now_ms: int
) -> Filter:
    """Return the new filter, tried; raises ``InvalidRequest`` for one that cannot be used."""
    count = len(tx.guard.filters())
    if count >= FILTERS_MAX:
        message = f"There are {count} filters, and the limit is {FILTERS_MAX}. Put some together with a|b."
        raise InvalidRequest(message, limit=FILTERS_MAX, value=count)
    account = tx.accounts.get(by)
    one = Filter(
        id=new_id(),
        pattern=pattern,
        type=type_,
        about=about,
        replacement=replacement,
        account_id=by,
        author=account.handle if account is not None else "",
        made_at_ms=now_ms,
    )
    check_filter(one)
    tx.guard.add_filter(one)
    return one


def change_filter(
    tx: Transaction,
    *,
    filter_id: str,
    pattern: str | None = None,
    type_: int | None = None,
    about: str | None = None,
    replacement: str | None = None,
) -> Filter:
    """Return the filter as it is now; what is None stays. Raises ``NotFound`` and ``InvalidRequest``."""
    one = filter_that(tx, filter_id)
    if pattern is None and type_ is None and about is None and replacement is None:
        message = "Nothing is to be changed. Name at least one of: regex, filter_type, description, replacement."
        raise InvalidRequest(message, code="NoFilterModSelected")
    changed = replace(
        one,
        pattern=one.pattern if pattern is None else pattern,
        type=one.type if type_ is None else type_,
        about=one.about if about is None else about,
        replacement=one.replacement if replacement is None else replacement,
    )
    check_filter(changed)
    tx.guard.put_filter(changed)
    return changed


def remove_filter(tx: Transaction, *, filter_id: str) -> Filter:
    """Return the filter that is gone; raises ``NotFound``."""
    one = filter_that(tx, filter_id)
    tx.guard.remove_filter(one.id)
    return one
