"""A body becomes a message, or a list of what is wrong with it in v2's words."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.wire import MalformedBodyError, decode, encode
from core.wire.people import RequestValidationError
from core.wire.requests import GenerationInputStable, RequestAsync
from core.wire.work import GenerationPayloadStable, GenerationSubmitted, PopInputStable, SubmitInputStable


def errors_of(body: bytes) -> dict[str, str]:
    with pytest.raises(MalformedBodyError) as caught:
        decode(body, GenerationInputStable)
    assert caught.value.message == "Input payload validation failed"
    return caught.value.errors


def test_defaults_are_those_the_public_server_applies() -> None:
    order = decode(b'{"prompt": "a red heart"}', GenerationInputStable)
    assert order.params.karras is True
    assert order.params.cfg_scale == 5.0
    assert (order.params.width, order.params.height, order.params.n) == (512, 512, 1)
    assert order.params.sampler_name == "k_euler_a"
    assert (order.r2, order.slow_workers, order.shared, order.dry_run) == (True, True, False, False)
    pop = decode(b'{"name": "w"}', PopInputStable)
    assert (pop.nsfw, pop.allow_lora, pop.allow_controlnet, pop.max_pixels) == (True, False, False, 262144)
    assert (pop.allow_img2img, pop.allow_painting, pop.allow_post_processing) == (True, True, True)


def test_size_is_refused_in_the_words_of_v2() -> None:
    assert errors_of(b'{"prompt":"x","params":{"width":100}}') == {"params.width": "100 is not a multiple of 64"}


def test_all_fields_that_are_wrong_are_named_at_once() -> None:
    found = errors_of(b'{"params":{"width":32,"height":4096,"steps":"30","n":21,"sampler_name":"magic"},"nsfw":"no"}')
    assert found == {
        "prompt": "'prompt' is a required property",
        "params.width": "32 is less than the minimum of 64",
        "params.height": "4096 is greater than the maximum of 3072",
        "params.steps": "'30' is not of type 'integer'",
        "params.n": "21 is greater than the maximum of 20",
        "params.sampler_name": "'magic' is not one of the words that this field knows",
        "nsfw": "'no' is not of type 'boolean'",
    }


def test_empty_prompt_names_the_field() -> None:
    assert errors_of(b'{"prompt":""}') == {"prompt": "'' is too short: at least 1"}


def test_params_that_are_no_object() -> None:
    assert errors_of(b'{"prompt":"x","params":[1]}') == {"params": "[1] is not of type 'object'"}


def test_r16_unknown_fields_nulls_and_empty_values_count_as_absent() -> None:
    order = decode(
        b'{"prompt":"x","allow_unknown":1,"workers":[],"models":[],"worker_blacklist":[],"source_image":null,'
        b'"params":{"sampler":"k_lms","seed":"","post_processing":[],"key":"v","denoising_strength":null}}',
        GenerationInputStable,
    )
    assert order.params.sampler_name == "k_euler_a"
    assert order.params.seed == ""
    assert order.params.denoising_strength is msgspec.UNSET
    assert (order.workers, order.models, order.source_image) == ((), (), "")
    decode(
        b'{"name":"w","allow_extended_controlnet":true,"annotation_types":["x"],"max_tiles":5,"bridge_version":22}',
        PopInputStable,
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"prompt": "x"} and more', b"\xff\xfe", b'{"prompt": "\\ud800"}', b"[" * 100_000, b"not json"]
)
def test_what_is_no_json_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(MalformedBodyError) as caught:
        decode(body, GenerationInputStable)
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"1"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedBodyError, match="must be one JSON object"):
        decode(body, GenerationInputStable)


def test_deep_nesting_is_refused_wherever_it_stands() -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    for body in (
        b'{"prompt":"x","zz":' + deep + b"}",
        b'{"prompt":' + deep + b"}",
        b'{"prompt":null,"zz":' + deep + b"}",
    ):
        with pytest.raises(MalformedBodyError):
            decode(body, GenerationInputStable)


def test_nul_characters_are_refused_and_their_look_alike_is_not() -> None:
    with pytest.raises(MalformedBodyError) as caught:
        decode(b'{"prompt":"a\\u0000b"}', GenerationInputStable)
    assert caught.value.rc == "NulByteInPayload"
    assert decode(b'{"prompt":"a\\\\u0000b"}', GenerationInputStable).prompt == "a\\u0000b"


def test_r7_the_pop_without_a_job_is_exactly_the_public_servers() -> None:
    reply = msgspec.json.decode(encode(GenerationPayloadStable()))
    assert reply.pop("skipped")["post-processing"] == 0
    assert reply == {
        "payload": {
            "ddim_steps": 30, "n_iter": 1, "image_is_control": False, "return_control_map": False,
            "sampler_name": "k_euler_a", "cfg_scale": 7.5, "height": 512, "width": 512, "karras": False,
            "tiling": False, "hires_fix": False, "transparent": False,
        },
        "id": None, "ids": [], "messages": [], "ttl": None, "model": None, "source_image": None,
        "source_processing": "img2img", "source_mask": None, "extra_source_images": None, "r2_upload": None,
        "r2_uploads": None,
    }  # fmt: skip


def test_replies_leave_out_what_there_is_nothing_to_say_about() -> None:
    assert encode(RequestAsync(kudos=13)) == b'{"kudos":13}'
    assert encode(GenerationSubmitted(reward=7.5)) == b'{"reward":7.5}'
    assert encode(RequestValidationError(message="m", errors={"a": "b"})) == b'{"message":"m","errors":{"a":"b"}}'


def test_r8_submit_needs_neither_state_nor_seed() -> None:
    submit = decode(b'{"id":"j","generation":"R2"}', SubmitInputStable)
    assert (submit.state, submit.seed, submit.gen_metadata) == ("ok", msgspec.UNSET, ())


def test_whole_numbers_are_integers_however_they_are_written() -> None:
    """Programs whose numbers are all floats write 20 as 20.0."""
    order = decode(b'{"prompt": "x", "params": {"steps": 20.0, "cfg_scale": 7.0, "n": 1e0}}', GenerationInputStable)
    assert (order.params.steps, order.params.cfg_scale, order.params.n) == (20, 7.0, 1)
    for number in (b"20.5", b"1e300", b"-1e16"):
        with pytest.raises(MalformedBodyError) as caught:
            decode(b'{"prompt": "x", "params": {"steps": ' + number + b"}}", GenerationInputStable)
        assert list(caught.value.errors) == ["params.steps"]


SMALL = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
JSON = SMALL | st.lists(SMALL, max_size=3) | st.dictionaries(st.text(max_size=8), SMALL, max_size=3)
FIELDS = st.sampled_from([*GenerationInputStable.__struct_fields__, "x"])
PARAMS = st.sampled_from(["width", "steps", "seed", "n", "loras", "sampler_name", "special", "post_processing"])
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def refusal_of(body: bytes, message: type[msgspec.Struct]) -> MalformedBodyError | None:
    try:
        decode(body, message)
    except MalformedBodyError as exc:
        return exc
    return None


@QUICK
@given(st.dictionaries(FIELDS, JSON, max_size=6), st.dictionaries(PARAMS, JSON, max_size=4))
def test_any_json_is_either_read_or_refused_with_named_fields(
    body: dict[str, object], params: dict[str, object]
) -> None:
    refusal = refusal_of(msgspec.json.encode(body | {"params": params}), GenerationInputStable)
    assert refusal is None or refusal.errors or refusal.rc == "NulByteInPayload"


@QUICK
@given(st.binary(max_size=60))
def test_any_bytes_are_either_read_or_refused(body: bytes) -> None:
    refusal = refusal_of(body, SubmitInputStable)
    assert refusal is None or refusal.message
