"""What people see and do on the timeline, over real HTTP."""

import asyncio
import json
import re
from typing import Any

import pytest

from bots.platform import Target, Visibility
from bots.store.commissions import change_commission, commission_of_event
from bots.store.rows import CommissionState
from core.ports.store import Transaction
from tests.commons.conftest import Timeline, Visitor

NOTICE = "Volunteers&#39; machines can see prompts and pictures"
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ 7*7 }}"


async def test_the_page_stands_alone_and_says_who_sees_what(timeline: Timeline) -> None:
    page = await timeline.stranger().get("/")
    assert page.status == 200
    assert NOTICE.replace("&#39;", "'") in page.text or NOTICE in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    cookie = page.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert not re.search(r"(src|href)=\"(https?:)?//", page.text)
    assert " style=" not in page.text
    assert "<script>" not in page.text
    assert "Nobody has asked for a picture yet" in page.text
    for address in re.findall(r'"(/static/[^"]+)"', page.text):
        static = await timeline.stranger().get(address)
        assert static.status == 200
        assert "immutable" in static.headers["Cache-Control"]


async def test_without_javascript_a_form_posts_and_comes_back(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    sent = await visitor.form("/commons/posts", text="@horde draw for me a red heart", key="k")
    assert sent.status == 303
    again = await visitor.form("/commons/posts", text="@horde draw for me a red heart", key="k")
    assert sent.headers["Location"] == again.headers["Location"] == "/#thread-1"
    page = (await visitor.get("/")).text
    assert page.count('data-thread="1"') == 1
    assert "The horde reads your post" in page


async def test_what_people_write_is_text_and_nothing_else(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    await visitor.form("/commons/name", name="<b>Bob</b>")
    post_id = await timeline.summon(visitor, f"@horde draw for me {ATTACK}")
    await timeline.answer(post_id, text=ATTACK)
    await timeline.answer(post_id, target=Target.SHOWCASE, text=ATTACK)
    for path in ("/", "/showcase", f"/posts/{post_id}", f"/?text={ATTACK}", f"/commons/feed?x={ATTACK}"):
        page = (await visitor.get(path)).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>Bob" not in page
        assert "49" not in re.sub(r'(content|value|data-\w+|href|datetime)="[^"]*"', "", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in (await visitor.get("/")).text


async def test_a_picture_is_shown_with_all_that_is_known_of_it(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    post_id = await timeline.summon(visitor)
    await timeline.answer(post_id)
    page = (await visitor.get("/")).text
    assert 'alt="AI generated picture: a red heart"' in page
    assert f'src="/objects/pictures/2026/11/{post_id}-0.webp"' in page
    for fact in ("<dt>Style</dt><dd>plain", "<dt>Seed</dt><dd>41", "0.91 kudos", "tiny-glyphs"):
        assert fact in page
    assert "data-way" not in page
    seen = await visitor.json(f"/commons/posts/{post_id}")
    assert seen["replies"][0]["pictures"][0]["seed"] == 41
    assert seen["replies"][0]["facts"]["price"] == "0.91 kudos"


async def test_one_vote_a_person_shared_by_thread_and_showcase(timeline: Timeline) -> None:
    one, two = await timeline.visitor(), await timeline.visitor()
    post_id = await timeline.summon(one)
    shown = await timeline.answer(post_id, target=Target.SHOWCASE)
    reply = await timeline.answer(post_id)
    for _ in range(2):
        voted = await one.send(f"/commons/posts/{reply}/vote", vote="up")
    assert voted.body == {"post_id": shown, "up": 1, "down": 0, "mine": 1}
    assert (await two.send(f"/commons/posts/{shown}/vote", vote="up")).body["up"] == 2
    assert (await two.send(f"/commons/posts/{reply}/vote", vote="down")).body == {
        "post_id": shown,
        "up": 1,
        "down": 1,
        "mine": -1,
    }
    assert (await two.send(f"/commons/posts/{reply}/vote", vote="clear")).body["down"] == 0
    back = await one.form(f"/commons/posts/{reply}/vote", vote="clear")
    assert back.status == 303
    assert (await one.json(f"/commons/posts/{shown}"))["votes"] == {"up": 0, "down": 0, "mine": 0}
    events, _ = await timeline.platform.client.news(None, limit=100)
    assert [(event.value, event.remote_id) for event in events if event.kind == "vote"] == [(0, str(shown))] * 2


@pytest.mark.parametrize(("vote", "post", "status"), [("up", "77", 404), ("up", "1", 404), ("sideways", "1", 400)])
async def test_votes_on_nothing_are_refused(timeline: Timeline, vote: str, post: str, status: int) -> None:
    visitor = await timeline.visitor()
    await timeline.summon(visitor)
    assert (await visitor.send(f"/commons/posts/{post}/vote", vote=vote)).status == status


async def test_forged_posts_are_refused(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    token, visitor.token = visitor.token, "forged"
    assert (await visitor.send("/commons/posts", text="@horde draw for me a cat")).status == 403
    visitor.token = token
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await visitor.send("/commons/posts", headers, text="a cat")).status == 403
    assert (await visitor.json("/commons/feed"))["items"] == []


async def test_a_form_that_grew_too_old_keeps_its_text(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    visitor.token = "of yesterday"
    page = await visitor.form("/commons/posts", text="a long text that nobody wants to write twice")
    assert page.status == 403
    assert "a long text that nobody wants to write twice</textarea>" in page.text
    assert "too old" in page.text


async def test_what_is_not_there_is_said_at_the_top(timeline: Timeline) -> None:
    page = await timeline.stranger().get("/posts/99")
    assert page.status == 404
    assert re.search(r'<p class="trouble" role="alert">There is no post 99', page.text)
    assert "aria-invalid" not in page.text


async def test_an_error_stands_beside_the_box_and_the_text_is_kept(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    page = await visitor.form("/commons/posts", text="@horde draw for me a cat style: sketsh")
    assert page.status == 400
    assert 'aria-invalid="true"' in page.text
    assert "sketch" in re.findall(r'id="trouble"[^>]*>([^<]*)<', page.text)[0]
    assert "@horde draw for me a cat style: sketsh</textarea>" in page.text
    for text, word in (("", "empty"), ("x" * 2_001, "2000"), ("@horde draw for me", "draw for me a red heart")):
        refused = await visitor.send("/commons/posts", text=text)
        assert refused.status == 400
        assert word in refused.body["message"]
    assert (await visitor.json("/commons/feed"))["items"] == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"text=a", "text/plain", 400),
        (b"x" * 100_000, "application/json", 400),
    ],
)
async def test_broken_bodies_are_explained(timeline: Timeline, body: bytes, kind: str, status: int) -> None:
    visitor = timeline.stranger()
    url, headers = f"{visitor.address}/commons/posts", {"Content-Type": kind, "Accept": "application/json"}
    async with visitor.session.post(url, data=body, headers=headers) as reply:
        assert reply.status == status
        assert (await reply.json())["message"].endswith((".", "}"))


async def test_the_feed_comes_in_pages(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    for number in range(25):
        await timeline.summon(visitor, f"a note of the number {number}")
    first = await visitor.json("/commons/feed")
    assert [item["id"] for item in first["items"]] == list(range(25, 5, -1))
    second = await visitor.json(first["next"])
    assert [item["id"] for item in second["items"]] == [5, 4, 3, 2, 1]
    assert second["next"] is None
    assert 'data-next="/commons/feed?before=6"' in (await visitor.get("/")).text
    assert (await visitor.get("/commons/feed?before=x")).status == 400


async def test_an_account_posts_by_its_key(timeline: Timeline) -> None:
    ada = await timeline.account("Ada", kudos_mk=5_000)
    program = timeline.stranger()
    posted = await program.send("/commons/posts", {"apikey": ada.api_key}, text="@horde draw for me a cat")
    assert posted.status == 201
    assert "You would have" in posted.body["sentence"]
    event = await timeline.event_of(posted.body["id"])
    assert event.author.account_id == ada.account.id
    visitor = await timeline.visitor()
    wrong = await visitor.form("/commons/key", api_key="no key")
    assert wrong.status == 401
    assert "No account has this API key" in wrong.text
    assert "no key" not in wrong.text
    taken = await visitor.form("/commons/key", api_key=ada.api_key)
    assert taken.status == 303
    assert ada.api_key not in str(taken.headers)
    me = await visitor.json("/commons/me")
    assert (me["name"], me["kudos"], me["is_guest"]) == ("Ada", 5.0, False)
    visitor.token = me["token"]
    assert (await visitor.form("/commons/leave")).status == 303
    assert (await visitor.json("/commons/me"))["is_guest"]


async def test_the_price_is_said_before(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    priced = await visitor.json("/commons/price?text=@horde draw for me a cat n: 2")
    assert priced["ok"]
    assert priced["kudos"] > 0
    assert priced["after"] == -priced["kudos"]
    assert "for 2 pictures" in priced["sentence"]
    note = await visitor.json("/commons/price?text=just a note")
    assert note["kudos"] is None
    assert "@horde draw for me" in note["sentence"]
    assert not (await visitor.json("/commons/price?text=@horde draw for me"))["ok"]


async def test_a_guest_takes_a_name(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    assert (await visitor.form("/commons/name", name="Mira")).status == 303
    assert "Mira" in (await visitor.get("/")).text
    refused = await visitor.form("/commons/name", name="horde")
    assert refused.status == 400
    assert "belongs to the horde" in refused.text


async def test_what_breaks_a_rule_is_seen_by_its_author_alone(timeline: Timeline) -> None:
    author, other = await timeline.visitor(), await timeline.visitor()
    post_id = await timeline.summon(author, "@horde draw for me a forbidden thing")
    assert "forbidden thing" in (await author.get("/")).text
    for path in ("/", f"/posts/{post_id}", f"/commons/posts/{post_id}", "/commons/feed"):
        assert "forbidden thing" not in (await other.get(path)).text


async def test_private_answers_are_for_one(timeline: Timeline) -> None:
    author, other = await timeline.visitor(), await timeline.visitor()
    post_id = await timeline.summon(author)
    me = await author.json("/commons/me")
    event = await timeline.event_of(post_id)
    assert event.author.external_id == me["id"]
    reply = await timeline.answer(post_id, visibility=Visibility.DIRECT, to=event.author)
    assert f'id="post-{reply}"' in (await author.get("/")).text
    assert f'id="post-{reply}"' not in (await other.get("/")).text
    assert (await other.send(f"/commons/posts/{reply}/vote", vote="up")).status == 404


async def test_a_summons_whose_request_is_forgotten_is_still_shown(timeline: Timeline) -> None:
    author = await timeline.visitor()
    event = await timeline.event_of(await timeline.summon(author))

    def forget(tx: Transaction) -> None:
        mine = commission_of_event(tx, platform=event.platform, event_id=event.event_id)
        assert mine is not None
        now_ms = timeline.clock.now_ms()
        change_commission(
            tx, commission_id=mine.id, state=CommissionState.FINISHED, now_ms=now_ms, request_id="forgotten"
        )

    await timeline.uow.write(forget)
    page = await author.get("/")
    assert page.status == 200
    assert "a red heart" in page.text


async def test_too_many_posts_are_slowed_down(timeline: Timeline) -> None:
    timeline.context.pace._per_minute = 2
    visitor = await timeline.visitor()
    assert [(await visitor.send("/commons/posts", text=f"note {number}")).status for number in range(3)] == [
        201,
        201,
        429,
    ]
    slowed = await visitor.form("/commons/posts", text="note")
    assert int(slowed.headers["Retry-After"]) > 0
    timeline.clock.ahead_ms += 61_000
    assert (await visitor.send("/commons/posts", text="later")).status == 201


async def test_the_status_page_shows_a_ledger_that_adds_up(timeline: Timeline) -> None:
    page = await timeline.stranger().get("/status")
    assert page.status == 200
    assert "The books add up" in page.text
    assert "No worker is online" in page.text


class Stream:
    """A reader of the server-sent events."""

    def __init__(self, visitor: Visitor, query: str) -> None:
        self._visitor = visitor
        self._query = query

    async def until(self, name: str) -> Any:
        async with asyncio.timeout(10):
            async with self._visitor.session.get(f"{self._visitor.address}/commons/events?{self._query}") as response:
                assert response.content_type == "text/event-stream"
                event = ""
                async for line in response.content:
                    if line.startswith(b"event: "):
                        event = line.decode().removeprefix("event: ").strip()
                    elif line.startswith(b"data: ") and event == name:
                        return json.loads(line.removeprefix(b"data: "))
        return None


async def test_who_watches_is_told_of_posts_progress_votes_and_queue(timeline: Timeline) -> None:
    author, watcher = await timeline.visitor(), await timeline.visitor()
    post_id = await timeline.summon(author)
    await timeline.event_of(post_id)
    way = await Stream(watcher, "after=0.0").until("way")
    assert (way["post_id"], way["stage"], way["mine"]) == (post_id, "queued", False)
    assert (await Stream(author, "after=0.0").until("way"))["mine"]
    assert await Stream(watcher, "after=0.0").until("queue") == {"waiting": 0, "processing": 0, "workers": 0}
    reply = await timeline.answer(post_id)
    thread = await Stream(watcher, "after=1.0").until("thread")
    assert f'id="post-{reply}"' in thread["html"]
    await author.send(f"/commons/posts/{reply}/vote", vote="up")
    assert await Stream(watcher, f"after={reply}.0").until("votes") == {"post_id": reply, "up": 1, "down": 0, "mine": 0}
    shown = await timeline.answer(await timeline.summon(author), target=Target.SHOWCASE)
    tile = await Stream(watcher, f"view=showcase&after={reply}.1").until("tile")
    assert f'data-tile="{shown}"' in tile["html"]


async def test_streams_end_at_once_when_the_server_stops(timeline: Timeline) -> None:
    visitor = await timeline.visitor()
    async with visitor.session.get(f"{visitor.address}/commons/events?after=0.0") as response:
        await response.content.readline()
        timeline.context.pulse.stop()
        async with asyncio.timeout(3):
            await response.content.read()
    assert timeline.context.pulse.listeners == 0
