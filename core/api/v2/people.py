"""Who am I: an account as its owner sees it."""

from aiohttp import web

from core.api.auth import api_key_of
from core.api.bodies import json_reply
from core.api.context import CONTEXT
from core.api.v2.replies import kudos_of
from core.ports.store import ReadTransaction
from core.services.people.authenticate import authenticate
from core.wire.people import UserDetails, UserKudosDetails


def routes() -> list[web.RouteDef]:
    """Return the accounts' routes."""
    return [web.get("/api/v2/find_user", find_user)]


async def find_user(request: web.Request) -> web.Response:
    """Describe the account whose key this is."""
    context, key = request.app[CONTEXT], api_key_of(request)
    policy, now_ms = context.policy, context.clock.now_ms()

    def query(tx: ReadTransaction) -> UserDetails:
        account = authenticate(tx, api_key=key)
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

    return json_reply(await context.uow.read(query))
