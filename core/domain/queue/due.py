"""The due time of a waiting job: its static sort key, smallest first."""

from core.domain.policy import QueuePolicy


def weight_ms(available_mk: int, policy: QueuePolicy) -> int:
    """Return how much earlier a job is due for the kudos of its account, in whole milliseconds.

    ``weight(k) = H * k / (|k| + K)``: increasing, within (-H, H), flattening on both sides (design.md, section 6).
    Rounded towards zero, so that no balance reaches H itself.
    """
    size = policy.weight_max_s * 1_000 * abs(available_mk) // (abs(available_mk) + policy.weight_half_mk)
    return size if available_mk >= 0 else -size


def due_ms(*, asked_at_ms: int, available_mk: int, guest: bool, policy: QueuePolicy) -> int:
    """Return the due time of a job.

    available_mk: what the account has available after this job's share of its hold, so that a flood lowers itself.
    guest: also true for the anonymous account; a fresh identity never outranks the debt it replaces.
    """
    handicap_mk = policy.guest_handicap_mk if guest else 0
    return asked_at_ms - weight_ms(available_mk - handicap_mk, policy)
