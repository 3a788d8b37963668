"""What of an account may be changed, and by whom."""

from dataclasses import dataclass, fields
from typing import Final

from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotPermitted
from core.domain.kudos.policy import KudosPolicy

NAME_CHARS_MAX: Final = 30
WAITING_MAX: Final = 500
CONTACT_CHARS: Final = (5, 500)
PROFILE_CHARS_MAX: Final = 1_000

BY_ADMINS: Final = frozenset({"moderator", "monthly_mk"})
BY_MODERATORS: Final = frozenset(
    {
        "trusted",
        "flagged",
        "customizer",
        "vpn",
        "service",
        "education",
        "special",
        "waiting_max",
        "workers_max",
        "worker_invited",
        "reset_suspicion",
        "admin_comment",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What shall be different; None leaves a thing as it is. waiting_max, workers_max: -1 goes back to the policy's."""

    moderator: bool | None = None
    monthly_mk: int | None = None
    trusted: bool | None = None
    flagged: bool | None = None
    customizer: bool | None = None
    vpn: bool | None = None
    service: bool | None = None
    education: bool | None = None
    special: bool | None = None
    waiting_max: int | None = None
    workers_max: int | None = None
    worker_invited: int | None = None
    reset_suspicion: bool | None = None
    admin_comment: str | None = None
    name: str | None = None
    public_workers: bool | None = None
    contact: str | None = None
    profile: str | None = None
    undelete: bool | None = None
    proxy_passkey: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """What is to be changed."""
        return frozenset(one.name for one in fields(self) if getattr(self, one.name) is not None)


def check_permission(actor: Account | None, account: Account, change: AccountChange, policy: KudosPolicy) -> None:
    """Return if the actor may change this of the account, else raise ``NotPermitted``.

    actor: None is whoever runs the horde's commands, and may everything but change what is nobody's.
    """
    if account.is_anonymous or account.is_system:
        message = f"The account {account.name} is everyone's or nobody's; it cannot be changed."
        raise NotPermitted(message, code="AnonForbiddenUserMod")
    if actor is None:
        return
    is_admin = actor.id in policy.admins
    if change.names & BY_ADMINS and not is_admin:
        wanted = ", ".join(sorted(change.names & BY_ADMINS))
        raise NotPermitted(f"Only an admin may change {wanted}. Ask whoever runs this horde.", code="NotAdmin")
    is_moderator = is_admin or actor.moderator
    if change.names & BY_MODERATORS and not is_moderator:
        wanted = ", ".join(sorted(change.names & BY_MODERATORS))
        raise NotPermitted(f"Only a moderator may change {wanted}. Ask one.", code="NotModerator")
    if not is_moderator and actor.id != account.id:
        message = f"Only {account.handle} or a moderator may change this account."
        raise NotPermitted(message, code="NotPrivileged")


def check_values(change: AccountChange) -> None:
    """Return if every new value is within its limits, else raise ``InvalidRequest``."""
    if not change.names:
        message = "Nothing was named that should be changed. Name at least one field."
        raise InvalidRequest(message, code="NoUserModSelected")
    bounds = (
        ("monthly_mk", change.monthly_mk, 0, 10**15),
        ("waiting_max", change.waiting_max, -1, WAITING_MAX),
        ("workers_max", change.workers_max, -1, 10_000),
        ("worker_invited", change.worker_invited, 0, 10_000),
        ("admin_comment", _length(change.admin_comment), 0, CONTACT_CHARS[1]),
        ("profile", _length(change.profile), 0, PROFILE_CHARS_MAX),
    )
    for field, value, least, most in bounds:
        if value is not None and not least <= value <= most:
            message = f"{field} is {value}, outside of {least} to {most}. Choose a value within."
            raise InvalidRequest(message, field=field, limit=most if value > most else least, value=value)
    if change.contact and not CONTACT_CHARS[0] <= len(change.contact) <= CONTACT_CHARS[1]:
        message = f"A contact has {CONTACT_CHARS[0]} to {CONTACT_CHARS[1]} characters; this has {len(change.contact)}."
        raise InvalidRequest(message, field="contact", limit=CONTACT_CHARS[1], value=len(change.contact))
    if change.name is not None:
        checked_name(change.name)


def checked_name(name: str) -> str:
    """Return the name as an account bears it, else raise ``InvalidRequest``."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARS_MAX or "#" in name or not name.isprintable():
        message = f"The name {name[:60]!r} cannot be used: take 1 to {NAME_CHARS_MAX} printable characters without '#'."
        raise InvalidRequest(message, field="name", limit=NAME_CHARS_MAX, value=name, code="TooLongUserName")
    return name


def _length(text: str | None) -> int | None:
    return None if text is None else len(text)
