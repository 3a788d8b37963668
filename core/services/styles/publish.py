"""Publish: styles are made, changed and taken down by those who may."""

from dataclasses import replace

from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotFound, NotPermitted
from core.domain.ids import AccountId, new_id
from core.domain.kinds.kind import Kind
from core.domain.shelf.style import EXAMPLES_MAX, Example, PublishedStyle, StyleId, check_example, checked_style
from core.ports.store import ReadTransaction, Transaction
from core.services.styles.find import style_that

STYLES_MAX = 500
"""So many styles one account may have of a kind of work, all together."""


def check_author(tx: ReadTransaction | Transaction, account_id: AccountId) -> Account:
    """Return the account if it may publish styles: trusted, a customizer, or a moderator; else ``NotPermitted``."""
    account = tx.accounts.get(account_id)
    if account is None or account.is_anonymous:
        message = "Without an account nobody can publish styles. Make one and use its key."
        raise NotPermitted(message, code="StylesAnonForbidden")
    if not account.trusted and not account.customizer and not account.moderator:
        message = (
            "Only trusted accounts and customizers publish styles. Trust comes with the work that your workers do; "
            "a moderator can make you a customizer."
        )
        raise NotPermitted(message, code="StylesRequiresCustomizer")
    return account


def make_style(tx: Transaction, *, by: AccountId, wanted: PublishedStyle, now_ms: int) -> PublishedStyle:
    """Return the new style; ``wanted``'s own id, owner and counts are not looked at.

    Raises ``NotPermitted`` for who may not, ``InvalidRequest`` for a limit, a taken name or another's shared key.
    """
    author = check_author(tx, by)
    style = checked_style(
        replace(
            wanted,
            id=StyleId(new_id()),
            account_id=author.id,
            owner=author.name,
            examples=(),
            uses=0,
            made_at_ms=now_ms,
        )
    )
    _check_key(tx, style)
    count = len(tx.styles.of_account(author.id, public_only=False, limit=STYLES_MAX))
    if count >= STYLES_MAX:
        message = f"{author.handle} has {count} styles, and the limit is {STYLES_MAX}. Delete one first."
        raise InvalidRequest(message, limit=STYLES_MAX, value=count)
    if not tx.styles.add(style):
        raise _name_taken(style)
    return style


def change_style(tx: Transaction, *, by: AccountId, style: PublishedStyle) -> PublishedStyle:
    """Return the style as it is now; who changes it must own it, or be a moderator.

    Raises ``NotFound``, ``NotPermitted``, and ``InvalidRequest`` as ``make_style`` does.
    """
    own_style(tx, style.id, kind=style.kind, by=by)
    changed = checked_style(style)
    _check_key(tx, changed)
    if not tx.styles.put(changed):
        raise _name_taken(changed)
    return changed


def delete_style(tx: Transaction, *, by: AccountId, style_id: StyleId, kind: Kind) -> PublishedStyle:
    """Return the style that is gone, also out of all collections. Raises ``NotFound`` and ``NotPermitted``."""
    style = own_style(tx, style_id, kind=kind, by=by)
    tx.styles.remove(style.id)
    return style


def add_example(tx: Transaction, *, by: AccountId, style_id: StyleId, url: str, primary: bool) -> Example:
    """Return the new example of a style of pictures. Raises also ``InvalidRequest`` where it has four."""
    style = own_style(tx, style_id, kind=Kind.IMAGE, by=by)
    check_example(url)
    if len(style.examples) >= EXAMPLES_MAX:
        message = f"This style has {len(style.examples)} examples; {EXAMPLES_MAX} are kept. Delete one first."
        raise InvalidRequest(message, limit=EXAMPLES_MAX, value=len(style.examples), code="TooManyStyleExamples")
    example = Example(id=new_id(), url=url, primary=primary)
    tx.styles.put(replace(style, examples=_with(style.examples, example)))
    return example


def change_example(
    tx: Transaction,
    *,
    by: AccountId,
    style_id: StyleId,
    example_id: str,
    url: str | None = None,
    primary: bool | None = None,
) -> Example:
    """Return the example as it is now; what is None stays."""
    style = own_style(tx, style_id, kind=Kind.IMAGE, by=by)
    known = _example_of(style, example_id)
    if url is None and primary is None:
        message = "Nothing is to be changed. Name at least one of: url, primary."
        raise InvalidRequest(message)
    if url is not None:
        check_example(url)
    changed = replace(
        known, url=known.url if url is None else url, primary=known.primary if primary is None else primary
    )
    tx.styles.put(replace(style, examples=_with(style.examples, changed)))
    return changed


def remove_example(tx: Transaction, *, by: AccountId, style_id: StyleId, example_id: str) -> Example:
    """Return the example that is gone."""
    style = own_style(tx, style_id, kind=Kind.IMAGE, by=by)
    known = _example_of(style, example_id)
    tx.styles.put(replace(style, examples=tuple(one for one in style.examples if one.id != known.id)))
    return known


def own_style(tx: Transaction, style_id: StyleId, *, kind: Kind, by: AccountId) -> PublishedStyle:
    """Return the style if the account owns it or is a moderator's; raises ``NotFound`` and ``NotPermitted``."""
    style = style_that(tx, style_id, kind=kind)
    account = tx.accounts.get(by)
    if account is None or (style.account_id != by and not account.moderator):
        message = f"The style {style.name!r} is not yours. Only its owner or a moderator can do this."
        raise NotPermitted(message, code="NotOwner")
    return style


def _with(examples: tuple[Example, ...], one: Example) -> tuple[Example, ...]:
    """Return the examples with this one in its place, or last; at most one is primary."""
    others = [replace(other, primary=other.primary and not one.primary) for other in examples]
    if any(other.id == one.id for other in others):
        return tuple(one if other.id == one.id else other for other in others)
    return (*others, one)


def _example_of(style: PublishedStyle, example_id: str) -> Example:
    for example in style.examples:
        if example.id == example_id:
            return example
    message = f"The style {style.name!r} has no example {example_id[:60]!r}. Look at the style again."
    raise NotFound(message, code="StyleExampleNotFound")


def _check_key(tx: Transaction, style: PublishedStyle) -> None:
    """Raise ``InvalidRequest`` unless the style's shared key, if any, is its owner's and still works."""
    if style.shared_key_id is None:
        return
    key = tx.keys.get(style.shared_key_id)
    if key is None or key.account_id != style.account_id or key.revoked_at_ms is not None:
        message = "The sharedkey of a style must be one of its owner's own. Make one with PUT /sharedkeys."
        raise InvalidRequest(message, field="sharedkey", code="SharedKeyInvalid")


def _name_taken(style: PublishedStyle) -> InvalidRequest:
    message = f"You have another {style.kind} style with the name {style.name!r}. Choose another name."
    return InvalidRequest(message, field="name", value=style.name)
