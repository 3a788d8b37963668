"""Orders become requests within the horde's limits: cut, told, never a crash."""

from pathlib import Path

import pytest

from bots.drafts import Drafted, Terms, drafted, model_meant
from bots.grammar import Order, parse
from bots.styles import StyleBook, load_book
from core.domain.kinds.kind import Kind
from core.domain.policy import QueuePolicy
from core.domain.queue.limits import check

STYLES = Path(__file__).parents[2] / "config" / "data" / "styles"
POLICY = QueuePolicy(default_models=("tiny-glyphs",), model_sizes_px={"tiny-glyphs": 1_024})


@pytest.fixture(scope="module")
def book() -> StyleBook:
    return load_book(STYLES)


def made(book: StyleBook, text: str, terms: Terms | None = None) -> Drafted:
    order = parse(f"@horde draw me a cat\n{text}", handle="horde", styles=book.names)
    assert isinstance(order, Order), order
    found = drafted(order, book=book, terms=terms or Terms(limits=POLICY))
    check(found.draft, POLICY)
    return found


@pytest.mark.parametrize(
    ("option", "size", "note"),
    [
        ("size: 512x768", (512, 768), ""),
        ("size: 500x500", (512, 512), "size 500x500 became 512x512: sides are multiples of 64 up to 1024."),
        ("size: 9984x64", (1_024, 64), "size 9984x64 became 1024x64"),
        ("size: 4000x2000", (1_024, 512), "size 4000x2000 became 1024x512"),
        ("size: 1", (64, 64), "size 1x1 became 64x64"),
        ("aspect: 10:1", (832, 64), ""),
    ],
)
def test_sizes_are_cut_with_a_note(book: StyleBook, option: str, size: tuple[int, int], note: str) -> None:
    found = made(book, option)
    assert (found.draft.image.width_px, found.draft.image.height_px) == size
    assert "\n".join(found.notes).startswith(note)
    assert bool(found.notes) == bool(note)


@pytest.mark.parametrize(
    ("option", "note"),
    [
        ("n: 100", "n 100 became 20"),
        ("steps: 9000", "steps 9000 became 500"),
        ("cfg: 900", "cfg 900 became 100"),
        ("n: 0", "n 0 became 1"),
        ("lora: 1, 2, 3, 4, 5, 6", "The last LoRA was left out: 5 are taken."),
        ("lora: 1, 2, 3, 4, 5, 6, 7", "The last 2 LoRAs were left out: 5 are taken."),
    ],
)
def test_what_is_over_a_limit_is_cut_with_a_note(book: StyleBook, option: str, note: str) -> None:
    assert [one[: len(note)] for one in made(book, option).notes] == [note]


def test_no_more_pictures_than_fit_into_the_reply(book: StyleBook) -> None:
    found = made(book, "n: 10", Terms(limits=POLICY, most=4))
    assert (found.draft.n, found.notes) == (4, ("n 10 became 4: 1 to 4 are taken.",))


def test_loras_are_carried_with_their_weights(book: StyleBook) -> None:
    draft = made(book, "lora: 123:0.8, v456, Add Detail:99").draft
    assert draft.extra["loras"] == [
        {"name": "123", "model": 0.8, "is_version": False},
        {"name": "456", "model": 1.0, "is_version": True},
        {"name": "Add Detail", "model": 5.0, "is_version": False},
    ]


def test_models_are_meant_by_name_whatever_the_case() -> None:
    assert model_meant("albedobase xl", ["Deliberate", "AlbedoBase XL"]) == "AlbedoBase XL"
    assert model_meant("albedobase", ["Deliberate", "AlbedoBase XL"]) == "albedobase"


def test_nsfw_only_where_it_is_allowed(book: StyleBook) -> None:
    assert not made(book, "nsfw: yes").draft.nsfw
    assert made(book, "nsfw: yes", Terms(limits=POLICY, nsfw=True)).draft.nsfw


def test_a_category_is_drawn_among_what_is_served(book: StyleBook) -> None:
    order = Order(prompt="a cat", style=next(iter(book.categories)))
    model = book.styles[book.members(order.style or "")[0]].model
    found = drafted(order, book=book, terms=Terms(limits=POLICY, served={Kind.IMAGE: (model,)}))
    assert found.draft.models == (model,)
