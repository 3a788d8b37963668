"""Trains the tiny model from glyphs to a diffusers folder: picture codec, text side, UNet, export."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from worker.training.benchmark import DISTANCE_LEAST, load_benchmark, neighbour_distances
from worker.training.data import load_sprite
from worker.training.export import MODEL_DIR, build_pipeline, export_pipeline
from worker.training.parts.decoder import take_decoder, train_decoder
from worker.training.parts.latents import Pool, build_pool, normalise
from worker.training.parts.peers import Peers
from worker.training.parts.text import load_text, train_text
from worker.training.parts.unet import Reader, Teacher, build_unet, load_unet, train_unet
from worker.training.parts.vae import load_vae, train_vae
from worker.training.pictures import Mixture, Painter, Variety
from worker.training.report import say
from worker.training.score import Question, answer
from worker.training.vocabulary import Glyph, load_glyphs

CHECKPOINTS: Final = Path(".training")
STAGES: Final = ("vae", "text", "decoder", "unet", "export")
SHARES: Final = {"vae": 0.20, "text": 0.10, "decoder": 0.15, "unet": 0.55}
"""How the minutes are divided."""

CHECK_NAMES: Final = 60
POOL_COPIES: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to train: which parts, for how long, from where to where."""

    stages: tuple[str, ...]
    minutes: float
    resume: bool
    checkpoints: Path
    model: Path
    seed: int
    rank: int = 0
    peers: int = 1

    def budget_s(self, stage: str) -> float:
        """Seconds for one part; a part trained by itself has all the minutes."""
        share = 1.0 if len(self.stages) == 1 else SHARES[stage]
        return self.minutes * 60 * share

    def meet(self) -> Peers:
        """Waits for the processes that train the same part."""
        return Peers(self.rank, self.peers, self.checkpoints / f"meeting-{self.stages[0]}")


def train(order: Order) -> None:
    """Runs the ordered parts one after the other."""
    if order.resume:
        torch.seed()  # the noise of the part already trained must not come again
    else:
        torch.manual_seed(1000 * order.seed + order.rank)
    order.checkpoints.mkdir(parents=True, exist_ok=True)
    glyphs = load_glyphs()
    painter = Painter(load_sprite())
    folder = order.checkpoints
    if "vae" in order.stages:
        stage = train_vae(glyphs, painter, folder, budget_s=order.budget_s("vae"), resume=order.resume)
        if stage.step > stage.first_step:
            for stale in ("pool.pt", "decoder.pt", "unet.pt"):
                (folder / stale).unlink(missing_ok=True)  # they stand on the codec as it was
    if "text" in order.stages:
        train_text(glyphs, folder, budget_s=order.budget_s("text"), resume=order.resume)
    if "decoder" in order.stages:
        vae = _vae(order, glyphs, painter)
        pool = _pool(order, glyphs, painter, vae)
        train_decoder(
            pool,
            painter,
            vae,
            folder,
            budget_s=order.budget_s("decoder"),
            resume=order.resume,
            peers=order.meet(),
        )
    if "unet" in order.stages:
        _train_unet(order, glyphs, painter)
    if "export" in order.stages:
        _export(order, painter, glyphs)


def _vae(order: Order, glyphs: tuple[Glyph, ...], painter: Painter) -> AutoencoderKL:
    """The trained codec with normalised latents, the same each time."""
    vae = load_vae(order.checkpoints)
    normalise(vae, painter, Variety(glyphs, np.random.default_rng(2999), Mixture()))
    return vae


def _pool(order: Order, glyphs: tuple[Glyph, ...], painter: Painter, vae: AutoencoderKL) -> Pool:
    return build_pool(glyphs, painter, vae, copies=POOL_COPIES, path=order.checkpoints / "pool.pt")


def _train_unet(order: Order, glyphs: tuple[Glyph, ...], painter: Painter) -> None:
    vae = _vae(order, glyphs, painter)
    tokenizer, encoder = load_text(order.checkpoints)
    pool = _pool(order, glyphs, painter, vae)
    take_decoder(vae, order.checkpoints)
    say(f"unet  {len(pool.pictures)} pictures encoded")
    rng = np.random.default_rng(None if order.resume else [order.seed, order.rank])
    teacher = Teacher(glyphs, pool, Reader(tokenizer=tokenizer, encoder=encoder), rng)
    questions = _check_questions(glyphs)

    def check(weights: dict[str, Tensor]) -> None:
        unet = build_unet()
        unet.load_state_dict(weights)
        pipeline = build_pipeline(vae=vae, unet=unet.eval(), tokenizer=tokenizer, encoder=encoder)
        part = answer(pipeline, questions, steps=10)
        say(f"unet  check: {part.right} of {part.asked} names right")

    train_unet(
        teacher,
        order.checkpoints,
        budget_s=order.budget_s("unet"),
        resume=order.resume,
        check=check,
        peers=order.meet(),
    )


def _check_questions(glyphs: tuple[Glyph, ...]) -> list[Question]:
    """Names for the checks on the way, evenly from the set; the benchmark's own draw is not used."""
    apart = neighbour_distances()
    kept = set(load_benchmark().names)
    spread = range(0, len(glyphs), max(len(glyphs) // CHECK_NAMES, 1))
    chosen = [index for index in spread if apart[index] > DISTANCE_LEAST and glyphs[index].name not in kept]
    return [Question(prompt=glyphs[index].name, seed=index, glyph=index) for index in chosen]


def _export(order: Order, painter: Painter, glyphs: tuple[Glyph, ...]) -> None:
    tokenizer, encoder = load_text(order.checkpoints)
    vae, unet = _vae(order, glyphs, painter), load_unet(order.checkpoints)
    take_decoder(vae, order.checkpoints)
    pipeline = build_pipeline(vae=vae, unet=unet, tokenizer=tokenizer, encoder=encoder)
    size = export_pipeline(pipeline, order.model)
    say(f"model written to {order.model} ({size / 1e6:.1f} MB)")


def main() -> None:
    """Trains the tiny model (`python -m worker.training.run --minutes M --resume`)."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--minutes", type=float, default=120.0, help="of training in all, those before a resume included"
    )
    parser.add_argument("--resume", action="store_true", help="take up the checkpoints, saved every 5 minutes")
    parser.add_argument("--only", choices=STAGES, help="one part; it has all the minutes")
    parser.add_argument("--checkpoints", type=Path, default=CHECKPOINTS)
    parser.add_argument("--out", type=Path, default=MODEL_DIR, help="folder for the finished model")
    parser.add_argument("--threads", type=int, default=0, help="0: as many as torch chooses")
    parser.add_argument("--peers", type=int, default=1, help="processes that train together (with --only)")
    parser.add_argument("--rank", type=int, default=0, help="which of the peers this process is")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    train(
        Order(
            stages=(arguments.only,) if arguments.only else STAGES,
            minutes=arguments.minutes,
            resume=arguments.resume,
            checkpoints=arguments.checkpoints,
            model=arguments.out,
            seed=arguments.seed,
            rank=arguments.rank,
            peers=arguments.peers,
        )
    )


if __name__ == "__main__":
    main()
