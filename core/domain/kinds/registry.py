"""The registry: every kind of work and its rules. A new kind is its own file and its line here."""

from collections.abc import Mapping
from typing import Final

from core.domain.kinds.alchemy import AlchemyRules
from core.domain.kinds.image import ImageRules
from core.domain.kinds.kind import Kind, KindRules
from core.domain.kinds.text import TextRules

RULES: Final[Mapping[Kind, KindRules]] = {
    Kind.IMAGE: ImageRules(),
    Kind.TEXT: TextRules(),
    Kind.ALCHEMY: AlchemyRules(),
}
