"""Totals: what was done in the last minute, hour, day, month and ever, as a whole and a model."""

from collections.abc import Mapping
from typing import Final

from core.domain.kinds.kind import Kind
from core.domain.statistics import REST, ModelCounts, Period, Tally, Totals, start_of
from core.ports.store import ReadTransaction, Transaction

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
_MONTH_MS: Final = 30 * _DAY_MS


def totals(tx: ReadTransaction | Transaction, *, kind: Kind, now_ms: int) -> Totals:
    """Return what was done of a kind. The windows are summed of buckets of the next smaller period.

    So the minute is the last whole one, and the others reach back between one bucket less and their full length.
    """
    sums, minute_ms = tx.statistics.sums, start_of(Period.MINUTE, now_ms)
    return Totals(
        minute=sums(Period.MINUTE, kind=kind, since_ms=minute_ms - _MINUTE_MS, before_ms=minute_ms),
        hour=sums(Period.MINUTE, kind=kind, since_ms=now_ms - _HOUR_MS),
        day=sums(Period.HOUR, kind=kind, since_ms=now_ms - _DAY_MS),
        month=sums(Period.DAY, kind=kind, since_ms=now_ms - _MONTH_MS),
        total=sums(Period.TOTAL, kind=kind, since_ms=0),
    )


def model_counts(tx: ReadTransaction | Transaction, *, kind: Kind, now_ms: int) -> ModelCounts:
    """Return the jobs done a model; models too small to have rows of their own are not in it."""
    by_model = tx.statistics.by_model
    return ModelCounts(
        day=_jobs(by_model(Period.HOUR, kind=kind, since_ms=now_ms - _DAY_MS)),
        month=_jobs(by_model(Period.DAY, kind=kind, since_ms=now_ms - _MONTH_MS)),
        total=_jobs(by_model(Period.TOTAL, kind=kind, since_ms=0)),
    )


def _jobs(found: Mapping[str, Tally]) -> Mapping[str, int]:
    """Return the number of jobs a model, the busiest first."""
    busiest = sorted(found, key=lambda model: (-found[model].jobs, model))
    return {model: found[model].jobs for model in busiest if model != REST and found[model].jobs}
