"""The best of all platforms: by votes, linked to where it is shown, and nothing that is not for all."""

from __future__ import annotations

import re

import pytest

from bots.platform import Author, EventKind, PlatformEvent, Target
from bots.store.commissions import change_commission, commission_of_event
from bots.store.inbox import store_events
from bots.store.outbox import add_post, posts_of_commission, settle_sent
from bots.store.ratings import put_score, recount
from bots.store.removals import add_removal
from bots.store.rows import CommissionState
from core.ports.store import Transaction
from tests.commons.conftest import Timeline

DAY_S = 86_400


async def shown(
    timeline: Timeline, number: int, *, platform: str, prompt: str, score: int, days_ago: int = 0, nsfw: bool = False
) -> str:
    """A result that is in a showcase, with votes; returns its commission."""
    at_ms = timeline.clock.now_ms() - days_ago * DAY_S * 1_000
    sample = await timeline.post(await timeline.summon(await timeline.visitor()), target=Target.SHOWCASE)

    def store(tx: Transaction) -> str:
        author = Author(external_id=f"u{number}", display_name=f"Person {number}")
        event = PlatformEvent(
            platform=platform,
            event_id=f"best{number}",
            kind=EventKind.MENTION,
            author=author,
            remote_id=f"asked{number}",
            at_ms=at_ms,
        )
        store_events(tx, events=[event], now_ms=at_ms)
        found = commission_of_event(tx, platform=platform, event_id=event.event_id)
        assert found is not None
        change_commission(tx, commission_id=found.id, state=CommissionState.ANSWERED, now_ms=at_ms, nsfw=nsfw)
        assert sample.facts is not None
        post = type(sample)(
            **{name: getattr(sample, name) for name in sample.__slots__}
            | {
                "commission_id": found.id,
                "idempotency_key": f"{found.id}:showcase",
                "platform": platform,
                "text": prompt,
                "to": author,
                "facts": type(sample.facts)(
                    **{name: getattr(sample.facts, name) for name in sample.facts.__slots__}
                    | {"prompt": prompt, "requester": author.display_name}
                ),
            }
        )
        row_id = add_post(tx, post=post, now_ms=at_ms)
        settle_sent(tx, row_id=row_id, remote_id=f"s{number}", remote_url=f"https://{platform}.test/{number}", now_ms=1)
        put_score(tx, platform=platform, remote_id=f"s{number}", teller_id="all", value=score, at_ms=at_ms)
        recount(tx, commission_id=found.id, now_ms=at_ms)
        return found.id

    return await timeline.uow.write(store)


def titles(page: str) -> list[str]:
    return re.findall(r'<li class="card tile best" aria-label="([^"]+)"', page)


async def test_the_best_of_all_platforms_stand_in_order_with_a_link_to_where_they_are_shown(timeline: Timeline) -> None:
    await shown(timeline, 1, platform="reddit", prompt="a fox", score=3)
    await shown(timeline, 2, platform="mastodon", prompt="an owl", score=9)
    await shown(timeline, 3, platform="discord", prompt="a disliked cat", score=-2)
    await shown(timeline, 4, platform="reddit", prompt="not for all", score=50, nsfw=True)
    page = (await timeline.stranger().get("/best")).text
    assert titles(page) == ["an owl", "a fox"]
    assert 'href="https://mastodon.test/2"' in page
    assert "Person 1, on Reddit" in page


async def test_what_left_the_showcase_is_not_among_the_best(timeline: Timeline) -> None:
    gone = await shown(timeline, 1, platform="reddit", prompt="a fox", score=3)

    def take_away(tx: Transaction) -> None:
        [row] = posts_of_commission(tx, commission_id=gone)
        add_removal(tx, row, by=gone, now_ms=1)

    await timeline.uow.write(take_away)
    page = (await timeline.stranger().get("/best")).text
    assert titles(page) == []
    assert "Nothing was liked in this time" in page


@pytest.mark.parametrize(("period", "seen"), [("week", 1), ("month", 2), ("ever", 3), ("nonsense", 2)])
async def test_a_period_counts_from_when_it_was_asked_for(timeline: Timeline, period: str, seen: int) -> None:
    for number, days_ago in enumerate((1, 10, 100)):
        await shown(timeline, number, platform="reddit", prompt=f"fox {number}", score=1, days_ago=days_ago)
    page = (await timeline.stranger().get(f"/best?period={period}")).text
    assert len(titles(page)) == seen
    assert page.count('aria-current="page"') == 2
