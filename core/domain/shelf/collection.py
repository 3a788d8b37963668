"""Collections: styles of one kind under one name, of which each use takes one by chance."""

from dataclasses import dataclass
from typing import Final, NewType

from core.domain.ids import AccountId
from core.domain.kinds.kind import Kind
from core.domain.shelf.style import StyleId

CollectionId = NewType("CollectionId", str)

COLLECTION_MARK: Final = "::collection::"
MEMBERS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A style in a collection, as it is shown."""

    id: StyleId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A collection as its owner published it. public: it is listed. uses: how often it was used."""

    id: CollectionId
    kind: Kind
    account_id: AccountId
    owner: str
    name: str
    about: str
    public: bool = True
    members: tuple[Member, ...] = ()
    uses: int = 0
    made_at_ms: int = 0

    @property
    def handle(self) -> str:
        """The collection as others may name it: ``owner#id::collection::name``."""
        return f"{self.owner}#{self.account_id}{COLLECTION_MARK}{self.name}"
