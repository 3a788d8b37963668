"""The conversation's settings, and the rooms beside the desk that are made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta

if TYPE_CHECKING:
    from bots.asked import Room
    from bots.horde.port import Horde
    from bots.manners import Gate
    from bots.platform import Platform
    from bots.tips import TipRules
    from core.domain.policy import QueuePolicy
    from core.ports.clock import Clock
    from core.ports.store import UnitOfWork

MK: Final = 1_000
UNPACED: Final = frozenset({"commons"})
"""The timeline counts posts a minute itself (commons.posts_per_minute)."""
TIPS: Final = {"🪙": 1.0, "💎": 10.0, "🏆": 100.0}
"""Signs that nobody uses by the way: a common one would cost people kudos by mistake."""
Community = Annotated[str, Meta(pattern=r"^(reddit|mastodon|discord):\S+$")]


class BotSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation that all bots share (bots/README.md)."""

    styles_folder: Annotated[str, Meta(examples=["/etc/horde/styles"])] = ""
    default_style: Annotated[str, Meta(examples=["plain"])] = ""
    text_model: Annotated[str, Meta(examples=["koboldcpp/Llama-3.1-8B-Instruct"])] = ""
    allowed_communities: Annotated[
        tuple[Community, ...], Meta(examples=[["mastodon:botsin.example", "discord:1124444555566667777"]])
    ] = ()
    denied_communities: Annotated[tuple[Community, ...], Meta(examples=[["mastodon:no-bots.example"]])] = ()
    orders_at_once: Annotated[int, Meta(ge=0, le=1_000, examples=[5])] = 5
    order_every_s: Annotated[float, Meta(ge=1, le=86_400, examples=[60])] = 60.0
    hide_below: Annotated[int, Meta(ge=-1_000_000, le=0, examples=[-3])] = -3
    tips: Annotated[dict[str, Annotated[float, Meta(gt=0, le=1_000_000)]], Meta(examples=[{"💎": 10}])] = msgspec.field(
        default_factory=lambda: dict(TIPS)
    )
    tip_least: Annotated[float, Meta(ge=0.001, le=1_000_000, examples=[1])] = 1.0
    tip_most: Annotated[float, Meta(ge=0.001, le=1_000_000_000, examples=[1000])] = 1_000.0


def gate_of(settings: BotSettings) -> Gate:
    """Returns who is answered; `hide_below` 0 hides nothing, `orders_at_once` 0 paces nobody."""
    from bots.manners import Gate, Rules

    return Gate(
        Rules(
            allowed=_by_platform(settings.allowed_communities),
            denied=_by_platform(settings.denied_communities),
            burst=settings.orders_at_once,
            refill_s=settings.order_every_s,
            unpaced=UNPACED,
        )
    )


def rooms_of(
    settings: BotSettings,
    *,
    horde: Horde,
    uow: UnitOfWork,
    clock: Clock,
    platforms: Sequence[Platform],
    policy: QueuePolicy,
) -> list[Room]:
    """Returns what stands beside the desk; who is forgotten is forgotten in every room."""
    from bots.linking import Linking
    from bots.manners import manners_room
    from bots.parties import Parties
    from bots.pots import Pots
    from bots.showcase import Ratings
    from bots.tips import Tips

    by_name = {platform.name: platform for platform in platforms}
    rooms = [
        Ratings(hide_below=settings.hide_below or None).room(),
        Parties(uow=uow, clock=clock, horde=horde, platforms=by_name).room(),
        Linking(horde=horde, platforms=by_name).room(),
        Tips(
            uow=uow, clock=clock, horde=horde, platforms=by_name, rules=tip_rules(settings), policy=policy.kudos
        ).room(),
        Pots(uow=uow, clock=clock, horde=horde, policy=policy).room(),
    ]
    forgets = tuple(forget for room in rooms for forget in room.forgets)
    return [*rooms, manners_room(horde=horde, uow=uow, clock=clock, forgets=forgets)]


def tip_rules(settings: BotSettings) -> TipRules:
    """Returns what a tip may be."""
    from bots.tips import TipRules, marks_of

    return TipRules(
        marks=marks_of(settings.tips), least_mk=round(settings.tip_least * MK), most_mk=round(settings.tip_most * MK)
    )


def _by_platform(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Returns platform to its communities, of names such as `reddit:pics`."""
    found: dict[str, set[str]] = defaultdict(set)
    for name in names:
        platform, _, community = name.partition(":")
        found[platform].add(community.casefold())
    return {platform: frozenset(communities) for platform, communities in found.items()}
