"""What was made, in all and a model."""

from collections.abc import Mapping

from core.api.operations import Answer, Call, Operation, Operations, Tag
from core.api.v2.showing.models import is_meant
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.statistics import ModelCounts, Tally, Totals
from core.services.statistics.totals import model_counts, totals
from core.wire.showing.status import (
    ImgModelStats,
    SinglePeriodImgStat,
    SinglePeriodTxtStat,
    StatsImgTotals,
    StatsModelsQuery,
    StatsTxtTotals,
    TxtModelStats,
)


async def image_totals(call: Call[None, None]) -> Answer:
    """Count the pictures."""
    found = await _totals(call, Kind.IMAGE)

    def shown(tally: Tally) -> SinglePeriodImgStat:
        return SinglePeriodImgStat(images=tally.jobs, ps=tally.things)

    return StatsImgTotals(
        minute=shown(found.minute),
        hour=shown(found.hour),
        day=shown(found.day),
        month=shown(found.month),
        total=shown(found.total),
    )


async def text_totals(call: Call[None, None]) -> Answer:
    """Count the texts."""
    found = await _totals(call, Kind.TEXT)

    def shown(tally: Tally) -> SinglePeriodTxtStat:
        return SinglePeriodTxtStat(requests=tally.jobs, tokens=tally.things)

    return StatsTxtTotals(
        minute=shown(found.minute),
        hour=shown(found.hour),
        day=shown(found.day),
        month=shown(found.month),
        total=shown(found.total),
    )


async def image_models(call: Call[None, StatsModelsQuery]) -> Answer:
    """Count the pictures a model."""
    found = await _models(call, Kind.IMAGE)
    state, policy = call.query.model_state, call.context.policy
    day, month, total = (_meant(counts, state, policy) for counts in (found.day, found.month, found.total))
    return ImgModelStats(day=day, month=month, total=total)


async def text_models(call: Call[None, StatsModelsQuery]) -> Answer:
    """Count the texts a model."""
    found = await _models(call, Kind.TEXT)
    state, policy = call.query.model_state, call.context.policy
    day, month, total = (_meant(counts, state, policy) for counts in (found.day, found.month, found.total))
    return TxtModelStats(day=day, month=month, total=total)


async def _totals(call: Call[None, None], kind: Kind) -> Totals:
    now_ms = call.context.clock.now_ms()
    return await call.context.uow.read(lambda tx: totals(tx, kind=kind, now_ms=now_ms))


async def _models(call: Call[None, StatsModelsQuery], kind: Kind) -> ModelCounts:
    now_ms = call.context.clock.now_ms()
    return await call.context.uow.read(lambda tx: model_counts(tx, kind=kind, now_ms=now_ms))


def _meant(counts: Mapping[str, int], state: str, policy: QueuePolicy) -> dict[str, int]:
    return {name: count for name, count in counts.items() if is_meant(name, state, policy)}


OPERATIONS: Operations = (
    Operation(
        method="GET",
        path="/api/v2/stats/img/totals",
        id="get_image_horde_stats_totals",
        tag=Tag.STATS,
        summary="How many pictures were made",
        handler=image_totals,
        replies={200: StatsImgTotals},
    ),
    Operation(
        method="GET",
        path="/api/v2/stats/img/models",
        id="get_image_horde_stats_models",
        tag=Tag.STATS,
        summary="How many pictures each model made",
        handler=image_models,
        query=StatsModelsQuery,
        replies={200: ImgModelStats},
    ),
    Operation(
        method="GET",
        path="/api/v2/stats/text/totals",
        id="get_text_horde_stats_totals",
        tag=Tag.STATS,
        summary="How many texts were written",
        handler=text_totals,
        replies={200: StatsTxtTotals},
    ),
    Operation(
        method="GET",
        path="/api/v2/stats/text/models",
        id="get_text_horde_stats_models",
        tag=Tag.STATS,
        summary="How many texts each model wrote",
        handler=text_models,
        query=StatsModelsQuery,
        replies={200: TxtModelStats},
    ),
)
