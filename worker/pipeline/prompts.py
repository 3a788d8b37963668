"""Turns words into embeddings by an own encoder call, and remembers them: the empty negative comes every time."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from worker.pipeline.sdk import Pipe

if TYPE_CHECKING:
    import torch

REMEMBERED_MAX = 64


class ClipPrompts:
    """The text side of a Stable Diffusion pipeline with one CLIP encoder.

    An own call, because `clip_skip` of diffusers 0.42.1 breaks on the text models of transformers 5.23.0
    (diffusers #14124).
    """

    def __init__(self, pipe: Pipe) -> None:
        self._tokenizer = pipe.tokenizer
        self._encoder = pipe.text_encoder
        self._remembered: OrderedDict[tuple[str, int], torch.Tensor] = OrderedDict()

    @staticmethod
    def fits(pipe: Pipe) -> bool:
        """Whether the pipeline has exactly one text encoder and it is CLIP's."""
        names = {name for name in pipe.components if name.startswith("text_encoder")}
        return names == {"text_encoder"} and type(pipe.text_encoder).__name__ == "CLIPTextModel"

    def embedding(self, text: str, *, clip_skip: int) -> "torch.Tensor":
        """The embedding of the text, shape (1, tokens, width); `clip_skip` 1 is the last layer, 2 the one before."""
        key = (text, clip_skip)
        if key in self._remembered:
            self._remembered.move_to_end(key)
            return self._remembered[key]
        embedding = self._encode(text, clip_skip)
        self._remembered[key] = embedding
        while len(self._remembered) > REMEMBERED_MAX:
            self._remembered.popitem(last=False)
        return embedding

    def _encode(self, text: str, clip_skip: int) -> "torch.Tensor":
        tokens = self._tokenizer(
            text,
            padding="max_length",
            max_length=self._tokenizer.model_max_length,
            truncation=True,
            return_attention_mask=True,
            return_tensors="pt",
        )
        device = self._encoder.device
        uses_mask = getattr(self._encoder.config, "use_attention_mask", False)
        mask = tokens.attention_mask.to(device) if uses_mask else None
        encoded = self._encoder(tokens.input_ids.to(device), attention_mask=mask, output_hidden_states=True)
        if clip_skip <= 1:
            last: torch.Tensor = encoded.last_hidden_state
            return last
        layers = encoded.hidden_states
        inner = getattr(self._encoder, "text_model", self._encoder)
        normed: torch.Tensor = inner.final_layer_norm(layers[-min(clip_skip, len(layers))])
        return normed
