"""Loads any text-to-image model in diffusers format and puts it on the device, or says why it cannot be."""

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker.errors import ModelUnusableError
from worker.pipeline.sdk import Pipe
from worker.settings.keys import ModelEntry

if TYPE_CHECKING:
    import torch


def device_for(wanted: str) -> str:
    """The torch device that is meant; `auto` takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        ModelUnusableError: this machine has no such device.
    """
    import torch

    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, number = wanted.partition(":")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise ModelUnusableError(
            f"device {wanted}: torch {torch.__version__} sees {torch.cuda.device_count()} CUDA device(s) here. "
            "Install a torch build for your GPU or use --device auto"
        )
    if kind == "mps" and not torch.backends.mps.is_available():
        raise ModelUnusableError("device mps: this torch has no MPS here. Use --device auto")
    return wanted


def dtype_for(wanted: str, device: str) -> "torch.dtype":
    """The number format: as wanted, else half precision on a GPU and single on the CPU."""
    import torch

    if wanted != "auto":
        named: torch.dtype = getattr(torch, wanted)
        return named
    if not device.startswith("cuda"):
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def hush_libraries() -> None:
    """Stops diffusers and transformers from printing bars, notes about their own future, and usage reports."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    for logging in (diffusers_logging, transformers_logging):
        logging.set_verbosity_error()
        logging.disable_progress_bar()
    for library in ("diffusers", "transformers"):
        warnings.filterwarnings("ignore", category=FutureWarning, module=library)


def load_pipeline(entry: ModelEntry, *, device: str, dtype: "torch.dtype") -> Pipe:
    """The model's pipeline on the device, without a safety checker (pictures are screened afterwards).

    Raises:
        ModelUnusableError: with the model's name, its place, the cause and what to do.
    """
    from diffusers import DiffusionPipeline

    is_local = Path(entry.model).is_dir()
    options: dict[str, Any] = {"dtype": dtype, "local_files_only": is_local}
    try:
        index = DiffusionPipeline.load_config(entry.model, local_files_only=is_local)
        if "safety_checker" in index:
            options |= {"safety_checker": None, "requires_safety_checker": False}
        pipe = _loader(str(index.get("_class_name"))).from_pretrained(entry.model, **options)
    except (OSError, ValueError, ImportError, RuntimeError, AttributeError, KeyError) as exc:
        raise ModelUnusableError(
            f"model {entry.name}: {entry.model} cannot be loaded: {_first_line(exc)}. "
            "Check the folder (it needs model_index.json and all weights) or the hub id and the network"
        ) from exc
    try:
        pipe.to(device)
    except (RuntimeError, AssertionError) as exc:
        raise ModelUnusableError(
            f"model {entry.name} does not fit on {device}: {_first_line(exc)}. "
            "Use --dtype float16, a smaller model, fewer models_in_memory, or --device cpu"
        ) from exc
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _loader(class_name: str) -> Pipe:
    """Who loads the folder: its own class, or for one saved for other work the class that makes pictures from text."""
    import diffusers

    if any(other in class_name for other in ("Img2Img", "Inpaint", "ControlNet")):
        # Costs a second more: it imports every pipeline there is.
        return diffusers.AutoPipelineForText2Image
    return diffusers.DiffusionPipeline


def _first_line(exc: BaseException) -> str:
    return (str(exc).strip() or type(exc).__name__).splitlines()[0][:300]
