"""Workers, and what is said to them, in v2's words."""

from typing import Final

from msgspec import UNSET

from core.api.v2.amounts import kudos_of
from core.domain.kinds.kind import Kind
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.workers.message import WorkerMessage
from core.domain.workers.wishes import Sight, WorkerDescription
from core.domain.workers.worker import Worker
from core.wire.workers import (
    ResponseModelMessage,
    TeamDetailsLite,
    WorkerDetails,
    WorkerDetailsLite,
    WorkerKudosDetails,
    WorkerType,
)

TYPES: Final[dict[Kind, WorkerType]] = {Kind.IMAGE: "image", Kind.TEXT: "text", Kind.ALCHEMY: "interrogation"}
KINDS: Final[dict[WorkerType, Kind]] = {name: kind for kind, name in TYPES.items()}
_HOUR_MS: Final = 3_600_000


def worker_details(seen: WorkerDescription) -> WorkerDetails:
    """Return the worker as v2 tells it; what the viewer may not know is left out, as is what is another type's."""
    worker, offer = seen.worker, seen.worker.offer
    is_image, is_text, is_alchemist = (worker.kind is kind for kind in (Kind.IMAGE, Kind.TEXT, Kind.ALCHEMY))
    is_private, is_privileged = seen.sight is not Sight.PUBLIC, seen.sight is Sight.MODERATOR
    return WorkerDetails(
        type=TYPES[worker.kind],
        name=worker.name,
        id=worker.id,
        online=seen.online,
        requests_fulfilled=worker.jobs_done,
        kudos_rewards=kudos_of(worker.kudos_mk + worker.uptime_kudos_mk),
        kudos_details=WorkerKudosDetails(
            generated=kudos_of(worker.kudos_mk), uptime=worker.uptime_kudos_mk // MK_PER_KUDOS
        ),
        performance=seen.performance,
        threads=offer.threads,
        uptime=worker.uptime_ms // 1_000,
        maintenance_mode=worker.maintenance,
        paused=worker.paused if is_private else UNSET,
        info=worker.about,
        nsfw=offer.nsfw,
        owner=seen.owner or UNSET,
        trusted=worker.owner_trusted,
        flagged=worker.owner_flagged,
        suspicious=seen.suspicions or 0 if is_privileged else UNSET,
        uncompleted_jobs=worker.jobs_faulted,
        models=UNSET if is_alchemist else offer.models,
        forms=offer.forms if is_alchemist else UNSET,
        team=TeamDetailsLite(name=worker.team_name, id=worker.team_id),
        contact=seen.contact or UNSET,
        bridge_agent=offer.bridge_agent,
        max_pixels=offer.pixels_max if is_image else UNSET,
        megapixelsteps_generated=round(worker.things_done / 1_000_000) if is_image else UNSET,
        img2img=offer.allow_img2img if is_image else UNSET,
        painting=offer.allow_painting if is_image else UNSET,
        post_processing=offer.allow_post_processing if is_image else UNSET,
        lora=offer.allow_lora if is_image else UNSET,
        controlnet=offer.allow_controlnet if is_image else UNSET,
        sdxl_controlnet=offer.allow_sdxl_controlnet if is_image else UNSET,
        max_length=offer.length_max if is_text else UNSET,
        max_context_length=offer.context_max if is_text else UNSET,
        tokens_generated=worker.things_done if is_text else UNSET,
        messages=UNSET if seen.messages is None else tuple(map(message_details, seen.messages)),
    )


def worker_lite(worker: Worker, *, online: bool) -> WorkerDetailsLite:
    """Return the worker as v2 tells it in short."""
    return WorkerDetailsLite(type=TYPES[worker.kind], name=worker.name, id=worker.id, online=online)


def message_details(message: WorkerMessage) -> ResponseModelMessage:
    """Return the message as v2 tells it."""
    return ResponseModelMessage(
        id=message.id,
        worker_id=message.worker_id or UNSET,
        message=message.text,
        origin=message.origin,
        expiry=(message.expires_at_ms - message.made_at_ms) // _HOUR_MS,
    )
