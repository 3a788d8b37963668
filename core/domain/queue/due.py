"""The due time of a waiting job: its static sort key, smallest first."""

from core.domain.policy import QueuePolicy


def weight_ms(available_mk: int, policy: QueuePolicy) -> int:
    """Return how much earlier a job is due for the kudos of its account, in whole milliseconds.

    ``weight(k) = H * k / (|k| + K)``: increasing, within (-H, H), flattening on both sides (design.md, section 6).
    Rounded towards zero, so that no balance reaches H itself.
    """
    size = policy.weight_max_s * 1_000 * abs(available_mk) // (abs(available_mk) + policy.weight_half_mk)
    return size if available_mk >= 0 else -size


def standing_mk(*, kudos_mk: int, held_mk: int, guest: bool, policy: QueuePolicy) -> int:
    """Return what an account counts with in the queue: its balance as the order sees it, less all that is held.

    held_mk: its open holds including this job's share, so that a flood lowers itself. A debt ``d`` counts as
    ``h * d / (h + d)`` with the guests' handicap ``h``: ever less, and never as much as ``h``; a guest counts as ``h``
    in debt, whatever he owes. So for all debts a fresh guest, who asks for the same, never outranks the account, guest
    or not, whose debt he would be rid of.
    """
    handicap_mk = policy.guest_handicap_mk
    if guest:
        return max(kudos_mk, 0) - handicap_mk - held_mk
    if kudos_mk < 0:
        return -(handicap_mk * -kudos_mk // (handicap_mk - kudos_mk)) - held_mk
    return kudos_mk - held_mk


def due_ms(*, asked_at_ms: int, kudos_mk: int, held_mk: int, guest: bool, policy: QueuePolicy) -> int:
    """Return the due time of a job: when it was asked, less the weight of its account's standing then.

    kudos_mk: the posted balance. held_mk: all that the account has held, this job's share included. guest: also true
    for the anonymous account.
    """
    standing = standing_mk(kudos_mk=kudos_mk, held_mk=held_mk, guest=guest, policy=policy)
    return asked_at_ms - weight_ms(standing, policy)
