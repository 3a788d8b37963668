"""The load, in a process of its own: `python -m tests.benchmarks.api.load < PLAN` (JSON) says what came of it.

It also reads the CPU time of the servers' processes at both ends of its own time.
"""

import asyncio
import itertools
import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from tests.benchmarks.api.talk import Line, line_to, raw, said
from tests.benchmarks.harness import percentile

WARM_S: Final = 0.7
ORDER: Final = "/api/v2/generate/async"
POP: Final = "/api/v2/generate/pop"
SUBMIT: Final = "/api/v2/generate/submit"


def cpu_s(pids: Sequence[int]) -> list[float]:
    """CPU seconds so far of each process with all that it started."""
    found = []
    for pid in pids:
        first = psutil.Process(pid)
        times = [process.cpu_times() for process in (first, *first.children(recursive=True))]
        gone = first.cpu_times()
        found.append(sum(one.user + one.system for one in times) + gone.children_user + gone.children_system)
    return found


def order_of(prompt: str, *, model: str) -> dict[str, object]:
    """An order for one small picture."""
    params = {"width": 64, "height": 64, "steps": 1, "n": 1, "sampler_name": "k_euler", "cfg_scale": 7.0}
    return {"prompt": prompt, "params": params, "models": [model], "r2": True, "nsfw": False, "censor_nsfw": False}


def pop_of(name: str, *, models: Sequence[str], pixels: int = 1_048_576) -> dict[str, object]:
    """A worker's pop."""
    return {
        "name": name, "models": list(models), "max_pixels": pixels, "nsfw": True, "bridge_agent": "bench:1:unknown",
        "threads": 1, "priority_usernames": [], "allow_img2img": True, "allow_painting": True, "allow_lora": True,
    }  # fmt: skip


@dataclass(slots=True)
class Cycles:
    """As many clients as workers: a client asks, and looks when it hears in here that its picture is there."""

    url: str
    askers: Sequence[str]
    owners: Sequence[str]
    picture: str
    accepted: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    done: dict[str, asyncio.Event] = field(default_factory=dict)
    ends: bool = False
    made: int = 0
    empty_pops: int = 0
    times_ms: list[float] = field(default_factory=list)

    async def client(self, number: int) -> None:
        """Ask and look, one after the other, until the end; no job is left behind."""
        line, key = await line_to(self.url), self.askers[number % len(self.askers)]
        for turn in itertools.count():
            if self.ends:
                return
            prompt, began_s = f"client {number}, a red heart, the {turn}th", time.perf_counter()
            done = self.done[prompt] = asyncio.Event()
            order = await said(line, raw("POST", ORDER, key=key, message=order_of(prompt, model="bench")), status=202)
            self.accepted.release()
            await done.wait()
            status = await said(line, raw("GET", f"/api/v2/generate/status/{order['id']}"))
            assert status["done"], status
            assert len(status["generations"]) == 1, status
            self.made += 1
            self.times_ms.append((time.perf_counter() - began_s) * 1_000)

    async def worker(self, number: int) -> None:
        """Take a job and hand it in, one after the other, without end."""
        line, key = await line_to(self.url), self.owners[number % len(self.owners)]
        pop = raw("POST", POP, key=key, message=pop_of(f"bench worker {number}", models=["bench"]))
        while True:
            await self.accepted.acquire()
            while not (job := await said(line, pop))["id"]:
                self.empty_pops += 1
            result = {"id": job["id"], "generation": self.picture, "state": "ok", "seed": "1", "censored": False}
            await said(line, raw("POST", SUBMIT, key=key, message=result))
            self.done.pop(job["payload"]["prompt"]).set()


async def cycles(plan: Any) -> dict[str, object]:
    """Cycles a second of each round after a warm-up, and the servers' CPU time a cycle."""
    load = Cycles(url=plan["url"], askers=plan["askers"], owners=plan["owners"], picture=plan["picture"])
    async with asyncio.TaskGroup() as group:
        clients = [group.create_task(load.client(number)) for number in range(plan["clients"])]
        workers = [group.create_task(load.worker(number)) for number in range(plan["clients"])]
        await asyncio.sleep(WARM_S)
        load.made, load.empty_pops, load.times_ms[:] = 0, 0, []
        before, began_s = cpu_s(plan["pids"]), time.perf_counter()
        await asyncio.sleep(plan["seconds"])
        took_s, after, made = time.perf_counter() - began_s, cpu_s(plan["pids"]), load.made
        load.ends = True
        await asyncio.wait(clients)
        for task in workers:
            task.cancel()
    cpu_ms = [(last - first) * 1_000 / max(made, 1) for first, last in zip(before, after, strict=True)]
    return {
        "cycles_s": made / took_s,
        "cpu_ms": cpu_ms,
        "empty_pops": load.empty_pops,
        "p50_ms": percentile(load.times_ms, 0.5) if load.times_ms else 0.0,
    }


async def repeated(plan: Any) -> dict[str, object]:
    """Calls a second of the plan's requests over its connections, each answered with 200, and the CPU time of one."""
    requests = itertools.cycle([bytes.fromhex(one) for one in plan["requests"]])
    made = 0

    async def one(line: Line) -> None:
        nonlocal made
        while True:
            status, body = await line.ask(next(requests))
            assert status == 200, (status, body[:300])
            assert plan["holds"].encode() in body, body[:300]
            made += 1

    async with asyncio.TaskGroup() as group:
        lines = [await line_to(plan["url"]) for _ in range(plan["clients"])]
        tasks = [group.create_task(one(line)) for line in lines]
        await asyncio.sleep(WARM_S)
        made = 0
        before, began_s = cpu_s(plan["pids"]), time.perf_counter()
        await asyncio.sleep(plan["seconds"])
        took_s, after, counted = time.perf_counter() - began_s, cpu_s(plan["pids"]), made
        for task in tasks:
            task.cancel()
    cpu_ms = [(last - first) * 1_000 / max(counted, 1) for first, last in zip(before, after, strict=True)]
    return {"calls_s": counted / took_s, "cpu_ms": cpu_ms}


async def held(plan: Any) -> dict[str, object]:
    """Workers in held pops: memory and CPU while nothing happens, then how soon a job that is asked for arrives."""
    count, models, pids = plan["workers"], plan["models"], plan["pids"]
    server = psutil.Process(pids[0])
    rss_before = server.memory_info().rss
    arrived: dict[str, asyncio.Future[float]] = {}
    asking = 0

    async def worker(number: int, line: Line) -> None:
        nonlocal asking
        own = models[number % len(models)]
        key = plan["owners"][number % len(plan["owners"])]
        request = raw(
            "POST", POP, key=key, message=pop_of(f"held {number}", models=[own]), headers={"Prefer": "wait=30"}
        )
        while True:
            asking += 1
            status, body = await line.ask(request)
            now_s, job = time.perf_counter(), json.loads(body)
            assert status == 200, body[:300]
            if job.get("id"):
                arrived[job["payload"]["prompt"]].set_result(now_s)

    async with asyncio.TaskGroup() as group:
        tasks = []
        began_s = time.perf_counter()
        for number in range(count):
            tasks.append(group.create_task(worker(number, await line_to(plan["url"]))))
            if number % 50 == 49:
                await asyncio.sleep(plan["ramp_s"] / count * 50)
        await asyncio.sleep(1.0)
        ramp_s = time.perf_counter() - began_s
        first, before = asking, cpu_s(pids)
        began_s = time.perf_counter()
        await asyncio.sleep(plan["idle_s"])
        idle_s, after = time.perf_counter() - began_s, cpu_s(pids)
        renewed, rss_after = asking - first, server.memory_info().rss
        waits_ms = await _jobs(plan, arrived)
        for task in tasks:
            task.cancel()
    return {
        "cpu_share": (after[0] - before[0]) / idle_s,
        "renewed": renewed,
        "ramp_s": ramp_s,
        "rss_mb": rss_after / 1e6,
        "pop_kb": (rss_after - rss_before) / 1e3 / count,
        "p50_ms": percentile(waits_ms, 0.5) if waits_ms else 0.0,
        "p99_ms": percentile(waits_ms, 0.99) if waits_ms else 0.0,
    }


async def _jobs(plan: Any, arrived: dict[str, "asyncio.Future[float]"]) -> list[float]:
    """Milliseconds from before an order is sent until a worker has its job, one after the other."""
    line, waits_ms = await line_to(plan["url"]), []
    for number in range(plan["jobs"]):
        prompt, models = f"the {number}th red heart", plan["models"]
        arrived[prompt] = asyncio.get_running_loop().create_future()
        request = raw(
            "POST", ORDER, key=plan["askers"][0], message=order_of(prompt, model=models[number * 7 % len(models)])
        )
        began_s = time.perf_counter()
        await said(line, request, status=202)
        async with asyncio.timeout(5):
            waits_ms.append((await arrived[prompt] - began_s) * 1_000)
        await asyncio.sleep(0.01)
    return waits_ms


def main() -> None:
    """Does the plan and says what came of it."""
    plan = json.load(sys.stdin)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    what = {"cycles": cycles, "repeated": repeated, "held": held}[plan["what"]]
    sys.stdout.write(json.dumps(asyncio.run(what(plan))) + "\n")


if __name__ == "__main__":
    main()
