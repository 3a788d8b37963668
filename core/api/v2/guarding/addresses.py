"""Time-outs of addresses: set, listed, ended; a worker's address is named by the worker and never shown."""

from collections.abc import Sequence

from core.api.operations import Answer, Call, Caller, Operation, Operations, Tag
from core.domain.guard import AddressBlock, block_that_holds, network_of
from core.domain.ids import WorkerId
from core.services.moderation.guard import block_network, block_worker, unblock_network, unblock_worker
from core.wire import Rc
from core.wire.showing.guard import AddTimeoutIPInput, AddWorkerTimeout, DeleteTimeoutIPInput, IPTimeout
from core.wire.users import SimpleResponse


async def list_all(call: Call[None, None]) -> Answer:
    """List the time-outs that are in force."""
    return _shown(call, await _blocks(call))


async def add(call: Call[AddTimeoutIPInput, None]) -> Answer:
    """Keep an address or a range out."""
    message, now_ms = call.message, call.context.clock.now_ms()
    await call.context.uow.write(
        lambda tx: block_network(tx, network=message.ipaddr, hours=message.hours, now_ms=now_ms)
    )
    await call.context.standing.renew()
    return SimpleResponse()


async def end(call: Call[DeleteTimeoutIPInput, None]) -> Answer:
    """Let an address or a range in again."""
    network = call.message.ipaddr
    await call.context.uow.write(lambda tx: unblock_network(tx, network=network))
    await call.context.standing.renew()
    return SimpleResponse()


async def show(call: Call[None, None]) -> Answer:
    """Say what keeps this address out: nothing, or the time-out that lasts longest."""
    address = str(network_of(call.at("address")).network_address)
    context = call.context
    held = block_that_holds(
        address,
        address_hash=context.standing.hash_of(address),
        blocks=await _blocks(call),
        now_ms=context.clock.now_ms(),
    )
    return _shown(call, [] if held is None else [held])


async def block(call: Call[AddWorkerTimeout, None]) -> Answer:
    """Keep the address out that a worker last came from."""
    worker_id, days, now_ms = WorkerId(call.at("id")), call.message.days, call.context.clock.now_ms()
    await call.context.uow.write(lambda tx: block_worker(tx, worker_id=worker_id, days=days, now_ms=now_ms))
    await call.context.standing.renew()
    return SimpleResponse()


async def unblock(call: Call[None, None]) -> Answer:
    """Let a worker's address in again."""
    worker_id = WorkerId(call.at("id"))
    await call.context.uow.write(lambda tx: unblock_worker(tx, worker_id=worker_id))
    await call.context.standing.renew()
    return SimpleResponse()


async def _blocks(call: Call[None, None]) -> Sequence[AddressBlock]:
    now_ms = call.context.clock.now_ms()
    return await call.context.uow.read(lambda tx: tx.guard.blocks(now_ms=now_ms))


def _shown(call: Call[None, None], blocks: Sequence[AddressBlock]) -> list[IPTimeout]:
    now_ms = call.context.clock.now_ms()
    return [IPTimeout(ipaddr=_name_of(block), seconds=block.left_s(now_ms)) for block in blocks]


def _name_of(block: AddressBlock) -> str:
    """Return a single address without the mask that makes a range of it."""
    return block.id.removesuffix("/32").removesuffix("/128")


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/operations/ipaddr",
        id="get_operations_ip",
        tag=Tag.OPERATIONS,
        summary="The time-outs of addresses that are in force",
        handler=list_all,
        replies={200: list[IPTimeout]},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="POST",
        path="/api/v2/operations/ipaddr",
        id="post_operations_ip",
        tag=Tag.OPERATIONS,
        summary="Keep an address or a range out for hours",
        handler=add,
        body=AddTimeoutIPInput,
        replies={200: SimpleResponse},
        refusals={400: (Rc.BAD_REQUEST,)},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="DELETE",
        path="/api/v2/operations/ipaddr",
        id="delete_operations_ip",
        tag=Tag.OPERATIONS,
        summary="Let an address or a range in again",
        handler=end,
        body=DeleteTimeoutIPInput,
        replies={200: SimpleResponse},
        refusals={400: (Rc.BAD_REQUEST,), 404: (Rc.NOT_FOUND,)},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="GET",
        path="/api/v2/operations/ipaddr/{address}",
        id="get_operations_ip_single",
        tag=Tag.OPERATIONS,
        summary="What keeps an address out",
        handler=show,
        replies={200: list[IPTimeout]},
        refusals={400: (Rc.BAD_REQUEST,)},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="PUT",
        path="/api/v2/operations/block_worker_ipaddr/{id}",
        id="put_operations_block_worker_ip",
        tag=Tag.OPERATIONS,
        summary="Keep the address out that a worker last came from, for days",
        handler=block,
        body=AddWorkerTimeout,
        replies={200: SimpleResponse},
        refusals={404: (Rc.NOT_FOUND, Rc.WORKER_NOT_FOUND)},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="DELETE",
        path="/api/v2/operations/block_worker_ipaddr/{id}",
        id="delete_operations_block_worker_ip",
        tag=Tag.OPERATIONS,
        summary="Let a worker's address in again",
        handler=unblock,
        replies={200: SimpleResponse},
        refusals={404: (Rc.NOT_FOUND, Rc.WORKER_NOT_FOUND)},
        caller=Caller.MODERATOR,
    ),
)
