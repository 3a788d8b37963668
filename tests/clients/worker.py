"""A little worker that speaks only HTTP: it takes jobs of every kind and hands in tiny, but real results."""

import base64
import io
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from PIL import Image

MODEL = "tiny-glyphs"
TEXT_MODEL = "koboldcpp/tiny-story"
FORMS = ("caption", "nsfw", "interrogation", "RealESRGAN_x4plus")
STORY = " and they lived happily ever after."
CAPTION = "a red heart"
TAGS = ("tags", "sites", "artists", "flavors", "mediums", "movements", "techniques")
WAIT_S = 2
AGENT = "AI Horde Worker reGen:10.1.0:https://github.com/Haidra-Org/horde-worker-reGen"


class Worker:
    """Three threads, one a kind of job, until it is stopped; what went wrong is kept for the tests to see."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self._key = key
        self.done: dict[str, int] = {"image": 0, "text": 0, "alchemy": 0}
        self.went_wrong: list[str] = []
        self._ends = threading.Event()
        turns: dict[str, Callable[[], None]] = {"image": self._paint, "text": self._write, "alchemy": self._look}
        self._threads = [threading.Thread(target=self._work, args=(turn,), name=kind) for kind, turn in turns.items()]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _work(self, turn: Callable[[], None]) -> None:
        while not self._ends.is_set():
            try:
                turn()
            except urllib.error.HTTPError as error:
                self.went_wrong.append(f"{error.url}: {error.code} {error.read().decode(errors='replace')}")
                self._ends.wait(0.5)
            except (urllib.error.URLError, OSError, KeyError) as error:
                self.went_wrong.append(repr(error))
                self._ends.wait(0.5)

    def _paint(self) -> None:
        offer = {"name": "a painter", "models": [MODEL], "max_pixels": 1_048_576, "nsfw": True, "bridge_agent": AGENT}
        job = self._post("/api/v2/generate/pop", offer)
        if job["id"] is None:
            return
        payload = job["payload"]
        body = picture(payload["width"], payload["height"])
        for job_id, upload in zip(job["ids"], job["r2_uploads"], strict=True):
            self._put(upload, body)
            result = {"id": job_id, "generation": "R2", "state": "ok", "seed": int(payload["seed"])}
            self._post("/api/v2/generate/submit", result)
            self.done["image"] += 1

    def _write(self) -> None:
        offer = {"name": "a writer", "models": [TEXT_MODEL], "max_length": 512, "max_context_length": 2048}
        job = self._post("/api/v2/generate/text/pop", offer)
        if job["id"] is None:
            return
        self._post("/api/v2/generate/text/submit", {"id": job["id"], "generation": STORY})
        self.done["text"] += 1

    def _look(self) -> None:
        job = self._post("/api/v2/interrogate/pop", {"name": "an alchemist", "forms": list(FORMS), "amount": 4})
        for form in job["forms"] or ():
            if "r2_upload" in form:
                with urllib.request.urlopen(form["source_image"], timeout=10) as source:  # noqa: S310 - our own address
                    given = Image.open(io.BytesIO(source.read()))
                self._put(form["r2_upload"], picture(given.width * 4, given.height * 4))
            result = {form["form"]: found_in_a_picture(form["form"])}
            self._post("/api/v2/interrogate/submit", {"id": form["id"], "result": result, "state": "ok"})
            self.done["alchemy"] += 1

    def _post(self, path: str, body: dict[str, object]) -> Any:
        headers = {"Content-Type": "application/json", "apikey": self._key, "Prefer": f"wait={WAIT_S}"}
        sent = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method="POST")  # noqa: S310 - our own address
        with urllib.request.urlopen(sent, timeout=30) as reply:  # noqa: S310 - as above
            return json.loads(reply.read())

    def _put(self, url: str, body: bytes) -> None:
        sent = urllib.request.Request(url, body, {"Content-Type": "image/webp"}, method="PUT")  # noqa: S310 - as above
        urllib.request.urlopen(sent, timeout=10).close()  # noqa: S310 - as above


def found_in_a_picture(form: str) -> object:
    """What a worker says in a form's result."""
    if form == "caption":
        return CAPTION
    if form == "nsfw":
        return False
    if form == "interrogation":
        return {group: [{"text": "heart", "confidence": 0.75}] for group in TAGS}
    return "R2"


def picture(width_px: int, height_px: int) -> bytes:
    body = io.BytesIO()
    Image.radial_gradient("L").resize((width_px, height_px)).convert("RGB").save(body, "WEBP")
    return body.getvalue()


def picture_base64(width_px: int = 64, height_px: int = 64) -> str:
    return base64.b64encode(picture(width_px, height_px)).decode()
