"""Trains the picture codec: 64x64 pictures to 4x8x8 latents and back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional

from worker.training.parts.stage import Stage, load_part
from worker.training.pictures import Mixture, Painter, Variety
from worker.training.vocabulary import Glyph

BATCH: Final = 16
PEAK_RATE: Final = 2e-3
LATENT_NOISE: Final = 0.1
"""Standard deviation of the noise on the latents, so that the decoder forgives small errors of the UNet."""


def build_vae(widths: tuple[int, ...] = (16, 32, 64, 128)) -> AutoencoderKL:
    """An untrained AutoencoderKL, 8 pixels to a latent."""
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * len(widths),
        up_block_types=("UpDecoderBlock2D",) * len(widths),
        block_out_channels=widths,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=8,
        sample_size=64,
        mid_block_add_attention=False,
    )


def picture_loss(drawn: Tensor, wanted: Tensor) -> Tensor:
    """L1 + MSE + 0.5 x L1 of the gradients + L1 of 4x4 averages."""
    down = functional.l1_loss(drawn.diff(dim=2), wanted.diff(dim=2))
    across = functional.l1_loss(drawn.diff(dim=3), wanted.diff(dim=3))
    coarse = functional.l1_loss(functional.avg_pool2d(drawn, 4), functional.avg_pool2d(wanted, 4))
    return functional.l1_loss(drawn, wanted) + functional.mse_loss(drawn, wanted) + 0.5 * (down + across) + coarse


def train_vae(
    glyphs: tuple[Glyph, ...],
    painter: Painter,
    folder: Path,
    *,
    budget_s: float,
    resume: bool,
    vae: AutoencoderKL | None = None,
) -> Stage:
    """Trains until the budget is spent and leaves `<folder>/vae.pt`."""
    vae = (vae or build_vae()).train()
    optimizer = torch.optim.AdamW(vae.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=1e-4)
    stage = Stage("vae", folder, budget_s=budget_s, parts={"model": vae, "optimizer": optimizer}, resume=resume)
    rng = np.random.default_rng(1000 + stage.step)
    variety = Variety(glyphs, rng, Mixture(coloured=0.18, pairs=0.14, reference=0.15))
    order: list[int] = []
    losses: list[float] = []
    errors: list[float] = []
    while not stage.over:
        if len(order) < BATCH:
            order += rng.permutation(len(glyphs)).tolist()
        batch, order = order[:BATCH], order[BATCH:]
        pictures = painter.draw([variety.picture(index) for index in batch])
        for group in optimizer.param_groups:
            group["lr"] = stage.rate(PEAK_RATE)
        with torch.autocast("cpu", torch.bfloat16):
            mean = vae.encode(pictures).latent_dist.mean
            drawn = vae.decode(mean + LATENT_NOISE * torch.randn_like(mean)).sample
        loss = picture_loss(drawn.float(), pictures) + 1e-4 * mean.float().square().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        errors.append(functional.mse_loss(drawn.detach().float(), pictures).item() / 4)
        if stage.advance(lambda: f"loss {np.mean(losses[-50:]):.4f}  {psnr_db(float(np.mean(errors[-50:]))):.1f} dB"):
            del losses[:-50], errors[:-50]
    stage.save()
    return stage


def psnr_db(mean_square: float) -> float:
    """Peak signal-to-noise ratio of pictures in 0 to 1."""
    return -10 * math.log10(max(mean_square, 1e-10))


def load_vae(folder: Path, vae: AutoencoderKL | None = None) -> AutoencoderKL:
    """The trained codec, with the fixed spread in place of the variance that training never used."""
    vae = vae or build_vae()
    vae.load_state_dict(load_part(folder, "vae", "model"))
    channels = vae.config.latent_channels
    with torch.no_grad():
        vae.quant_conv.weight[channels:] = 0
        vae.quant_conv.bias[channels:] = 2 * math.log(LATENT_NOISE / 2)
    return vae.eval()
