"""The unmodified aihordeclient: a picture with all that goes with it, styles, balance; pointed here by its API_ROOT."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import aihordeclient

KEY, ELSEWHERE = os.environ["PLACE_KEY"], os.environ["PLACE_ELSEWHERE"]
aihordeclient.API_ROOT = f"{os.environ['PLACE_URL']}/api/v2/"
aihordeclient.AiHordeClient.MODEL_REQUIREMENTS_URL = f"{ELSEWHERE}/models.json"


class Informer(aihordeclient.InformerFrontend):  # type: ignore[misc]  # the client is not installed here
    """Keeps what a user would see."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: list[str] = []
        self.messages: list[str] = []
        self.asked = False
        self.finished = False

    def show_message(self, message: str, url: str = "", title: str = "", buttons: int = 0) -> None:
        self.messages.append(message)

    def show_error(self, message: str, url: str = "", title: str = "", buttons: int = 0) -> None:
        self.errors.append(message)

    def has_asked_for_update(self) -> bool:
        return self.asked

    def just_asked_for_update(self) -> None:
        self.asked = True

    def update_status(self, text: str, progress: float = 0.0) -> None:
        pass

    def set_finished(self) -> None:
        self.finished = True

    def path_store_directory(self) -> str:
        return tempfile.gettempdir()


def client_of(informer: Informer, **settings: object) -> Any:
    return aihordeclient.AiHordeClient(
        "1.0", f"{ELSEWHERE}/version.json", "", "", {"api_key": KEY, "max_wait_minutes": 2} | settings, "Flow", informer
    )


def main() -> None:
    informer = Informer()
    kept = {"models": [os.environ["PLACE_MODEL"]], "date_refreshed_models": "2025-07-01"}
    client = client_of(informer, local_settings=kept)
    options = {
        "api_key": KEY, "max_wait_minutes": 2, "prompt_strength": 7.5, "steps": 10, "seed": "",
        "model": os.environ["PLACE_MODEL"],
        "image_width": 100, "image_height": 64, "prompt": "a red heart, please", "nsfw": False, "censor_nsfw": True,
    }  # fmt: skip
    (name,) = client.generate_image(options)
    told = {
        "picture": list(Path(name).read_bytes()[:16]),
        "errors": informer.errors,
        "finished": informer.finished,
        "balance": client.get_balance(),
        "status": [model["name"] for model in client.get_model_status()],
        "local": client.get_settings()["local_settings"]["requirements"],
        "description": client.get_full_description(),
    }
    style = {"name": "flow style", "prompt": "{p} in ink ### {np}", "params": {"steps": 10, "width": 64, "height": 64}}
    made = client.create_style(
        style | {"info": "made by a test", "models": [os.environ["PLACE_MODEL"]], "tags": ["flow"]}
    )
    told["style"] = made["id"]
    client.add_sample_to_style(made["id"], "https://example.org/a.webp", primary=True)
    told["styles"] = [[found["name"], len(found["examples"])] for found in client.get_styles(tag="flow")]
    print(json.dumps(told))


main()
