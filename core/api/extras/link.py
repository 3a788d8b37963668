"""A code that a bot told: the name on another platform that asked for it and the caller's account have one purse."""

import logging
from typing import Final

from core.api.limits.limit import By, a_minute
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag, write_once
from core.api.v2.amounts import kudos_of
from core.domain.errors import HordeError, LinkCodeUnknown, LinkRefused, NotPermitted, RateLimited
from core.domain.kudos.linking import CODE_LIFE_MS, Linked, LinkRefusal
from core.ports.store import Transaction
from core.services.linking.code import use_code
from core.wire import Rc
from core.wire.extras import JoinedOut, LinkInput, LinkOut

_log = logging.getLogger(__name__)
_SENTENCES: Final = {
    LinkRefusal.ALREADY_ONE: (
        Rc.ALREADY_LINKED,
        "Whoever asked for this code has the same purse as this API key already; nothing is left to link.",
    ),
    LinkRefusal.TWO_REGISTERED: (
        Rc.BOTH_REGISTERED,
        "Code and API key belong to two registered accounts, which are never joined. `unlink` the other name first.",
    ),
    LinkRefusal.NOT_ALLOWED: (
        Rc.LINK_NOT_ALLOWED,
        "One of the two accounts is flagged or deleted, so it is not linked. Ask this horde's moderators why.",
    ),
}


async def use_link_code(call: Call[LinkInput, None]) -> Answer:
    """Join whoever asked for the code to the caller's account; the same idempotency key joins once."""
    context, account, code = call.context, call.account, call.message.code
    if account.is_anonymous:
        message = "The anonymous account is everyone's, so nobody is linked with it. Use the key of an account."
        raise NotPermitted(message, code=Rc.ANON_FORBIDDEN)
    now_ms = context.clock.now_ms()

    def use_case(tx: Transaction) -> LinkOut:
        typed_by = ("account", str(account.id))
        found = use_code(tx, code=code, account_id=account.id, typed_by=typed_by, now_ms=now_ms)
        if isinstance(found, LinkRefusal):
            raise _refused(found)
        tx.after_commit(lambda: _log.info("people.linked merge=%s into=%d", found.merge.id, found.account.id))
        return _told(found)

    return await write_once(call, use_case)


def _refused(refusal: LinkRefusal) -> HordeError:
    """Return why nothing was joined."""
    if refusal is LinkRefusal.UNKNOWN_CODE:
        message = "There is no such code: one is good once and for ten minutes. Say `link` to the bot for a new one."
        return LinkCodeUnknown(message)
    if refusal is LinkRefusal.TOO_MANY_TRIES:
        message = "Too many wrong codes were sent with this API key. Try again in ten minutes, with a new one."
        return RateLimited(message, retry_after_s=CODE_LIFE_MS / 1_000)
    rc, message = _SENTENCES[refusal]
    return LinkRefused(message, code=rc)


def _told(linked: Linked) -> LinkOut:
    merge = linked.merge
    return LinkOut(
        username=linked.account.handle,
        kudos=kudos_of(linked.account.kudos_mk),
        moved=kudos_of(merge.moved_mk),
        joined=tuple(JoinedOut(platform=one.platform, name=one.display_name) for one in merge.identities),
        merge=merge.id,
    )


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/extras/link",
        id="post_link",
        tag=Tag.USERS,
        summary="Have one purse with a name on another platform",
        handler=use_link_code,
        body=LinkInput,
        replies={200: LinkOut},
        refusals={
            403: (Rc.ANON_FORBIDDEN,),
            404: (Rc.LINK_CODE_UNKNOWN,),
            409: (Rc.ALREADY_LINKED, Rc.BOTH_REGISTERED, Rc.LINK_NOT_ALLOWED),
            429: (Rc.TOO_MANY_REQUESTS,),
        },
        caller=Caller.ACCOUNT,
        idempotent=True,
        limits=(a_minute(10, By.KEY),),
        ours=True,
    ),
)
