"""Pretrains the text encoder on captions alone, as CLIP is before Stable Diffusion, so that wordings are understood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from worker.training.captions import Captioner
from worker.training.parts.stage import Stage, load_part
from worker.training.pictures import Mixture, Variety
from worker.training.tokens import END, MAX_TOKENS, START, build_tokenizer
from worker.training.vocabulary import COLOURS, Glyph

BATCH: Final = 128
PEAK_RATE: Final = 2e-3
WIDTH: Final = 128
NOTHING_SHARE: Final = 0.05
CONSISTENCY: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """What captions ask for: int64 class numbers, shape (n,); the set's size stands for no thing or partner."""

    things: Tensor
    colours: Tensor
    partners: Tensor


def build_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """An untrained CLIPTextModel for the tokenizer."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=3 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=MAX_TOKENS,
        bos_token_id=tokenizer.convert_tokens_to_ids(START),
        eos_token_id=tokenizer.convert_tokens_to_ids(END),
        pad_token_id=tokenizer.convert_tokens_to_ids(END),
        projection_dim=WIDTH,
    )
    encoder = CLIPTextModel(config)
    nn.init.normal_(encoder.get_input_embeddings().weight, std=0.3)
    return encoder


def tokenize(tokenizer: CLIPTokenizer, captions: list[str]) -> Tensor:
    """Token ids as the pipeline makes them: int64, shape (n, 32), cut and padded."""
    ids: Tensor = tokenizer(
        captions, padding="max_length", max_length=MAX_TOKENS, truncation=True, return_tensors="pt"
    ).input_ids
    return ids


class Heads(nn.Module):
    """Classifiers that read the end mark's state and the mean of all states; thrown away after the pretraining."""

    def __init__(self, things: int) -> None:
        super().__init__()
        self.things = things
        self.end = nn.Linear(WIDTH, 2 * (things + 1) + len(COLOURS) + 1)
        self.mean = nn.Linear(WIDTH, 2 * (things + 1) + len(COLOURS) + 1)

    def loss(self, states: Tensor, ids: Tensor, end_id: int, meanings: Meanings) -> Tensor:
        """Cross entropy of thing, colour and partner, read from both places."""
        total = states.new_zeros(())
        for logits in (self.end(end_states(states, ids, end_id)), self.mean(states.mean(dim=1))):
            things, colours, partners = self._split(logits)
            total = (
                total
                + functional.cross_entropy(things, meanings.things, label_smoothing=0.02)
                + 0.5 * functional.cross_entropy(colours, meanings.colours)
                + functional.cross_entropy(partners, meanings.partners)
            )
        return total / 2

    def read(self, states: Tensor) -> Meanings:
        """The most likely meanings from the mean states."""
        things, colours, partners = self._split(self.mean(states.mean(dim=1)))
        return Meanings(things=things.argmax(-1), colours=colours.argmax(-1), partners=partners.argmax(-1))

    def _split(self, logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        things, colours, partners = logits.split((self.things + 1, len(COLOURS) + 1, self.things + 1), dim=-1)
        return things, colours, partners


def end_states(states: Tensor, ids: Tensor, end_id: int) -> Tensor:
    """The state at each caption's first end mark, shape (n, width)."""
    place = (ids == end_id).int().argmax(dim=1)
    return states[torch.arange(len(ids)), place]


def draw_captions(
    variety: Variety, captioner: Captioner, rng: np.random.Generator, *, count: int, things: int
) -> tuple[list[str], list[str], Meanings]:
    """Two wordings each of `count` random meanings."""
    first: list[str] = []
    second: list[str] = []
    rows: list[tuple[int, int, int]] = []
    for _ in range(count):
        if rng.random() < NOTHING_SHARE:
            first.append(captioner.nothing())
            second.append(captioner.nothing())
            rows.append((things, 0, things))
            continue
        picture = variety.picture()
        left = picture.things[0]
        first.append(captioner.caption(picture))
        second.append(captioner.caption(picture))
        rows.append((left.glyph, left.colour, picture.things[1].glyph if len(picture.things) > 1 else things))
    table = torch.tensor(rows)
    return first, second, Meanings(things=table[:, 0], colours=table[:, 1], partners=table[:, 2])


def train_text(glyphs: tuple[Glyph, ...], folder: Path, *, budget_s: float, resume: bool, batch: int = BATCH) -> Stage:
    """Trains the text encoder until the budget is spent; leaves `<folder>/text.pt` and `<folder>/tokenizer`."""
    tokenizer = build_tokenizer(glyphs)
    tokenizer.save_pretrained(folder / "tokenizer")
    end_id = int(tokenizer.convert_tokens_to_ids(END))
    encoder = build_text_encoder(tokenizer).train()
    encoder.set_attn_implementation("eager")  # the fused attention's backward pass is several times slower on a CPU
    heads = Heads(len(glyphs))
    weights = [*encoder.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    parts = {"model": encoder, "heads": heads, "optimizer": optimizer}
    stage = Stage("text", folder, budget_s=budget_s, parts=parts, resume=resume)
    rng = np.random.default_rng(2000 + stage.step)
    variety = Variety(glyphs, rng, Mixture(coloured=0.16, pairs=0.40, reference=0.0))
    captioner = Captioner(glyphs, rng)
    right: list[float] = []
    losses: list[float] = []
    spreads: list[float] = []
    while not stage.over:
        first, second, meanings = draw_captions(variety, captioner, rng, count=batch, things=len(glyphs))
        doubled = Meanings(
            things=meanings.things.repeat(2), colours=meanings.colours.repeat(2), partners=meanings.partners.repeat(2)
        )
        ids = tokenize(tokenizer, first + second)
        for group in optimizer.param_groups:
            group["lr"] = stage.rate(PEAK_RATE)
        with torch.autocast("cpu", torch.bfloat16):
            states = encoder(input_ids=ids).last_hidden_state
        states = states.float()
        middle = states.mean(dim=1)
        apart = (middle[: len(first)] - middle[len(first) :]).square().mean()
        loss = heads.loss(states, ids, end_id, doubled) + CONSISTENCY * apart
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        losses.append(loss.item())
        read = heads.read(states.detach())
        right.append(float((read.things == doubled.things).float().mean()))
        spreads.append(float(apart.detach() / (2 * middle.detach().var(dim=0).mean())))
        if stage.advance(
            lambda: (
                f"loss {np.mean(losses[-50:]):.3f}  right {100 * np.mean(right[-50:]):.1f} %  "
                f"wordings apart {np.mean(spreads[-50:]):.3f}"
            )
        ):
            del losses[:-50], right[:-50], spreads[:-50]
    stage.save()
    return stage


def load_text(folder: Path) -> tuple[CLIPTokenizer, CLIPTextModel]:
    """The trained tokenizer and text encoder, frozen."""
    tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
    encoder = build_text_encoder(tokenizer)
    encoder.load_state_dict(load_part(folder, "text", "model"))
    return tokenizer, encoder.eval().requires_grad_(False)


def load_heads(folder: Path, things: int) -> Heads:
    """The classifiers of the pretraining, to check wordings without drawing pictures."""
    heads = Heads(things)
    heads.load_state_dict(load_part(folder, "text", "heads"))
    return heads.eval()
