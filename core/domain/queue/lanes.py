"""Lanes: the classes of waiting jobs that the same workers can take."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.ids import WorkerId
from core.domain.kinds.kind import Kind
from core.domain.kinds.registry import RULES
from core.domain.queue.needs import Needs
from core.domain.requests import RequestDraft

BOUNDLESS = 2**53


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One class of waiting jobs. models: sorted, empty = any. allow: sorted worker ids, empty = all.

    size_class, length_class: of the kind's own bounds (pixels and steps, context and tokens, tiles).
    """

    kind: Kind
    models: tuple[str, ...]
    needs: Needs
    size_class: int
    length_class: int
    allow: tuple[WorkerId, ...] = ()

    @property
    def key(self) -> str:
        """The lane as one unique line of text."""
        models, allow = "\x1f".join(self.models), "\x1f".join(self.allow)
        return f"{self.kind}|{int(self.needs)}|{self.size_class}|{self.length_class}|{models}|{allow}"

    @property
    def sizes(self) -> tuple[int, int]:
        """The smallest and the largest size that the lane holds."""
        return bounds_of(self.size_class, RULES[self.kind].size_bounds)

    @property
    def lengths(self) -> tuple[int, int]:
        """The shortest and the longest length that the lane holds."""
        return bounds_of(self.length_class, RULES[self.kind].length_bounds)


def class_of(value: int, bounds: Sequence[int]) -> int:
    """Return the smallest class whose upper bound is at least ``value``; one more than there are for what is over."""
    return bisect_left(bounds, value)


def bounds_of(a_class: int, bounds: Sequence[int]) -> tuple[int, int]:
    """Return the smallest and the largest value that a class holds."""
    lower = 0 if a_class == 0 else bounds[a_class - 1] + 1
    upper = bounds[a_class] if a_class < len(bounds) else BOUNDLESS
    return lower, upper


def needs_of(draft: RequestDraft, *, covered: bool = True) -> Needs:
    """Return every need that the draft has. covered: its account has the kudos that it costs."""
    needs = RULES[draft.kind].needs(draft)
    wanted = (
        (draft.nsfw, Needs.NSFW),
        (draft.unsafe_address, Needs.UNSAFE_ADDRESS),
        (draft.trusted_workers, Needs.TRUSTED_ONLY),
        (not covered, Needs.UNCOVERED),
        (not draft.slow_workers, Needs.NOT_SLOW),
        (not draft.extra_slow_workers, Needs.NOT_EXTRA_SLOW),
        (bool(draft.worker_ids) and draft.worker_blacklist, Needs.DENY_LIST),
    )
    return Needs(needs | sum(need for condition, need in wanted if condition))


def lane_of(draft: RequestDraft, ordinal: int = 0, *, covered: bool = True) -> Lane:
    """Return the lane of one job of a draft whose models are already resolved."""
    rules = RULES[draft.kind]
    size, length = rules.measure(draft, ordinal)
    return Lane(
        kind=draft.kind,
        models=tuple(sorted(set(rules.models(draft, ordinal)))),
        needs=needs_of(draft, covered=covered),
        size_class=class_of(size, rules.size_bounds),
        length_class=class_of(length, rules.length_bounds),
        allow=() if draft.worker_blacklist else tuple(sorted(set(draft.worker_ids))),
    )


def lanes_of(draft: RequestDraft, *, covered: bool = True) -> tuple[Lane, ...]:
    """Return the lane of each job of the draft, in their order."""
    rules = RULES[draft.kind]
    count = rules.count(draft)
    if rules.uniform:
        return (lane_of(draft, covered=covered),) * count
    return tuple(lane_of(draft, ordinal, covered=covered) for ordinal in range(count))
