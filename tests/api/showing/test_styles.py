"""Styles and collections over HTTP: who may, what is refused, and what an order makes of them."""

from typing import Any

import pytest

from tests.api.scene import MODEL, Builder, Horde, Reply

STYLE = {
    "name": "oil",
    "info": "Thick paint on canvas.",
    "prompt": "{p}, oil on canvas ### {np}, blurry",
    "params": {"steps": 12, "width": 128, "sampler_name": "k_heun"},
    "tags": ["Paint", "old"],
    "models": [MODEL],
}


async def make(horde: Horde, *, who: str = "painter", kind: str = "image", **changes: Any) -> Reply:
    await horde.account(who, trusted=True)
    return await horde.call("POST", f"/api/v2/styles/{kind}", who=who, json=STYLE | changes)


async def ordered(horde: Horde, style: str, *, who: str = "asker", **order: Any) -> Any:
    """The payload that a worker gets for an order with the style."""
    asked = await horde.call(
        "POST", "/api/v2/generate/async", who=who, json={"prompt": "a fox", "style": style, "params": {"n": 1}} | order
    )
    assert asked.status == 202, asked.body
    popped = await horde.pop()
    assert popped.body["id"], popped.body
    return popped.body


async def test_a_style_is_made_shown_changed_and_taken_down(horde: Horde) -> None:
    made = await make(horde, info="Thick paint on canvas.")
    assert made.status == 200
    assert made.body == {"id": made.body["id"], "message": "OK"}
    style = f"/api/v2/styles/image/{made.body['id']}"
    shown = await horde.call("GET", style)
    painter = await horde.account("painter")
    assert shown.body == {
        "id": made.body["id"],
        "name": "oil",
        "info": "Thick paint on canvas.",
        "prompt": "{p}, oil on canvas ### {np}, blurry",
        "params": {"sampler_name": "k_heun", "width": 128, "steps": 12},
        "public": True,
        "nsfw": False,
        "tags": ["paint", "old"],
        "models": [MODEL],
        "use_count": 0,
        "creator": painter.account.handle,
        "examples": [],
    }
    changed = await horde.call("PATCH", style, who="painter", json={"nsfw": True})
    assert changed.status == 200
    again = (await horde.call("GET", style)).body
    assert again == shown.body | {"nsfw": True}, "what is not named stays"
    assert (await horde.call("PATCH", style, who="painter", json={})).body["rc"] == "BadRequest"
    assert (await horde.call("DELETE", style, who="painter")).body == {"message": "OK"}
    assert (await horde.call("GET", style)).body["rc"] == "StyleNotFound"


async def test_styles_are_found_by_name_and_by_their_owners_handle(horde: Horde) -> None:
    first = (await make(horde)).body["id"]
    second = (await make(horde, who="rival")).body["id"]
    rival = (await horde.account("rival")).account.handle.replace("#", "%23")
    assert (await horde.call("GET", "/api/v2/styles/image_by_name/oil")).body["id"] == first, "the oldest"
    assert (await horde.call("GET", f"/api/v2/styles/image_by_name/{rival}::style::oil")).body["id"] == second
    for missing in ("water", "nobody%2399::style::oil", f"{rival}::style::water"):
        reply = await horde.call("GET", f"/api/v2/styles/image_by_name/{missing}")
        assert (reply.status, reply.body["rc"]) == (404, "StyleNotFound")
    assert (await horde.call("GET", "/api/v2/styles/text_by_name/oil")).status == 404, "it is for pictures"


async def test_who_may_publish(horde: Horde) -> None:
    asker = await horde.call("POST", "/api/v2/styles/image", who="asker", json=STYLE)
    assert (asker.status, asker.body["rc"]) == (403, "StylesRequiresCustomizer")
    anonymous = await horde.call("POST", "/api/v2/styles/image", headers={"apikey": "0000000000"}, json=STYLE)
    assert (anonymous.status, anonymous.body["rc"]) == (403, "StylesAnonForbidden")
    nobody = await horde.call("POST", "/api/v2/styles/image", json=STYLE)
    assert nobody.status == 400
    assert "apikey" in nobody.body["errors"]


async def test_only_the_owner_and_moderators_change_a_style(horde: Horde) -> None:
    style = f"/api/v2/styles/image/{(await make(horde)).body['id']}"
    await horde.account("rival", trusted=True)
    await horde.account("mod", moderator=True)
    for method in ("PATCH", "DELETE"):
        reply = await horde.call(method, style, who="rival", json={"name": "mine"})
        assert (reply.status, reply.body["rc"]) == (403, "NotOwner")
    assert (await horde.call("PATCH", style, who="mod", json={"public": False})).status == 200
    assert (await horde.call("GET", "/api/v2/styles/image")).body == []
    assert (await horde.call("DELETE", style, who="mod")).status == 200


@pytest.mark.parametrize(
    ("changes", "rc"),
    [
        ({"prompt": "{p}, no negative"}, "StylePromptMissingVars"),
        ({"prompt": "nothing of a person ### {np}"}, "StylePromptMissingVars"),
        ({"prompt": "{p} {p} ### {np}"}, "BadRequest"),
        ({"prompt": "{p} {q} ### {np}"}, "BadRequest"),
        ({"name": "a::b"}, "BadRequest"),
        ({"models": []}, "BadRequest"),
        ({"params": {"special": {"a": 1}}}, "SpecialFieldNeedsSpecialUser"),
        ({"sharedkey": "0" * 36}, "SharedKeyInvalid"),
    ],
)
async def test_what_a_style_may_not_be(horde: Horde, changes: dict[str, Any], rc: str) -> None:
    reply = await make(horde, **changes)
    assert (reply.status, reply.body["rc"]) == (400, rc)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "n" * 101}, "name"),
        ({"info": "short"}, "info"),
        ({"tags": ["t"] * 11}, "tags"),
        ({"models": ["m"] * 6}, "models"),
        ({"params": {"steps": 501}}, "params.steps"),
        ({"sharedkey": "short"}, "sharedkey"),
    ],
)
async def test_limits_are_said_by_field(horde: Horde, changes: dict[str, Any], field: str) -> None:
    reply = await make(horde, **changes)
    assert reply.status == 400
    assert list(reply.body["errors"]) == [field]


async def test_an_account_has_a_name_once_for_each_kind(horde: Horde) -> None:
    await make(horde)
    again = await make(horde)
    assert again.status == 400
    assert "another image style" in again.body["message"]
    assert (await make(horde, kind="text", prompt="{p}", params={})).status == 200
    other = (await make(horde, name="water")).body["id"]
    renamed = await horde.call("PATCH", f"/api/v2/styles/image/{other}", who="painter", json={"name": "oil"})
    assert renamed.status == 400


async def test_pages_do_not_overlap_and_filters_hold(horde: Horde) -> None:
    for number in range(27):
        reply = await make(horde, name=f"style {number:02}", tags=["x%y"] if number == 3 else ["plain"])
        assert reply.status == 200
        horde.clock.ahead_ms += 1
    first = (await horde.call("GET", "/api/v2/styles/image?sort=age")).body
    second = (await horde.call("GET", "/api/v2/styles/image?sort=age&page=2")).body
    assert [style["name"] for style in first] == [f"style {number:02}" for number in range(26, 1, -1)]
    assert [style["name"] for style in second] == ["style 01", "style 00"]
    assert (await horde.call("GET", "/api/v2/styles/image?page=3")).body == []
    tagged = (await horde.call("GET", "/api/v2/styles/image?tag=X%25Y")).body
    assert [style["name"] for style in tagged] == ["style 03"]
    assert (await horde.call("GET", "/api/v2/styles/image?model=none")).body == []
    assert len((await horde.call("GET", f"/api/v2/styles/image?model={MODEL}&page=2")).body) == 2
    assert (await horde.call("GET", "/api/v2/styles/image?page=0")).status == 400
    assert (await horde.call("GET", "/api/v2/styles/image?sort=colour")).status == 400


async def test_examples_are_four_and_one_is_primary(horde: Horde) -> None:
    style = f"/api/v2/styles/image/{(await make(horde)).body['id']}"
    made = [
        (
            await horde.call(
                "POST",
                f"{style}/example",
                who="painter",
                json={"url": f"https://example.org/{number}.webp", "primary": True},
            )
        ).body
        for number in range(4)
    ]
    shown = (await horde.call("GET", style)).body["examples"]
    assert [(one["id"], one["primary"]) for one in shown] == [(one["id"], one is made[3]) for one in made]
    fifth = await horde.call("POST", f"{style}/example", who="painter", json={"url": "https://example.org/5.webp"})
    assert (fifth.status, fifth.body["rc"]) == (400, "TooManyStyleExamples")
    example = f"{style}/example/{made[0]['id']}"
    changed = await horde.call("PATCH", example, who="painter", json={"primary": True})
    assert changed.body == made[0] | {"primary": True}
    plain = await horde.call("PATCH", example, who="painter", json={"url": "http://example.org/5.webp"})
    assert (plain.status, plain.body["rc"]) == (400, "BadRequest")
    await horde.account("rival", trusted=True)
    assert (await horde.call("DELETE", example, who="rival")).body["rc"] == "NotOwner"
    assert (await horde.call("DELETE", example, who="painter")).status == 200
    gone = await horde.call("DELETE", example, who="painter")
    assert (gone.status, gone.body["rc"]) == (404, "StyleExampleNotFound")


async def test_an_order_gets_what_its_style_says(horde: Horde) -> None:
    style = (await make(horde)).body["id"]
    popped = await ordered(
        horde,
        style,
        prompt="a fox {np} | b ### dogs",
        models=["other"],
        params={"steps": 30, "height": 192, "seed": "7"},
    )
    payload = popped["payload"]
    assert popped["model"] == MODEL
    assert payload["prompt"] == "a fox {np} | b, oil on canvas ### dogs, blurry"
    assert (payload["ddim_steps"], payload["width"], payload["height"]) == (12, 128, 192)
    assert (payload["sampler_name"], payload["seed"]) == ("k_heun", "7")
    shown = (await horde.call("GET", f"/api/v2/styles/image/{style}")).body
    assert shown["use_count"] == 1


async def test_an_order_with_a_style_that_is_not_there_is_refused(horde: Horde) -> None:
    text = (await make(horde, kind="text", prompt="{p}", params={})).body["id"]
    for reference in ("water", text, "painter#1::style::oil"):
        reply = await horde.ask(style=reference)
        assert (reply.status, reply.body["rc"]) == (404, "StyleNotFound")


async def test_a_text_keeps_its_lines_in_its_style(horde: Horde) -> None:
    style = await make(horde, kind="text", name="brief", prompt="{p}\n{json}: brief!", params={"temperature": 0.5})
    body = {"prompt": "one\n\ntwo ### three", "style": "brief", "params": {"max_length": 40, "top_k": 9}}
    asked = await horde.call("POST", "/api/v2/generate/text/async", who="asker", json=body)
    assert asked.status == 202, (style.body, asked.body)
    offer = {"name": "writer", "models": [MODEL]}
    payload = (await horde.call("POST", "/api/v2/generate/text/pop", who="owner", json=offer)).body["payload"]
    assert payload["prompt"] == "one\n\ntwo ### three\n{json}: brief!"
    assert (payload["max_length"], payload["temperature"]) == (40, 0.5)
    assert "top_k" not in payload


async def test_the_styles_owner_is_thanked_by_others_with_what_they_have(horde: Horde) -> None:
    style = (await make(horde)).body["id"]
    await horde.account("asker", kudos_mk=100_000)
    await ordered(horde, style)
    assert await horde.kudos_of("painter") == 2
    await ordered(horde, style, who="painter")
    poor = await horde.account("poor")
    await ordered(horde, style, who="poor")
    assert (await horde.call("GET", f"/api/v2/styles/image/{style}")).body["use_count"] == 3
    moved = await horde.uow.read(lambda tx: tx.ledger.transfers_of(poor.account.id, limit=9))
    assert not moved
    await horde.assert_ledger_is_whole()


async def test_a_lent_key_pays_for_who_uses_the_style(horde: Horde) -> None:
    await horde.account("painter", trusted=True, kudos_mk=1_000_000)
    await horde.account("asker", kudos_mk=100_000)
    terms = {"name": "for my style", "kudos": 500}
    key = (await horde.call("PUT", "/api/v2/sharedkeys", who="painter", json=terms)).body["id"]
    style = (await make(horde, sharedkey=key)).body["id"]
    address = f"/api/v2/styles/image/{style}"
    assert "sharedkey" not in (await horde.call("GET", address, who="asker")).body
    assert (await horde.call("GET", address, who="painter")).body["sharedkey"] == key
    before = await horde.kudos_of("painter")
    await ordered(horde, style)
    assert await horde.kudos_of("asker") == 100
    assert await horde.kudos_of("painter") < before
    other = await make(horde, who="rival", sharedkey=key)
    assert (other.status, other.body["rc"]) == (400, "SharedKeyInvalid")


async def test_collections(horde: Horde) -> None:
    oil, water = [
        (await make(horde, name=name, prompt=f"{{p}} in {name} ### {{np}}")).body["id"] for name in ("oil", "water")
    ]
    handle = (await horde.account("painter")).account.handle
    made = await horde.call(
        "POST",
        "/api/v2/collections",
        who="painter",
        json={"name": "paints", "info": "All of them.", "styles": [oil, f"{handle}::style::water", oil]},
    )
    assert made.status == 200, made.body
    address = f"/api/v2/collections/{made.body['id']}"
    shown = (await horde.call("GET", address)).body
    assert shown == {
        "id": made.body["id"],
        "name": "paints",
        "type": "image",
        "info": "All of them.",
        "public": True,
        "styles": [{"name": "oil", "id": oil}, {"name": "water", "id": water}],
        "use_count": 0,
        "creator": handle,
    }
    named = handle.replace("#", "%23")
    for name in ("paints", f"{named}::collection::paints"):
        assert (await horde.call("GET", f"/api/v2/collection_by_name/{name}")).body == shown
    assert (await horde.call("GET", "/api/v2/collections?type=image")).body == [shown]
    assert (await horde.call("GET", "/api/v2/collections?type=text")).body == []
    prompts = {(await ordered(horde, "paints"))["payload"]["prompt"] for _ in range(24)}
    assert prompts == {"a fox in oil", "a fox in water"}, "each use takes one by chance"
    assert (await horde.call("GET", address)).body["use_count"] == 24
    await horde.call("DELETE", f"/api/v2/styles/image/{oil}", who="painter")
    assert (await horde.call("GET", address)).body["styles"] == [{"name": "water", "id": water}]
    changed = await horde.call("PATCH", address, who="painter", json={"public": False})
    assert changed.status == 200
    assert (await horde.call("GET", "/api/v2/collections")).body == []
    assert (await horde.call("DELETE", address, who="painter")).body == {"message": "OK"}
    assert (await horde.call("GET", address)).body["rc"] == "CollectionNotFound"
    assert (await horde.ask(style="paints")).body["rc"] == "StyleNotFound"


async def test_what_a_collection_may_not_be(horde: Horde) -> None:
    image = (await make(horde)).body["id"]
    text = (await make(horde, kind="text", prompt="{p}", params={})).body["id"]

    async def collect(styles: list[str], who: str = "painter", **more: Any) -> tuple[int, str]:
        body = {"name": "mix", "styles": styles} | more
        reply = await horde.call("POST", "/api/v2/collections", who=who, json=body)
        return reply.status, reply.body.get("rc", "")

    assert await collect([image, text]) == (400, "StyleMismatch")
    assert await collect([]) == (400, "BadRequest")
    assert await collect(["nothing"]) == (404, "StyleNotFound")
    assert await collect([image], who="asker") == (403, "StylesRequiresCustomizer")
    assert await collect([image]) == (200, "")
    assert await collect([image]) == (400, "BadRequest"), "the name is taken"
    shown = (await horde.call("GET", "/api/v2/collection_by_name/mix")).body
    await horde.account("rival", trusted=True)
    for method in ("PATCH", "DELETE"):
        reply = await horde.call(method, f"/api/v2/collections/{shown['id']}", who="rival", json={"name": "mine"})
        assert (reply.status, reply.body["rc"]) == (403, "NotOwner")


async def test_limits_of_publishing_are_v2s(build: Builder) -> None:
    horde = await build(limits_at="")
    for _ in range(2):
        await make(horde)
    third = await make(horde)
    assert (third.status, third.body) == (429, {"message": "2 per 1 second"})
