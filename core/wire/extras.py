"""Messages of our own routes about kudos: why something costs so much, and an account's statement."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from core.wire.fields import CfgScale, Images, Kudos, Sampler, Side, Steps

Words = Annotated[str, Meta(max_length=2000)]
"""Names, separated by commas."""
Cursor = Annotated[str, Meta(max_length=100)]
Tokens = Annotated[int, Meta(ge=16, le=4096)]
Context = Annotated[int, Meta(ge=80, le=1_048_576)]


class PriceQuery(msgspec.Struct, kw_only=True, frozen=True):
    """What a price is asked for; each kind reads its own fields."""

    kind: Literal["image", "text", "alchemy"] = "image"
    models: Words = ""
    n: Images = 1
    width: Side = 512
    height: Side = 512
    steps: Steps = 30
    sampler_name: Sampler = "k_euler_a"
    cfg_scale: CfgScale = 5.0
    post_processing: Words = ""
    control_type: Annotated[str, Meta(max_length=30)] = ""
    loras: Annotated[int, Meta(ge=0, le=5)] = 0
    source_image: bool = False
    slow_workers: bool = True
    worker_blacklist: bool = False
    max_length: Tokens = 80
    max_context_length: Context = 2048
    forms: Words = ""


class PricePartOut(msgspec.Struct, kw_only=True, frozen=True):
    """One reason for a price: so many kudos more for each job, why in a sentence, and where the rule comes from."""

    name: str
    kudos: Kudos
    to: Literal["worker", "treasury"]
    why: str
    source: str


class PricedJobsOut(msgspec.Struct, kw_only=True, frozen=True):
    """So many jobs that cost the same. each: kudos for one of them, which its parts add up to."""

    jobs: int
    each: Kudos
    parts: tuple[PricePartOut, ...]


class PriceOut(msgspec.Struct, kw_only=True, frozen=True):
    """GET /extras/price: what it costs at most, in all, and why."""

    kudos: Kudos
    kind: str
    models: tuple[str, ...]
    breakdown: tuple[PricedJobsOut, ...]


class StatementQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which page of the statement."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = ""


class StatementLineOut(msgspec.Struct, kw_only=True, frozen=True):
    """One movement. kudos: negative for what left. balance: right after it. other: left out where it is not told."""

    at: str
    kudos: Kudos
    balance: Kudos
    reason: str
    other: str | UnsetType = UNSET
    job_id: str | UnsetType = UNSET
    note: str | UnsetType = UNSET


class StatementOut(msgspec.Struct, kw_only=True, frozen=True):
    """GET /extras/statement: a page, newest first. escrow: what waits until the account is trusted."""

    username: str
    kudos: Kudos
    escrow: Kudos
    lines: tuple[StatementLineOut, ...]
    next_cursor: str | UnsetType = UNSET


class TotalsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """How many days back, counted from now."""

    days: Annotated[int, Meta(ge=1, le=366)] = 30


class TotalsOut(msgspec.Struct, kw_only=True, frozen=True):
    """GET /extras/statement/totals: kudos earned and spent in the period, by reason."""

    username: str
    since: str
    until: str
    earned: dict[str, Kudos]
    spent: dict[str, Kudos]


class NewKeyOut(msgspec.Struct, kw_only=True, frozen=True):
    """POST /extras/keys/rotate: the account and its new key, which is shown this once."""

    username: str
    apikey: str


class LinkInput(msgspec.Struct, kw_only=True, frozen=True):
    """POST /extras/link: the code that a bot told, as it was told or without its dash."""

    code: Annotated[str, Meta(min_length=1, max_length=40)]


class JoinedOut(msgspec.Struct, kw_only=True, frozen=True):
    """One name that went over to the other purse."""

    platform: str
    name: str


class LinkOut(msgspec.Struct, kw_only=True, frozen=True):
    """The purse that both have now. moved: what came over, a debt as less than 0. merge: names it to support."""

    username: str
    kudos: Kudos
    moved: Kudos
    joined: tuple[JoinedOut, ...]
    merge: str


class RequestsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which page of one's requests."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 25
    cursor: Cursor = ""


class RequestLineOut(msgspec.Struct, kw_only=True, frozen=True):
    """One request. kudos: what was held for it; ended: left out while it is open."""

    id: str
    kind: Literal["image", "text", "alchemy"]
    state: Literal["open", "done", "faulted", "cancelled", "expired"]
    n: int
    models: tuple[str, ...]
    kudos: Kudos
    asked: str
    ended: str | UnsetType = UNSET


class RequestsOut(msgspec.Struct, kw_only=True, frozen=True):
    """GET /extras/requests: a page, newest first."""

    requests: tuple[RequestLineOut, ...]
    next_cursor: str | UnsetType = UNSET
