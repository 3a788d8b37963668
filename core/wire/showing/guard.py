"""Filters, time-outs of addresses, and the horde's modes."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

FilterType = Annotated[int, Meta(ge=10, le=29)]
Pattern = Annotated[str, Meta(min_length=1, max_length=1_000)]
About = Annotated[str, Meta(max_length=1_000)]
Replacement = Annotated[str, Meta(max_length=200)]
Address = Annotated[str, Meta(min_length=3, max_length=43, examples=["192.0.2.1", "2001:db8::/32"])]


class FiltersQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which filters: of a type, and those whose pattern holds some words."""

    filter_type: FilterType | UnsetType = UNSET
    contains: Annotated[str, Meta(max_length=1_000)] | UnsetType = UNSET


class FilterTypeQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which patterns: of a type, or of all that count."""

    filter_type: FilterType | UnsetType = UNSET


class PutNewFilter(msgspec.Struct, kw_only=True, frozen=True):
    """PUT /filters: a new filter."""

    regex: Pattern
    filter_type: FilterType
    description: About = ""
    replacement: Replacement = ""


class PatchExistingFilter(msgspec.Struct, kw_only=True, frozen=True):
    """PATCH /filters/{id}: what is left out stays as it is."""

    regex: Pattern | UnsetType = UNSET
    filter_type: FilterType | UnsetType = UNSET
    description: About | UnsetType = UNSET
    replacement: Replacement | UnsetType = UNSET


class FilterDetails(msgspec.Struct, kw_only=True, frozen=True):
    """A filter."""

    id: str
    regex: str
    filter_type: int
    description: str
    replacement: str
    user: str


class FilterRegex(msgspec.Struct, kw_only=True, frozen=True):
    """All patterns of a type as one."""

    filter_type: int
    regex: str


class FilterPrompt(msgspec.Struct, kw_only=True, frozen=True):
    """POST /filters: a prompt to be tried."""

    prompt: Annotated[str, Meta(min_length=1)]
    filter_type: FilterType | UnsetType = UNSET


class FilterPromptSuspicion(msgspec.Struct, kw_only=True, frozen=True):
    """What the filters make of a prompt: `suspicion` 0 to 2 (as text), and what they found."""

    suspicion: str
    matches: tuple[str, ...]


class AddTimeoutIPInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /operations/ipaddr: keep an address or a range out."""

    ipaddr: Address
    hours: Annotated[int, Meta(ge=1, le=720)]


class DeleteTimeoutIPInput(msgspec.Struct, kw_only=True, frozen=True):
    """DELETE /operations/ipaddr: let it in again."""

    ipaddr: Address


class IPTimeout(msgspec.Struct, kw_only=True, frozen=True):
    """A time-out. `ipaddr`: the address, the range, or the worker whose address it is."""

    ipaddr: str
    seconds: int


class AddWorkerTimeout(msgspec.Struct, kw_only=True, frozen=True):
    """PUT /operations/block_worker_ipaddr/{worker_id}."""

    days: Annotated[int, Meta(ge=1, le=30)]


class HordeModes(msgspec.Struct, kw_only=True, frozen=True):
    """The modes of the whole horde; `raid_mode` is shown to moderators alone."""

    maintenance_mode: bool
    invite_only_mode: bool
    raid_mode: bool | UnsetType = UNSET


class ModifyHordeModes(msgspec.Struct, kw_only=True, frozen=True):
    """PUT /status/modes: what is left out stays as it is."""

    maintenance: bool | UnsetType = UNSET
    invite_only: bool | UnsetType = UNSET
    raid: bool | UnsetType = UNSET
