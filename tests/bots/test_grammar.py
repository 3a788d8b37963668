"""The grammar passes the whole truth table, with the words of the public styles."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.grammar import Command, CommandWord, NotForUs, Order, Refusal, RefusalReason, parse, text_of_html
from bots.names import Names
from core.domain.kinds.kind import Kind

_SHIPPED = Path(__file__).parents[1] / "data"
NAMES = Names(
    [*json.loads((_SHIPPED / "styles.json").read_text()), *json.loads((_SHIPPED / "categories.json").read_text())]
)


def read(text: str, *, direct: bool = False) -> object:
    return parse(text, handle="horde", styles=NAMES, direct=direct)


def ordered(text: str, *, direct: bool = False) -> Order:
    parsed = read(text, direct=direct)
    assert isinstance(parsed, Order), parsed
    return parsed


@pytest.mark.parametrize(
    ("text", "prompt", "style", "negative"),
    [
        ("@horde draw for me a cat", "a cat", None, ""),
        ("draw me a cat", "a cat", None, ""),
        ("draw  for me a cat", "a cat", None, ""),
        ("draw for us a cat", "a cat", None, ""),
        ("@horde draw for me a cat style: flux", "a cat", "flux", ""),
        ("@horde draw for me a cat style: flux please", "a cat", "flux", ""),
        ("@horde draw for me a cat style:flux #tag", "a cat", "flux", ""),
        ("@horde draw for me a cat ### ugly style: flux", "a cat", "flux", "ugly"),
        ("@horde draw for me a cat style: flux ### ugly", "a cat", "flux", "ugly"),
        ("@horde draw for me a cat\nwith a hat\nstyle: flux", "a cat with a hat", "flux", ""),
        (text_of_html("<p>@horde draw for me a cat</p><p>style: flux</p>"), "a cat", "flux", ""),
        (text_of_html("draw for me a red cat<br>with hat"), "a red cat with hat", None, ""),
        ("draw for me a cat style: jim eidomode", "a cat", "jim eidomode", ""),
        ("draw for me a cat style: a midsummer night's dream", "a cat", "a midsummer night's dream", ""),
        ("draw for me a cat style: A Midsummer Night’s Dream", "a cat", "a midsummer night's dream", ""),
        ("draw for me a cat style: leaping–fire–cascade", "a cat", "leaping–fire–cascade", ""),
        ("draw for me a cat style: leaping-fire-cascade", "a cat", "leaping–fire–cascade", ""),
        ("draw for me a cat style: Leaping Fire Cascade", "a cat", "leaping–fire–cascade", ""),
        ("draw for me a 1970s style: disco party style: flux", "a 1970s style: disco party", "flux", ""),
        ("draw for me a cat style: faetastic (flux)", "a cat", "faetastic (flux)", ""),
        ("draw for me a cat style: cascade+", "a cat", "cascade+", ""),
        ("draw for me a cat style: cascade", "a cat", "cascade", ""),
        ('draw for me a cat style="flux small"', "a cat", "flux-small", ""),
        ('draw for me style="flux" a cat', "a cat", "flux", ""),
        ("draw for me style: flux a cat", "a cat", "flux", ""),
        ("style: flux; draw me a cat", "a cat", "flux", ""),
        ("draw for me style: flux\na cat", "a cat", "flux", ""),
        ("draw for me a cat; style: featured", "a cat", "featured", ""),
        ("draw me a cat negative: ugly, blurry style: flux", "a cat", "flux", "ugly, blurry"),
        ("draw me a cat neg: ugly\non a mat", "a cat on a mat", None, "ugly"),
        ('draw me a sign saying "style: flux"', 'a sign saying "style: flux"', None, ""),
        ("draw me a sign that says do not paint here", "a sign that says do not paint here", None, ""),
        ("> draw me a dog\n@horde paint a cat", "a cat", None, ""),
        ("hey @horde, could you please imagine: a cat", "a cat", None, ""),
        ("u/horde paint a cat", "a cat", None, ""),
        ("@bob @horde@example.social generate a cat", "a cat", None, ""),
        ("nice weather! @horde can you draw a cat", "a cat", None, ""),
        ("so much talk, and then draw me a cat", "a cat", None, ""),
        ("draw me a cat colour: blue", "a cat colour: blue", None, ""),
        ("draw me a cat ### ugly\nwith a hat", "a cat with a hat", None, "ugly"),
        ("draw me a cat ### ugly ### blurry\nseed: 5", "a cat", None, "ugly, blurry"),
    ],
)
def test_orders(text: str, prompt: str, style: str | None, negative: str) -> None:
    order = ordered(text)
    assert (order.prompt, order.style, order.negative) == (prompt, style, negative)


def test_every_public_style_is_reached_by_its_name() -> None:
    for style in json.loads((_SHIPPED / "styles.json").read_text()):
        for written in (style, style.upper(), style.replace("-", " ").replace("–", "-")):
            assert ordered(f"@horde draw for me a cat style: {written} please\nseed: 5").style == style


def test_options_in_any_order() -> None:
    order = ordered(
        "@horde draw seed: 7 size=512x768 a cat\nn: 2; steps: 20 cfg: 6.5\nsampler: euler a\nprivate\nmodel: My Model"
    )
    assert order.prompt == "a cat"
    chosen = order.overrides
    assert (chosen.seed, chosen.width_px, chosen.height_px, chosen.n) == (7, 512, 768, 2)
    assert (chosen.steps, chosen.cfg_scale, chosen.sampler, chosen.model) == (20, 6.5, "k_euler_a", "My Model")
    assert order.private
    assert not order.spoiler


def test_aspect_spoiler_and_flags() -> None:
    order = ordered("draw me a cat aspect: 16:9 spoiler: yes private: no")
    assert order.overrides.aspect == (16, 9)
    assert order.spoiler
    assert not order.private
    assert order.prompt == "a cat"
    assert ordered("draw me a cat ar: tall").overrides.aspect == (2, 3)
    assert ordered("draw me a private garden").prompt == "a private garden"


@pytest.mark.parametrize(
    "text", ["@horde draw for me style: flux", "@horde draw", "draw for me", "draw for me ### ugly", "draw me seed: 5"]
)
def test_empty_prompt_is_refused_politely(text: str) -> None:
    parsed = read(text)
    assert isinstance(parsed, Refusal)
    assert parsed.reason is RefusalReason.MISSING_PROMPT


@pytest.mark.parametrize(
    "text",
    [
        "please do not draw for me anything",
        "@horde don't draw me a cat",
        "never paint me",
        "@horde don’t ever draw cats",
        "@horde please do not write about me",
        "@horde don't describe this picture",
    ],
)
def test_asked_not_to_draw(text: str) -> None:
    parsed = read(text)
    assert isinstance(parsed, Refusal)
    assert parsed.reason is RefusalReason.ASKED_NOT_TO


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("draw me a cat style: watercolour", "watercolor"),
        ("draw me a cat style: flx", "flux"),
        ("draw me a cat style: steampnk please seed: 4", "steampunk"),
    ],
)
def test_unknown_style_names_the_three_nearest(text: str, expected: str) -> None:
    parsed = read(text)
    assert isinstance(parsed, Refusal)
    assert parsed.reason is RefusalReason.UNKNOWN_STYLE
    assert len(parsed.suggestions) == 3
    assert any(expected in name for name in parsed.suggestions), parsed.suggestions
    assert "seed" not in parsed.value


@pytest.mark.parametrize(
    ("option", "key"),
    [
        ("size: big", "size"),
        ("seed: 99999999999", "seed"),
        ("n: two", "n"),
        ("steps: 2.5", "steps"),
        ("ar: 0:0", "aspect"),
        ("lora: , ,", "lora"),
        ("strength: 250%", "strength"),
        ("strength: 0", "strength"),
    ],
)
def test_bad_values_come_with_an_example(option: str, key: str) -> None:
    parsed = read(f"draw me a cat {option}")
    assert isinstance(parsed, Refusal)
    assert (parsed.reason, parsed.key) == (RefusalReason.BAD_VALUE, key)
    assert parsed.suggestions[0].startswith(f"{key}: ")


@pytest.mark.parametrize(
    ("text", "word", "argument"),
    [
        ("@horde", CommandWord.HELP, ""),
        ("@horde help!", CommandWord.HELP, ""),
        ("@horde styles", CommandWord.STYLES, ""),
        ("@horde styles punk", CommandWord.STYLES, "punk"),
        ("@horde status?", CommandWord.STATUS, ""),
        ("@horde cancel please", CommandWord.CANCEL, ""),
        ("@horde Again", CommandWord.AGAIN, ""),
        ("@horde kudos", CommandWord.KUDOS, ""),
        ("@horde balance", CommandWord.KUDOS, ""),
        ("@horde delete", CommandWord.DELETE, ""),
        ("@horde more", CommandWord.MORE, ""),
        ("@horde again style: flux", CommandWord.AGAIN, "style: flux"),
        ("@horde vary", CommandWord.VARY, ""),
        ("@horde vary this picture please", CommandWord.VARY, ""),
        ("@horde vary it with a hat", CommandWord.VARY, "with a hat"),
        ("@horde variations n: 4", CommandWord.VARY, "n: 4"),
        ("@horde tip 10", CommandWord.TIP, "10"),
        ("@horde tip 2.5 kudos please", CommandWord.TIP, "2.5"),
        ("@horde link", CommandWord.LINK, ""),
        ("@horde link 7Q4-XKJ", CommandWord.LINK, "7Q4-XKJ"),
        ("@horde unlink", CommandWord.UNLINK, ""),
        ("@horde stop", CommandWord.STOP, ""),
        ("@horde start", CommandWord.START, ""),
        ("@horde Forget  me!", CommandWord.FORGET_ME, ""),
    ],
)
def test_commands(text: str, word: CommandWord, argument: str) -> None:
    assert read(text) == Command(word=word, argument=argument)


@pytest.mark.parametrize(
    "text",
    [
        "@horde is great",
        'he said "draw me a cat"',
        "> draw me a cat\n@horde nice",
        "@horde help me move house tomorrow",
        "@horde describe the history of Rome",
        "@horde read this book, it is great",
        "@horde variations on a theme by Paganini are lovely",
        "@horde is this the real life?",
        "@horde again and again",
        "he said `@horde upscale` once",
    ],
)
def test_talk_is_not_for_us(text: str) -> None:
    assert isinstance(read(text), NotForUs)


def test_direct_messages_need_no_verb() -> None:
    assert ordered("a red heart", direct=True).prompt == "a red heart"
    assert ordered("draw a red heart", direct=True).prompt == "a red heart"
    assert ordered("write a poem", direct=True).kind is Kind.TEXT
    assert isinstance(read("thank you so much!", direct=True), NotForUs)
    assert read("hello", direct=True) == Command(word=CommandWord.HELP)
    assert ordered("great sword in a stone", direct=True).prompt == "great sword in a stone"


PIECES = st.sampled_from(
    [
        "draw me",
        "write",
        "describe this",
        "vary",
        "lora: 12:",
        "strength: 9",
        "@horde",
        "style:",
        "style: flux",
        "###",
        '"',
        "\n",
        ";",
        "seed: 5",
        "size: 1x",
        "n:",
        "private",
        "a cat",
        "> ",
    ]
)


@given(pieces=st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=12), direct=st.booleans())
def test_no_text_breaks_the_grammar(pieces: list[str], direct: bool) -> None:
    parsed = read(" ".join(pieces), direct=direct)
    assert isinstance(parsed, Order | Command | Refusal | NotForUs)
    if isinstance(parsed, Order):
        assert parsed.prompt.strip() or parsed.kind is Kind.ALCHEMY
        assert "\n" not in parsed.prompt
