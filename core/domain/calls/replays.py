"""Replays: what was answered to a call that may come again under the same key."""

from dataclasses import dataclass

from core.domain.ids import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A call that was done. fingerprint: a digest of what was asked; body: the reply as JSON."""

    account_id: AccountId
    key: str
    fingerprint: str
    status: int
    body: str
    at_ms: int
