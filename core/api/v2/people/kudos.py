"""Kudos go over: from account to account, and from the horde to whoever earned them."""

from core.api.limits.limit import By, a_second, an_hour
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.domain.errors import InsufficientKudos, InvalidRequest, RateLimited
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.services.kudos.award import award
from core.services.kudos.give import give
from core.wire import Rc
from core.wire.kudos import KudosAwarded, KudosAwardInput, KudosTransferInput, KudosTransferred


async def transfer_kudos(call: Call[KudosTransferInput, None]) -> Answer:
    """Give some of the caller's kudos to another account or to a shared key; the same idempotency key gives once."""
    context, account, wanted = call.context, call.account, call.message
    policy, now_ms = context.policy.kudos, context.clock.now_ms()
    try:
        made = await context.uow.write(
            lambda tx: give(
                tx,
                from_id=account.id,
                target=wanted.username,
                amount_mk=wanted.amount * MK_PER_KUDOS,
                policy=policy,
                now_ms=now_ms,
                idempotency_key=None if call.once is None else call.once.key,
            )
        )
    except (InsufficientKudos, RateLimited) as exc:
        # v2 says 400 whatever a transfer is refused for.
        raise InvalidRequest(str(exc), field="amount", code=exc.code) from exc
    return KudosTransferred(transferred=made.amount_mk // MK_PER_KUDOS)


async def award_kudos(call: Call[KudosAwardInput, None]) -> Answer:
    """Give an account kudos from the horde; the same idempotency key awards once."""
    context, account, wanted = call.context, call.account, call.message
    policy, now_ms = context.policy.kudos, context.clock.now_ms()
    made = await context.uow.write(
        lambda tx: award(
            tx,
            actor=account,
            target=wanted.username,
            amount_mk=wanted.amount * MK_PER_KUDOS,
            why="",
            policy=policy,
            now_ms=now_ms,
            idempotency_key=None if call.once is None else call.once.key,
        )
    )
    return KudosAwarded(awarded=made.amount_mk // MK_PER_KUDOS)


OPERATIONS: Operations = (
    Operation(
        method="POST",
        path="/api/v2/kudos/transfer",
        id="post_transfer_kudos",
        tag=Tag.KUDOS,
        summary="Give kudos",
        handler=transfer_kudos,
        body=KudosTransferInput,
        replies={200: KudosTransferred},
        refusals={
            400: (
                Rc.INVALID_TARGET_USERNAME,
                Rc.SHARED_KEY_EXPIRED,
                Rc.KUDOS_TRANSFER_TO_ANON,
                Rc.KUDOS_TRANSFER_TO_SELF,
                Rc.KUDOS_TRANSFER_FROM_ANON,
                Rc.TOO_FAST_KUDOS_TRANSFERS,
                Rc.FAULT_WHEN_KUDOS_SENDING,
                Rc.SOURCE_ACCOUNT_FLAGGED,
                Rc.EDUCATION_CANNOT_SEND_KUDOS,
                Rc.FAULT_WHEN_KUDOS_RECEIVING,
                Rc.TARGET_ACCOUNT_FLAGGED,
                Rc.DELETED_USER,
                Rc.NEGATIVE_KUDOS_TRANSFER,
                Rc.INVALID_KUDOS_TRANSFER_AMOUNT,
                Rc.KUDOS_TRANSFER_NOT_ENOUGH,
            )
        },
        caller=Caller.ACCOUNT,
        idempotent=True,
        limits=(a_second(1, By.KEY), an_hour(90, By.KEY)),
    ),
    Operation(
        method="POST",
        path="/api/v2/kudos/award",
        id="post_award_kudos",
        tag=Tag.KUDOS,
        summary="Award kudos",
        handler=award_kudos,
        body=KudosAwardInput,
        replies={200: KudosAwarded},
        refusals={
            400: (Rc.INVALID_AWARD_USERNAME, Rc.KUDOS_AWARD_TO_ANON, Rc.INVALID_KUDOS_TRANSFER_AMOUNT),
            403: (Rc.NOT_ALLOWED_AWARDS,),
        },
        caller=Caller.ACCOUNT,
        idempotent=True,
    ),
)
