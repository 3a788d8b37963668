"""Profiles in v2's words."""

from collections.abc import Mapping

from msgspec import UNSET, UnsetType

from core.api.v2.amounts import kudos_of
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import MK_PER_KUDOS, TransferReason
from core.domain.kudos.policy import KudosPolicy
from core.domain.records import Fulfilled, Moved, Profile, Usage
from core.domain.workers.wishes import Sight
from core.wire.fields import Kudos
from core.wire.users import (
    ContributionsDetails,
    MonthlyKudos,
    ResponseModelStylesUser,
    UsageDetails,
    UserActiveGenerations,
    UserAmountRecords,
    UserDetails,
    UserKudosDetails,
    UserRecords,
    UserThingRecords,
)

_MEGA = 1_000_000


def user_details(seen: Profile, *, policy: KudosPolicy, now_ms: int, username: str | None = None) -> UserDetails:
    """Return the profile as v2 tells it. username: where another name is shown than the account's."""
    account, is_private = seen.account, seen.sight is not Sight.PUBLIC
    is_privileged = seen.sight is Sight.MODERATOR
    return UserDetails(
        username=username or account.handle,
        id=account.id,
        kudos=kudos_of(account.available_mk),
        evaluating_kudos=UNSET if seen.escrow_mk is None else kudos_of(seen.escrow_mk),
        concurrency=seen.waiting_max,
        worker_invited=account.worker_invited,
        moderator=account.moderator,
        kudos_details=_kudos_details(seen.moved),
        worker_count=seen.worker_count,
        worker_ids=UNSET if seen.worker_ids is None else tuple(seen.worker_ids),
        styles=tuple(
            ResponseModelStylesUser(name=style.name, id=style.id, type="text" if style.kind is Kind.TEXT else "image")
            for style in seen.styles
        ),
        sharedkey_ids=UNSET if seen.shared_key_ids is None else seen.shared_key_ids,
        active_generations=_active(seen),
        monthly_kudos=_monthly(seen, policy) if is_privileged else UNSET,
        trusted=account.trusted,
        flagged=account.flagged,
        vpn=account.vpn if is_private else UNSET,
        service=account.service,
        education=account.education,
        customizer=account.customizer,
        special=account.special if is_private else UNSET,
        deleted=account.is_deleted,
        suspicious=account.suspicions if is_privileged else UNSET,
        pseudonymous=account.guest,
        contact=account.contact if is_private and account.contact else UNSET,
        admin_comment=account.admin_comment if is_privileged and account.admin_comment else UNSET,
        proxy_passkey=account.proxy_passkey if is_privileged and account.proxy_passkey else UNSET,
        account_age=max(now_ms - account.created_at_ms, 0) // 1_000,
        usage=UsageDetails(megapixelsteps=_mega(_used(seen, Kind.IMAGE).things), requests=_used(seen, Kind.IMAGE).jobs),
        contributions=ContributionsDetails(
            megapixelsteps=_mega(_made(seen, Kind.IMAGE).things), fulfillments=_made(seen, Kind.IMAGE).jobs
        ),
        records=_records(seen),
    )


def _records(seen: Profile) -> UserRecords:
    """Return what the account asked for and what its workers made."""
    return UserRecords(
        usage=UserThingRecords(
            megapixelsteps=_mega(_used(seen, Kind.IMAGE).things), tokens=_used(seen, Kind.TEXT).things
        ),
        contribution=UserThingRecords(
            megapixelsteps=_mega(_made(seen, Kind.IMAGE).things), tokens=_made(seen, Kind.TEXT).things
        ),
        fulfillment=_amounts({kind: _made(seen, kind).jobs for kind in Kind}),
        request=_amounts({kind: _used(seen, kind).jobs for kind in Kind}),
        style=_amounts({kind: seen.style_uses.get(kind, 0) for kind in Kind}),
    )


def _used(seen: Profile, kind: Kind) -> Usage:
    return seen.usage.get(kind, Usage())


def _made(seen: Profile, kind: Kind) -> Fulfilled:
    return seen.fulfilled.get(kind, Fulfilled())


def _amounts(jobs: Mapping[Kind, int]) -> UserAmountRecords:
    return UserAmountRecords(image=jobs[Kind.IMAGE], text=jobs[Kind.TEXT], interrogation=jobs[Kind.ALCHEMY])


def _mega(pixelsteps: int) -> Kudos:
    """Return pixelsteps as megapixelsteps, to two places."""
    return round(pixelsteps / _MEGA, 2)


def _active(seen: Profile) -> UserActiveGenerations | UnsetType:
    if seen.active is None:
        return UNSET
    return UserActiveGenerations(
        image=tuple(seen.active.get(Kind.IMAGE, ())),
        text=tuple(seen.active.get(Kind.TEXT, ())),
        alchemy=tuple(seen.active.get(Kind.ALCHEMY, ())),
    )


def _monthly(seen: Profile, policy: KudosPolicy) -> MonthlyKudos:
    """Return what the account is granted each month, by itself and by its role."""
    account = seen.account
    by_role_mk = policy.moderator_monthly_mk if account.moderator else 0
    month = account.monthly_paid_for
    return MonthlyKudos(
        amount=(account.monthly_mk + by_role_mk) // MK_PER_KUDOS,
        last_received=f"{month}-01T00:00:00Z" if month else UNSET,
    )


def _kudos_details(moved: Mapping[TransferReason, Moved]) -> UserKudosDetails:
    """Return where kudos came from and went to; together they are the balance that the account's journal makes."""

    def net(*reasons: TransferReason) -> Kudos:
        parts = [moved.get(reason, Moved()) for reason in reasons]
        return kudos_of(sum(part.earned_mk - part.spent_mk for part in parts))

    given = [moved.get(reason, Moved()) for reason in (TransferReason.GIFT, TransferReason.TIP)]
    return UserKudosDetails(
        accumulated=net(
            TransferReason.JOB,
            TransferReason.FEE,
            TransferReason.TAX,
            TransferReason.UPTIME,
            TransferReason.ESCROW,
            TransferReason.REMOTE,
            TransferReason.PROMOTION,
        ),
        gifted=kudos_of(-sum(part.spent_mk for part in given)),
        received=kudos_of(sum(part.earned_mk for part in given)),
        admin=net(TransferReason.GRANT, TransferReason.CORRECTION),
        recurring=net(TransferReason.MONTHLY),
        awarded=net(TransferReason.AWARD),
    )
