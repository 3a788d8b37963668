"""What every kind of work says of itself: the protocol of its rules, and the price with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from core.domain.queue.needs import Needs

if TYPE_CHECKING:
    from core.domain.policy import QueuePolicy
    from core.domain.requests import RequestDraft
    from core.domain.workers.offer import WorkerOffer


class Kind(StrEnum):
    """The kinds of work that go through the queue."""

    IMAGE = "image"
    TEXT = "text"
    ALCHEMY = "alchemy"


class Params(Protocol):
    """A kind's own parameters: a frozen dataclass that survives JSON."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


class PriceGoesTo(StrEnum):
    """Who gets a part of the price."""

    WORKER = "worker"
    TREASURY = "treasury"


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePart:
    """One reason for the price: ``amount_mk`` more millikudos, why in a sentence, and where the rule comes from."""

    name: str
    amount_mk: int
    to: PriceGoesTo
    why: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one job costs, part by part."""

    parts: tuple[PricePart, ...]

    @property
    def total_mk(self) -> int:
        """What the requester pays, in millikudos."""
        return sum(part.amount_mk for part in self.parts)

    @property
    def worth_mk(self) -> int:
        """What of it is for the work, in millikudos; the rest goes to the treasury."""
        return sum(part.amount_mk for part in self.parts if part.to is PriceGoesTo.WORKER)


def tax_parts(policy: "QueuePolicy") -> tuple[PricePart, ...]:
    """Return the tax of one job as part of its price; none where the horde takes none."""
    if not policy.tax_job_mk:
        return ()
    source = "this horde's settings, kudos.tax_job"
    why = "tax of each job"
    return (PricePart(name="tax", amount_mk=policy.tax_job_mk, to=PriceGoesTo.TREASURY, why=why, source=source),)


class KindRules(Protocol):
    """The rules of one kind of work. ``ordinal`` counts a request's jobs from 0; sizes and lengths are its units."""

    kind: ClassVar[Kind]
    params_type: ClassVar[type]
    uniform: ClassVar[bool]
    """All jobs of a request are alike: one lane, one price."""
    thing: ClassVar[str]
    """What work is measured in, in the plural: pixelsteps, tokens, forms."""
    size_bounds: ClassVar[Sequence[int]]
    """The upper bound of each size class, rising (pixels, context tokens, tiles)."""
    length_bounds: ClassVar[Sequence[int]]
    """The upper bound of each length class, rising (steps, tokens)."""
    reasons: ClassVar[tuple[str, str]]
    """The v2 ``skipped`` names of what is too large and of what is too long."""

    def check(self, draft: "RequestDraft", policy: "QueuePolicy") -> None:
        """Return if the draft is within every limit of the kind, else raise ``InvalidRequest``."""
        ...

    def count(self, draft: "RequestDraft") -> int:
        """Return how many jobs the draft becomes."""
        ...

    def things(self, draft: "RequestDraft", ordinal: int, *, body: Mapping[str, object] | None = None) -> int:
        """Return how much work a job is at most, or, with the result ``body``, how much it was, in things."""
        ...

    def price(
        self,
        draft: "RequestDraft",
        ordinal: int,
        policy: "QueuePolicy",
        *,
        model: str | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Price:
        """Return what a job costs at most, or, when ``model`` made it with the result ``body``, what it did cost."""
        ...

    def models(self, draft: "RequestDraft", ordinal: int) -> tuple[str, ...]:
        """Return the models of which a worker needs one; empty for any."""
        ...

    def needs(self, draft: "RequestDraft") -> Needs:
        """Return the needs that this kind alone knows."""
        ...

    def measure(self, draft: "RequestDraft", ordinal: int) -> tuple[int, int]:
        """Return a job's size and length."""
        ...

    def things_of(self, size: int, length: int) -> int:
        """Return how much work a job of this size and length is, about, in things."""
        ...

    def reach(self, offer: "WorkerOffer") -> tuple[int, int]:
        """Return the largest size and length that the worker takes."""
        ...

    def serves(self, offer: "WorkerOffer") -> frozenset[str]:
        """Return the models (or forms) that the worker offers."""
        ...

    def lease_s(self, draft: "RequestDraft", ordinal: int, *, model: str, policy: "QueuePolicy") -> float:
        """Return how long a worker that does not report may keep a job."""
        ...
