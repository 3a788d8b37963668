"""What the routes are given: ports, policy and limits, as one frozen value that wiring fills."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from aiohttp import web

from core.api.changes import Changes
from core.api.held import HeldPops
from core.api.limits import ClientAddresses, RateLimits
from core.api.sources import SourceFetcher, Sources
from core.api.standing import Standing
from core.domain.policy import QueuePolicy
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from core.ports.screening import Screening
from core.ports.signed import SignedObjects
from core.ports.store import UnitOfWork
from core.ports.wakeup import Wakeup
from core.services.moderation.patterns import FilterBook
from core.services.statistics.meters import Meters
from core.services.workers.handed import HandedOut

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiContext:
    """What every route works with.

    secret: keys uploads (``in/<hmac>``). signed_objects: set where this process serves the objects itself (disk).
    hold_s_max: the longest a pop is held. door_s_max: the longest an OpenAI client's order is waited for.
    keys_known_s: for so long whose key it is need not be read again where it is asked often.
    full_check_share: how many of trusted workers' pictures are decoded whole
    (untrusted workers': all). Bytes are limits of bodies.
    """

    uow: UnitOfWork
    objects: ObjectStore
    clock: Clock
    wakeup: Wakeup
    screening: Screening
    policy: QueuePolicy
    public_url: str
    secret: bytes
    version: str
    signed_objects: SignedObjects | None = None
    hold_s_max: int = 30
    door_s_max: float = 300.0
    keys_known_s: float = 1.0
    full_check_share: float = 0.05
    upload_bytes_max: int = 10 * MIB
    base64_body_bytes_max: int = 12 * MIB
    body_bytes_max: int = MIB
    body_s_max: float = 30.0
    streams_max: int = 100
    watches_max: int = 10_000
    rate_limits: RateLimits | None = None
    prompt_timeouts: bool = False
    """An address from which a prompt was refused is kept out for some minutes, longer each time."""
    news: tuple[Mapping[str, object], ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    """Terms, privacy and sponsors, as Markdown."""
    filters: FilterBook = field(default_factory=FilterBook)
    """The moderators' filters; kept up to date by ``standing``."""
    standing: Standing = field(init=False)
    """What moderators have set."""
    addresses: ClientAddresses = field(default_factory=ClientAddresses)
    decoding: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """So many pictures are decoded at a time, which bounds the memory that takes."""
    fetcher: SourceFetcher = field(default_factory=SourceFetcher)
    sources: Sources = field(init=False)
    """Where the pictures go that clients give to work on."""

    changes: Changes = field(init=False)
    """Who waits here for orders to change; the store's ``on_events`` hints it."""

    def __post_init__(self) -> None:
        """Let source pictures be decoded within the same bound as workers'."""
        sources = Sources(objects=self.objects, clock=self.clock, fetcher=self.fetcher, decoding=self.decoding)
        object.__setattr__(self, "sources", sources)
        standing = Standing(self.uow, self.clock, secret=self.secret, filters=self.filters)
        object.__setattr__(self, "standing", standing)
        object.__setattr__(self, "changes", Changes(self.uow, watches_max=self.watches_max))

    handed_out: HandedOut = field(default_factory=HandedOut)
    """What workers were given by this process, so that what they hand in is known without a look."""

    meters: Meters = field(default_factory=Meters)

    @property
    def node(self) -> str:
        """Which server this is, as v2's header ``Horde-Node`` says it: ``host:port:version``."""
        return _node_of(self.public_url, self.version)


@cache
def _node_of(public_url: str, version: str) -> str:
    address = urlsplit(public_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    return f"{address.hostname or 'localhost'}:{port}:{version}"


CONTEXT: web.AppKey[ApiContext] = web.AppKey("context", ApiContext)
HELD: web.AppKey[HeldPops] = web.AppKey("held", HeldPops)
