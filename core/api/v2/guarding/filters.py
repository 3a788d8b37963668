"""Filters: patterns that moderators keep, tried out, and put together."""

import asyncio

from msgspec import UNSET

from core.api.operations import Answer, Call, Caller, Operation, Operations, Reply, Tag
from core.domain.filters import GROUPS, Filter
from core.services.moderation.filters import add_filter, change_filter, filter_that, list_filters, remove_filter
from core.services.moderation.patterns import FilterBook, try_pattern
from core.wire import Rc
from core.wire.showing.guard import (
    FilterDetails,
    FilterPrompt,
    FilterPromptSuspicion,
    FilterRegex,
    FiltersQuery,
    FilterTypeQuery,
    PatchExistingFilter,
    PutNewFilter,
)
from core.wire.users import SimpleResponse

_COUNTED = tuple(one for types in GROUPS for one in types)


async def list_all(call: Call[None, FiltersQuery]) -> Answer:
    """List the filters."""
    query = call.query
    found = await call.context.uow.read(
        lambda tx: list_filters(tx, type_=query.filter_type or None, contains=query.contains or None)
    )
    return [_shown(one) for one in found]


async def add(call: Call[PutNewFilter, None]) -> Answer:
    """Keep a new filter; it holds at once here, and within seconds in other processes."""
    message, now_ms = call.message, call.context.clock.now_ms()
    await asyncio.to_thread(try_pattern, message.regex)
    one = await call.context.uow.write(
        lambda tx: add_filter(
            tx,
            by=call.account.id,
            pattern=message.regex,
            type_=message.filter_type,
            about=message.description,
            replacement=message.replacement,
            now_ms=now_ms,
        )
    )
    await call.context.standing.renew()
    return Reply(message=_shown(one), status=201)


async def try_prompt(call: Call[FilterPrompt, None]) -> Answer:
    """Say what the filters make of a prompt; nobody is struck for it."""
    message = call.message
    filters = await call.context.uow.read(list_filters)
    types = _COUNTED if message.filter_type is UNSET else (message.filter_type,)

    def find() -> FilterPromptSuspicion:
        book = FilterBook()
        book.put(filters)
        found = book.find(message.prompt, types=types)
        return FilterPromptSuspicion(suspicion=str(found.score), matches=found.matches)

    return await asyncio.to_thread(find)


async def put_together(call: Call[None, FilterTypeQuery]) -> Answer:
    """Give all patterns of each type as one."""
    filters = await call.context.uow.read(list_filters)
    types = _COUNTED if call.query.filter_type is UNSET else (call.query.filter_type,)
    patterns = {one: [f"(?:{each.pattern})" for each in filters if each.type == one] for one in types}
    return [FilterRegex(filter_type=one, regex="|".join(patterns[one])) for one in types]


async def show(call: Call[None, None]) -> Answer:
    """Show a filter."""
    return _shown(await call.context.uow.read(lambda tx: filter_that(tx, call.at("id"))))


async def change(call: Call[PatchExistingFilter, None]) -> Answer:
    """Change a filter."""
    message, filter_id = call.message, call.at("id")
    if message.regex is not UNSET:
        await asyncio.to_thread(try_pattern, message.regex)
    one = await call.context.uow.write(
        lambda tx: change_filter(
            tx,
            filter_id=filter_id,
            pattern=None if message.regex is UNSET else message.regex,
            type_=None if message.filter_type is UNSET else message.filter_type,
            about=None if message.description is UNSET else message.description,
            replacement=None if message.replacement is UNSET else message.replacement,
        )
    )
    await call.context.standing.renew()
    return _shown(one)


async def remove(call: Call[None, None]) -> Answer:
    """Delete a filter."""
    filter_id = call.at("id")
    await call.context.uow.write(lambda tx: remove_filter(tx, filter_id=filter_id))
    await call.context.standing.renew()
    return SimpleResponse()


def _shown(one: Filter) -> FilterDetails:
    return FilterDetails(
        id=one.id,
        regex=one.pattern,
        filter_type=one.type,
        description=one.about,
        replacement=one.replacement,
        user=one.author,
    )


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/filters",
        id="get_filters",
        tag=Tag.FILTERS,
        summary="The moderators' filters",
        handler=list_all,
        query=FiltersQuery,
        replies={200: list[FilterDetails]},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="PUT",
        path="/api/v2/filters",
        id="put_filters",
        tag=Tag.FILTERS,
        summary="Keep a new filter",
        handler=add,
        body=PutNewFilter,
        replies={201: FilterDetails},
        refusals={400: (Rc.BAD_REQUEST,)},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="POST",
        path="/api/v2/filters",
        id="post_filters",
        tag=Tag.FILTERS,
        summary="Try a prompt",
        handler=try_prompt,
        body=FilterPrompt,
        replies={200: FilterPromptSuspicion},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="GET",
        path="/api/v2/filters/regex",
        id="get_filter_regex",
        tag=Tag.FILTERS,
        summary="All patterns of each type as one",
        handler=put_together,
        query=FilterTypeQuery,
        replies={200: list[FilterRegex]},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="GET",
        path="/api/v2/filters/{id}",
        id="get_filter_single",
        tag=Tag.FILTERS,
        summary="A filter",
        handler=show,
        replies={200: FilterDetails},
        refusals={404: (Rc.FILTER_NOT_FOUND,)},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="PATCH",
        path="/api/v2/filters/{id}",
        id="patch_filter_single",
        tag=Tag.FILTERS,
        summary="Change a filter",
        handler=change,
        body=PatchExistingFilter,
        replies={200: FilterDetails},
        refusals={400: (Rc.BAD_REQUEST, Rc.NO_FILTER_MOD_SELECTED), 404: (Rc.FILTER_NOT_FOUND,)},
        caller=Caller.MODERATOR,
    ),
    Operation(
        method="DELETE",
        path="/api/v2/filters/{id}",
        id="delete_filter_single",
        tag=Tag.FILTERS,
        summary="Delete a filter",
        handler=remove,
        replies={200: SimpleResponse},
        refusals={404: (Rc.FILTER_NOT_FOUND,)},
        caller=Caller.MODERATOR,
    ),
)
