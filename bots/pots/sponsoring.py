"""A sponsor opens a pot for a community, changes it and closes it; what is left comes back."""

from dataclasses import dataclass, replace

from bots.store.ids import new_id
from bots.store.money.pots import Pot, PotState, closed_pots, locked_pot, open_pot_of, put_pot, take_community
from core.domain.account_changes import NAME_CHARS_MAX
from core.domain.errors import Conflict, InvalidRequest, NotFound
from core.domain.ids import AccountId
from core.domain.kudos.ledger import TransferReason
from core.ports.store import Transaction
from core.services.kudos.transfer import transfer
from core.services.linking.purse import purse_of

WAITING_MAX = 200
"""A community is many people: the pot's account may have so many jobs waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PotTerms:
    """What a sponsor says of a pot. None: as it was, for a new pot no bound."""

    budget_mk: int | None = None
    member_day_mk: int | None = None
    request_mk: int | None = None


def open_pot(
    tx: Transaction, *, platform: str, community: str, name: str, sponsor_id: AccountId, terms: PotTerms, now_ms: int
) -> Pot:
    """Returns the new pot with its budget, which leaves the sponsor now.

    Raises InsufficientKudos where the sponsor has less, InvalidRequest, NotFound, and Conflict where the community has
    an open pot.
    """
    _check(terms)
    if not terms.budget_mk:
        raise InvalidRequest("A pot needs a budget: give 1 or more kudos.", field="budget", limit=1, value=0)
    if not community.strip():
        message = "A pot is for a community: a subreddit, the number of a Discord server, or a Mastodon instance."
        raise InvalidRequest(message, field="community")
    take_community(tx, platform=platform, community=community)
    there = open_pot_of(tx, platform=platform, community=community)
    if there is not None:
        message = f"{community} has an open pot ({there.id}). Change or close that one."
        raise Conflict(message)
    account_id = tx.accounts.add(
        name=f"pot of {name}".replace("#", "")[:NAME_CHARS_MAX],
        trusted=False,
        moderator=False,
        guest=False,
        now_ms=now_ms,
    )
    account = tx.accounts.get(account_id)
    if account is not None:
        tx.accounts.put(replace(account, waiting_max=WAITING_MAX))
    pot = Pot(
        id=new_id(now_ms),
        platform=platform,
        community=community.casefold(),
        name=name,
        sponsor_id=sponsor_id,
        account_id=account_id,
        state=PotState.OPEN,
        budget_mk=0,
        member_day_mk=terms.member_day_mk,
        request_mk=terms.request_mk,
        moves=0,
        opened_at_ms=now_ms,
    )
    pot = _fill(tx, pot, terms.budget_mk, now_ms)
    put_pot(tx, pot)
    return pot


def change_pot(tx: Transaction, *, pot_id: str, terms: PotTerms, now_ms: int) -> Pot:
    """Returns the pot under other terms; a larger budget leaves the sponsor now, of a smaller one the rest comes back.

    Raises what `open_pot` raises, and InvalidRequest for a budget below what is spent and held.
    """
    _check(terms)
    pot = _found(tx, pot_id)
    if pot.state is not PotState.OPEN:
        raise Conflict(f"The pot {pot_id} is closed. Open another one.")
    if terms.budget_mk is not None and terms.budget_mk != pot.budget_mk:
        pot = _fill(tx, pot, terms.budget_mk - pot.budget_mk, now_ms)
    pot = replace(
        pot,
        member_day_mk=pot.member_day_mk if terms.member_day_mk is None else terms.member_day_mk,
        request_mk=pot.request_mk if terms.request_mk is None else terms.request_mk,
    )
    put_pot(tx, pot)
    return pot


def close_pot(tx: Transaction, *, pot_id: str, now_ms: int) -> Pot:
    """Returns the pot, which pays for nothing new; what is left is back now, what is held follows it."""
    pot = _found(tx, pot_id)
    if pot.state is not PotState.OPEN:
        return pot
    pot = replace(pot, state=PotState.CLOSED, closed_at_ms=now_ms)
    pot = _empty(tx, pot, now_ms)
    put_pot(tx, pot)
    return pot


def give_back(tx: Transaction, *, now_ms: int) -> int:
    """Returns of how many closed pots something came back to their sponsors, or nothing more is to come."""
    changed = 0
    for one in closed_pots(tx):
        pot = locked_pot(tx, pot_id=one.id)
        if pot is not None and pot.state is PotState.CLOSED:
            after = _empty(tx, pot, now_ms)
            if after != pot:
                put_pot(tx, after)
                changed += 1
    return changed


def _fill(tx: Transaction, pot: Pot, amount_mk: int, now_ms: int) -> Pot:
    """Returns the pot with so much more in it, or (negative) less; never more than there is on either side."""
    sponsor = purse_of(tx, pot.sponsor_id)
    if sponsor is None or sponsor.is_anonymous or sponsor.is_system or sponsor.is_deleted:
        raise NotFound(f"There is no account {pot.sponsor_id} that could sponsor a pot.", code="UserNotFound")
    from_id, to_id = (sponsor.id, pot.account_id) if amount_mk > 0 else (pot.account_id, sponsor.id)
    transfer(
        tx,
        transfer_id=f"pot:{pot.id}:{pot.moves}",
        from_id=from_id,
        to_id=to_id,
        amount_mk=abs(amount_mk),
        reason=TransferReason.POT,
        ref=pot.id,
        floor_mk=0,
        now_ms=now_ms,
    )
    return replace(pot, budget_mk=pot.budget_mk + amount_mk, moves=pot.moves + 1)


def _empty(tx: Transaction, pot: Pot, now_ms: int) -> Pot:
    account = tx.accounts.lock(pot.account_id)
    sponsor = purse_of(tx, pot.sponsor_id)
    if account is None or sponsor is None:
        return pot
    if account.available_mk > 0:
        transfer(
            tx,
            transfer_id=f"pot:{pot.id}:{pot.moves}",
            from_id=pot.account_id,
            to_id=sponsor.id,
            amount_mk=account.available_mk,
            reason=TransferReason.POT,
            ref=pot.id,
            now_ms=now_ms,
        )
        pot = replace(pot, moves=pot.moves + 1)
    return replace(pot, state=PotState.ENDED) if account.held_mk == 0 else pot


def _found(tx: Transaction, pot_id: str) -> Pot:
    pot = locked_pot(tx, pot_id=pot_id)
    if pot is None:
        raise NotFound(f"There is no pot {pot_id[:40]!r}. `horde pot list` shows all of them.")
    return pot


def _check(terms: PotTerms) -> None:
    for field, value in (
        ("budget", terms.budget_mk),
        ("per member and day", terms.member_day_mk),
        ("per request", terms.request_mk),
    ):
        if value is not None and value < 0:
            message = f"The {field} of a pot is {value / 1000:g} kudos: give 0 or more."
            raise InvalidRequest(message, field=field, limit=0, value=value)
