"""Writes the trained parts as a plain StableDiffusionPipeline folder, and loads such a folder back."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Final

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from PIL import Image
from transformers import CLIPTextModel, CLIPTokenizer

from worker.training.parts.unet import NOISE

MODEL_DIR: Final = Path(__file__).parents[1] / "models" / "tiny-glyphs"
STEPS: Final = 20
GUIDANCE: Final = 2.5
NATIVE_PX: Final = 64
PX_MAX: Final = 1024


def build_pipeline(
    *, vae: AutoencoderKL, unet: UNet2DConditionModel, tokenizer: CLIPTokenizer, encoder: CLIPTextModel
) -> StableDiffusionPipeline:
    """A pipeline around the parts, with DDIM."""
    scheduler = DDIMScheduler(
        beta_schedule=NOISE["beta_schedule"],
        beta_start=NOISE["beta_start"],
        beta_end=NOISE["beta_end"],
        num_train_timesteps=NOISE["num_train_timesteps"],
        prediction_type=NOISE["prediction_type"],
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="trailing",
    )
    pipeline = StableDiffusionPipeline(
        vae=vae,
        unet=unet,
        text_encoder=encoder,
        tokenizer=tokenizer,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        image_encoder=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def export_pipeline(pipeline: StableDiffusionPipeline, folder: Path) -> int:
    """Writes fp16 safetensors and `horde.json`; returns the bytes of the folder. The pipeline itself is halved."""
    folder.mkdir(parents=True, exist_ok=True)
    pipeline.to(dtype=torch.float16)
    pipeline.save_pretrained(folder, safe_serialization=True)
    horde = {
        "name": "tiny-glyphs",
        "baseline": "tiny",
        "native_px": NATIVE_PX,
        "px_max": PX_MAX,
        "default_steps": STEPS,
        "default_cfg": GUIDANCE,
        "default_sampler": "DDIM",
    }
    (folder / "horde.json").write_text(json.dumps(horde, indent=2) + "\n", encoding="utf-8")
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def load_pipeline(folder: Path = MODEL_DIR) -> StableDiffusionPipeline:
    """The exported model as any other diffusers model is loaded, in float32 on the CPU."""
    diffusers_logging.disable_progress_bar()
    with contextlib.redirect_stderr(io.StringIO()):
        pipeline = StableDiffusionPipeline.from_pretrained(
            folder, torch_dtype=torch.float32, local_files_only=True, safety_checker=None, requires_safety_checker=False
        )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def draw(
    pipeline: StableDiffusionPipeline,
    prompts: list[str],
    seeds: list[int],
    *,
    steps: int = STEPS,
    guidance: float = GUIDANCE,
    batch: int = 25,
) -> list[Image.Image]:
    """One 64x64 picture for each prompt with its seed."""
    images: list[Image.Image] = []
    for start in range(0, len(prompts), batch):
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds[start : start + batch]]
        images += pipeline(
            prompts[start : start + batch],
            num_inference_steps=steps,
            guidance_scale=guidance,
            generator=generators,
            height=NATIVE_PX,
            width=NATIVE_PX,
        ).images
    return images
