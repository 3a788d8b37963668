"""Webhooks and their deliveries, and what was answered to calls that may come again."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.domain.calls.deliveries import Delivery, DeliveryState, Posted, Webhook, WebhookSecret
from core.domain.calls.replays import Replay
from core.domain.ids import AccountId, RequestId


class WebhookReads(Protocol):
    """Webhooks, to read."""

    def any(self) -> bool:
        """Tell whether anybody wants to be told anything."""
        ...

    def of(self, request_ids: Sequence[RequestId]) -> Mapping[RequestId, Webhook]:
        """Return those of the requests whose askers want to be told."""
        ...

    def secret(self, account_id: AccountId) -> WebhookSecret:
        """Return which of its secrets the account has now."""
        ...

    def is_due(self, now_ms: int) -> bool:
        """Tell whether there is a delivery to try."""
        ...

    def states(self, request_id: RequestId) -> Mapping[str, DeliveryState]:
        """Return how each of a request's deliveries stands, by its id."""
        ...


class WebhookStore(WebhookReads, Protocol):
    """Webhooks, to write."""

    def want(self, webhook: Webhook) -> None:
        """Note that the request's asker wants to be told."""
        ...

    def turn_secret(self, account_id: AccountId, *, now_ms: int) -> WebhookSecret:
        """Give the account its next secret."""
        ...

    def add(self, delivery: Delivery) -> None:
        """Write a delivery that waits."""
        ...

    def take(
        self, now_ms: int, *, limit: int, until_ms: int, full_hosts: Sequence[str], a_host: int
    ) -> Sequence[Delivery]:
        """Return deliveries that are due, at most ``a_host`` a host; each counts one try more, and waits till then."""
        ...

    def end(self, delivery: Delivery, *, state: DeliveryState, posted: Posted, now_ms: int) -> bool:
        """Give the delivery its final state; False if another try has begun since."""
        ...

    def put_off(self, delivery: Delivery, *, due_ms: int, posted: Posted) -> bool:
        """Have the delivery tried again then; False if another try has begun since."""
        ...

    def prune(self, *, before_ms: int, limit: int) -> int:
        """Delete what ended, and webhooks of requests made, before then; return how many deliveries."""
        ...


class ReplayReads(Protocol):
    """Answers, to read."""

    def get(self, account_id: AccountId, key: str) -> Replay | None:
        """Return what was answered to the account under this key."""
        ...


class ReplayStore(ReplayReads, Protocol):
    """Answers, to write."""

    def add(self, replay: Replay) -> None:
        """Keep an answer."""
        ...

    def prune(self, *, before_ms: int, limit: int) -> int:
        """Forget answers from before then and return how many."""
        ...
