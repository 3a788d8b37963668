"""Programs that others wrote for the public AI Horde work here as they are."""

import base64
import io

import pytest
from PIL import Image

from tests.clients.conftest import Place, Run
from tests.clients.worker import CAPTION, MODEL, STORY, TEXT_MODEL


def size_of(img: str) -> tuple[int, int]:
    with Image.open(io.BytesIO(base64.b64decode(img, validate=True))) as picture:
        assert picture.format == "WEBP"
        return picture.size


def test_aihorde_gets_pictures_texts_and_models(run: Run) -> None:
    told = run("aihorde")
    assert told["done"] == [True, True]
    assert [size_of(img) for img, *_ in told["images"]] == [(64, 64)] * 2
    assert len({seed for _, seed, *_ in told["images"]}) == 2
    assert {(model, state) for *_, model, state in told["images"]} == {(MODEL, "ok")}
    assert told["texts"] == [STORY]
    assert MODEL in told["models"][0]
    assert TEXT_MODEL in told["models"][1]


def test_horde_client_gets_pictures_and_texts_at_once_and_later(run: Run) -> None:
    told = run("horde_client")
    assert told["done"] == [True, True]
    assert size_of(told["img"]) == (64, 64)
    assert told["text"] == told["langchain"] == told["async"]["text"] == STORY
    assert MODEL in told["models"]
    assert TEXT_MODEL in told["async"]["models"]


def test_aihordeclient_gets_a_picture_a_balance_and_styles(run: Run) -> None:
    told = run("aihordeclient")
    assert bytes(told["picture"][8:12]) == b"WEBP"
    assert told["errors"] == []
    assert told["finished"]
    assert told["balance"].startswith("You have ")
    assert MODEL in told["status"]
    assert told["local"][MODEL]["range_steps"] == [4, 60]
    assert "kudos_cost" in told["description"]
    assert told["styles"] == [["flow style", 1]]


@pytest.mark.parametrize(("part", "strict"), [("simple", ""), ("later", "1")])
def test_horde_sdk_gets_pictures_texts_and_forms(run: Run, part: str, strict: str) -> None:
    told = run("horde_sdk", part, TESTS_ONGOING=strict)
    assert told["sizes"] == [[64, 64], [64, 64]]
    assert told["seeds"] == 2
    assert told["texts"] == [STORY]
    assert set(told["forms"]) == {"caption", "nsfw", "RealESRGAN_x4plus"}
    assert (told["caption"], told["nsfw"]) == ([CAPTION], [False])
    assert size_of(told["upscaled"][0]) == (256, 256)
    if part == "simple":
        assert told["checked"] == 2
        assert all(kudos > 0 for kudos in told["dry"])


def test_horde_sdk_reads_status_workers_and_stats(run: Run) -> None:
    told = run("horde_sdk", "looked_up", TESTS_ONGOING="1")
    assert told["heartbeat"] == "OK"
    assert MODEL in told["models"]
    assert told["model"] == [1]
    assert told["worker"] == ["a painter", True]


def test_horde_sdk_reads_users_and_goes_by_a_shared_key(run: Run, place: Place) -> None:
    told = run("horde_sdk", "people")
    assert told["me"] == ["asker#1", True]
    assert told["lent"] == "asker#1 (Shared Key: lent to clients)"
    assert {"asker#1", place.worker_user} <= set(told["everyone"])
    assert (told["single"], told["transferred"], told["contact"]) == (True, 7, "me@example.org")
    assert min(told["workers"]) >= 1
    assert told["refused"] == ["UserNotFound", True]
    assert told["by_key"] == [STORY]


def test_a_worker_made_of_the_sdk_s_models_works_and_is_paid(run: Run) -> None:
    told = run("horde_sdk", "work")
    assert told["nothing"] == [None, None, None]
    assert told["job"] == ["a red heart", "42", "sdk-model", 5]
    assert told["rewards"] == [True, True]
    assert told["seeds"] == ["42"]
    assert told["text"] == ["Once", [" more"]]
    assert told["changed"] == [True, 1]
    assert told["deleted"] == "an sdk worker"


def test_openai_chats_writes_paints_and_lists_models(run: Run) -> None:
    told = run("openai")
    text, role, reason = told["chat"]
    assert (text.strip(), role) == (STORY.strip(), "assistant")
    assert reason in {"stop", "length"}
    assert told["streamed"].strip() == told["prompt"].strip() == told["said"].strip() == STORY.strip()
    assert size_of(told["picture"]) == (256, 256)
    assert {MODEL, TEXT_MODEL} <= set(told["models"])
    assert told["model"] == TEXT_MODEL
    assert told["refused"] == [401, True]
