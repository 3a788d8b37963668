"""The grammar of texts, of pictures that are read, changed or started from, and of LoRAs."""

import pytest

from bots.grammar import Lora
from core.domain.kinds.alchemy import FORMS
from core.domain.kinds.kind import Kind
from tests.bots.test_grammar import ordered


@pytest.mark.parametrize(
    ("written", "loras", "prompt"),
    [
        ("draw me a cat lora: 123:0.8", [Lora(name="123", weight=0.8)], "a cat"),
        ("draw me lora: 123:0.8 a cat", [Lora(name="123", weight=0.8)], "a cat"),
        (
            "draw me a cat loras: 123 : 0.8, v456, Add Detail:-1.5\non a mat",
            [Lora(name="123", weight=0.8), Lora(name="456", is_version=True), Lora(name="Add Detail", weight=-1.5)],
            "a cat on a mat",
        ),
        ('draw me a cat lora="3d render style"; seed: 5', [Lora(name="3d render style")], "a cat"),
        ("draw me a cat lora: 1, 2 lora: 3 style: flux", [Lora(name=one) for one in "123"], "a cat"),
    ],
)
def test_loras(written: str, loras: list[Lora], prompt: str) -> None:
    order = ordered(f"@horde {written}")
    assert list(order.loras) == loras
    assert order.prompt == prompt


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("@horde write a poem about the sea", "a poem about the sea"),
        ("write for me about the sea", "about the sea"),
        ("@horde write me a haiku", "a haiku"),
        ("please write a letter to Santa, size: large", "a letter to Santa, size: large"),
        ("hey, could you please compose a song\nwith two verses\ntokens: 200", "a song with two verses"),
        ("@horde write me a story; draw me a cat", "a story; draw me a cat"),
    ],
)
def test_texts(text: str, prompt: str) -> None:
    order = ordered(text)
    assert (order.kind, order.prompt) == (Kind.TEXT, prompt)


def test_options_of_texts() -> None:
    order = ordered("@horde write tokens: 200 a poem temperature=0.7; n: 2 model: Some Llama 8B\nprivate")
    assert (order.prompt, order.tokens, order.temperature, order.private) == ("a poem", 200, 0.7, True)
    assert (order.overrides.n, order.overrides.model) == (2, "Some Llama 8B")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("@horde read", "caption"),
        ("@horde caption this", "caption"),
        ("@horde Caption this picture, please!", "caption"),
        ("@horde describe", "describe"),
        ("@horde can you describe this photo for me?", "describe"),
        ("@horde describe that photo, my eyes are not what they were", "describe"),
        ("@horde what is in this picture?", "caption"),
        ("@horde what's in the picture", "caption"),
        ("what’s on this?", "caption"),
        ("@horde what do you see", "caption"),
        ("@horde alt text please", "caption"),
        ("@horde read this picture\nprivate", "caption"),
        ("@horde interrogate this image", "interrogation"),
        ("@horde nsfw check", "nsfw"),
        ("@horde is this picture safe for work?", "nsfw"),
        ("@horde upscale", "RealESRGAN_x4plus"),
        ("@horde upscale this please", "RealESRGAN_x4plus"),
        ("@horde upscale it 2x", "RealESRGAN_x2plus"),
        ("@horde fix face", "GFPGAN"),
        ("@horde fix the faces in this picture", "GFPGAN"),
        ("@horde remove the background", "strip_background"),
    ],
)
def test_pictures_are_read_and_changed(text: str, form: str) -> None:
    order = ordered(text)
    assert (order.kind, order.forms[0]) == (Kind.ALCHEMY, form)
    assert order.needs_picture
    assert set(order.forms) <= FORMS
    assert order.private == ("private" in text)


@pytest.mark.parametrize(
    ("text", "refers", "prompt"),
    [
        ("@horde draw this as a watercolour", "this as ", "a watercolour"),
        ("draw me this photo in winter", "this photo ", "in winter"),
        ("@horde paint my picture like van Gogh", "my picture like ", "van Gogh"),
        ("@horde draw it with a hat strength: 60%", "it ", "with a hat"),
        ("@horde draw this", "this", "this"),
        ("@horde draw that moment when the sun rises", "", "that moment when the sun rises"),
        ("@horde draw the last supper", "", "the last supper"),
    ],
)
def test_words_that_point_at_a_picture(text: str, refers: str, prompt: str) -> None:
    order = ordered(text)
    assert (order.refers, order.prompt, order.needs_picture) == (refers, prompt, False)


def test_strength_and_words_that_need_a_picture() -> None:
    assert ordered("draw me it with a hat denoise: 0.6").strength == 0.6
    assert ordered("draw me a hat strength: 60%").strength == 0.6
    remixed = ordered("@horde remix this as a comic strength: .4")
    assert (remixed.needs_picture, remixed.strength, remixed.prompt) == (True, 0.4, "a comic")
