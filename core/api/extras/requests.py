"""What one asked for: an account's own requests, for its owner alone."""

from msgspec import UNSET

from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.amounts import kudos_of
from core.api.v2.times import iso_of
from core.domain.errors import NotPermitted
from core.domain.requests import Request
from core.services.people.history import history
from core.wire import Rc
from core.wire.extras import RequestLineOut, RequestsOut, RequestsQuery


async def read_requests(call: Call[None, RequestsQuery]) -> Answer:
    """Return a page of the caller's requests, newest first, for as long as they are kept."""
    account, query = call.account, call.query
    if account.is_anonymous:
        message = "The anonymous account is everyone's, so nobody reads what it asked for. Use the key of an account."
        raise NotPermitted(message, code="AnonForbidden")
    page = await call.context.uow.read(
        lambda tx: history(tx, account_id=account.id, limit=query.limit, cursor=query.cursor or None)
    )
    return RequestsOut(requests=tuple(map(_line, page.requests)), next_cursor=page.next_cursor or UNSET)


def _line(request: Request) -> RequestLineOut:
    """Return the request as it is told. Its prompt is not: with a shared key it may be somebody else's."""
    return RequestLineOut(
        id=request.id,
        kind=request.draft.kind.value,
        state=request.state.value,
        n=request.draft.n,
        models=request.draft.models,
        kudos=kudos_of(request.price_mk),
        asked=iso_of(request.asked_at_ms),
        ended=UNSET if request.finished_at_ms is None else iso_of(request.finished_at_ms),
    )


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/extras/requests",
        id="get_requests",
        tag=Tag.USERS,
        summary="What one asked for",
        handler=read_requests,
        replies={200: RequestsOut},
        refusals={400: (Rc.BAD_REQUEST,), 403: (Rc.ANON_FORBIDDEN,)},
        caller=Caller.ACCOUNT,
        query=RequestsQuery,
        ours=True,
    ),
)
