"""Trains the codec's decoder on, while the latents stay as they are; it may run beside the UNet's training."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.nn import functional

from worker.training.parts.latents import Pool
from worker.training.parts.peers import Peers
from worker.training.parts.stage import Stage, load_part
from worker.training.parts.vae import picture_loss, psnr_db
from worker.training.pictures import Painter

BATCH: Final = 16
PEAK_RATE: Final = 1.2e-3
NOISE_MOST: Final = 0.2
"""Most noise on the latents, in their standard deviations: those that the UNet makes are not exact."""


def train_decoder(
    pool: Pool,
    painter: Painter,
    vae: AutoencoderKL,
    folder: Path,
    *,
    budget_s: float,
    resume: bool,
    peers: Peers | None = None,
) -> Stage:
    """Trains until the budget is spent and leaves the whole codec in `<folder>/decoder.pt`."""
    peers = peers or Peers()
    vae.requires_grad_(False).train()
    peers.share(vae)
    weights = [*vae.decoder.requires_grad_(True).parameters(), *vae.post_quant_conv.requires_grad_(True).parameters()]
    optimizer = torch.optim.AdamW(weights, lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=1e-4, fused=True)
    stage = Stage("decoder", folder, budget_s=budget_s, parts={"model": vae, "optimizer": optimizer}, resume=resume)
    rng = np.random.default_rng(None if resume else 4000 + peers.rank)
    share = stage.share
    order: list[int] = []
    losses: list[float] = []
    errors: list[float] = []
    while share < 1.0:
        if len(order) < BATCH:
            order += rng.permutation(len(pool.pictures)).tolist()
        rows, order = order[:BATCH], order[BATCH:]
        wanted = painter.draw([pool.pictures[row] for row in rows])
        latents = pool.latents[rows].float()
        latents += NOISE_MOST * torch.rand(BATCH, 1, 1, 1) * torch.randn_like(latents)
        with torch.autocast("cpu", torch.bfloat16):
            drawn = vae.decode(latents).sample
        loss = picture_loss(drawn.float(), wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        rate, share = peers.average(vae, stage.rate(PEAK_RATE), stage.share)
        for group in optimizer.param_groups:
            group["lr"] = rate
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        if not peers.leads:
            continue
        losses.append(loss.item())
        errors.append(functional.mse_loss(drawn.detach().float(), wanted).item() / 4)
        if stage.advance(lambda: f"loss {np.mean(losses[-50:]):.4f}  {psnr_db(float(np.mean(errors[-50:]))):.1f} dB"):
            del losses[:-50], errors[:-50]
    if peers.leads:
        stage.save()
    return stage


def take_decoder(vae: AutoencoderKL, folder: Path) -> None:
    """Puts the further trained decoder into the codec, if there is one."""
    if (folder / "decoder.pt").exists():
        vae.load_state_dict(load_part(folder, "decoder", "model"))
    vae.requires_grad_(False).eval()
