"""Workers hand results in; what is broken, late, doubled or swapped harms nobody."""

import asyncio
import base64
import json
from typing import Any

import pytest

from core.ports.store import UnitOfWork
from core.services.queue.reclaim import reclaim
from tests.api.scene import Builder, Horde, webp


async def reclaim_all(horde: Horde) -> int:
    now_ms, policy = horde.clock.now_ms(), horde.context.policy
    return await horde.uow.write(lambda tx: reclaim(tx, policy=policy, now_ms=now_ms))


async def assert_waits_again(horde: Horde, request_id: str) -> None:
    """The job is back in the queue, nobody paid, nothing is published."""
    check = (await horde.check(request_id)).body
    assert (check["waiting"], check["processing"], check["finished"]) == (1, 0, 0)
    assert await horde.kudos_of("owner") == 0
    assert await horde.published() == []
    await horde.assert_ledger_is_whole()


BROKEN = {
    "html": b"<!doctype html><html><body>502 Bad Gateway, nginx</body></html>",
    "cut off": webp()[: len(webp()) // 2],
    "with a tail": webp() + b"<script>alert(1)</script>",
    "another size": webp(128, 64),
    "noise": bytes(range(256)) * 4,
    "bomb": b"RIFF\x64\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\xff\x3f\0" * 2 + bytes(78),
}


@pytest.mark.parametrize("kind", sorted(BROKEN))
async def test_a_broken_picture_puts_its_job_back_into_the_queue(horde: Horde, kind: str) -> None:
    request_id, popped = await horde.leased()
    assert (await horde.upload(popped["r2_upload"], BROKEN[kind])).status == 200
    refused = await horde.submit(popped["id"])
    assert (refused.status, refused.body["rc"]) == (400, "ImageValidationFailed")
    assert "64 x 64" in refused.body["message"]
    await assert_waits_again(horde, request_id)
    again = (await horde.pop(who="other")).body
    await horde.upload(again["r2_upload"], webp())
    assert (await horde.submit(again["id"], who="other")).status == 200
    assert (await horde.status(request_id)).body["finished"] == 1


@pytest.mark.parametrize(("trusted", "share", "status"), [(False, 0.0, 400), (True, 1.0, 400), (True, 0.0, 200)])
async def test_every_picture_of_an_untrusted_worker_is_decoded_and_some_of_the_others(
    build: Builder, trusted: bool, share: float, status: int
) -> None:
    """A right head and a right length over contents that do not decode."""
    horde = await build(full_check_share=share)
    await horde.account("owner", trusted=trusted)
    request_id, popped = await horde.leased()
    body = bytearray(webp())
    body[40:-4] = b"\xff" * (len(body) - 44)
    await horde.upload(popped["r2_upload"], bytes(body))
    assert (await horde.submit(popped["id"])).status == status
    if status == 400:
        await assert_waits_again(horde, request_id)


async def test_a_result_that_was_never_uploaded(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    refused = await horde.submit(popped["id"])
    assert (refused.status, refused.body["rc"]) == (400, "ImageValidationFailed")
    assert "nothing was uploaded" in refused.body["message"]
    await assert_waits_again(horde, request_id)


async def test_old_workers_send_the_picture_in_the_submit(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    submitted = await horde.submit(popped["id"], generation=base64.b64encode(webp()).decode())
    assert submitted.status == 200
    (generation,) = (await horde.status(request_id)).body["generations"]
    assert base64.b64decode(generation["img"]) == webp()
    for nonsense in ("", "R3", "not base64!"):
        request_id, popped = await horde.leased(who="other")
        refused = await horde.submit(popped["id"], who="other", generation=nonsense)
        assert (refused.status, refused.body["rc"]) == (400, "ImageValidationFailed")
        await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")


async def test_a_picture_that_is_swapped_after_the_submit_is_not_published(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    await horde.upload(popped["r2_upload"], webp())
    assert (await horde.submit(popped["id"])).status == 200
    assert (await horde.upload(popped["r2_upload"], webp(shade=100))).status == 200
    (generation,) = (await horde.status(request_id)).body["generations"]
    assert base64.b64decode(generation["img"]) == webp()
    refused = await horde.submit(popped["id"])
    assert refused.body["rc"] == "DuplicateGen"
    (generation,) = (await horde.status(request_id)).body["generations"]
    assert base64.b64decode(generation["img"]) == webp()


async def test_swapping_while_the_picture_is_checked_publishes_only_what_was_checked(horde: Horde) -> None:
    good, bad = webp(), BROKEN["html"]
    for _ in range(5):
        request_id, popped = await horde.leased()
        await horde.upload(popped["r2_upload"], good)
        async with asyncio.TaskGroup() as group:
            submitting = group.create_task(horde.submit(popped["id"]))
            for body in (bad, good, bad):
                group.create_task(horde.upload(popped["r2_upload"], body))
        if submitting.result().status == 200:
            (generation,) = (await horde.status(request_id)).body["generations"]
            assert base64.b64decode(generation["img"]) == good
        else:
            await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    for path in await horde.published():
        assert path.suffix == ".json" or path.read_bytes() == good


async def test_a_result_is_taken_and_paid_once(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    await horde.upload(popped["r2_upload"], webp())
    async with asyncio.TaskGroup() as group:
        submits = [group.create_task(horde.submit(popped["id"])) for _ in range(4)]
    replies = [task.result() for task in submits]
    assert sorted(reply.status for reply in replies) == [200, 400, 400, 400]
    assert {reply.body["rc"] for reply in replies if reply.status == 400} <= {"DuplicateGen", "ImageValidationFailed"}
    assert (await horde.submit(popped["id"])).body["rc"] == "DuplicateGen"
    assert await horde.kudos_of("owner") == pytest.approx(0.615), "the other half waits until the owner is trusted"
    assert (await horde.status(request_id)).body["finished"] == 1
    assert len([path for path in await horde.published() if path.suffix == ".webp"]) == 1
    await horde.assert_ledger_is_whole()


async def test_the_sidecar_says_how_the_picture_was_made(horde: Horde) -> None:
    _, popped = await horde.leased(prompt="a red heart ### blue", params={"seed": "9"})
    await horde.upload(popped["r2_upload"], webp())
    await horde.submit(popped["id"], seed=9)
    pictures = {path.suffix: path for path in await horde.published()}
    assert set(pictures) == {".webp", ".json"}
    assert pictures[".webp"].stem == pictures[".json"].stem
    made = json.loads(pictures[".json"].read_bytes())
    assert made["notice"] == "AI generated"
    assert (made["prompt"], made["negative_prompt"], made["seed"]) == ("a red heart", "blue", 9)
    assert (made["model"], made["worker_name"], made["width"], made["height"]) == (
        popped["model"], "worker of owner", 64, 64,
    )  # fmt: skip
    assert made["kudos"] == pytest.approx(1.23)


async def test_after_a_cancel_the_worker_that_made_it_is_still_paid(horde: Horde) -> None:
    """As on the public server: who worked is paid, and the picture can be taken."""
    request_id, popped = await horde.leased()
    await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    await horde.upload(popped["r2_upload"], webp())
    submitted = await horde.submit(popped["id"])
    assert (submitted.status, submitted.body["reward"]) == (200, pytest.approx(1.23))
    await horde.assert_ledger_is_whole()


async def test_a_job_that_waited_and_was_cancelled_is_refused(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    await horde.call("POST", "/api/v2/generate/release", who="owner", json={"id": popped["id"]})
    await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    await horde.upload(popped["r2_upload"], webp())
    refused = await horde.submit(popped["id"])
    assert (refused.status, refused.body["rc"]) == (400, "AbortedGen")


async def test_a_lease_that_is_over_is_said_before_what_is_wrong_with_the_picture(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    await horde.call("POST", "/api/v2/generate/release", who="owner", json={"id": popped["id"]})
    await horde.call("DELETE", f"/api/v2/generate/status/{request_id}")
    await horde.upload(popped["r2_upload"], BROKEN["html"])
    refused = await horde.submit(popped["id"])
    assert (refused.status, refused.body["rc"]) == (400, "AbortedGen")
    assert await horde.published() == []
    await horde.assert_ledger_is_whole()


async def test_what_was_popped_here_is_handed_in_without_a_look_and_only_once(build: Builder) -> None:
    """The lease is remembered from the pop; a second submit, and one by another account, are looked up."""
    looks: list[str] = []

    class Looking:
        def __init__(self, uow: UnitOfWork) -> None:
            self._uow = uow

        async def read(self, query: Any, **how: bool) -> Any:
            looks.append(query.__qualname__)
            return await self._uow.read(query, **how)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._uow, name)

    def leases_read() -> int:
        return sum("lease_for" in look for look in looks)

    horde = await build(around=Looking)
    _, popped = await horde.leased()
    picture = base64.b64encode(webp()).decode()
    assert (await horde.submit(popped["id"], who="thief", generation=picture)).status == 404
    assert leases_read() == 1
    assert (await horde.submit(popped["id"], generation=picture)).status == 200
    assert leases_read() == 1
    again = await horde.submit(popped["id"], generation=picture)
    assert (again.status, again.body["rc"]) == (400, "DuplicateGen")
    assert leases_read() == 2
    assert len(await horde.published()) == 2, "the picture and its sidecar"
    await horde.assert_ledger_is_whole()


async def test_another_workers_job_cannot_be_handed_in(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    await horde.upload(popped["r2_upload"], webp())
    for body in ({"generation": "R2"}, {"state": "faulted"}):
        refused = await horde.submit(popped["id"], who="thief", **body)
        assert (refused.status, refused.body["rc"]) == (404, "InvalidJobID")
    for route in ("progress", "release"):
        report = {"id": popped["id"], "step": 1, "steps": 2}
        refused = await horde.call("POST", f"/api/v2/generate/{route}", who="thief", json=report)
        assert (refused.status, refused.body["rc"]) == (404, "InvalidJobID")
    assert (await horde.check(request_id)).body["processing"] == 1


async def test_a_late_result_is_taken_once_while_the_job_still_waits(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    horde.clock.ahead_ms += 200_000
    assert await reclaim_all(horde) == 1
    await horde.upload(popped["r2_upload"], webp())
    assert (await horde.submit(popped["id"])).status == 200
    assert (await horde.status(request_id)).body["finished"] == 1


async def test_a_late_result_is_refused_when_another_worker_has_the_job(horde: Horde) -> None:
    _, popped = await horde.leased()
    horde.clock.ahead_ms += 200_000
    await reclaim_all(horde)
    assert (await horde.pop(who="other")).body["id"] == popped["id"]
    await horde.upload(popped["r2_upload"], webp())
    refused = await horde.submit(popped["id"])
    assert (refused.status, refused.body["rc"]) == (400, "AbortedGen")


async def test_faulted_puts_the_job_back_and_after_the_last_try_gives_up(horde: Horde) -> None:
    request_id, popped = await horde.leased()
    for number in range(3):
        faulted = await horde.submit(popped["id"], who=f"owner{number or ''}", state="faulted", generation="")
        assert (faulted.status, faulted.body) == (200, {"reward": 0})
        popped = (await horde.pop(who=f"owner{number + 1}")).body
    check = (await horde.check(request_id)).body
    assert (check["faulted"], check["done"], check["restarted"]) == (True, True, 3)
    await horde.assert_ledger_is_whole()


async def test_censored_results_say_so(horde: Horde) -> None:
    for result in (
        {"state": "censored"},
        {"gen_metadata": [{"type": "censorship", "value": "nsfw"}]},
        {"censored": True},
    ):
        request_id, popped = await horde.leased()
        await horde.upload(popped["r2_upload"], webp(256, 256))
        assert (await horde.submit(popped["id"], **result)).status == 200
        (generation,) = (await horde.status(request_id)).body["generations"]
        assert (generation["censored"], generation["state"]) == (True, "censored")
        assert generation["gen_metadata"] == result.get("gen_metadata", [])


async def test_r8_workers_without_a_state_or_a_seed(horde: Horde) -> None:
    _, popped = await horde.leased()
    await horde.upload(popped["r2_upload"], webp())
    body = {"id": popped["id"], "generation": "R2"}
    submitted = await horde.call("POST", "/api/v2/generate/submit", who="owner", json=body)
    assert (submitted.status, set(submitted.body)) == (200, {"reward"})


async def test_jobs_that_do_not_exist(horde: Horde) -> None:
    for job_id in ("00000000-0000-4000-8000-000000000000", "x", "é" * 90):
        refused = await horde.submit(job_id)
        assert (refused.status, refused.body["rc"]) == (404, "InvalidJobID")
