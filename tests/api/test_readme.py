"""The guide's lines are run as they stand."""

import asyncio
import base64
import os
import re
import shutil
from functools import partial
from pathlib import Path

import pytest

from core.services.linking.code import make_code
from tests.api.scene import Horde, webp

GUIDE = Path(__file__).parents[2] / "core" / "api" / "README.md"
CURL = shutil.which("curl")


def lines_of_the_guide() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    commands = re.split(r"\n(?=curl |[A-Z_]+=)", "\n".join(blocks))
    return [command for command in commands if command.startswith("curl")]


def test_every_address_of_the_guide_exists(horde: Horde) -> None:
    patterns = [
        re.compile(re.sub(r"\\?\{[^}]+\}", "[^/]+", resource.canonical).replace("{key:.+}", ".+") + "$")
        for resource in horde.server.app.router.resources()
    ]
    named = re.findall(r"\$HORDE(/[^\s\"|]+)", GUIDE.read_text(encoding="utf-8"))
    assert len(named) >= 10
    for path in named:
        assert any(pattern.match(path) for pattern in patterns), path


async def others_in_work(horde: Horde) -> dict[str, str]:
    """A text and a form that the guide's worker has popped."""
    scribe = {"name": "my scribe", "models": ["koboldcpp/Tiny-13B"]}
    text = await horde.call("POST", "/api/v2/generate/text/async", who="asker", json={"prompt": "Once upon a time"})
    text_job = await horde.call("POST", "/api/v2/generate/text/pop", who="owner", json=scribe)
    wanted = {"forms": [{"name": "caption"}], "source_image": base64.b64encode(webp()).decode()}
    forms = await horde.call("POST", "/api/v2/interrogate/async", who="asker", json=wanted)
    offer = {"name": "my alchemist", "forms": ["caption"]}
    form_job = await horde.call("POST", "/api/v2/interrogate/pop", who="owner", json=offer)
    return {
        "TEXT": text.body["id"],
        "TEXT_JOB": text_job.body["id"],
        "FORMS": forms.body["id"],
        "FORM_JOB": form_job.body["forms"][0]["id"],
    }


@pytest.mark.skipif(CURL is None, reason="curl is not installed")
async def test_every_line_of_the_guide_runs(horde: Horde, tmp_path: Path) -> None:
    await horde.account("owner", trusted=True)  # who may have more than three workers
    finished_id, popped = await horde.leased()
    await horde.upload(popped["r2_upload"], webp())
    await horde.submit(popped["id"])
    await horde.ask()
    _, in_work = await horde.leased(prompt="another")
    (tmp_path / "picture.webp").write_bytes(webp())
    now_ms = horde.clock.now_ms()
    told = partial(make_code, platform="reddit", external_id="t2_a", display_name="ann", now_ms=now_ms)
    environment = (
        os.environ
        | {
            "HORDE": horde.address,
            "KEY": (await horde.account("asker")).api_key,
            "WORKER_KEY": (await horde.account("owner")).api_key,
            "ID": finished_id,
            "JOB": in_work["id"],
            "UPLOAD": in_work["r2_upload"],
            "CODE": await horde.uow.write(told),
        }
        | await others_in_work(horde)
    )
    lines = lines_of_the_guide()
    assert len(lines) >= 14
    for line in lines:
        run = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", line.replace("curl -s", "curl --fail-with-body -m 20 -s"),
            cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await run.communicate()
        assert run.returncode == 0, f"{line}\n{said.decode()}"
    assert (tmp_path / "picture-0.webp").read_bytes() == webp()
