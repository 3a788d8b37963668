"""Encodes a large pool of varied pictures once, so that the UNet's training need not draw and encode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from worker.training.parts.vae import LATENT_NOISE
from worker.training.pictures import Mixture, Painter, Picture, Variety
from worker.training.vocabulary import Glyph

ENCODE_BATCH: Final = 32
MIXTURE: Final = Mixture(coloured=0.20, pairs=0.12, reference=0.10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Pictures and their latents: float16, shape (n, 4, 8, 8), zero mean and unit variance a channel."""

    pictures: list[Picture]
    latents: Tensor


def normalise(vae: AutoencoderKL, painter: Painter, variety: Variety, *, count: int = 1024) -> None:
    """Scales the codec in place so that each latent channel has mean 0 and standard deviation 1.

    The scaling goes into the 1x1 convolutions on both sides of the latents, so the plain pipeline needs no factor. The
    variance that the encoder reports is set to a small constant: training used a fixed noise and never learnt it.
    """
    latents = encode(vae, painter, [variety.picture() for _ in range(count)]).float()
    mean, spread = latents.mean(dim=(0, 2, 3)), latents.std(dim=(0, 2, 3))
    channels = len(mean)
    into, out_of = vae.quant_conv, vae.post_quant_conv
    with torch.no_grad():
        into.bias[:channels] = (into.bias[:channels] - mean) / spread
        into.weight[:channels] /= spread[:, None, None, None]
        into.weight[channels:] = 0
        into.bias[channels:] = 2 * (math.log(LATENT_NOISE / 2) - spread.log())
        out_of.bias += out_of.weight[:, :, 0, 0] @ mean
        out_of.weight *= spread[None, :, None, None]
    vae.register_to_config(scaling_factor=1.0)


def encode(vae: AutoencoderKL, painter: Painter, pictures: list[Picture]) -> Tensor:
    """The pictures' mean latents: float16, shape (n, 4, 8, 8)."""
    chunks = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(pictures), ENCODE_BATCH):
            drawn = painter.draw(pictures[start : start + ENCODE_BATCH])
            chunks.append(vae.encode(drawn).latent_dist.mean.half())
    return torch.cat(chunks).clone()


def build_pool(
    glyphs: tuple[Glyph, ...], painter: Painter, vae: AutoencoderKL, *, copies: int, path: Path, seed: int = 3000
) -> Pool:
    """`copies` random pictures of each glyph, encoded; the latents are kept at `path` and read from there next time."""
    variety = Variety(glyphs, np.random.default_rng(seed), MIXTURE)
    pictures = [variety.picture(index) for _ in range(copies) for index in range(len(glyphs))]
    if path.exists():
        latents: Tensor = torch.load(path, weights_only=True)
        if len(latents) == len(pictures):
            return Pool(pictures=pictures, latents=latents)
    latents = encode(vae, painter, pictures)
    torch.save(latents, path)
    return Pool(pictures=pictures, latents=latents)
