"""Amounts as clients read them."""

from core.domain.kudos.ledger import MK_PER_KUDOS
from core.wire.fields import Kudos


def kudos_of(amount_mk: int) -> Kudos:
    """Return millikudos as kudos, an int where whole."""
    return amount_mk // MK_PER_KUDOS if amount_mk % MK_PER_KUDOS == 0 else amount_mk / MK_PER_KUDOS


def whole_kudos_of(amount_mk: int) -> int:
    """Return millikudos as whole kudos, rounded up: some clients refuse a price with a fraction."""
    return -(-amount_mk // MK_PER_KUDOS)
