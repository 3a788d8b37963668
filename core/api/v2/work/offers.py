"""From v2's words to the engine's: what a pop says, as an offer."""

from collections.abc import Mapping
from typing import Final

from core.domain.ids import AccountId
from core.domain.workers.offer import WorkerOffer
from core.wire.work import PopInputStable

_STEPS_LIMITED_MAX: Final = 40


def start_id_of(headers: Mapping[str, str]) -> str | None:
    """Return what a worker program's start is called, where it says so: it is new each time."""
    return headers.get("Horde-Start-Id", "").strip()[:100].encode("utf-8", "replace").decode() or None


def offer_of(message: PopInputStable, *, account_id: AccountId, headers: Mapping[str, str]) -> WorkerOffer:
    """Return what the worker offers; our own headers add its start id and that it reports progress."""
    return WorkerOffer(
        name=message.name,
        account_id=account_id,
        models=tuple(dict.fromkeys(message.models)),
        pixels_max=max(message.max_pixels, 0),
        steps_max=_STEPS_LIMITED_MAX if message.limit_max_steps else 500,
        nsfw=message.nsfw,
        bridge_agent=message.bridge_agent,
        threads=message.threads,
        amount=message.amount,
        priority_usernames=message.priority_usernames,
        allow_img2img=message.allow_img2img,
        allow_painting=message.allow_painting,
        allow_unsafe_ipaddr=message.allow_unsafe_ipaddr,
        allow_post_processing=message.allow_post_processing,
        allow_controlnet=message.allow_controlnet,
        allow_lora=message.allow_lora,
        allow_sdxl_controlnet=message.allow_sdxl_controlnet,
        require_upfront_kudos=message.require_upfront_kudos,
        extra_slow=message.extra_slow_worker,
        blacklist=message.blacklist,
        start_id=start_id_of(headers),
        reports_progress=headers.get("Horde-Progress", "").strip() == "1",
    )
