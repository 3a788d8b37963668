"""What the timeline's templates show, as plain values: no template reads a row of the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where a summons is, in the words of the page's four dots."""

    QUEUED = "queued"
    DRAWING = "drawing"
    STORED = "stored"
    POSTED = "posted"


STAGES = tuple(Stage)
STAGE_WORDS = {Stage.QUEUED: "Queued", Stage.DRAWING: "Drawing", Stage.STORED: "Stored", Stage.POSTED: "Posted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Who wrote something: a guest, an account, or the horde's bot."""

    name: str
    initials: str
    hue: int
    is_horde: bool = False
    tag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """A picture as shown: its address, size in pixels, words for those who cannot see it, and where it comes from."""

    url: str
    alt: str
    width_px: int
    height_px: int
    seed: int

    @property
    def is_tiny(self) -> bool:
        """True if the picture has so few pixels that they are better shown as squares than as a blur."""
        return max(self.width_px, self.height_px) <= 128


@dataclass(frozen=True, slots=True, kw_only=True)
class VotesView:
    """The votes that `post_id` keeps (for all posts with its picture), and this reader's own: 1, 0 or -1."""

    post_id: int
    up: int = 0
    down: int = 0
    mine: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FactView:
    """One thing told about a picture."""

    label: str
    value: str
    is_kudos: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """One post. `at` is ISO 8601 for machines, `ago` for people; `said` are runs of (text, is a mention).

    label: what says that a model made it, "" for people's and our own words.
    """

    id: int
    by: PersonView
    at: str
    ago: str
    said: tuple[tuple[str, bool], ...] = ()
    pictures: tuple[PictureView, ...] = ()
    facts: tuple[FactView, ...] = ()
    votes: VotesView | None = None
    again: str = ""
    title: str = ""
    only_you: bool = False
    spoiler: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayView:
    """How far a summons is: a stage, a sentence, and a share from 0 to 100 for the bar. owner: who asked."""

    post_id: int
    owner: str = ""
    stage: Stage
    sentence: str
    percent: int

    @property
    def dots(self) -> tuple[tuple[str, str], ...]:
        """The four stages as (words, `past` | `now` | `next`)."""
        here = STAGES.index(self.stage)
        return tuple(
            (STAGE_WORDS[stage], "past" if place < here else "now" if place == here else "next")
            for place, stage in enumerate(STAGES)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    """A post with what was answered to it, and how far its summons is."""

    post: PostView
    replies: tuple[PostView, ...] = ()
    way: WayView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """What the horde does now."""

    waiting: int = 0
    processing: int = 0
    workers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeView:
    """The reader: who they are here, and their kudos in words ready to show."""

    by: PersonView
    is_guest: bool
    balance: str
    held: str = ""
    below: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerView:
    """The box to write in: its text (kept after an error), the sentence of the error beside it, the price's.

    page_trouble: an error that has nothing to do with what is in the box.

    key: the same form sent twice is one post.

    answers: the post that is replied to.
    """

    text: str
    trouble: str = ""
    price: str = ""
    key_trouble: str = ""
    page_trouble: str = ""
    ideas: tuple[str, ...] = ()
    key: str = ""
    answers: int | None = None
