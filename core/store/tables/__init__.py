"""The engine's tables; the migrations make the same ones, which a test compares."""

from core.store.tables.base import metadata
from core.store.tables.deliveries import deliveries, replays, webhook_secrets, webhooks
from core.store.tables.guard import address_blocks, address_strikes, filters, modes, worker_addresses
from core.store.tables.ledger import balances, escrows, holds, ledger_snapshots, shared_keys, transfers
from core.store.tables.linking import link_codes, link_tries, merges
from core.store.tables.people import account_kudos, account_usage, accounts, api_keys, identities, journal_marks
from core.store.tables.queue import jobs, lanes, leases, requests, results
from core.store.tables.record import event_cursors, events, incidents, loop_runs, verdicts
from core.store.tables.statistics import crowds, horizons, tallies
from core.store.tables.styles import collection_styles, collections, styles
from core.store.tables.workers import team_workers, teams, worker_messages, worker_suspicions, workers

__all__ = [
    "account_kudos",
    "account_usage",
    "accounts",
    "address_blocks",
    "address_strikes",
    "api_keys",
    "balances",
    "collection_styles",
    "collections",
    "crowds",
    "deliveries",
    "escrows",
    "event_cursors",
    "events",
    "filters",
    "holds",
    "horizons",
    "identities",
    "incidents",
    "jobs",
    "journal_marks",
    "lanes",
    "leases",
    "ledger_snapshots",
    "link_codes",
    "link_tries",
    "loop_runs",
    "merges",
    "metadata",
    "modes",
    "replays",
    "requests",
    "results",
    "shared_keys",
    "styles",
    "tallies",
    "team_workers",
    "teams",
    "transfers",
    "verdicts",
    "webhook_secrets",
    "webhooks",
    "worker_addresses",
    "worker_messages",
    "worker_suspicions",
    "workers",
]
