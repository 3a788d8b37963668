"""A simulated horde: what its order of the queue means for waiting times, without a clock or a database."""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.errors import InvalidRequest
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.policy import QueuePolicy
from core.domain.queue.due import due_ms

LIMITS = {
    "load": (0.01, 10.0, "1.1"),
    "workers": (1, 10_000, "10"),
    "job_s": (0.1, 3_600.0, "10"),
    "price": (0, 1_000_000, "10"),
    "requests": (100, 2_000_000, "50000"),
    "seed": (0, 2**63 - 1, "1"),
}
"""Option -> the least, the most, an example."""
SAMPLE_ACCOUNTS = 900
SAMPLE_GUESTS = 100
ANONYMOUS_SHARE = 0.05
"""The anonymous account is one, but many share it: every twentieth request is taken to be its."""


class AskerKind(StrEnum):
    """Who asks: people with an account, guests, and everyone without one together."""

    ACCOUNT = "account"
    GUEST = "guest"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Someone who asks again and again, and what he owns while he does; millikudos, negative in debt."""

    kind: AskerKind
    kudos_mk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationPlan:
    """What is simulated. Raises ``InvalidRequest`` that names every option out of its range.

    load: work asked for over work that can be done; above 1 somebody stays without. workers: each takes one job at a
    time. job_s: mean seconds of a job, spread evenly from half to one and a half of it. price: kudos a job.
    requests: how many are counted; half as many come before them, so that the empty start does not show, and others
    go on coming until the last of them has ended.
    """

    load: float = 1.0
    workers: int = 10
    job_s: float = 10.0
    price: int = 10
    requests: int = 50_000
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what is out of range, all at once."""
        problems = [
            f"--{name.replace('_', '-')} is {getattr(self, name)}: give a number from {least:,} to {most:,}, "
            f"for example --{name.replace('_', '-')} {example}."
            for name, (least, most, example) in LIMITS.items()
            if not least <= getattr(self, name) <= most
        ]
        if problems:
            raise InvalidRequest(" ".join(problems), field="simulation")

    @property
    def rate_s(self) -> float:
        """Requests a second."""
        return self.load * self.workers / self.job_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What happened: for each counted request its asker's number and its wait in ms, None where it ran out of time.

    refused: requests that came while their account had as many jobs waiting as it may. overtaken_ms: the longest time
    by which a job was asked later than one that still waited when it was taken.
    """

    askers: Sequence[Asker]
    waits: Sequence[tuple[int, int | None]]
    refused: int
    overtaken_ms: int


def sample_askers() -> list[Asker]:
    """Return a crowd: a quarter of the accounts in debt, log-spread to -10,000 kudos; the others up to 1,000,000."""
    debts = SAMPLE_ACCOUNTS // 4
    rich = SAMPLE_ACCOUNTS - debts
    kudos = [-(10 ** (4 * i / (debts - 1))) for i in range(debts)] + [10 ** (6 * i / (rich - 1)) for i in range(rich)]
    crowd = [Asker(kind=AskerKind.ACCOUNT, kudos_mk=round(one * MK_PER_KUDOS)) for one in kudos]
    crowd += [Asker(kind=AskerKind.GUEST, kudos_mk=-i * 10 * MK_PER_KUDOS) for i in range(SAMPLE_GUESTS)]
    return [*crowd, Asker(kind=AskerKind.ANONYMOUS, kudos_mk=-100_000 * MK_PER_KUDOS)]


def simulate(plan: SimulationPlan, askers: Sequence[Asker], policy: QueuePolicy) -> Simulated:
    """Return the waits of a horde under this load; the same seed gives the same. Raises ``InvalidRequest``.

    Requests come at random (Poisson) from askers at random, one job each that every worker can take; what someone has
    waiting or in work is held and lowers his next job, while his balance stays: what he spends he earns elsewhere.
    """
    if not askers:
        message = "There is nobody who could ask: the horde has no accounts. Leave --balances at sample."
        raise InvalidRequest(message, field="balances")
    return _Run(plan=plan, askers=askers, policy=policy).to_its_end()


@dataclass(slots=True, kw_only=True)
class _Run:
    """The state of a simulation; times in whole milliseconds from its start."""

    plan: SimulationPlan
    askers: Sequence[Asker]
    policy: QueuePolicy
    asked_ms: list[int] = field(default_factory=list)
    """By number of the request, as all lists here."""
    asker_of: list[int] = field(default_factory=list)
    waited_ms: list[int | None] = field(default_factory=list)
    waiting: list[tuple[int, int]] = field(default_factory=list)
    """A heap of (due, number); those that are no longer open are passed over."""
    in_order: deque[int] = field(default_factory=deque)
    """Numbers in the order of asking, passed over likewise: the first is the oldest, and the next to run out."""
    open: set[int] = field(default_factory=set)
    working: list[tuple[int, int]] = field(default_factory=list)
    """A heap of (end, asker)."""
    refused: int = 0
    overtaken_ms: int = 0

    def to_its_end(self) -> Simulated:
        """Return what happened to the counted requests: all of them have ended."""
        rng = random.Random(self.plan.seed)
        held_mk, waits_of = [0] * len(self.askers), [0] * len(self.askers)
        shares = list(itertools.accumulate(_shares(self.askers)))
        waiting_max = [_waiting_max(asker, self.policy) for asker in self.askers]
        price_mk, job_ms = self.plan.price * MK_PER_KUDOS, self.plan.job_s * 1_000
        numbers = range(len(self.askers))
        counted_from, next_ms = self.plan.requests // 2, 0.0
        counted_to = counted_from + self.plan.requests
        while len(self.asked_ms) < counted_to or (self.in_order and self.in_order[0] < counted_to):
            if self.working and self.working[0][0] <= next_ms:
                now_ms, asker = heapq.heappop(self.working)
                held_mk[asker] -= price_mk
            else:
                now_ms = round(next_ms)
                next_ms += rng.expovariate(self.plan.rate_s / 1_000)
                asker = rng.choices(numbers, cum_weights=shares)[0]
                if waits_of[asker] < waiting_max[asker]:
                    held_mk[asker] += price_mk
                    waits_of[asker] += 1
                    self._ask(asker, now_ms, held_mk[asker])
                elif counted_from <= len(self.asked_ms) < counted_to:
                    self.refused += 1
            for expired in self._expired(now_ms):
                held_mk[self.asker_of[expired]] -= price_mk
                waits_of[self.asker_of[expired]] -= 1
            while len(self.working) < self.plan.workers and self.open:
                asker = self._take(now_ms)
                waits_of[asker] -= 1
                heapq.heappush(self.working, (now_ms + max(1, round(job_ms * rng.uniform(0.5, 1.5))), asker))
        counted = slice(counted_from, counted_to)
        return Simulated(
            askers=self.askers,
            waits=list(zip(self.asker_of[counted], self.waited_ms[counted], strict=True)),
            refused=self.refused,
            overtaken_ms=self.overtaken_ms,
        )

    def _ask(self, asker: int, now_ms: int, held_mk: int) -> None:
        """Put a request of this asker into the queue."""
        one, number = self.askers[asker], len(self.asked_ms)
        due = due_ms(
            asked_at_ms=now_ms,
            kudos_mk=one.kudos_mk,
            held_mk=held_mk,
            guest=one.kind is not AskerKind.ACCOUNT,
            policy=self.policy,
        )
        self.asked_ms.append(now_ms)
        self.asker_of.append(asker)
        self.waited_ms.append(None)
        self.open.add(number)
        self.in_order.append(number)
        heapq.heappush(self.waiting, (due, number))

    def _expired(self, now_ms: int) -> list[int]:
        """Return the requests that have just run out of time; they wait no longer."""
        expired = []
        life_ms = self.policy.request_lifetime_s * 1_000
        while self.in_order:
            oldest = self.in_order[0]
            if oldest in self.open:
                if self.asked_ms[oldest] + life_ms > now_ms:
                    break
                self.open.remove(oldest)
                expired.append(oldest)
            self.in_order.popleft()
        return expired

    def _take(self, now_ms: int) -> int:
        """Return whose job a free worker has just taken: of those that wait, the one that is due first."""
        while True:
            _, number = heapq.heappop(self.waiting)
            if number in self.open:
                break
        self.overtaken_ms = max(self.overtaken_ms, self.asked_ms[number] - self.asked_ms[self.in_order[0]])
        self.open.remove(number)
        self.waited_ms[number] = now_ms - self.asked_ms[number]
        return self.asker_of[number]


def _shares(askers: Sequence[Asker]) -> list[float]:
    """Return how much of what is asked comes from each: the same from all, but for the anonymous account."""
    others = sum(asker.kind is not AskerKind.ANONYMOUS for asker in askers)
    anonymous = ANONYMOUS_SHARE * others / (1 - ANONYMOUS_SHARE) if others else 1.0
    return [anonymous if asker.kind is AskerKind.ANONYMOUS else 1.0 for asker in askers]


def _waiting_max(asker: Asker, policy: QueuePolicy) -> int:
    """Return how many waiting jobs the asker may have."""
    return policy.waiting_anonymous_max if asker.kind is AskerKind.ANONYMOUS else policy.waiting_max
