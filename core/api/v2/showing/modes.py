"""The modes of the whole horde: maintenance, by invitation, raid."""

import logging

from msgspec import UNSET

from core.api.limits import a_minute
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.domain.guard import Mode
from core.services.moderation.guard import InForce, switch_modes
from core.wire import Rc
from core.wire.showing.guard import HordeModes, ModifyHordeModes

log = logging.getLogger(__name__)


async def show(call: Call[None, None]) -> Answer:
    """Show the modes; whether there is a raid is for moderators alone."""
    may_see = call.caller is not None and (call.caller.moderator or _is_admin(call))
    return _shown(await call.context.standing.now(), may_see=may_see)


async def switch(call: Call[ModifyHordeModes, None]) -> Answer:
    """Switch modes; they hold at once here, and within seconds in other processes."""
    message = call.message
    asked = {
        Mode.MAINTENANCE: message.maintenance,
        Mode.INVITE_ONLY: message.invite_only,
        Mode.RAID: message.raid,
    }
    wanted = {mode: on for mode, on in asked.items() if on is not UNSET}
    is_admin = _is_admin(call)
    await call.context.uow.write(lambda tx: switch_modes(tx, by=call.account, wanted=wanted, is_admin=is_admin))
    log.info("modes.switched account_id=%s modes=%s", call.account.id, ",".join(f"{m}={v}" for m, v in wanted.items()))
    return _shown(await call.context.standing.renew(), may_see=True)


def _is_admin(call: Call[None, None] | Call[ModifyHordeModes, None]) -> bool:
    return call.caller is not None and call.caller.id in call.context.policy.kudos.admins


def _shown(seen: InForce, *, may_see: bool) -> HordeModes:
    return HordeModes(
        maintenance_mode=Mode.MAINTENANCE in seen.modes,
        invite_only_mode=Mode.INVITE_ONLY in seen.modes,
        raid_mode=Mode.RAID in seen.modes if may_see else UNSET,
    )


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/status/modes",
        id="get_horde_modes",
        tag=Tag.STATUS,
        summary="The modes of the whole horde",
        handler=show,
        replies={200: HordeModes},
        caller=Caller.PERHAPS_KNOWN,
        limits=(a_minute(30),),
    ),
    Operation(
        method="PUT",
        path="/api/v2/status/modes",
        id="put_horde_modes",
        tag=Tag.STATUS,
        summary="Switch modes (maintenance: admins; the others: moderators)",
        handler=switch,
        body=ModifyHordeModes,
        replies={200: HordeModes},
        refusals={400: (Rc.NO_HORDE_MOD_SELECTED,), 403: (Rc.NOT_ADMIN, Rc.NOT_MODERATOR)},
        caller=Caller.ACCOUNT,
        limits=(a_minute(30),),
    ),
)
