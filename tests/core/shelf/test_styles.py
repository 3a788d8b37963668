"""Styles and collections in the store, on both stores, and what their template makes of a person's words."""

from dataclasses import replace
from typing import Any

import pytest

from core.domain.accounts import Account
from core.domain.errors import InvalidRequest, NotFound
from core.domain.ids import AccountId, RequestId, new_id
from core.domain.kinds.kind import Kind
from core.domain.shelf.collection import Collection
from core.domain.shelf.style import PublishedStyle, StyleId
from core.ports.nouns.styles import ShelfOrder
from core.services.styles.collect import make_collection
from core.services.styles.find import Chosen, choose
from core.services.styles.publish import add_example, change_style, delete_style, make_style
from core.services.styles.use import count_use
from tests.core.scene import MODEL, Scene

PLAIN = PublishedStyle(
    id=StyleId(""),
    kind=Kind.IMAGE,
    account_id=AccountId(0),
    owner="",
    name="oil",
    about="",
    template="{p}, oil ### {np}, blurry",
    params={"steps": 9, "loras": [{"name": "x"}]},
    models=(MODEL,),
    tags=(" Thick  Paint ", "thick paint", "ä%_\\"),
)


async def make(scene: Scene, by: Account, **changes: Any) -> PublishedStyle:
    now_ms = scene.clock.now_ms()
    scene.clock.pass_s(1)
    return await scene.do(lambda tx: make_style(tx, by=by.id, wanted=replace(PLAIN, **changes), now_ms=now_ms))


async def painter(scene: Scene, name: str = "painter") -> Account:
    return (await scene.account(name, trusted=True)).account


@pytest.mark.parametrize(
    ("template", "prompt", "filled"),
    [
        ("{p}{np}", "a fox", "a fox"),
        ("{p}{np}", "a fox ### dogs", "a fox ### dogs"),
        ("{p}, oil ### {np}, blurry", "a fox ### dogs ### cats", "a fox, oil ### dogs cats, blurry"),
        ("{p}, oil ### {np}", "{np} {a|b} {p}", "{np} {a|b} {p}, oil"),
    ],
)
def test_a_persons_words_are_never_read_as_a_template(template: str, prompt: str, filled: str) -> None:
    assert replace(PLAIN, template=template).fill(prompt, seed=1) == filled


def test_a_text_goes_in_as_it_is() -> None:
    style = replace(PLAIN, kind=Kind.TEXT, template="<{p}> {p} {x}")
    assert style.fill("a\n\n{p} ### b", seed=1) == "<a\n\n{p} ### b> {p} {x}"


async def test_a_style_comes_back_as_it_was_published(scene: Scene) -> None:
    owner = await painter(scene)
    made = await make(scene, owner)
    assert (made.tags, made.owner) == (("thick paint", "ä%_\\"), "painter")
    await scene.do(
        lambda tx: add_example(tx, by=owner.id, style_id=made.id, url="https://example.org/a.webp", primary=True)
    )
    found = await scene.uow.read(lambda tx: tx.styles.get(made.id))
    assert found is not None
    assert replace(found, examples=()) == replace(made, params={"steps": 9, "loras": [{"name": "x"}]})
    assert [(one.url, one.primary) for one in found.examples] == [("https://example.org/a.webp", True)]


async def test_tags_and_models_are_found_whatever_their_case(scene: Scene) -> None:
    made = await make(scene, await painter(scene), models=("SDXL 1.0",))

    async def listed(**asked: str) -> list[str]:
        found = await scene.uow.read(
            lambda tx: tx.styles.listed(Kind.IMAGE, order=ShelfOrder.POPULARITY, page=1, **asked)
        )
        return [style.id for style in found]

    for tag in ("thick paint", "THICK PAINT", "Ä%_\\"):
        assert await listed(tag=tag) == [made.id]
    assert await listed(model="sdxl 1.0", tag="thick paint") == [made.id]
    for wrong in ({"tag": "thick"}, {"tag": "%"}, {"tag": "ä__\\"}, {"model": "thick paint"}):
        assert await listed(**wrong) == []


async def test_the_most_used_come_first(scene: Scene) -> None:
    owner = await painter(scene)
    one, two, three = [await make(scene, owner, name=name) for name in ("one", "two", "three")]
    for style in (two, two, three):
        await scene.do(lambda tx, style=style: tx.styles.used(style.id))  # type: ignore[misc] # bound now
    for order, names in (
        (ShelfOrder.POPULARITY, [two.id, three.id, one.id]),
        (ShelfOrder.AGE, [three.id, two.id, one.id]),
    ):
        found = await scene.uow.read(lambda tx, order=order: tx.styles.listed(Kind.IMAGE, order=order, page=1))  # type: ignore[misc] # bound now
        assert [style.id for style in found] == names


async def test_names_are_an_owners_own(scene: Scene) -> None:
    first, second = await painter(scene), await painter(scene, "rival")
    await make(scene, first)
    await make(scene, second)
    with pytest.raises(InvalidRequest, match="another image style"):
        await make(scene, first)
    other = await make(scene, first, name="water")
    with pytest.raises(InvalidRequest, match="another image style"):
        await scene.do(lambda tx: change_style(tx, by=first.id, style=replace(other, name="oil")))


async def test_a_collection_of_nothing_any_more_has_no_style(scene: Scene) -> None:
    owner = await painter(scene)
    style = await make(scene, owner)

    def collect(tx: Any) -> Collection:
        return make_collection(
            tx, by=owner.id, name="all", about="", public=True, styles=[style.id], now_ms=scene.clock.now_ms()
        )

    collection = await scene.do(collect)
    chosen = await scene.uow.read(lambda tx: choose(tx, reference="all", kind=Kind.IMAGE))
    assert (chosen.style.id, chosen.collection) == (style.id, collection)
    with pytest.raises(NotFound):
        await scene.uow.read(lambda tx: choose(tx, reference="all", kind=Kind.TEXT))
    await scene.do(lambda tx: delete_style(tx, by=owner.id, style_id=style.id, kind=Kind.IMAGE))
    with pytest.raises(NotFound):
        await scene.uow.read(lambda tx: choose(tx, reference=collection.id, kind=Kind.IMAGE))


async def test_thanks_are_paid_once_and_never_on_credit(scene: Scene) -> None:
    owner = await painter(scene)
    style = await make(scene, owner)
    rich = (await scene.account("rich", kudos=3)).account

    async def use(by: Account, request: str, **more: bool) -> bool:
        chosen = Chosen(style=style)
        return await scene.do(
            lambda tx: count_use(
                tx, chosen, by=by.id, request_id=RequestId(request), now_ms=scene.clock.now_ms(), **more
            )
        )

    request = new_id()
    assert await use(rich, request)
    assert not await use(rich, new_id()), "one kudos is left"
    assert not await use(owner, new_id())
    assert not await use(rich, new_id(), lent=True)
    assert (await scene.look(owner.id)).kudos_mk == 2_000
    assert (await scene.look(rich.id)).kudos_mk == 1_000
    used = await scene.uow.read(lambda tx: tx.styles.get(style.id))
    assert used is not None
    assert used.uses == 4
    await scene.audit()
