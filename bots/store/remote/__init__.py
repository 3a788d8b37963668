"""What another horde makes for us: each order with its state, and the results that came of it."""

from bots.store.remote.orders import (
    add_remote,
    add_results,
    change_remote,
    claim_to_send,
    doubt_unsent,
    forget_remotes,
    has_old_remotes,
    known_remote_ids,
    open_jobs_of,
    overdue_remotes,
    remote,
    remote_of_key,
    remotes_in,
    results_of,
    take_remote,
)
from bots.store.remote.rows import OPEN, Progress, RemoteRequest, RemoteState

__all__ = [
    "OPEN",
    "Progress",
    "RemoteRequest",
    "RemoteState",
    "add_remote",
    "add_results",
    "change_remote",
    "claim_to_send",
    "doubt_unsent",
    "forget_remotes",
    "has_old_remotes",
    "known_remote_ids",
    "open_jobs_of",
    "overdue_remotes",
    "remote",
    "remote_of_key",
    "remotes_in",
    "results_of",
    "take_remote",
]
