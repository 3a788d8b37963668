"""The rules of a worker's name and offer; each is an error that names the limit and the value."""

from collections.abc import Sequence
from typing import assert_never

from core.domain.errors import InvalidRequest, TooManyWorkers
from core.domain.ids import AccountId
from core.domain.kinds.alchemy import FORMS
from core.domain.kinds.checks import at_most, between
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.workers.offer import WorkerOffer
from core.domain.workers.policy import WorkerPolicy


def check_name(name: str, policy: WorkerPolicy) -> None:
    """Return if a worker may bear the name, else raise ``InvalidRequest``."""
    if not name.strip() or len(name) > policy.name_chars_max or not name.isprintable():
        message = (
            f"The worker name {name[:40]!r} ({len(name)} characters) cannot be used: take 1 to "
            f"{policy.name_chars_max} printable characters."
        )
        raise InvalidRequest(message, field="name", limit=policy.name_chars_max, value=len(name), code="TooLong")


def check_about(about: str, policy: WorkerPolicy) -> None:
    """Return if a worker's description is short enough, else raise ``InvalidRequest``."""
    at_most("info", "characters", len(about), policy.about_chars_max, code="TooLong")


def check_offer(offer: WorkerOffer, policy: QueuePolicy) -> None:
    """Return if everything that the worker says about itself is within the limits, else raise ``InvalidRequest``."""
    limits = policy.workers
    at_most("bridge_agent", "characters", len(offer.bridge_agent), limits.bridge_agent_chars_max)
    at_most("blacklist", "words", len(offer.blacklist), limits.blacklist_max)
    for word in offer.blacklist:
        at_most(f"blacklist ({word[:20]!r})", "characters", len(word), limits.blacklist_chars_max)
    between("amount", offer.amount, 1, policy.n_max, "jobs")
    match offer.kind:
        case Kind.IMAGE:
            between("threads", offer.threads, 1, limits.threads_max, "threads")
            _check_models(offer, limits.models_image_max, limits)
            between("max_pixels", offer.pixels_max, limits.pixels_min, limits.pixels_max, "pixels")
        case Kind.TEXT:
            between("threads", offer.threads, 1, limits.threads_max, "threads")
            _check_models(offer, limits.models_text_max, limits)
            between("max_length", offer.length_max, limits.text_length_min, limits.text_tokens_max, "tokens")
            between("max_context_length", offer.context_max, limits.text_context_min, limits.text_tokens_max, "tokens")
            at_most("softprompts", "names", len(offer.softprompts), limits.softprompts_max)
        case Kind.ALCHEMY:
            between("threads", offer.threads, 1, limits.threads_alchemy_max, "threads")
            _check_forms(offer.forms)
            between("max_tiles", offer.tiles_max, 1, limits.tiles_max, "tiles")
        case _:
            assert_never(offer.kind)


def _check_models(offer: WorkerOffer, models_max: int, limits: WorkerPolicy) -> None:
    """Check the number of models and the length of their names."""
    at_most("models", "names", len(offer.models), models_max)
    for model in offer.models:
        at_most(f"models ({model[:20]!r})", "characters", len(model), limits.model_chars_max)


def _check_forms(forms: Sequence[str]) -> None:
    """Check that every form is known."""
    for form in forms:
        if form not in FORMS:
            message = f"The form {form[:60]!r} is not known here. Offer some of: {', '.join(sorted(FORMS))}."
            raise InvalidRequest(message, field="forms", limit=sorted(FORMS), value=form)


def handles_of(names: Sequence[str], *, people_max: int) -> tuple[tuple[str, AccountId], ...]:
    """Return the people a worker names to be served first; raises ``InvalidRequest`` for too many or a bare name."""
    if len(names) > people_max:
        message = (
            f"The worker names {len(names)} people to serve first, but at most {people_max} are taken. Leave some out."
        )
        raise InvalidRequest(
            message, field="priority_usernames", limit=people_max, value=len(names), code="InvalidPriorityUsername"
        )
    found: list[tuple[str, AccountId]] = []
    for handle in names:
        name, mark, number = handle.rpartition("#")
        if not mark or not number.isdecimal() or len(number) > 15:
            message = f"The priority username {handle[:60]!r} needs its number: write it as name#number."
            raise InvalidRequest(message, field="priority_usernames", value=handle, code="InvalidPriorityUsername")
        found.append((name, AccountId(int(number))))
    return tuple(found)


def workers_allowed(*, trusted: bool, own_limit: int | None, invited: int, policy: WorkerPolicy) -> int:
    """Return how many workers an account may have: its own limit, else as many as by trust or by invitation.

    In a horde by invitation it is as many as it was invited to have.
    """
    if policy.invite_only:
        return invited
    if own_limit is not None:
        return own_limit
    return max(policy.per_trusted_owner if trusted else policy.per_owner, invited)


def check_count(*, present: int, allowed: int, trusted: bool, invite_only: bool = False) -> None:
    """Return if the account may have one worker more than it has, else raise ``TooManyWorkers``."""
    if present >= allowed and invite_only:
        message = f"New workers come by invitation now; this account was invited to have {allowed}. Ask the moderators."
        raise TooManyWorkers(message, limit=allowed, value=present + 1, code="WorkerInviteOnly")
    if present >= allowed:
        message = (
            f"This account has {present} workers and may have {allowed}. Remove one of them"
            f"{', or ask the moderators for more' if trusted else ', or earn trust, which allows more'}."
        )
        code = "TooManyWorkersTrusted" if trusted else "TooManyWorkers"
        raise TooManyWorkers(message, limit=allowed, value=present + 1, code=code)
