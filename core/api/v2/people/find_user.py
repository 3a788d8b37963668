"""Who am I: an account as its owner sees it."""

from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.amounts import kudos_of
from core.ports.store import ReadTransaction
from core.wire.people import UserDetails, UserKudosDetails


async def find_user(call: Call[None, None]) -> Answer:
    """Describe the account whose key this is."""
    context, account = call.context, call.account
    policy, now_ms = context.policy, context.clock.now_ms()

    def query(tx: ReadTransaction) -> UserDetails:
        online = tx.workers.online(now_ms - policy.online_s * 1_000)
        worker_ids = tuple(worker.id for worker in online if worker.account_id == account.id)
        return UserDetails(
            username=account.handle,
            id=account.id,
            kudos=kudos_of(account.available_mk),
            concurrency=policy.waiting_anonymous_max if account.is_anonymous else policy.waiting_max,
            trusted=account.trusted,
            moderator=account.moderator,
            account_age=max(now_ms - account.created_at_ms, 0) // 1_000,
            pseudonymous=account.guest,
            worker_count=len(worker_ids),
            worker_ids=worker_ids,
            kudos_details=UserKudosDetails(),
        )

    return await context.uow.read(query)


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/find_user",
        id="get_find_user",
        tag=Tag.USERS,
        summary="Whose key is this",
        handler=find_user,
        replies={200: UserDetails},
        caller=Caller.ACCOUNT,
    ),
)
