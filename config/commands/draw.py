"""`horde draw`: one picture from a running horde, by the public API, into a file."""

import argparse
import asyncio
import base64
import sys
from pathlib import Path
from typing import Any

from core.domain.errors import HordeError, Unavailable

HELP = "Ask a running horde for one picture and save it."
ANONYMOUS_KEY = "0000000000"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of `horde draw`."""
    parser.add_argument("prompt", help='what to draw, e.g. "a red heart"; what to avoid goes after ###')
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the horde (default %(default)s)")
    parser.add_argument("--key", default=ANONYMOUS_KEY, help="your API key (default: anonymous)")
    parser.add_argument("--out", type=Path, default=Path("picture.webp"), help="where to save it (default %(default)s)")
    parser.add_argument("--size", type=int, default=512, metavar="PX", help="width and height (default %(default)s)")
    parser.add_argument("--steps", type=int, default=30, help="sampling steps (default %(default)s)")
    parser.add_argument("--seed", default=None, help="the same seed draws the same picture")
    parser.add_argument("--model", default=None, help="a model's name (default: the horde's)")


def run(arguments: argparse.Namespace) -> int:
    """Sends the request, waits for the picture and writes it."""
    return asyncio.run(_draw(arguments))


async def _draw(arguments: argparse.Namespace) -> int:
    import aiohttp

    params: dict[str, Any] = {"width": arguments.size, "height": arguments.size, "steps": arguments.steps}
    if arguments.seed is not None:
        params["seed"] = str(arguments.seed)
    body: dict[str, Any] = {"prompt": arguments.prompt, "params": params}
    if arguments.model:
        body["models"] = [arguments.model]
    try:
        async with aiohttp.ClientSession(arguments.url, headers={"apikey": arguments.key}) as session:
            accepted = await _answer(await session.post("/api/v2/generate/async", json=body))
            sys.stdout.write(f"accepted: {accepted['kudos']} kudos\n")
            await _wait(session, accepted["id"])
            status = await _answer(await session.get(f"/api/v2/generate/status/{accepted['id']}"))
            if not status["generations"]:
                raise Unavailable("No worker could make this picture in time. Try again, or ask for a smaller one.")
            made = status["generations"][0]
            await asyncio.to_thread(arguments.out.write_bytes, await _picture(session, made["img"]))
    except aiohttp.ClientConnectionError as error:
        raise Unavailable(f"No horde answers at {arguments.url} ({error}). Start one with: horde up") from error
    censored = "  (censored)" if made["censored"] else ""
    sys.stdout.write(
        f"{arguments.out}  seed {made['seed']}  model {made['model']}  by {made['worker_name']}{censored}\n"
    )
    return 0


async def _wait(session: Any, request_id: str) -> None:  # noqa: ANN401 - aiohttp is imported where it is used
    while True:
        check = await _answer(await session.get(f"/api/v2/generate/check/{request_id}"))
        if check["done"] or check["faulted"]:
            return
        sys.stdout.write(f"position {check['queue_position']}, about {check['wait_time']} s\n")
        await asyncio.sleep(min(max(check["wait_time"], 1), 5))


async def _answer(response: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    body: dict[str, Any] = await response.json(content_type=None)
    if response.status >= 400:
        details = "; ".join(f"{key}: {why}" for key, why in body.get("errors", {}).items())
        raise HordeError(
            f"The horde refused: {body.get('message', response.reason)}{' - ' if details else ''}{details}"
        )
    return body


async def _picture(session: Any, img: str) -> bytes:  # noqa: ANN401 - as above
    if img.startswith("http"):
        async with session.get(img) as response:
            return bytes(await response.read())
    return base64.b64decode(img)
