"""Who am I: an account as its owner sees it, or, to whoever has a shared key, whose that is."""

from core.api.auth import api_key_of
from core.api.operations import Answer, Call, Operation, Operations, Tag
from core.api.v2.people.callers import SHARED_KEY, found_by_key
from core.api.v2.people.seen import user_details
from core.domain.errors import NotFound, Unauthorized
from core.domain.workers.wishes import Sight
from core.ports.store import ReadTransaction
from core.services.kudos.keys import look_up
from core.services.people.profile import profile
from core.wire import Rc
from core.wire.users import AnyKeyHeader, UserDetails


async def find_user(call: Call[None, None]) -> Answer:
    """Describe the account whose key this is; with a shared key, its owner as anybody sees it."""
    context, now_ms, key_id = call.context, call.context.clock.now_ms(), api_key_of(call.request)
    policy = context.policy
    if SHARED_KEY.fullmatch(key_id):
        return await context.uow.read(lambda tx: _lent(tx, call, key_id.lower(), now_ms=now_ms))
    account_id = (await found_by_key(call)).id
    seen = await context.uow.read(
        lambda tx: profile(tx, account_id=account_id, viewer=None, policy=policy, now_ms=now_ms, sight=Sight.OWNER)
    )
    return user_details(seen, policy=policy.kudos, now_ms=now_ms)


def _lent(tx: ReadTransaction, call: Call[None, None], key_id: str, *, now_ms: int) -> UserDetails:
    """Return the owner of a shared key. Its other keys and its requests are not for who was lent one."""
    policy = call.context.policy
    try:
        key, owner = look_up(tx, key_id=key_id)
    except Unauthorized as exc:
        raise NotFound(str(exc), code="UserNotFound") from exc
    seen = profile(tx, account_id=owner.id, viewer=None, policy=policy, now_ms=now_ms)
    username = f"{owner.handle} (Shared Key: {key.name})"
    return user_details(seen, policy=policy.kudos, now_ms=now_ms, username=username)


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/find_user",
        id="get_find_user",
        tag=Tag.USERS,
        summary="Whose key is this",
        handler=find_user,
        replies={200: UserDetails},
        refusals={404: (Rc.USER_NOT_FOUND,)},
        headers=AnyKeyHeader,
    ),
)
