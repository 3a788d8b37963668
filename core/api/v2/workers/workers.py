"""Workers: which there are, one of them, changed, removed."""

from typing import Any, Final

from msgspec import UNSET

from core.api.limits.limit import a_minute
from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.api.v2.screened import refuse_profane
from core.api.v2.workers.seen import KINDS, worker_details
from core.domain.ids import AccountId, WorkerId
from core.domain.workers.wishes import WorkerWishes
from core.domain.workers.worker import Worker
from core.services.workers.change import change
from core.services.workers.describe import describe, describe_named, describe_online
from core.services.workers.remove import remove
from core.wire import Rc
from core.wire.workers import DeletedWorker, ModifyWorker, ModifyWorkerInput, WorkerDetails, WorkersQuery

_LIMITS: Final = (a_minute(30),)
_NO_TEAM: Final = "None"


async def list_workers(call: Call[None, WorkersQuery]) -> Answer:
    """List the workers that are online: of all types, of one, or the one of a name."""
    context, query, now_ms = call.context, call.query, call.context.clock.now_ms()
    kind = None if query.type is None or query.name is not None else KINDS[query.type]
    found = await context.uow.read(
        lambda tx: describe_online(
            tx, viewer_id=_viewer(call), policy=context.policy, now_ms=now_ms, kind=kind, name=query.name
        )
    )
    return [worker_details(one) for one in found]


async def get_worker(call: Call[None, None]) -> Answer:
    """Describe a worker, as far as it is for the caller's eyes."""
    context, now_ms, worker_id = call.context, call.context.clock.now_ms(), WorkerId(call.at("id"))
    seen = await context.uow.read(
        lambda tx: describe(tx, worker_id=worker_id, viewer_id=_viewer(call), policy=context.policy, now_ms=now_ms)
    )
    return worker_details(seen)


async def get_worker_by_name(call: Call[None, None]) -> Answer:
    """Describe the worker of a name, as far as it is for the caller's eyes."""
    context, now_ms, name = call.context, call.context.clock.now_ms(), call.at("name")
    seen = await context.uow.read(
        lambda tx: describe_named(tx, name=name, viewer_id=_viewer(call), policy=context.policy, now_ms=now_ms)
    )
    return worker_details(seen)


async def change_worker(call: Call[ModifyWorkerInput, None]) -> Answer:
    """Change what is named of a worker; its owner and moderators may, and only moderators pause it."""
    context, wanted, account = call.context, call.message, call.account
    now_ms, worker_id = context.clock.now_ms(), WorkerId(call.at("id"))
    refuse_profane(context, wanted.name, field="name", code=Rc.PROFANE_WORKER_NAME)
    refuse_profane(context, wanted.info, field="info", code=Rc.PROFANE_WORKER_INFO)
    wishes = WorkerWishes(
        name=wanted.name,
        about=wanted.info,
        team=wanted.team,
        maintenance=wanted.maintenance,
        maintenance_message=wanted.maintenance_msg,
        paused=wanted.paused,
    )
    worker = await context.uow.write(
        lambda tx: change(tx, worker_id=worker_id, by=account.id, wishes=wishes, policy=context.policy, now_ms=now_ms)
    )
    return _told(wanted, worker)


async def delete_worker(call: Call[None, None]) -> Answer:
    """Remove a worker that has nothing in its hands; its owner and moderators may."""
    context, account, worker_id = call.context, call.account, WorkerId(call.at("id"))
    now_ms, policy = context.clock.now_ms(), context.policy
    gone = await context.uow.write(
        lambda tx: remove(tx, worker_id=worker_id, by=account.id, policy=policy, now_ms=now_ms)
    )
    return DeletedWorker(deleted_id=gone.id, deleted_name=gone.name)


def _viewer(call: Call[Any, Any]) -> AccountId | None:
    return None if call.caller is None else call.caller.id


def _told(wanted: ModifyWorkerInput, worker: Worker) -> ModifyWorker:
    """Return what was changed as v2 tells it."""
    return ModifyWorker(
        maintenance=UNSET if wanted.maintenance is None else worker.maintenance,
        paused=UNSET if wanted.paused is None else worker.paused,
        info=UNSET if wanted.info is None else worker.about,
        name=UNSET if wanted.name is None else worker.name,
        team=UNSET if wanted.team is None else worker.team_name or _NO_TEAM,
    )


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/workers",
        id="get_workers",
        tag=Tag.WORKERS,
        summary="The workers that are online",
        handler=list_workers,
        query=WorkersQuery,
        replies={200: list[WorkerDetails]},
        caller=Caller.PERHAPS_KNOWN,
    ),
    Operation(
        method="GET",
        path="/api/v2/workers/name/{name}",
        id="get_worker_single_name",
        tag=Tag.WORKERS,
        summary="The worker of a name",
        handler=get_worker_by_name,
        replies={200: WorkerDetails},
        refusals={404: (Rc.WORKER_NOT_FOUND,)},
        caller=Caller.PERHAPS_KNOWN,
        limits=_LIMITS,
    ),
    Operation(
        method="GET",
        path="/api/v2/workers/{id}",
        id="get_worker_single",
        tag=Tag.WORKERS,
        summary="One worker",
        handler=get_worker,
        replies={200: WorkerDetails},
        refusals={404: (Rc.WORKER_NOT_FOUND,)},
        caller=Caller.PERHAPS_KNOWN,
        limits=_LIMITS,
    ),
    Operation(
        method="PUT",
        path="/api/v2/workers/{id}",
        id="put_worker_single",
        tag=Tag.WORKERS,
        summary="Change a worker",
        handler=change_worker,
        body=ModifyWorkerInput,
        replies={200: ModifyWorker},
        refusals={
            400: (
                Rc.BAD_REQUEST,
                Rc.NO_WORKER_MOD_SELECTED,
                Rc.TOO_LONG,
                Rc.PROFANE_WORKER_NAME,
                Rc.PROFANE_WORKER_INFO,
                Rc.WORKER_NAME_ALREADY_EXISTS,
            ),
            403: (Rc.ANON_FORBIDDEN, Rc.NOT_OWNER, Rc.NOT_MODERATOR),
            404: (Rc.WORKER_NOT_FOUND, Rc.TEAM_NOT_FOUND),
        },
        caller=Caller.ACCOUNT,
        limits=_LIMITS,
    ),
    Operation(
        method="DELETE",
        path="/api/v2/workers/{id}",
        id="delete_worker_single",
        tag=Tag.WORKERS,
        summary="Remove a worker",
        handler=delete_worker,
        replies={200: DeletedWorker},
        refusals={
            403: (Rc.ANON_FORBIDDEN, Rc.NOT_OWNER),
            404: (Rc.WORKER_NOT_FOUND,),
            423: (Rc.LOCKED,),
        },
        caller=Caller.ACCOUNT,
        limits=_LIMITS,
    ),
)
