"""The settings of kudos, and the engine's numbers that they come to."""

from typing import Annotated

import msgspec
from msgspec import Meta

from core.domain.ids import AccountId
from core.domain.kudos.policy import KudosPolicy

_MK = 1_000
_PER_MILLE = 1_000

Share = Annotated[float, Meta(ge=0, le=1, examples=[0.5])]
Kudos = Annotated[float, Meta(ge=0, le=1_000_000_000, examples=[5000])]


class KudosSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the horde takes, what waits until trust, who is granted what, and what may be lent."""

    tax_job: Kudos = 0.0
    fee_share: Share = 0.0
    escrow_share: Share = 0.5
    trust_kudos: Kudos = 5_000.0
    trust_age_days: Annotated[float, Meta(ge=0, le=3_650, examples=[7])] = 7.0
    suspicions_max: Annotated[int, Meta(ge=1, le=1_000, examples=[5])] = 5
    moderator_monthly_kudos: Kudos = 300_000.0
    admins: Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(examples=[[1]])] = ()
    awarders: Annotated[tuple[Annotated[int, Meta(ge=1)], ...], Meta(examples=[[1, 12]])] = ()
    shared_keys_max: Annotated[int, Meta(ge=0, le=10_000, examples=[3])] = 3
    shared_keys_max_trusted: Annotated[int, Meta(ge=0, le=10_000, examples=[10])] = 10
    shared_keys_max_education: Annotated[int, Meta(ge=0, le=100_000, examples=[1000])] = 1_000
    upfront: Annotated[bool, Meta(examples=[True])] = False
    upfront_steps: Annotated[int, Meta(ge=1, le=500, examples=[40])] = 40
    upfront_on_worker_list: Annotated[bool, Meta(examples=[False])] = False
    bridge_shares: Annotated[dict[str, Share], Meta(examples=[{"AI Horde Worker": 0.9}])] = msgspec.field(
        default_factory=dict
    )
    bridge_share_other: Share = 1.0


def kudos_policy(settings: KudosSettings) -> KudosPolicy:
    """The engine's numbers of kudos."""
    return KudosPolicy(
        escrow_per_mille=round(settings.escrow_share * _PER_MILLE),
        trust_mk=round(settings.trust_kudos * _MK),
        trust_age_s=round(settings.trust_age_days * 24 * 3_600),
        suspicions_max=settings.suspicions_max,
        moderator_monthly_mk=round(settings.moderator_monthly_kudos * _MK),
        admins=frozenset(map(AccountId, settings.admins)),
        awarders=frozenset(map(AccountId, settings.awarders)),
        shared_keys_max=settings.shared_keys_max,
        shared_keys_trusted_max=settings.shared_keys_max_trusted,
        shared_keys_education_max=settings.shared_keys_max_education,
        upfront=settings.upfront,
        upfront_steps=settings.upfront_steps,
        upfront_on_worker_list=settings.upfront_on_worker_list,
        bridge_per_mille={name: round(share * _PER_MILLE) for name, share in settings.bridge_shares.items()},
        bridge_other_per_mille=round(settings.bridge_share_other * _PER_MILLE),
    )


def tax_job_mk(settings: KudosSettings) -> int:
    """The tax of each job, in millikudos."""
    return round(settings.tax_job * _MK)


def fee_per_mille(settings: KudosSettings) -> int:
    """The treasury's thousandths of each job's work."""
    return round(settings.fee_share * _PER_MILLE)
