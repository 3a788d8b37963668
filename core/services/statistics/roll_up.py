"""Roll up: what happened goes into the statistics, each event exactly once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from core.domain.events import FINAL_KINDS, Event, EventKind
from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.records import Usage
from core.domain.statistics import REST, Bucket, Period, Tally, one_wait, start_of
from core.ports.store import ReadTransaction, Transaction

READER: Final = "statistics"
"""The name of the statistics' durable cursor over the events."""
_KINDS: Final = {kind.value: kind for kind in Kind}


def roll_up(tx: Transaction, *, limit: int = 1_000) -> int:
    """Return how many events were dealt with: they are in the buckets and behind the cursor, in one transaction.

    So each is counted exactly once, also where the process dies in between or two do it at the same time.
    """
    events = tx.events.after(tx.events.take_cursor(READER), limit=limit)
    if not events:
        return 0
    tx.statistics.add(_by_bucket(events))
    tx.records.add_usage(_by_account(events))
    tx.events.move_cursor(READER, events[-1].seq)
    return len(events)


def has_news(tx: ReadTransaction) -> bool:
    """Tell whether anything happened that is not in the statistics yet."""
    return bool(tx.events.after(tx.events.cursor(READER), limit=1))


def _by_bucket(events: Iterable[Event]) -> Mapping[Bucket, Tally]:
    """Return what the events add to which buckets, those of every period."""
    by_minute: defaultdict[tuple[int, Kind, str], Tally] = defaultdict(Tally)
    for event in events:
        kind = _KINDS.get(str(event.body.get("kind")))
        if kind is None:  # an event of another version of the program
            continue
        minute_ms = start_of(Period.MINUTE, event.at_ms)
        if event.kind is EventKind.JOB_DONE:
            by_minute[minute_ms, kind, str(event.body.get("model") or REST)] += _job_done(event.body)
        elif event.kind in FINAL_KINDS:
            by_minute[minute_ms, kind, REST] += _request_ended(event.body)
    found: defaultdict[Bucket, Tally] = defaultdict(Tally)
    for (minute_ms, kind, model), tally in by_minute.items():
        for period in Period:
            bucket = Bucket(period=period, start_ms=start_of(period, minute_ms), kind=kind, model=model)
            found[bucket] += tally
    return found


def _by_account(events: Iterable[Event]) -> Mapping[tuple[AccountId, Kind], Usage]:
    """Return what the events add to the records of those who asked."""
    found: defaultdict[tuple[AccountId, Kind], Usage] = defaultdict(Usage)
    for event in events:
        kind = _KINDS.get(str(event.body.get("kind")))
        if kind is None:
            continue
        if event.kind is EventKind.JOB_DONE:
            found[event.account_id, kind] += Usage(jobs=1, things=_number(event.body, "things"))
        elif event.kind in FINAL_KINDS:
            found[event.account_id, kind] += Usage(requests=1)
    return found


def _job_done(body: Mapping[str, object]) -> Tally:
    """Return what a finished job adds."""
    waited_ms = max(_number(body, "waited_ms"), 0)
    return Tally(
        jobs=1,
        things=_number(body, "things"),
        price_mk=_number(body, "price_mk"),
        reward_mk=_number(body, "reward_mk"),
        waited_ms=waited_ms,
        worked_ms=max(_number(body, "worked_ms"), 0),
        waits=one_wait(waited_ms),
    )


def _request_ended(body: Mapping[str, object]) -> Tally:
    """Return what a request adds that came to its end; its finished jobs have told of themselves."""
    return Tally(
        requests=1,
        faulted=_number(body, "faulted"),
        cancelled=_number(body, "cancelled"),
        expired=_number(body, "expired"),
    )


def _number(body: Mapping[str, object], name: str) -> int:
    """Return a number of an event's body, 0 where it has none."""
    value = body.get(name)
    return round(value) if isinstance(value, int | float) else 0
