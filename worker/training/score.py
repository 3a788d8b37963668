"""Measures how often the model draws what was asked: 100 names and 100 free wordings, fixed before the training."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image
from torch import Tensor

from worker.training.benchmark import distances, load_benchmark
from worker.training.export import GUIDANCE, MODEL_DIR, STEPS, draw, load_pipeline
from worker.training.report import say
from worker.training.sheet import write_sheet
from worker.training.vocabulary import glyph_index, load_glyphs

SEEDS: Final = (1, 2, 3)
NAMES_GOAL: Final = 0.90
WORDINGS_GOAL: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A prompt, its seed and the place of the glyph that a right picture is nearest to."""

    prompt: str
    seed: int
    glyph: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The result of one set of questions; `missed` lists each wrong answer as (prompt, seed, what came out)."""

    asked: int
    right: int
    share: float
    missed: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Both results, and what was measured how."""

    names: Part
    wordings: Part
    steps: int
    guidance: float
    seconds_a_picture: float


def as_tensor(images: list[Image.Image]) -> Tensor:
    """Pictures in -1 to 1, shape (n, 3, 64, 64)."""
    stacked = np.stack([np.asarray(image.convert("RGB"), dtype=np.float32) for image in images])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2) / 127.5 - 1


def answer(
    pipeline: StableDiffusionPipeline, questions: list[Question], *, steps: int = STEPS, guidance: float = GUIDANCE
) -> Part:
    """Draws every question's picture and counts those nearest to their own glyph."""
    glyphs = load_glyphs()
    images = draw(
        pipeline,
        [question.prompt for question in questions],
        [question.seed for question in questions],
        steps=steps,
        guidance=guidance,
    )
    nearest = distances(as_tensor(images)).argmin(dim=1).tolist()
    missed = tuple(
        (question.prompt, question.seed, glyphs[found].name)
        for question, found in zip(questions, nearest, strict=True)
        if found != question.glyph
    )
    right = len(questions) - len(missed)
    return Part(asked=len(questions), right=right, share=right / len(questions), missed=missed)


def ask(prompts: list[tuple[str, str]], seeds: tuple[int, ...] = SEEDS) -> list[Question]:
    """Every prompt with every seed; the second word of each pair names the glyph."""
    return [Question(prompt=prompt, seed=seed, glyph=glyph_index(name)) for prompt, name in prompts for seed in seeds]


def measure(pipeline: StableDiffusionPipeline, *, steps: int = STEPS, guidance: float = GUIDANCE) -> Score:
    """The whole score of one model."""
    benchmark = load_benchmark()
    started_s = time.monotonic()
    names = answer(pipeline, ask([(name, name) for name in benchmark.names]), steps=steps, guidance=guidance)
    wordings = answer(pipeline, ask(list(benchmark.wordings)), steps=steps, guidance=guidance)
    seconds = (time.monotonic() - started_s) / (names.asked + wordings.asked)
    return Score(names=names, wordings=wordings, steps=steps, guidance=guidance, seconds_a_picture=round(seconds, 3))


def _tell(title: str, part: Part, goal: float) -> None:
    verdict = "reached" if part.share >= goal else "NOT reached"
    say(f"{title:14} {part.right}/{part.asked} right = {100 * part.share:.1f} %  (goal {100 * goal:.0f} %: {verdict})")
    for prompt, seed, found in part.missed:
        say(f"    seed {seed}: {prompt!r} came out as {found!r}")


def main() -> None:
    """Prints both scores of a model folder (`python -m worker.training.score`)."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--model", type=Path, default=MODEL_DIR, help="folder in diffusers format")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--guidance", type=float, default=GUIDANCE)
    parser.add_argument("--json", action="store_true", help="print the score as JSON")
    parser.add_argument("--save", type=Path, help="also write the JSON there")
    parser.add_argument("--contact-sheet", type=Path, help="also write a labelled PNG of pictures there")
    arguments = parser.parse_args()
    pipeline = load_pipeline(arguments.model)
    score = measure(pipeline, steps=arguments.steps, guidance=arguments.guidance)
    text = json.dumps(asdict(score), ensure_ascii=False, indent=1)
    if arguments.save:
        arguments.save.write_text(text + "\n", encoding="utf-8")
    if arguments.json:
        say(text)
    else:
        _tell("names", score.names, NAMES_GOAL)
        _tell("free wordings", score.wordings, WORDINGS_GOAL)
        say(f"{score.seconds_a_picture} s a picture of {score.steps} steps, guidance {score.guidance}")
    if arguments.contact_sheet:
        write_sheet(pipeline, arguments.contact_sheet)


if __name__ == "__main__":
    main()
