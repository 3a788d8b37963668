"""What the timeline's pages need of the rest of the suite."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bots.commons.adapter import CommonsPlatform
from bots.commons.pages.live import Pulse
from bots.commons.pages.pace import Pace
from bots.commons.price import PriceTag
from bots.commons.session import Sessions
from bots.platform import Picture
from core.ports.clock import Clock
from core.ports.objects import ObjectStore
from core.ports.screening import Screening
from core.ports.store import UnitOfWork
from core.web.site import Site, origin_of

TEMPLATES = Path(__file__).parent.parent / "templates"
IDEAS = ("a red heart", "a blue apple", "an owl", "a rocket")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonsContext:
    """Everything the routes work with. `platform` is the same adapter that the bots' runner has."""

    uow: UnitOfWork
    objects: ObjectStore
    clock: Clock
    screening: Screening
    platform: CommonsPlatform
    prices: PriceTag
    secret: bytes
    public_url: str
    version: str
    ideas: tuple[str, ...] = IDEAS
    posts_per_minute: int = 20
    listeners_max: int = 256
    site: Site = field(init=False)
    sessions: Sessions = field(init=False)
    pulse: Pulse = field(init=False)
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        """Make the parts that follow from the others."""
        example = self.objects.public_url("pictures/example")
        others = [] if self._is_ours(example) else [origin_of(example)]
        parts = {
            "site": Site(version=self.version, template_folders=[TEMPLATES], image_origins=others),
            "sessions": Sessions(secret=self.secret, is_https=self.public_url.startswith("https:")),
            "pulse": Pulse(uow=self.uow, clock=self.clock),
            "pace": Pace(clock=self.clock, per_minute=self.posts_per_minute),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    def url_of(self, picture: Picture) -> str:
        """Returns a picture's address as the page uses it: a path wherever it is this host's."""
        url = self.objects.public_url(picture.key)
        return url.removeprefix(origin_of(url)) if self._is_ours(url) else url

    def _is_ours(self, url: str) -> bool:
        """Tells whether an address is this server's own; port 0 stands for the one that it will listen on."""
        theirs, ours = urlsplit(url), urlsplit(self.public_url)
        return not theirs.netloc or (theirs.hostname == ours.hostname and ours.port in {0, theirs.port})
