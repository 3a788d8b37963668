"""Trains the UNet to turn noise into the latents of the picture that a caption asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextModel, CLIPTokenizer

from worker.training.captions import Captioner
from worker.training.parts.latents import Pool
from worker.training.parts.peers import Peers
from worker.training.parts.stage import Stage, load_part
from worker.training.parts.text import tokenize
from worker.training.vocabulary import Glyph

BATCH: Final = 32
PEAK_RATE: Final = 1.5e-3
EMPTY_SHARE: Final = 0.09
NOISE: Final[dict[str, Any]] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
}


def build_unet(widths: tuple[int, ...] = (64, 160), text_width: int = 128) -> UNet2DConditionModel:
    """An untrained UNet for 8x8 latents; the pooled text also enters beside the time step."""
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("CrossAttnDownBlock2D",) * len(widths),
        up_block_types=("CrossAttnUpBlock2D",) * len(widths),
        block_out_channels=widths,
        layers_per_block=1,
        cross_attention_dim=text_width,
        attention_head_dim=8,
        norm_num_groups=8,
        addition_embed_type="text",
        addition_embed_type_num_heads=8,
    )


class MovingAverage:
    """The running mean of a module's weights, which draws better than the weights of any one step."""

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self._values = {name: value.detach().clone().float() for name, value in module.state_dict().items()}
        self._decay = decay

    def update(self, module: nn.Module, step: int) -> None:
        """Moves the mean towards the module; faster in the first steps."""
        decay = min(self._decay, (1 + step) / (10 + step))
        names, values = zip(*module.state_dict().items(), strict=True)
        torch._foreach_lerp_([self._values[name] for name in names], [value.float() for value in values], 1 - decay)

    def state_dict(self) -> dict[str, Tensor]:
        """The mean weights."""
        return self._values

    def load_state_dict(self, state_dict: dict[str, Tensor], /) -> None:
        """Takes mean weights back."""
        self._values = {name: value.float() for name, value in state_dict.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The frozen text side."""

    tokenizer: CLIPTokenizer
    encoder: CLIPTextModel

    def states(self, captions: list[str]) -> Tensor:
        """What the UNet attends to: float32, shape (n, 32, width)."""
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            states: Tensor = self.encoder(input_ids=tokenize(self.tokenizer, captions)).last_hidden_state
        return states.float().clone()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One batch: noisy latents, time steps, text states and the velocity that is wanted."""

    noisy: Tensor
    steps: Tensor
    states: Tensor
    wanted: Tensor


class Teacher:
    """Makes lessons out of the pool with captions that are worded anew each time."""

    def __init__(self, glyphs: tuple[Glyph, ...], pool: Pool, reader: Reader, rng: np.random.Generator) -> None:
        self._pool = pool
        self._reader = reader
        self._rng = rng
        self._captioner = Captioner(glyphs, rng)
        self._schedule: Any = DDPMScheduler(**NOISE)
        self._order: list[int] = []

    def lesson(self, batch: int) -> Lesson:
        """The next batch; every picture of the pool comes once before any comes again."""
        if len(self._order) < batch:
            self._order += self._rng.permutation(len(self._pool.pictures)).tolist()
        rows, self._order = self._order[:batch], self._order[batch:]
        latents = self._pool.latents[rows].float()
        noise = torch.randn_like(latents)
        strata = (torch.randperm(batch) + torch.rand(batch)) / batch
        steps = (strata * NOISE["num_train_timesteps"]).long()
        return Lesson(
            noisy=self._schedule.add_noise(latents, noise, steps),
            steps=steps,
            states=self._reader.states([self._caption(row) for row in rows]),
            wanted=self._schedule.get_velocity(latents, noise, steps),
        )

    def _caption(self, row: int) -> str:
        draw = self._rng.random()
        if draw < EMPTY_SHARE:
            return "" if draw < 0.7 * EMPTY_SHARE else self._captioner.nothing()
        return self._captioner.caption(self._pool.pictures[row])


def train_unet(
    teacher: Teacher,
    folder: Path,
    *,
    budget_s: float,
    resume: bool,
    unet: UNet2DConditionModel | None = None,
    batch: int = BATCH,
    peers: Peers | None = None,
    check: Callable[[dict[str, Tensor]], None] | None = None,
    check_every_s: float = 600.0,
) -> Stage:
    """Trains until the budget is spent and leaves `<folder>/unet.pt`.

    Args:
        teacher: makes the batches.
        folder: for the checkpoint.
        budget_s: seconds of training in all.
        resume: whether to take up the checkpoint there.
        unet: instead of the usual one.
        batch: pictures a step and process.
        peers: the processes that train together.
        check: looks at the mean weights now and then; its time is not counted.
        check_every_s: seconds between the checks.
    """
    peers = peers or Peers()
    unet = (unet or build_unet()).train()
    peers.share(unet)
    unet.set_attn_processor(AttnProcessor())  # the fused attention's backward pass is several times slower on a CPU
    mean = MovingAverage(unet)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=1e-3, fused=True)
    parts = {"model": unet, "mean": mean, "optimizer": optimizer}
    stage = Stage("unet", folder, budget_s=budget_s, parts=parts, resume=resume)
    losses: list[float] = []
    checked_s, share = stage.elapsed_s, stage.share
    while share < 1.0:
        lesson = teacher.lesson(batch)
        with torch.autocast("cpu", torch.bfloat16):
            drawn = unet(lesson.noisy, lesson.steps, lesson.states).sample
        loss = functional.mse_loss(drawn.float(), lesson.wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        rate, share = peers.average(unet, stage.rate(PEAK_RATE), stage.share)
        for group in optimizer.param_groups:
            group["lr"] = rate
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        if not peers.leads:
            continue
        mean.update(unet, stage.step)
        losses.append(loss.item())
        if stage.advance(lambda: f"loss {np.mean(losses[-100:]):.4f}"):
            del losses[:-100]
        if check is not None and stage.elapsed_s - checked_s >= check_every_s:
            checked_s = stage.elapsed_s
            check(mean.state_dict())
            stage.pause()
    if peers.leads:
        stage.save()
    return stage


def load_unet(folder: Path, unet: UNet2DConditionModel | None = None) -> UNet2DConditionModel:
    """The UNet with its mean weights."""
    unet = unet or build_unet()
    unet.load_state_dict(load_part(folder, "unet", "mean"))
    return unet.eval()
