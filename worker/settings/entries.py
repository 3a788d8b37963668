"""Turns a model as it is written down into an entry: what the settings leave open, its own folder says."""

import json
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from worker.settings.keys import ModelCard, ModelEntry, WrittenModel

SHIPPED_MODELS = Path(__file__).parents[1] / "models"
ANY_NATIVE_PX = 512
ANY_PX_MAX = 1024

T = TypeVar("T")


def written_model(text: str) -> WrittenModel:
    """The model meant by `FOLDER_OR_ID` or `NAME=FOLDER_OR_ID`, as flags and environment give it."""
    name, equals, place = text.rpartition("=")
    return WrittenModel(name=name.strip() if equals else UNSET, model=place.strip())


def complete(raw: ModelCard) -> ModelEntry:
    """The entry with every number known.

    The order of those who are asked: the settings, the folder's `horde.json`, the folder's own configuration
    (the size its UNet was built for), and last what most models of this kind do.

    Raises:
        ValueError: the sentence for the list of mistakes.
    """
    model = _first(raw.model, UNSET, UNSET, "")
    if not model:
        raise ValueError("has no `model`: give a folder in diffusers format or a hub id")
    folder = local_folder(model)
    said = _card(folder) if folder else ModelCard()
    place = str(folder) if folder else model
    native_px = _first(raw.native_px, said.native_px, _built_for_px(folder) if folder else UNSET, ANY_NATIVE_PX)
    return ModelEntry(
        name=_first(raw.name, said.name, UNSET, Path(model).name),
        model=place,
        native_px=native_px,
        px_max=_first(raw.px_max, said.px_max, UNSET, max(ANY_PX_MAX, native_px)),
        direct_px=_first(raw.direct_px, said.direct_px, UNSET, native_px),
        baseline=_first(raw.baseline, said.baseline, UNSET, ""),
        cfg_scale_max=_first(raw.cfg_scale_max, said.cfg_scale_max, UNSET, None),
        default_steps=_first(raw.default_steps, said.default_steps, UNSET, 20),
        default_cfg=_first(raw.default_cfg, said.default_cfg, UNSET, 5.0),
        default_sampler=_first(raw.default_sampler, said.default_sampler, UNSET, "k_euler"),
    )


def local_folder(model: str) -> Path | None:
    """The folder that is meant, None for a hub id.

    Raises:
        ValueError: it is written like a folder and there is none, or it holds no diffusers model.
    """
    for folder in (Path(model).expanduser(), SHIPPED_MODELS / model):
        if folder.is_dir():
            if not (folder / "model_index.json").is_file():
                raise ValueError(
                    f"{folder} has no model_index.json: it is no diffusers folder. "
                    "Save one with `pipeline.save_pretrained(folder)` or give a hub id such as stabilityai/sd-turbo"
                )
            return folder.resolve()
    looks_like_hub_id = model.count("/") == 1 and not model.startswith((".", "~", "/"))
    if looks_like_hub_id:
        return None
    shipped = ", ".join(sorted(folder.parent.name for folder in SHIPPED_MODELS.glob("*/model_index.json"))) or "none"
    raise ValueError(
        f"there is no folder {model}. Give a folder in diffusers format, a hub id such as stabilityai/sd-turbo, "
        f"or a model that the suite ships ({shipped})"
    )


def _card(folder: Path) -> ModelCard:
    card = folder / "horde.json"
    if not card.is_file():
        return ModelCard()
    try:
        return msgspec.json.decode(card.read_bytes(), type=ModelCard)
    except (OSError, msgspec.MsgspecError) as exc:
        raise ValueError(f"{card} cannot be read: {exc}. Mend it or take it away") from exc


def _built_for_px(folder: Path) -> int | UnsetType:
    """The side in px that the folder's denoiser was built for, unset where its files do not say."""
    denoiser = next((folder / name for name in ("unet", "transformer") if (folder / name).is_dir()), None)
    if denoiser is None:
        return UNSET
    sample = _config(denoiser).get("sample_size")
    blocks = _config(folder / "vae").get("block_out_channels")
    if not isinstance(sample, int) or not isinstance(blocks, list):
        return UNSET
    side_px = sample * 2 ** (len(blocks) - 1)
    return int(side_px) if 8 <= side_px <= 8192 else UNSET


def _config(folder: Path) -> dict[str, Any]:
    try:
        parsed = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _first(written: T | UnsetType, said: T | UnsetType, found: T | UnsetType, otherwise: T) -> T:
    for candidate in (written, said, found):
        if not isinstance(candidate, UnsetType):
            return candidate
    return otherwise
