"""Speed: how fast a worker is, what is slow, and what no machine does."""

from typing import Final, assert_never

from core.domain.kinds.kind import Kind
from core.domain.kinds.text import known_size_b
from core.domain.policy import QueuePolicy

_IMAGE_SLOW_PER_S: Final = 500_000
_IMAGE_FASTEST_PER_S: Final = 20_000_000
_ALCHEMY_SLOW_S: Final = 10
_MANY_EXPERTS: Final = "8x"


def speed_milli_of(*, things: int, job_ms: int) -> int:
    """Return the things (pixelsteps, tokens, forms) a second, times 1,000; a job takes at least a millisecond."""
    return things * 1_000_000 // max(job_ms, 1)


def is_slow(kind: Kind, *, speed_milli: int, model: str, policy: QueuePolicy) -> bool:
    """Tell whether a worker of this speed is slow; one whose speed is not known yet (0) is not.

    Source, AI Horde: pictures below 500,000 pixelsteps a second; texts below 3 tokens a second with a model from 20
    billion parameters or of unknown size, 4 from 13 billion, 5 else; alchemy slower than 10 seconds a form.
    """
    return 0 < speed_milli < slow_below_milli(kind, model=model, policy=policy)


def slow_below_milli(kind: Kind, *, model: str, policy: QueuePolicy) -> int:
    """Return the speed below which a worker of this kind is slow, in thousandths of a thing a second."""
    match kind:
        case Kind.IMAGE:
            return _IMAGE_SLOW_PER_S * 1_000
        case Kind.TEXT:
            size_b = known_size_b(model, policy)
            if size_b is None or size_b >= 20:
                return 3_000
            return 4_000 if size_b >= 13 else 5_000
        case Kind.ALCHEMY:
            return 1_000 // _ALCHEMY_SLOW_S
    assert_never(kind)


def is_slow_with_all(kind: Kind, *, speed_milli: int, models: tuple[str, ...], policy: QueuePolicy) -> bool:
    """Tell whether a worker is slow whichever of its models it takes."""
    return all(is_slow(kind, speed_milli=speed_milli, model=model, policy=policy) for model in models or ("",))


def fastest_milli(kind: Kind, *, model: str, policy: QueuePolicy) -> int | None:
    """Return the speed above which a result is not believed, in thousandths of a thing a second; None for any.

    Source, AI Horde: pictures 20,000,000 pixelsteps a second; texts 150 tokens a second, 100 with a model from 14
    billion parameters, 30 from 70 billion, three times that where eight experts share the work (8x7B).
    """
    match kind:
        case Kind.IMAGE:
            return _IMAGE_FASTEST_PER_S * 1_000
        case Kind.TEXT:
            size_b = known_size_b(model, policy) or 0
            tokens = 30 if size_b >= 70 else 100 if size_b >= 14 else 150
            return tokens * 1_000 * (3 if _MANY_EXPERTS in model.lower() else 1)
        case Kind.ALCHEMY:
            return None
    assert_never(kind)


def is_unreasonably_fast(kind: Kind, *, things: int, job_ms: int, model: str, policy: QueuePolicy) -> bool:
    """Tell whether no machine makes that many things in that time."""
    fastest = fastest_milli(kind, model=model, policy=policy)
    return fastest is not None and speed_milli_of(things=things, job_ms=job_ms) > fastest


def performance(kind: Kind, *, speed_milli: int) -> str:
    """Return a worker's speed as people read it."""
    if speed_milli <= 0:
        return "No requests fulfilled yet"
    match kind:
        case Kind.IMAGE:
            return f"{speed_milli / 1_000_000_000:.1f} megapixelsteps per second"
        case Kind.TEXT:
            return f"{speed_milli / 1_000:.1f} tokens per second"
        case Kind.ALCHEMY:
            return f"{1_000 / speed_milli:.1f} seconds per form"
    assert_never(kind)
