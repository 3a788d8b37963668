"""The style loader is strict and keeps the last good copy; the renderer never interprets a person's words."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.styles import StyleShelf, StylesInvalid, draft_of, load_book
from core.domain.styles import Overrides, render, size_of_aspect

PUBLIC = Path(__file__).parents[1] / "data"
SHIPPED = Path(__file__).parents[2] / "config" / "data" / "styles"
BOOK = load_book(PUBLIC, default="featured")


def write(folder: Path, styles: object, categories: object | None = None) -> Path:
    (folder / "styles.json").write_text(json.dumps(styles))
    if categories is not None:
        (folder / "categories.json").write_text(json.dumps(categories))
    return folder


def test_all_public_styles_render() -> None:
    assert len(BOOK.styles) == 398
    assert len(BOOK.categories) == 43
    for name, style in BOOK.styles.items():
        for negative in ("", "ugly"):
            text = render(style.template, prompt="a cat", negative=negative, seed=7)
            positive, _, refused = text.partition("###")
            assert "a cat" in positive, name
            assert not re.search(r"[{}]|###", positive + refused), name
            assert ("ugly" in refused) >= bool(negative), name


def test_all_public_categories_lead_to_styles() -> None:
    for name in BOOK.categories:
        chosen = {BOOK.choose(name, chance=chance).name for chance in range(40)}
        assert chosen <= set(BOOK.styles)
    assert BOOK.choose("animation", chance=1).name == "animation", "a style wins over a category of its name"
    assert set(BOOK.members("featured")) > {"flux", "cascade+"}


def test_weight_becomes_model_and_enhancements_are_added_by_family() -> None:
    style = next(style for style in BOOK.styles.values() if style.enhance)
    draft = draft_of(
        BOOK,
        style,
        prompt="a cat",
        negative="",
        overrides=Overrides(),
        chance=1,
        baselines={style.model: "stable diffusion 1"},
    )
    assert {"100191", "5224", "55700"} <= {item["name"] for item in draft.extra["tis"]}  # type: ignore[attr-defined]
    plain = draft_of(BOOK, style, prompt="a cat", negative="", overrides=Overrides(), chance=1)
    assert "100191" not in json.dumps(dict(plain.extra))
    for style in BOOK.styles.values():
        assert '"weight"' not in json.dumps(dict(style.extra))
    steampunk = json.dumps(dict(BOOK.styles["steampunk"].extra))
    assert '"model"' in steampunk


def test_what_the_asker_sets_wins_over_the_style() -> None:
    style = BOOK.styles["flux-portrait"]
    mine = draft_of(
        BOOK,
        style,
        prompt="a cat",
        negative="ugly",
        overrides=Overrides(steps=9, seed=3, n=2, width_px=512, model="other"),
        chance=1,
    )
    assert (mine.image.steps, mine.image.seed, mine.n, mine.image.width_px, mine.models) == (9, 3, 2, 512, ("other",))
    assert mine.image.height_px == style.height_px
    assert mine.prompt.endswith("### ugly")
    wide = draft_of(BOOK, style, prompt="a", negative="", overrides=Overrides(aspect=(16, 9)), chance=1)
    assert wide.image.width_px > wide.image.height_px
    assert wide.image.width_px % 64 == wide.image.height_px % 64 == 0


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"prompt": "{p}", "model": "m", "sampler": "k_euler"}, "sampler"),
        ({"prompt": "{p}", "model": "m", "steps": "20"}, "steps"),
        ({"prompt": "{p}"}, "model"),
        ({"prompt": "a cat", "model": "m"}, "prompt"),
        ({"prompt": "{p} {x}", "model": "m"}, "brace"),
        ({"prompt": "x###{p}", "model": "m"}, "###"),
        ({"prompt": "{p}", "model": "m", "loras": [{"name": "1", "strong": 1}]}, "strong"),
    ],
)
def test_faults_name_the_style_and_the_field(tmp_path: Path, entry: object, said: str) -> None:
    write(tmp_path, {"good": {"prompt": "{p}", "model": "m"}, "my bad": entry, "worse": 3}, {"c": ["nowhere"]})
    with pytest.raises(StylesInvalid) as caught:
        load_book(tmp_path, default="good")
    assert any("my bad" in fault and said in fault for fault in caught.value.faults)
    assert any("'worse'" in fault for fault in caught.value.faults)
    assert any("nowhere" in fault for fault in caught.value.faults), "all faults are told at once"


def test_a_broken_reload_keeps_the_last_good_book(tmp_path: Path) -> None:
    write(tmp_path, {"one": {"prompt": "{p}", "model": "m"}})
    shelf = StyleShelf(tmp_path, default="one")
    before = shelf.book.version
    (tmp_path / "styles.json").write_text("{ broken")
    assert not shelf.reload()
    assert shelf.book.version == before
    write(tmp_path, {"one": {"prompt": "{p}, new", "model": "m"}})
    assert shelf.reload()
    assert shelf.book.version != before


def test_circles_of_categories_end(tmp_path: Path) -> None:
    styles = {"one": {"prompt": "{p}", "model": "m"}, "two": {"prompt": "{p}", "model": "n"}}
    write(tmp_path, styles, {"a": ["b", "one"], "b": ["a", "two"]})
    book = load_book(tmp_path, default="a")
    assert set(book.members("a")) == {"one", "two"}
    assert book.choose("a", chance=5, served={"n"}).name == "two"
    assert book.unserved({"n"}) == ("one",)
    write(tmp_path, styles, {"a": ["b"], "b": ["a"]})
    with pytest.raises(StylesInvalid, match="holds no style"):
        load_book(tmp_path, default="one")


def test_the_shipped_styles_are_good() -> None:
    book = load_book(SHIPPED, default="plain")
    ours = [style for style in book.styles.values() if style.model == "tiny-glyphs"]
    assert len(ours) >= 12
    assert all(style.note for style in ours)
    assert {style.name for style in ours} == {name for category in book.categories for name in book.members(category)}


WORDS = st.text(max_size=60)


@given(prompt=WORDS, negative=WORDS, seed=st.integers(0, 2**32 - 1))
def test_a_persons_words_are_never_interpreted(prompt: str, negative: str, seed: int) -> None:
    template = "{one|other} of {p}, fine###bad, {np}"
    text = render(template, prompt=f"<{prompt}>", negative=f"<{negative}>", seed=seed)
    positive, _, refused = text.partition(" ### ")
    first = "one" if positive.startswith("one of <") else "other"
    kept = re.compile(r"#{3,}")
    assert positive == f"{first} of <{' '.join(kept.sub(' ', f'<{prompt}>').split())[1:-1]}>, fine"
    assert refused == f"bad, <{' '.join(kept.sub(' ', f'<{negative}>').split())[1:-1]}>"


@pytest.mark.parametrize("words", ["{np}", "{a|b}", "$& $1 \\1 \\g<0>", "%s {0} {p.__class__}", "{p}{p}", "### {np}"])
def test_template_marks_in_a_prompt_stay_words(words: str) -> None:
    text = render("x {p} y###{np}", prompt=words, negative="no", seed=1)
    assert text == f"x {words.replace('### ', '')} y ### no"


def test_the_seed_chooses_alternations() -> None:
    made = {render("{a|b|c} {p}", prompt="x", seed=seed) for seed in range(60)}
    assert made == {"a x", "b x", "c x"}
    assert render("{a|b|c} {p}", prompt="x", seed=5) == render("{a|b|c} {p}", prompt="x", seed=5)


def test_a_negative_is_never_lost() -> None:
    assert render("{p}{np}", prompt="a", negative="b") == "a ### b"
    assert render("{p}{np}", prompt="a") == "a"
    assert render("{p}", prompt="a", negative="b") == "a ### b"
    assert render("{p}###x", prompt="a", negative="b") == "a ### x, b"


@given(width=st.integers(64, 2048), height=st.integers(64, 2048), across=st.integers(1, 32), down=st.integers(1, 32))
def test_sizes_of_aspects_are_whole_steps(width: int, height: int, across: int, down: int) -> None:
    made = size_of_aspect(width_px=width, height_px=height, aspect=(across, down))
    assert all(side >= 64 and side % 64 == 0 for side in made)
