"""Turns words into embeddings by an own encoder call, and remembers them: the empty negative comes every time."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from worker.pipeline.sdk import Pipe

if TYPE_CHECKING:
    import torch

REMEMBERED_MAX = 64
CHUNKS_MAX = 4
CLIP_TOKENS = 77


class ClipPrompts:
    """The text side of a Stable Diffusion pipeline with one CLIP encoder.

    An own call, because `clip_skip` of diffusers 0.42.1 breaks on the text models of transformers 5.23.0
    (diffusers #14124), and because a prompt longer than the encoder's window is read on in further windows instead of
    being cut. A toy encoder with a smaller window than CLIP's has never seen two windows: there the rest is cut.
    """

    def __init__(self, pipe: Pipe) -> None:
        self._tokenizer = pipe.tokenizer
        self._encoder = pipe.text_encoder
        self._window = int(self._tokenizer.model_max_length)
        self._chunks_max = CHUNKS_MAX if self._window >= CLIP_TOKENS else 1
        self._remembered: OrderedDict[tuple[str, int, int], torch.Tensor] = OrderedDict()

    @staticmethod
    def fits(pipe: Pipe) -> bool:
        """Whether the pipeline has exactly one text encoder and it is CLIP's."""
        names = {name for name in pipe.components if name.startswith("text_encoder")}
        return names == {"text_encoder"} and type(pipe.text_encoder).__name__ == "CLIPTextModel"

    def pair(self, prompt: str, negative: str, *, clip_skip: int) -> "tuple[torch.Tensor, torch.Tensor]":
        """The embeddings of both texts, of one shape (1, tokens, width); `clip_skip` 1 is the last layer."""
        windows = max(len(self._windows(text)) for text in (prompt, negative))
        return (
            self._embedding(prompt, clip_skip=clip_skip, windows=windows),
            self._embedding(negative, clip_skip=clip_skip, windows=windows),
        )

    def _embedding(self, text: str, *, clip_skip: int, windows: int) -> "torch.Tensor":
        key = (text, clip_skip, windows)
        if key in self._remembered:
            self._remembered.move_to_end(key)
            return self._remembered[key]
        embedding = self._encode(text, clip_skip=clip_skip, windows=windows)
        self._remembered[key] = embedding
        while len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)
        return embedding

    def _windows(self, text: str) -> list[list[int]]:
        """The text's tokens in windows, each without the marks of start and end; one empty window for no text."""
        tokens = self._tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids
        size = self._window - 2
        parts = [tokens[start : start + size] for start in range(0, len(tokens), size)]
        return parts[: self._chunks_max] or [[]]

    def _encode(self, text: str, *, clip_skip: int, windows: int) -> "torch.Tensor":
        import torch

        start, end, padding = (
            self._tokenizer.bos_token_id,
            self._tokenizer.eos_token_id,
            self._tokenizer.pad_token_id,
        )
        parts = self._windows(text)
        parts += [[]] * (windows - len(parts))
        rows = [[start, *part, end] for part in parts]
        ids = torch.tensor([row + [padding] * (self._window - len(row)) for row in rows], device=self._encoder.device)
        mask = None
        if getattr(self._encoder.config, "use_attention_mask", False):
            seen = [[1] * len(row) + [0] * (self._window - len(row)) for row in rows]
            mask = torch.tensor(seen, device=self._encoder.device)
        encoded = self._encoder(ids, attention_mask=mask, output_hidden_states=True)
        layer: torch.Tensor = encoded.last_hidden_state
        if clip_skip > 1:
            inner = getattr(self._encoder, "text_model", self._encoder)
            layers = encoded.hidden_states
            layer = inner.final_layer_norm(layers[-min(clip_skip, len(layers))])
        return layer.reshape(1, -1, layer.shape[-1])
