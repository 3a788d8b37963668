"""Requests and their results."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import sqlalchemy as sa

from core.domain.ids import AccountId, JobId, RequestId, WorkerId
from core.domain.jobs import LeaseView, Outcome
from core.domain.kinds.kind import Kind, Params
from core.domain.kinds.registry import RULES
from core.domain.requests import JobResult, Request, RequestDraft, RequestState
from core.store.tables import jobs, requests, results, workers

_GET = sa.select(requests).where(requests.c.id == sa.bindparam("request_id"))
_BY_KEY = sa.select(requests).where(
    requests.c.account_id == sa.bindparam("account_id"),
    requests.c.idempotency_key == sa.bindparam("idempotency_key"),
)
_RESULTS = (
    sa.select(results, workers.c.name.label("worker_name"), jobs.c.ordinal, jobs.c.price_mk)
    .join(jobs, jobs.c.id == results.c.job_id)
    .join(workers, workers.c.id == results.c.worker_id)
    .where(results.c.request_id == sa.bindparam("request_id"))
    .order_by(jobs.c.ordinal)
)
_PAST_EXPIRY = (
    sa.select(requests)
    .where(
        sa.text("requests.state = 'open'"),
        requests.c.expires_at_ms <= sa.bindparam("now_ms"),
        sa.exists().where(jobs.c.request_id == requests.c.id, jobs.c.state == "waiting"),
    )
    .order_by(requests.c.expires_at_ms)
    .limit(sa.bindparam("limit"))
)
_ADD = sa.insert(requests)
_CANCEL = sa.update(requests).where(requests.c.id == sa.bindparam("the_request"))
_CLOSE = sa.update(requests).where(requests.c.id == sa.bindparam("the_request"))
_ADD_RESULT = sa.insert(results)
_RAW = msgspec.json.Decoder(dict[str, Any])
_BODY = msgspec.json.Decoder(dict[str, object])
_METADATA = msgspec.json.Decoder(tuple[Mapping[str, object], ...])


@lru_cache(maxsize=512)
def draft_of(text: str) -> RequestDraft:
    """Return the draft that was stored as this text; the same text is read many times while its jobs are popped."""
    raw = _RAW.decode(text)
    kind = Kind(raw["kind"])
    params: Params = msgspec.convert(raw["params"], RULES[kind].params_type)
    lists = {name: tuple(raw[name]) for name in ("models", "worker_ids")}
    return RequestDraft(**{**raw, **lists, "kind": kind, "params": params})


class Requests:
    """The requests of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def get(self, request_id: RequestId) -> Request | None:
        """Return the request."""
        return _request(self._connection.execute(_GET, {"request_id": request_id}).first())

    def by_key(self, *, account_id: AccountId, idempotency_key: str) -> Request | None:
        """Return the request that this account made under this key."""
        where = {"account_id": account_id, "idempotency_key": idempotency_key}
        return _request(self._connection.execute(_BY_KEY, where).first())

    def results(self, request_id: RequestId) -> Sequence[JobResult]:
        """Return the results there are, in the order of the jobs."""
        return [
            JobResult(
                job_id=JobId(row.job_id),
                state=row.state,
                object_key=row.object_key,
                seed=row.seed,
                model=row.model,
                worker_id=WorkerId(row.worker_id),
                worker_name=row.worker_name,
                gen_metadata=_METADATA.decode(row.gen_metadata),
                content_type=row.content_type,
                width_px=row.width_px,
                height_px=row.height_px,
                made_at_ms=row.made_at_ms,
                ordinal=row.ordinal,
                price_mk=row.price_mk,
                body=None if row.body is None else _BODY.decode(row.body),
            )
            for row in self._connection.execute(_RESULTS, {"request_id": request_id})
        ]

    def past_expiry(self, now_ms: int, *, limit: int) -> Sequence[Request]:
        """Return open requests that are past their expiry and still have waiting jobs."""
        found = self._connection.execute(_PAST_EXPIRY, {"now_ms": now_ms, "limit": limit})
        return [request for row in found if (request := _request(row)) is not None]

    def add(self, request: Request) -> None:
        """Write a new open request."""
        self._connection.execute(
            _ADD,
            {
                "id": request.id,
                "account_id": request.account_id,
                "state": request.state.value,
                "kind": request.draft.kind.value,
                "draft": msgspec.json.encode(request.draft).decode(),
                "price_mk": request.price_mk,
                "asked_at_ms": request.asked_at_ms,
                "expires_at_ms": request.expires_at_ms,
                "idempotency_key": request.idempotency_key,
            },
        )

    def mark_cancelled(self, request_id: RequestId, *, now_ms: int) -> None:
        """Note that its owner wants no more of it."""
        self._connection.execute(_CANCEL, {"the_request": request_id, "cancelled_at_ms": now_ms})

    def close(self, request_id: RequestId, *, state: RequestState, now_ms: int) -> None:
        """Give the request its final state."""
        self._connection.execute(_CLOSE, {"the_request": request_id, "state": state.value, "finished_at_ms": now_ms})

    def add_result(self, view: LeaseView, outcome: Outcome, *, now_ms: int) -> None:
        """Write the one result of a job."""
        self._connection.execute(
            _ADD_RESULT,
            {
                "job_id": view.job_id,
                "request_id": view.request_id,
                "lease_id": view.lease_id,
                "worker_id": view.worker_id,
                "state": outcome.state,
                "object_key": outcome.object_key,
                "seed": view.seed if outcome.seed is None else outcome.seed,
                "model": view.model,
                "gen_metadata": msgspec.json.encode(outcome.gen_metadata).decode(),
                "content_type": outcome.content_type,
                "width_px": outcome.width_px,
                "height_px": outcome.height_px,
                "made_at_ms": now_ms,
                "body": None if outcome.body is None else msgspec.json.encode(outcome.body).decode(),
            },
        )


def _request(row: "sa.Row[*tuple[Any, ...]] | None") -> Request | None:
    """Return the request of a row."""
    if row is None:
        return None
    return Request(
        id=RequestId(row.id),
        account_id=AccountId(row.account_id),
        draft=draft_of(row.draft),
        state=RequestState(row.state),
        price_mk=row.price_mk,
        asked_at_ms=row.asked_at_ms,
        expires_at_ms=row.expires_at_ms,
        cancelled_at_ms=row.cancelled_at_ms,
        finished_at_ms=row.finished_at_ms,
        idempotency_key=row.idempotency_key,
    )
