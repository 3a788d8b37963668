"""Alchemy: reading a picture (caption, interrogation, nsfw, describe …) or changing it (a post-processor alone)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core.domain.errors import InvalidRequest
from core.domain.kinds.checks import at_most, between
from core.domain.kinds.kind import Kind, KindRules, Price, PriceGoesTo, PricePart, tax_parts
from core.domain.kinds.postprocessors import POST_PROCESSORS
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.queue.needs import Needs

if TYPE_CHECKING:
    from core.domain.policy import QueuePolicy
    from core.domain.requests import RequestDraft
    from core.domain.workers.offer import WorkerOffer

READING_FORMS: Final = frozenset({"caption", "interrogation", "nsfw", "vectorize", "palette", "describe", "aesthetic"})
FORMS: Final = READING_FORMS | POST_PROCESSORS
TILE_PX: Final = 512
_SOURCE: Final = "AI Horde, per form and tile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One thing to be done with the picture."""

    name: str
    payload: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlchemyParams:
    """What is to be done with which picture; each form becomes a job. tiles: squares of 512 pixels that it covers."""

    forms: tuple[Form, ...]
    source_image: str
    tiles: int = 1


def tiles_of(*, width_px: int, height_px: int) -> int:
    """Return how many squares of 512 x 512 pixels cover a picture."""
    return -(-width_px // TILE_PX) * -(-height_px // TILE_PX)


def params_of(draft: "RequestDraft") -> AlchemyParams:
    """Return the parameters of a draft for alchemy; raises ``TypeError`` for another kind."""
    if not isinstance(draft.params, AlchemyParams):
        raise TypeError(type(draft.params).__name__)
    return draft.params


class AlchemyRules(KindRules):
    """The rules of alchemy: size in tiles, work in forms; a form is what a model is to the other kinds."""

    kind = Kind.ALCHEMY
    params_type = AlchemyParams
    uniform = False
    thing = "forms"
    size_bounds = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    length_bounds = (1,)
    reasons = ("max_tiles", "max_tiles")

    def check(self, draft: "RequestDraft", policy: "QueuePolicy") -> None:
        """Return if the forms are known, each named once, and the picture is within the limits."""
        params = params_of(draft)
        names = [form.name for form in params.forms]
        if not names:
            message = "No form is named. Say what is to be done with the picture, e.g. caption."
            raise InvalidRequest(message, field="forms", limit=1, value=0)
        at_most("forms", "forms", len(names), policy.forms_max)
        for name in names:
            if name not in FORMS:
                message = f"The form {name[:60]!r} is not known. Use one of: {', '.join(sorted(FORMS))}."
                raise InvalidRequest(message, field="forms", limit=sorted(FORMS), value=name)
            if names.count(name) > 1:
                message = f"The form {name!r} is named {names.count(name)} times. Name each form once."
                raise InvalidRequest(message, field="forms", limit=1, value=names.count(name))
        if not params.source_image:
            message = "There is no picture to work on. Give source_image."
            raise InvalidRequest(message, field="source_image", code="ImageSourceMissing")
        between("source_image", params.tiles, 1, policy.tiles_max, "tiles", code="SourceImageResolutionExceeded")

    def count(self, draft: "RequestDraft") -> int:
        """Return the number of forms."""
        return len(params_of(draft).forms)

    def things(self, draft: "RequestDraft", ordinal: int, *, body: Mapping[str, object] | None = None) -> int:
        """Return one form."""
        return 1

    def price(
        self,
        draft: "RequestDraft",
        ordinal: int,
        policy: "QueuePolicy",
        *,
        model: str | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Price:
        """Return the price of one form: 1 kudos, an interrogation 3, a post-processor 3 for each tile."""
        params = params_of(draft)
        name = params.forms[ordinal].name
        if name in POST_PROCESSORS:
            kudos, why = 3 * params.tiles, f"{name}: 3 kudos for each of {params.tiles} tiles of 512 x 512 pixels"
        elif name == "interrogation":
            kudos, why = 3, "an interrogation costs 3 kudos"
        else:
            kudos, why = 1, f"{name} costs 1 kudos"
        part = PricePart(name=name, amount_mk=kudos * MK_PER_KUDOS, to=PriceGoesTo.WORKER, why=why, source=_SOURCE)
        return Price(parts=(part, *tax_parts(policy)))

    def models(self, draft: "RequestDraft", ordinal: int) -> tuple[str, ...]:
        """Return the form's name: a worker needs to offer it."""
        return (params_of(draft).forms[ordinal].name,)

    def needs(self, draft: "RequestDraft") -> Needs:
        """Return none: the form says it all."""
        return Needs.NONE

    def measure(self, draft: "RequestDraft", ordinal: int) -> tuple[int, int]:
        """Return the tiles; every form has a length of one. Readings look at a small copy: one tile."""
        params = params_of(draft)
        return (params.tiles if params.forms[ordinal].name in POST_PROCESSORS else 1), 1

    def things_of(self, size: int, length: int) -> int:
        """Return one form."""
        return 1

    def reach(self, offer: "WorkerOffer") -> tuple[int, int]:
        """Return the most tiles that the worker takes."""
        return offer.tiles_max, 1

    def serves(self, offer: "WorkerOffer") -> frozenset[str]:
        """Return the worker's forms."""
        return frozenset(offer.forms)

    def lease_s(self, draft: "RequestDraft", ordinal: int, *, model: str, policy: "QueuePolicy") -> float:
        """Return 180 s (AI Horde API, lease of a form)."""
        return policy.lease_alchemy_s
