"""The model's own small byte-pair vocabulary, made from the words of the captions."""

from __future__ import annotations

import json
from typing import Any, Final

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from worker.training.captions import load_fillers, plural
from worker.training.vocabulary import COLOURS, Glyph, plain

MAX_TOKENS: Final = 32
START: Final = "<|startoftext|>"
END: Final = "<|endoftext|>"
WORD_END: Final = "</w>"


def build_tokenizer(glyphs: tuple[Glyph, ...], *, merges: int = 2500) -> CLIPTokenizer:
    """A CLIP tokenizer of 512 bytes, the merges and two marks; any text can be spelt in it."""
    learner = Tokenizer(models.BPE(end_of_word_suffix=WORD_END))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(" ", "removed"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=len(alphabet) * 2 + merges,
        min_frequency=2,
        initial_alphabet=alphabet,
        end_of_word_suffix=WORD_END,
        show_progress=False,
    )
    learner.train_from_iterator(_words(glyphs), trainer)
    rules = [tuple(rule) for rule in _merges(learner)][:merges]
    pieces = [*alphabet, *(letter + WORD_END for letter in alphabet), *(left + right for left, right in rules)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys([*pieces, START, END]))}
    return CLIPTokenizer(vocab=vocabulary, merges=rules, model_max_length=MAX_TOKENS)


def _merges(learner: Tokenizer) -> list[Any]:
    """The merge rules that were learnt, in order."""
    rules: list[Any] = json.loads(learner.to_str())["model"]["merges"]
    return [rule.split(" ") if isinstance(rule, str) else rule for rule in rules]


def _words(glyphs: tuple[Glyph, ...]) -> list[str]:
    """Every word that captions use, those of things and colours several times so that they become one piece."""
    fillers = load_fillers()
    things = [word for glyph in glyphs for phrase in (*glyph.names, *glyph.keywords) for word in plain(phrase).split()]
    things += [plural(word) for glyph in glyphs for word in glyph.names if " " not in word]
    phrases = (*fillers.openings, *fillers.endings, *fillers.styles, *fillers.negatives, *fillers.adjectives)
    around = [word for phrase in phrases for word in phrase.split()]
    marks = ["!", ".", ",", "?", "...", "!!", "-"]
    return [*(things * 5), *(list(COLOURS) * 20), *(around * 5), *(list(fillers.words) * 2), *(marks * 20)]
