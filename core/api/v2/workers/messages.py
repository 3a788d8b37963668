"""Messages to workers: which there are, one of them, sent, deleted."""

from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag, write_once
from core.api.v2.workers.seen import message_details
from core.domain.ids import AccountId, WorkerId
from core.domain.workers.message import MessageId
from core.ports.store import Transaction
from core.services.workers.message import Validity, message_of, messages_of, send, unsend
from core.wire import Rc
from core.wire.users import SimpleResponse
from core.wire.workers import MessagesQuery, ResponseModelMessage, WorkerMessageInput


async def list_messages(call: Call[None, MessagesQuery]) -> Answer:
    """List messages, the newest first, 50 a page: to the caller's workers, or, for moderators, to anyone's."""
    query, account, now_ms = call.query, call.account, call.context.clock.now_ms()
    found = await call.context.uow.read(
        lambda tx: messages_of(
            tx,
            by=account.id,
            now_ms=now_ms,
            worker_id=None if query.worker_id is None else WorkerId(query.worker_id),
            account_id=None if query.user_id is None else AccountId(query.user_id),
            validity=Validity(query.validity),
            page=query.page,
        )
    )
    return [message_details(one) for one in found]


async def post_message(call: Call[WorkerMessageInput, None]) -> Answer:
    """Say something to one of the caller's workers or to all of them; moderators also to anyone's, and to every one."""
    context, wanted, account = call.context, call.message, call.account
    now_ms, policy = context.clock.now_ms(), context.policy

    def use_case(tx: Transaction) -> ResponseModelMessage:
        said = send(
            tx,
            by=account.id,
            text=wanted.message,
            worker_id=None if not wanted.worker_id else WorkerId(wanted.worker_id),
            origin=wanted.origin,
            hours=wanted.expiry,
            policy=policy,
            now_ms=now_ms,
        )
        return message_details(said)

    return await write_once(call, use_case)


async def get_message(call: Call[None, None]) -> Answer:
    """Return a message that the caller sent or has the worker for; moderators any."""
    message_id, account = MessageId(call.at("id")), call.account
    return message_details(await call.context.uow.read(lambda tx: message_of(tx, message_id=message_id, by=account.id)))


async def delete_message(call: Call[None, None]) -> Answer:
    """Delete a message that the caller sent; moderators any. It does not come with pops any more."""
    message_id, account = MessageId(call.at("id")), call.account
    await call.context.uow.write(lambda tx: unsend(tx, message_id=message_id, by=account.id))
    return SimpleResponse()


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/workers/messages",
        id="get_worker_messages",
        tag=Tag.WORKERS,
        summary="Messages to workers",
        handler=list_messages,
        query=MessagesQuery,
        replies={200: list[ResponseModelMessage]},
        refusals={403: (Rc.ANON_FORBIDDEN, Rc.NOT_OWNER, Rc.NOT_MODERATOR), 404: (Rc.WORKER_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
    ),
    Operation(
        method="POST",
        path="/api/v2/workers/messages",
        id="post_worker_messages",
        tag=Tag.WORKERS,
        summary="Say something to workers",
        handler=post_message,
        body=WorkerMessageInput,
        replies={200: ResponseModelMessage},
        refusals={
            400: (Rc.BAD_REQUEST,),
            403: (Rc.ANON_FORBIDDEN, Rc.NOT_OWNER, Rc.NOT_MODERATOR),
            404: (Rc.WORKER_NOT_FOUND,),
        },
        caller=Caller.ACCOUNT,
        idempotent=True,
    ),
    Operation(
        method="GET",
        path="/api/v2/workers/messages/{id}",
        id="get_worker_message_single",
        tag=Tag.WORKERS,
        summary="One message",
        handler=get_message,
        replies={200: ResponseModelMessage},
        refusals={403: (Rc.ANON_FORBIDDEN, Rc.NOT_OWNER), 404: (Rc.MESSAGE_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
    ),
    Operation(
        method="DELETE",
        path="/api/v2/workers/messages/{id}",
        id="delete_worker_message_single",
        tag=Tag.WORKERS,
        summary="Delete a message",
        handler=delete_message,
        replies={200: SimpleResponse},
        refusals={403: (Rc.ANON_FORBIDDEN, Rc.NOT_OWNER, Rc.NOT_MODERATOR), 404: (Rc.MESSAGE_NOT_FOUND,)},
        caller=Caller.ACCOUNT,
    ),
)
