"""What is shown of the horde: models, news, statistics, documents."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class ModelsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which models: of which kind, served by how many workers, and known to the horde or not."""

    type: Literal["image", "text"] = "image"
    min_count: Count | UnsetType = UNSET
    max_count: Count | UnsetType = UNSET
    model_state: Literal["known", "custom", "all"] = "all"


class StatsModelsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which models: known to the horde or not."""

    model_state: Literal["known", "custom", "all"] = "all"


class Newspiece(msgspec.Struct, kw_only=True, frozen=True):
    """A piece of news."""

    date_published: str
    newspiece: str
    importance: str = "Information"
    title: str = ""
    tags: tuple[str, ...] = ()
    more_info_urls: tuple[str, ...] = ()


class SinglePeriodImgStat(msgspec.Struct, kw_only=True, frozen=True):
    """Pictures, and their pixelsteps."""

    images: int
    ps: int


class SinglePeriodTxtStat(msgspec.Struct, kw_only=True, frozen=True):
    """Texts, and their tokens."""

    requests: int
    tokens: int


class StatsImgTotals(msgspec.Struct, kw_only=True, frozen=True):
    """Pictures made in the last minute, hour, day and month, and ever."""

    minute: SinglePeriodImgStat
    hour: SinglePeriodImgStat
    day: SinglePeriodImgStat
    month: SinglePeriodImgStat
    total: SinglePeriodImgStat


class StatsTxtTotals(msgspec.Struct, kw_only=True, frozen=True):
    """Texts made in the last minute, hour, day and month, and ever."""

    minute: SinglePeriodTxtStat
    hour: SinglePeriodTxtStat
    day: SinglePeriodTxtStat
    month: SinglePeriodTxtStat
    total: SinglePeriodTxtStat


class ImgModelStats(msgspec.Struct, kw_only=True, frozen=True):
    """Pictures a model, the busiest first."""

    day: dict[str, int]
    month: dict[str, int]
    total: dict[str, int]


class TxtModelStats(msgspec.Struct, kw_only=True, frozen=True):
    """Texts a model, the busiest first."""

    day: dict[str, int]
    month: dict[str, int]
    total: dict[str, int]


class DocumentQuery(msgspec.Struct, kw_only=True, frozen=True):
    """In which form."""

    format: Literal["html", "markdown"] = "html"


class HordeDocument(msgspec.Struct, kw_only=True, frozen=True):
    """A document in the form that was asked for."""

    html: str | UnsetType = UNSET
    markdown: str | UnsetType = UNSET
