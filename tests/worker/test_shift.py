"""The whole worker against a horde double, with a real (tiny, random) diffusers pipeline."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from tests.doubles.horde_v2 import HordeDouble, horde_double
from tests.worker.conftest import FixedScreen, Working
from worker.errors import ModelUnusableError, NotWelcomeError
from worker.picture import facts_in

# diffusers 0.42.1 calls numpy 2 in ways that numpy will drop.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:__array:DeprecationWarning")]


def picture_of(body: bytes) -> Image.Image:
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        return image


async def test_makes_the_picture_and_hands_it_in(horde: HordeDouble, working: Working) -> None:
    job_id = horde.ask("a red heart ### blurry", ddim_steps=6)
    async with working(horde):
        await horde.until(lambda: job_id in horde.submits)
    submitted = horde.submits[job_id]
    assert submitted["generation"] == "R2"
    assert submitted["state"] == "ok"
    assert submitted["seed"] == 7
    body = horde.uploads[job_id]
    assert horde.upload_types == ["image/webp"]
    assert picture_of(body).format == "WEBP"
    assert picture_of(body).size == (64, 64)
    facts = facts_in(body)
    assert facts["origin"] == "AI generated"
    assert facts["prompt"] == "a red heart"
    assert facts["negative_prompt"] == "blurry"
    assert (facts["seed"], facts["steps"], facts["sampler"], facts["model"]) == (7, 6, "k_euler", "tiny")


async def test_pop_says_what_this_worker_can(horde: HordeDouble, working: Working) -> None:
    job_id = horde.ask()
    async with working(horde, blacklist="spider,needle"):
        await horde.until(lambda: job_id in horde.submits)
    offer, headers = horde.pops[0]
    assert offer["name"] == "test-worker"
    assert offer["models"] == ["tiny"]
    assert offer["blacklist"] == ["spider", "needle"]
    assert offer["max_pixels"] == 1024 * 1024
    assert not offer["allow_img2img"]
    assert headers["Prefer"] == "wait=20"
    assert headers["Horde-Progress"] == "1"
    assert len(headers["Horde-Start-Id"]) == 36


async def test_larger_than_the_model_makes_is_enlarged_and_says_so(horde: HordeDouble, working: Working) -> None:
    job_id = horde.ask(width=512, height=256)
    async with working(horde):
        await horde.until(lambda: job_id in horde.submits)
    body = horde.uploads[job_id]
    assert picture_of(body).size == (512, 256)
    assert facts_in(body)["note"] == "made at 88x48, enlarged to 512x256"
    assert {"type": "information", "value": "see_ref", "ref": "made at 88x48, enlarged to 512x256"} in horde.submits[
        job_id
    ]["gen_metadata"]


async def test_same_seed_same_picture_other_seed_other_picture(horde: HordeDouble, working: Working) -> None:
    first, again, other = horde.ask(seed="11"), horde.ask(seed="11"), horde.ask(seed="12")
    async with working(horde):
        await horde.until(lambda: len(horde.submits) == 3)
    assert horde.uploads[first] == horde.uploads[again]
    assert horde.uploads[first] != horde.uploads[other]


async def test_not_safe_for_work_is_replaced_by_a_neutral_picture(horde: HordeDouble, working: Working) -> None:
    job_id = horde.ask(width=128, height=128)
    async with working(horde, screen=FixedScreen(0.9)):
        await horde.until(lambda: job_id in horde.submits)
    submitted = horde.submits[job_id]
    assert submitted["state"] == "censored"
    assert submitted["censored"]
    assert {"type": "censorship", "value": "nsfw"} in submitted["gen_metadata"]
    assert facts_in(horde.uploads[job_id])["censored"] is True
    assert picture_of(horde.uploads[job_id]).size == (128, 128)


async def test_shown_uncensored_where_asker_and_worker_allow_it(horde: HordeDouble, working: Working) -> None:
    job_id = horde.ask(use_nsfw_censor=False)
    async with working(horde, screen=FixedScreen(0.9), allow_nsfw="true"):
        await horde.until(lambda: job_id in horde.submits)
    assert horde.submits[job_id]["state"] == "ok"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"prompt": "  ### only a negative"}, "prompt is empty"),
        ({"width": 100}, "width is 100, it has to be a multiple of 8"),
        ({"ddim_steps": 0}, "ddim_steps is 0, it has to be between 1 and 500"),
        ({"cfg_scale": "many"}, "is no v2 message"),
        ({"control_type": "canny"}, "control_type is not offered"),
    ],
)
async def test_broken_payload_is_faulted_with_its_reason_and_the_worker_lives_on(
    horde: HordeDouble, working: Working, payload: dict[str, object], reason: str
) -> None:
    broken = horde.ask()
    horde.waiting[0]["payload"].update(payload)
    whole = horde.ask()
    async with working(horde):
        await horde.until(lambda: {broken, whole} <= set(horde.submits))
    assert horde.submits[broken]["state"] == "faulted"
    assert reason in horde.submits[broken]["gen_metadata"][0]["ref"]
    assert horde.submits[whole]["state"] == "ok"


async def test_lost_answer_to_a_submit_is_asked_again_and_counts_as_success(
    horde: HordeDouble, working: Working, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "worker")
    job_id = horde.ask()
    horde.trouble.lost["submit"] = 1
    async with working(horde) as shift:
        await horde.until(lambda: horde.submit_calls == 2)
        await asyncio.sleep(0.5)
        assert not shift.stop.is_set()
    assert "job.submitted" in caplog.messages
    assert horde.submits[job_id]["state"] == "ok"
    assert horde.released == []


async def test_cancelled_job_stops_at_a_step_boundary(horde: HordeDouble, working: Working) -> None:
    job_id = horde.ask(ddim_steps=500)
    horde.cancelled.add(job_id)
    next_id = horde.ask()
    async with working(horde):
        await horde.until(lambda: next_id in horde.submits)
    assert job_id not in horde.submits
    assert horde.progress[job_id][-1] < 500


async def test_a_held_pop_tells_of_a_cancelled_job(horde: HordeDouble, working: Working) -> None:
    job_id = horde.ask(ddim_steps=500)
    async with working(horde):
        await horde.until(lambda: len(horde.progress[job_id]) > 0)
        horde.told_on_pops.add(job_id)
        await horde.woken()
        await horde.until(lambda: not horde.told_on_pops)
        next_id = horde.ask()
        await horde.until(lambda: next_id in horde.submits)
    assert job_id not in horde.submits
    assert horde.progress[job_id][-1] < 500


async def test_stop_hands_the_jobs_back(horde: HordeDouble, working: Working) -> None:
    first, second = horde.ask(ddim_steps=500), horde.ask(ddim_steps=500)
    async with working(horde) as shift:
        await horde.until(lambda: horde.progress[first] and len(horde.leased) == 2)
        shift.stop.set()
        await horde.until(lambda: len(horde.released) == 2)
    assert set(horde.released) == {first, second}
    assert horde.submits == {}


async def test_next_job_lies_ready_while_the_current_one_is_drawn(horde: HordeDouble, working: Working) -> None:
    first, second = horde.ask(ddim_steps=300), horde.ask()
    async with working(horde):
        await horde.until(lambda: second in horde.leased)
        assert first in horde.leased
        await horde.until(lambda: second in horde.submits)
    assert list(horde.submits) == [first, second]


async def test_lease_of_a_job_that_only_waits_is_renewed_too(working: Working) -> None:
    async with horde_double(lease_s=2) as horde:
        first, second = horde.ask(ddim_steps=400), horde.ask()
        async with working(horde):
            await horde.until(lambda: bool(horde.progress[second]))
            assert first in horde.leased
            await horde.until(lambda: len(horde.submits) == 2)
        assert horde.progress[second][0] == 0


async def test_without_prefetch_one_job_at_a_time(horde: HordeDouble, working: Working) -> None:
    first, second = horde.ask(ddim_steps=300), horde.ask()
    async with working(horde, prefetch=0):
        await horde.until(lambda: bool(horde.progress[first]))
        assert second not in horde.leased
        await horde.until(lambda: len(horde.submits) == 2)


async def test_horde_goes_away_and_comes_back(
    horde: HordeDouble, working: Working, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "worker")
    first = horde.ask()
    async with working(horde):
        await horde.until(lambda: first in horde.submits)
        await horde.stop()
        await asyncio.sleep(1.5)
        second = horde.ask()
        await horde.start()
        await horde.until(lambda: second in horde.submits)
    assert caplog.messages.count("horde.unreachable") == 1
    assert caplog.messages.count("horde.back") == 1


async def test_plain_v2_horde_without_progress_is_served_too(working: Working) -> None:
    async with horde_double(knows_progress=False, lease_s=150) as plain:
        job_id = plain.ask(ddim_steps=60)
        async with working(plain):
            await plain.until(lambda: job_id in plain.submits)
        assert plain.submits[job_id]["state"] == "ok"


async def test_wrong_key_ends_the_worker_with_the_hordes_words(horde: HordeDouble, working: Working) -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(NotWelcomeError, match=r"No user matching sent API Key\. Give the key")):
        async with working(horde, key="wrong"):
            await asyncio.sleep(30)


async def test_address_that_is_no_horde_is_named(horde: HordeDouble, working: Working) -> None:
    horde.trouble.refused["pop"] = (404, {"what": "a web site"})
    with pytest.RaisesGroup(pytest.RaisesExc(NotWelcomeError, match=r"is no horde\. Check --url")):
        async with working(horde):
            await asyncio.sleep(30)


async def test_refusal_later_on_is_waited_out(
    horde: HordeDouble, working: Working, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "worker")
    job_id = horde.ask()
    async with working(horde) as shift:
        await horde.until(lambda: job_id in horde.submits)
        horde.trouble.refused["pop"] = (403, {"message": "maintenance", "rc": "WorkerMaintenance"})
        horde.ask()
        await horde.until(lambda: len(horde.submits) == 2 and "pop" in horde.refusals)
        await asyncio.sleep(0.5)
        assert "pop.refused" in caplog.messages
        assert not shift.stop.is_set()


async def test_broken_model_ends_it_with_what_to_do(horde: HordeDouble, working: Working, tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    with pytest.RaisesGroup(pytest.RaisesExc(ModelUnusableError, match=r"cannot be loaded: .* Check the folder")):
        async with working(horde, model=tmp_path):
            await asyncio.sleep(30)
    assert horde.pops == []


async def test_once_ends_after_one_job(horde: HordeDouble, working: Working) -> None:
    job_id = horde.ask()
    horde.ask()
    async with working(horde, once="true") as shift:
        async with asyncio.timeout(60):
            await shift.stop.wait()
    assert list(horde.submits) == [job_id]
    assert len(horde.waiting) == 1


async def test_refused_upload_drops_the_job_and_goes_on(horde: HordeDouble, working: Working) -> None:
    lost = horde.ask()
    horde.trouble.refused["upload"] = (403, {"message": "expired", "rc": "UploadNotPermitted"})
    async with working(horde):
        await horde.until(lambda: "upload" in horde.refusals)
        assert lost in horde.leased
        horde.trouble.refused.clear()
        next_id = horde.ask()
        await horde.until(lambda: next_id in horde.submits)
    assert lost not in horde.submits


async def test_three_failures_in_a_row_make_it_pause(
    horde: HordeDouble, working: Working, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "worker")
    for _ in range(3):
        horde.ask(ddim_steps=0)
    async with working(horde):
        await horde.until(lambda: len(horde.submits) == 3)
        await asyncio.sleep(0.3)
        assert caplog.messages.count("worker.pausing") == 1
        horde.ask()
        await horde.woken()
        await asyncio.sleep(0.3)
        assert len(horde.waiting) == 1
