"""Texts: KoboldAI-style generation."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.domain.errors import InvalidRequest
from core.domain.kinds.checks import between
from core.domain.kinds.kind import Kind, KindRules, Price, PriceGoesTo, PricePart, tax_parts
from core.domain.kudos.ledger import MK_PER_KUDOS
from core.domain.queue.needs import Needs

if TYPE_CHECKING:
    from core.domain.policy import QueuePolicy
    from core.domain.requests import RequestDraft
    from core.domain.workers.offer import WorkerOffer

_SOURCE: Final = "AI Horde, tokens times model size times context"
_SIZE_IN_NAME: Final = re.compile(r"(?:(\d+)\s*x\s*)?(\d+(?:\.\d+)?)\s*b(?![a-z])", re.IGNORECASE)
_SIZE_ANY_B: Final = 13.0
_TOKENS_LEAST: Final = 20
_CHARS_PER_TOKEN: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class TextParams:
    """How a text is to be written. length_max: tokens to write; context_max: tokens that the model looks back on."""

    length_max: int = 80
    context_max: int = 2_048
    softprompt: str | None = None
    validated_backends: bool = False


def params_of(draft: "RequestDraft") -> TextParams:
    """Return the parameters of a draft for a text; raises ``TypeError`` for another kind."""
    if not isinstance(draft.params, TextParams):
        raise TypeError(type(draft.params).__name__)
    return draft.params


def known_size_b(model: str, policy: "QueuePolicy") -> float | None:
    """Return a model's billions of parameters: as set, else as its name says (8x7B is 56), else None."""
    known = policy.model_params_b.get(model)
    if known is not None:
        return known
    found = _SIZE_IN_NAME.search(model.rpartition("/")[2])
    return float(found[2]) * int(found[1] or 1) if found else None


def model_size_b(model: str, policy: "QueuePolicy") -> float:
    """Return a model's billions of parameters, 13 where nobody knows them."""
    known = known_size_b(model, policy)
    return _SIZE_ANY_B if known is None else known


def tokens_written(body: Mapping[str, object]) -> int:
    """Return how many tokens a result's text is, at four characters a token."""
    return math.ceil(len(str(body.get("text", ""))) / _CHARS_PER_TOKEN)


def context_factor(context_max: int) -> float:
    """Return how much a context of that many tokens makes each token cost: ``1.2 + 2.2^log2(c / 1024)``, 0.1 to 30."""
    return float(min(max(1.2 + 2.2 ** math.log2(context_max / 1_024), 0.1), 30.0))


def tokens_price_mk(tokens: int, *, size_b: float, context_max: int) -> int:
    """Return the price of that many tokens in millikudos.

    Source, AI Horde: ``tokens * (max(m, 13) / 13)^0.2 * m * context_factor / 100`` with m in billions of parameters.
    80 tokens of a 13B model at 2,048 tokens of context cost 35.36 kudos.
    """
    kudos: float = tokens * (max(size_b, 13) / 13) ** 0.2 * size_b * context_factor(context_max) / 100
    return round(kudos * MK_PER_KUDOS)


class TextRules(KindRules):
    """The rules of texts: size in tokens of context, length and work in tokens to write."""

    kind = Kind.TEXT
    params_type = TextParams
    uniform = True
    thing = "tokens"
    size_bounds = tuple(round(256 * 2 ** (i / 2)) for i in range(25))
    length_bounds = (32, 64, 128, 256, 512, 1_024, 2_048, 4_096)
    reasons = ("max_context_length", "max_length")

    def check(self, draft: "RequestDraft", policy: "QueuePolicy") -> None:
        """Return if lengths and number are within the limits."""
        params = params_of(draft)
        if not draft.prompt:
            message = "The prompt is empty. Give the text that is to be continued."
            raise InvalidRequest(message, field="prompt", limit=1, value=0, code="MissingPrompt")
        between("n", draft.n, 1, policy.n_max, "texts")
        between("max_length", params.length_max, 16, policy.text_length_max, "tokens")
        between("max_context_length", params.context_max, 80, policy.text_context_max, "tokens")
        if params.length_max > params.context_max:
            message = (
                f"The text shall be up to {params.length_max} tokens long, but the context holds {params.context_max}. "
                "Ask for a shorter text or a larger context."
            )
            raise InvalidRequest(
                message, field="max_length", limit=params.context_max, value=params.length_max, code="TokenOverflow"
            )

    def count(self, draft: "RequestDraft") -> int:
        """Return the number of texts."""
        return draft.n

    def things(self, draft: "RequestDraft", ordinal: int, *, body: Mapping[str, object] | None = None) -> int:
        """Return the tokens of one text: at most as asked for, at the end as written."""
        length_max = params_of(draft).length_max
        return length_max if body is None else min(length_max, tokens_written(body))

    def price(
        self,
        draft: "RequestDraft",
        ordinal: int,
        policy: "QueuePolicy",
        *,
        model: str | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Price:
        """Return the price of one text: at most by the largest model asked for, at the end by what was written."""
        params = params_of(draft)
        names = (model,) if model is not None else draft.models
        size_b = max((model_size_b(name, policy) for name in names), default=_SIZE_ANY_B)
        tokens = params.length_max
        if body is not None:
            tokens = min(tokens, max(_TOKENS_LEAST, tokens_written(body)))
        why = f"{tokens} tokens of a model of {size_b:g} billion parameters, {params.context_max} tokens of context"
        amount_mk = tokens_price_mk(tokens, size_b=size_b, context_max=params.context_max)
        part = PricePart(name="tokens", amount_mk=amount_mk, to=PriceGoesTo.WORKER, why=why, source=_SOURCE)
        return Price(parts=(part, *tax_parts(policy)))

    def models(self, draft: "RequestDraft", ordinal: int) -> tuple[str, ...]:
        """Return the models asked for."""
        return draft.models

    def needs(self, draft: "RequestDraft") -> Needs:
        """Return whether it needs a validated backend or a softprompt."""
        params = params_of(draft)
        needs = Needs.VALIDATED_BACKEND if params.validated_backends else Needs.NONE
        return needs | Needs.SOFTPROMPT if params.softprompt else needs

    def measure(self, draft: "RequestDraft", ordinal: int) -> tuple[int, int]:
        """Return the tokens of context and the tokens to write."""
        params = params_of(draft)
        return params.context_max, params.length_max

    def things_of(self, size: int, length: int) -> int:
        """Return the tokens to write."""
        return length

    def reach(self, offer: "WorkerOffer") -> tuple[int, int]:
        """Return the longest context and text that the worker takes."""
        return offer.context_max, offer.length_max

    def serves(self, offer: "WorkerOffer") -> frozenset[str]:
        """Return the worker's models."""
        return frozenset(offer.models)

    def lease_s(self, draft: "RequestDraft", ordinal: int, *, model: str, policy: "QueuePolicy") -> float:
        """Return 150 s (AI Horde API, job time to live)."""
        return policy.lease_text_s
