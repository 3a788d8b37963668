"""The engine's tables; the migrations make the same ones, which a test compares."""

from core.store.tables.base import metadata
from core.store.tables.ledger import balances, escrows, holds, ledger_snapshots, shared_keys, transfers
from core.store.tables.people import accounts, api_keys, identities
from core.store.tables.queue import jobs, lanes, leases, requests, results
from core.store.tables.record import event_cursors, events, incidents, loop_runs, verdicts
from core.store.tables.statistics import crowds, horizons, tallies
from core.store.tables.workers import team_workers, teams, worker_messages, worker_suspicions, workers

__all__ = [
    "accounts",
    "api_keys",
    "balances",
    "crowds",
    "escrows",
    "event_cursors",
    "events",
    "holds",
    "horizons",
    "identities",
    "incidents",
    "jobs",
    "lanes",
    "leases",
    "ledger_snapshots",
    "loop_runs",
    "metadata",
    "requests",
    "results",
    "shared_keys",
    "tallies",
    "team_workers",
    "teams",
    "transfers",
    "verdicts",
    "worker_messages",
    "worker_suspicions",
    "workers",
]
