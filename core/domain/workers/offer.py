"""Offers: what the volunteers' programs say they can do."""

from dataclasses import dataclass

from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOffer:
    """What a worker says about itself in a pop.

    models: what it serves; empty serves only requests that name none (alchemists name forms instead). pixels_max and
    steps_max bound pictures, length_max and context_max texts (in tokens), tiles_max alchemy. start_id: new at each
    start of the program; a change voids the leases of its earlier life. reports_progress: gets short leases that each
    report renews. require_upfront_kudos: it takes nothing from those who cannot pay for it now.
    """

    kind: Kind = Kind.IMAGE
    name: str
    account_id: AccountId
    models: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    pixels_max: int = 262_144
    steps_max: int = 500
    length_max: int = 512
    context_max: int = 2_048
    tiles_max: int = 16
    softprompts: tuple[str, ...] = ()
    nsfw: bool = True
    bridge_agent: str = "unknown:0:unknown"
    threads: int = 1
    amount: int = 1
    priority_usernames: tuple[str, ...] = ()
    allow_img2img: bool = True
    allow_painting: bool = True
    allow_unsafe_ipaddr: bool = True
    allow_post_processing: bool = True
    allow_controlnet: bool = False
    allow_lora: bool = False
    allow_sdxl_controlnet: bool = False
    require_upfront_kudos: bool = False
    extra_slow: bool = False
    blacklist: tuple[str, ...] = ()
    start_id: str | None = None
    reports_progress: bool = False
