"""Statistics in bounded tables."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from core.domain.kinds.kind import Kind
from core.domain.statistics import KEPT_MS, MODELS_MAX, REST, Bucket, Crowd, Period, Tally, smallest
from core.store.rows.record.upsert import upsert
from core.store.tables import balances, jobs, lanes
from core.store.tables.statistics import SUMS, WAITS, crowds, tallies

_COLUMNS: Final = (*SUMS, *WAITS)
_SUMMED: Final = tuple(sa.func.coalesce(sa.func.sum(tallies.c[name]), 0).label(name) for name in _COLUMNS)
_NUMBERS: Final = ("workers", "threads", "waiting", "processing")
_LAST: Final = 2**62
_WHERE: Final = (
    tallies.c.period == sa.bindparam("the_period"),
    tallies.c.start_ms >= sa.bindparam("since_ms"),
    tallies.c.start_ms < sa.bindparam("before_ms"),
    tallies.c.kind == sa.bindparam("the_kind"),
)
_SUM = sa.select(*_SUMMED).where(*_WHERE)
_BY_MODEL = sa.select(tallies.c.model, *_SUMMED).where(*_WHERE).group_by(tallies.c.model).order_by(tallies.c.model)
_BY_START = (
    sa.select(tallies.c.start_ms, *_SUMMED).where(*_WHERE).group_by(tallies.c.start_ms).order_by(tallies.c.start_ms)
)
_CROWDS = (
    sa.select(crowds).where(crowds.c.minute_ms >= sa.bindparam("since_ms")).order_by(crowds.c.minute_ms, crowds.c.kind)
)
_BALANCES = sa.select(
    sa.func.coalesce(sa.func.sum(balances.c.posted_mk), 0), sa.func.coalesce(sa.func.sum(balances.c.held_mk), 0)
)
_IN_WORK = (
    sa.select(lanes.c.kind, sa.func.count())
    .select_from(jobs.join(lanes, lanes.c.id == jobs.c.lane_id))
    .where(sa.text("jobs.state = 'leased'"))
    .group_by(lanes.c.kind)
)
_DROP_MODELS = sa.delete(tallies).where(
    tallies.c.period == sa.bindparam("the_period"),
    tallies.c.start_ms == sa.bindparam("the_start"),
    tallies.c.kind == sa.bindparam("the_kind"),
    tallies.c.model.in_(sa.bindparam("models", expanding=True)),
)
_PRUNE = sa.delete(tallies).where(
    tallies.c.period == sa.bindparam("the_period"), tallies.c.start_ms < sa.bindparam("before_ms")
)
_PRUNE_CROWDS = sa.delete(crowds).where(crowds.c.minute_ms < sa.bindparam("before_ms"))


_COUNT = sa.select(sa.func.count()).where(*_WHERE)
_ADD: Final = upsert(
    tallies,
    ("period", "start_ms", "kind", "model"),
    lambda new: {name: tallies.c[name] + new[name] for name in _COLUMNS},
)
_CROWD: Final = upsert(crowds, ("minute_ms", "kind"), lambda new: {name: new[name] for name in _NUMBERS})


class Statistics:
    """The statistics of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        """Stand over the transaction's connection."""
        self._connection = connection

    def sums(self, period: Period, *, kind: Kind, since_ms: int, before_ms: int | None = None) -> Tally:
        """Return what was done of a kind in the buckets that began since then, all models together."""
        row = self._connection.execute(_SUM, _where(period, kind, since_ms, before_ms)).one()
        return _tally(row)

    def by_model(self, period: Period, *, kind: Kind, since_ms: int) -> Mapping[str, Tally]:
        """Return what was done of a kind in the buckets that began since then, a model; ``REST`` is one of them."""
        found = self._connection.execute(_BY_MODEL, _where(period, kind, since_ms, None))
        return {row.model: _tally(row) for row in found}

    def history(self, period: Period, *, kind: Kind, since_ms: int) -> Mapping[int, Tally]:
        """Return what was done of a kind in each bucket that began since then, by its start, oldest first."""
        found = self._connection.execute(_BY_START, _where(period, kind, since_ms, None))
        return {row.start_ms: _tally(row) for row in found}

    def crowds(self, *, since_ms: int) -> Sequence[Crowd]:
        """Return who was there in each minute since then, oldest first."""
        return [
            Crowd(
                minute_ms=row.minute_ms,
                kind=Kind(row.kind),
                workers=row.workers,
                threads=row.threads,
                waiting=row.waiting,
                processing=row.processing,
            )
            for row in self._connection.execute(_CROWDS, {"since_ms": since_ms})
        ]

    def in_work(self) -> Mapping[Kind, int]:
        """Return how many jobs of each kind workers have in their hands now."""
        return {Kind(kind): int(count) for kind, count in self._connection.execute(_IN_WORK)}

    def balances(self) -> tuple[int, int]:
        """Return (posted, held) of all accounts that have balance rows together, in millikudos."""
        posted_mk, held_mk = self._connection.execute(_BALANCES).one()
        return int(posted_mk), int(held_mk)

    def add(self, done: Mapping[Bucket, Tally]) -> None:
        """Add to the buckets; one that has too many models then keeps the largest, the others become ``REST``."""
        if not done:
            return
        # In the order of the key, so that two processes that add at once wait for each other instead of dying.
        self._connection.execute(
            _ADD[self._connection.dialect.name], [_row(bucket, done[bucket]) for bucket in sorted(done)]
        )
        for period, start_ms, kind in sorted({(one.period, one.start_ms, one.kind) for one in done}):
            self._fold(period, start_ms, kind)

    def note_crowd(self, crowd: Crowd) -> None:
        """Write who is there in this minute; the same minute again replaces it."""
        self._connection.execute(
            _CROWD[self._connection.dialect.name],
            {
                "minute_ms": crowd.minute_ms,
                "kind": crowd.kind.value,
                "workers": crowd.workers,
                "threads": crowd.threads,
                "waiting": crowd.waiting,
                "processing": crowd.processing,
            },
        )

    def prune(self, *, now_ms: int) -> int:
        """Delete buckets and crowds past the time that their period is kept and return how many rows those were."""
        gone = self._connection.execute(_PRUNE_CROWDS, {"before_ms": now_ms - KEPT_MS[Period.MINUTE]}).rowcount
        for period, kept_ms in KEPT_MS.items():
            where = {"the_period": period.value, "before_ms": now_ms - kept_ms}
            gone += self._connection.execute(_PRUNE, where).rowcount
        return gone

    def _fold(self, period: Period, start_ms: int, kind: Kind) -> None:
        """Add the smallest models of a bucket that has too many to its ``REST``."""
        where = _where(period, kind, start_ms, start_ms + 1)
        if int(self._connection.scalar(_COUNT, where) or 0) <= MODELS_MAX:
            return
        found = self._connection.execute(_BY_MODEL, where)
        known = {row.model: _tally(row) for row in found}
        folded = smallest(known)
        if not folded:
            return
        rest = sum((known[model] for model in folded), start=Tally())
        self._connection.execute(
            _DROP_MODELS,
            {"the_period": period.value, "the_start": start_ms, "the_kind": kind.value, "models": list(folded)},
        )
        bucket = Bucket(period=period, start_ms=start_ms, kind=kind, model=REST)
        self._connection.execute(_ADD[self._connection.dialect.name], _row(bucket, rest))


def _where(period: Period, kind: Kind, since_ms: int, before_ms: int | None) -> dict[str, object]:
    """Return the parameters of a reading statement."""
    return {
        "the_period": period.value,
        "the_kind": kind.value,
        "since_ms": since_ms,
        "before_ms": _LAST if before_ms is None else before_ms,
    }


def _row(bucket: Bucket, tally: Tally) -> dict[str, object]:
    """Return the row of a bucket."""
    return {
        "period": bucket.period.value,
        "start_ms": bucket.start_ms,
        "kind": bucket.kind.value,
        "model": bucket.model,
        **{name: getattr(tally, name) for name in SUMS},
        **dict(zip(WAITS, tally.waits, strict=True)),
    }


def _tally(row: "sa.Row[*tuple[Any, ...]]") -> Tally:
    """Return the tally of a row; PostgreSQL sums big integers to decimals."""
    return Tally(
        **{name: int(getattr(row, name)) for name in SUMS}, waits=tuple(int(getattr(row, name)) for name in WAITS)
    )
