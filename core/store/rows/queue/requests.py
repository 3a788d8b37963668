"""Requests and their results."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from core.domain.ids import AccountId, JobId, RequestId, WorkerId
from core.domain.jobs import LeaseView, Outcome
from core.domain.kinds.kind import Kind, Params
from core.domain.kinds.registry import RULES
from core.domain.requests import JobResult, Request, RequestDraft, RequestState
from core.store.statement import Line, Prepared
from core.store.tables import jobs, requests, results, workers
from core.store.writes import Writes, insert, update

_ONE = sa.select(requests).where(requests.c.id == sa.bindparam("request_id"))
_GET = Prepared(_ONE)
# Who changes a request's jobs has the request alone, so that each sees what the others did; SQLite's writer is alone.
_TAKE = Prepared(_ONE.with_for_update(key_share=True))
_BY_KEY = Prepared(
    sa.select(requests).where(
        requests.c.account_id == sa.bindparam("account_id"),
        requests.c.idempotency_key == sa.bindparam("idempotency_key"),
    )
)
RESULT: Final = [
    *(column.label(f"result_{column.name}") for column in results.c if column.name not in ("job_id", "request_id")),
    workers.c.name.label("result_worker_name"),
]
"""What a row says of a job's result, beside the job's own columns; see ``result_of``."""
_RESULTS = Prepared(
    sa.select(jobs.c.id, jobs.c.ordinal, jobs.c.price_mk, *RESULT)
    .select_from(results)
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
_NEWEST = (requests.c.asked_at_ms.desc(), requests.c.id.desc())
_HISTORY = (
    sa.select(requests)
    .where(
        requests.c.account_id == sa.bindparam("account_id"),
        requests.c.asked_at_ms <= sa.bindparam("before_ms"),
        sa.or_(requests.c.asked_at_ms < sa.bindparam("before_ms"), requests.c.id < sa.bindparam("before_id")),
    )
    .order_by(*_NEWEST)
    .limit(sa.bindparam("most"))
)
# All that are so young are looked at, by the account's index: an open request is not old.
_OPEN_OF = (
    sa.select(requests.c.id, requests.c.kind)
    .where(
        requests.c.account_id == sa.bindparam("account_id"),
        requests.c.asked_at_ms >= sa.bindparam("since_ms"),
        requests.c.state == RequestState.OPEN.value,
    )
    .order_by(*_NEWEST)
    .limit(sa.bindparam("most"))
)
_ADD = insert(
    requests,
    *("id", "account_id", "kind", "state", "draft", "price_mk", "asked_at_ms", "expires_at_ms", "idempotency_key"),
)
_CANCEL = update(requests, cancelled_at_ms=":cancelled_at_ms")
_CLOSE = update(requests, state=":state", finished_at_ms=":finished_at_ms")
_ADD_RESULT = insert(
    results,
    *("job_id", "request_id", "lease_id", "worker_id", "state", "object_key", "seed", "model", "gen_metadata"),
    *("content_type", "width_px", "height_px", "made_at_ms", "body"),
)
_EVER_MS = 2**62
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

    def __init__(self, line: Line, writes: Writes) -> None:
        """Stand over the transaction's line."""
        self._line = line
        self._writes = writes
        self._taken: dict[RequestId, Request] = {}

    def get(self, request_id: RequestId) -> Request | None:
        """Return the request."""
        known = self._taken.get(request_id) or request_of(self._line.first(_GET, {"request_id": request_id}))
        if known is not None and self._line.is_read:
            self._taken[request_id] = known  # a view that stays as it is
        return known

    def take(self, request_id: RequestId) -> Request | None:
        """Return the request, whose jobs no other transaction ends or gives back until this one has ended."""
        found = self._taken.get(request_id) or request_of(self._line.first(_TAKE, {"request_id": request_id}))
        if found is not None:
            self._taken[request_id] = found
        return found

    def know(self, request: Request) -> None:
        """Keep a request that was taken with one of its leases, so that it is not read again."""
        self._taken[request.id] = request

    def by_key(self, *, account_id: AccountId, idempotency_key: str) -> Request | None:
        """Return the request that this account made under this key."""
        return request_of(self._line.first(_BY_KEY, {"account_id": account_id, "idempotency_key": idempotency_key}))

    def results(self, request_id: RequestId) -> Sequence[JobResult]:
        """Return the results there are, in the order of the jobs."""
        return [result_of(row) for row in self._line.all(_RESULTS, {"request_id": request_id})]

    def of_account(
        self, account_id: AccountId, *, before: tuple[int, RequestId] | None, limit: int
    ) -> Sequence[Request]:
        """Return an account's requests, the newest first; before: only those before this (asked_at_ms, id)."""
        before_ms, before_id = (_EVER_MS, "") if before is None else before
        asked = {"account_id": account_id, "before_ms": before_ms, "before_id": before_id, "most": limit}
        found = self._line.seen.execute(_HISTORY, asked)
        return [request for row in found if (request := request_of(row)) is not None]

    def open_of(self, account_id: AccountId, *, since_ms: int, limit: int) -> Sequence[tuple[RequestId, Kind]]:
        """Return an account's open requests that were asked since then, the newest first."""
        asked = {"account_id": account_id, "since_ms": since_ms, "most": limit}
        return [(RequestId(row.id), Kind(row.kind)) for row in self._line.seen.execute(_OPEN_OF, asked)]

    def past_expiry(self, now_ms: int, *, limit: int) -> Sequence[Request]:
        """Return open requests that are past their expiry and still have waiting jobs."""
        found = self._line.seen.execute(_PAST_EXPIRY, {"now_ms": now_ms, "limit": limit})
        return [request for row in found if (request := request_of(row)) is not None]

    def add(self, request: Request) -> None:
        """Write a new open request."""
        self._writes.add(
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
        self._change(request_id, cancelled_at_ms=now_ms)
        self._writes.add(_CANCEL, {"id": request_id, "cancelled_at_ms": now_ms})

    def close(self, request_id: RequestId, *, state: RequestState, now_ms: int) -> None:
        """Give the request its final state."""
        self._change(request_id, state=state, finished_at_ms=now_ms)
        self._writes.add(_CLOSE, {"id": request_id, "state": state.value, "finished_at_ms": now_ms})

    def add_result(self, view: LeaseView, outcome: Outcome, *, now_ms: int) -> None:
        """Write the one result of a job."""
        self._writes.add(
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

    def _change(self, request_id: RequestId, **changes: RequestState | int) -> None:
        """Have a request that is kept be as it will be written."""
        known = self._taken.get(request_id)
        if known is not None:
            self._taken[request_id] = replace(known, **changes)  # type: ignore[arg-type]  # each is a field of a request


def request_of(row: Any) -> Request | None:  # noqa: ANN401 - a row of the requests, or None
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


def result_of(row: Any) -> JobResult:  # noqa: ANN401 - a row of a job with the columns of ``RESULT``
    """Return the result of a row."""
    return JobResult(
        job_id=JobId(row.id),
        state=row.result_state,
        object_key=row.result_object_key,
        seed=row.result_seed,
        model=row.result_model,
        worker_id=WorkerId(row.result_worker_id),
        worker_name=row.result_worker_name,
        gen_metadata=_METADATA.decode(row.result_gen_metadata),
        content_type=row.result_content_type,
        width_px=row.result_width_px,
        height_px=row.result_height_px,
        made_at_ms=row.result_made_at_ms,
        ordinal=row.ordinal,
        price_mk=row.price_mk,
        body=None if row.result_body is None else _BODY.decode(row.result_body),
    )
