"""The bots' tables: what came in, what became of it, what goes out, and the local timeline."""

from bots.store.tables.base import metadata
from bots.store.tables.commissions import commissions
from bots.store.tables.commons import commons_posts, commons_votes
from bots.store.tables.inbox import cursors, inbox, leases
from bots.store.tables.manners import forgets, opt_outs, paces
from bots.store.tables.money import pot_payments, pots, tips
from bots.store.tables.outbox import outbox
from bots.store.tables.parties import parties, party_guests
from bots.store.tables.ratings import ratings, votes
from bots.store.tables.remote import remote_requests, remote_results

__all__ = [
    "commissions",
    "commons_posts",
    "commons_votes",
    "cursors",
    "forgets",
    "inbox",
    "leases",
    "metadata",
    "opt_outs",
    "outbox",
    "paces",
    "parties",
    "party_guests",
    "pot_payments",
    "pots",
    "ratings",
    "remote_requests",
    "remote_results",
    "tips",
    "votes",
]
