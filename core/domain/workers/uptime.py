"""Uptime: what a worker earns by being there, whether or not anyone asks for its work."""

from typing import Final, assert_never

from core.domain.kinds.kind import Kind
from core.domain.kinds.text import known_size_b
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.policy import QueuePolicy
from core.domain.queue.bridges import is_validated
from core.domain.workers.offer import WorkerOffer

REWARD_EVERY_MS: Final = 600_000
"""The index ``ix_workers_owed`` spells this number out."""
CHECK_IN_MS: Final = 300_000
"""Two signs of life that are at most so far apart have the worker up in between (AI Horde: 300 s)."""
_CONTEXT_MAX: Final = 262_144
_ALCHEMY_KUDOS: Final = 40
_SIZE_UNIT_B: Final = 7
_SIZE_FACTOR_MIN: Final = 0.25
_SIZE_UNKNOWN_FACTOR: Final = 0.5
_UNVALIDATED_FACTOR: Final = 0.3


def uptime_reward_mk(offer: WorkerOffer, policy: QueuePolicy) -> int:
    """Return the millikudos that ten minutes of uptime earn.

    Source, AI Horde: a picture worker 50, 2 more a model and 30 more where it takes LoRAs; a text worker
    ``(25 + 15 * context / 1,024) * max(billions of parameters / 7, 0.25)``, half of the first factor where its model's
    size is not known, and three tenths of all that from a backend that is not validated; an alchemist 40.
    """
    match offer.kind:
        case Kind.IMAGE:
            kudos: float = 50 + 2 * len(offer.models) + (30 if offer.allow_lora else 0)
        case Kind.TEXT:
            kudos = _text_kudos(offer, policy)
        case Kind.ALCHEMY:
            kudos = _ALCHEMY_KUDOS
        case _:
            assert_never(offer.kind)
    return round(kudos * MK_PER_KUDOS)


def _text_kudos(offer: WorkerOffer, policy: QueuePolicy) -> float:
    """Return what ten minutes of a text worker earn; its largest model counts."""
    base = 25 + 15 * min(offer.context_max, _CONTEXT_MAX) / 1_024
    sizes = [size for model in offer.models if (size := known_size_b(model, policy)) is not None]
    factor = max(max(sizes) / _SIZE_UNIT_B, _SIZE_FACTOR_MIN) if sizes else _SIZE_UNKNOWN_FACTOR
    return base * factor * (1 if is_validated(offer.bridge_agent) else _UNVALIDATED_FACTOR)
