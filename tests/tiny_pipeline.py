"""Builds a tiny Stable Diffusion pipeline with random weights, in the plain diffusers format, in under a second.

`python -m tests.tiny_pipeline DIR` saves one, so that a real worker process can be started on it.
"""

import sys
from pathlib import Path
from typing import Any

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
TOKENS_MAX = 24


def _tokenizer(tokens_max: int) -> Any:
    from transformers import CLIPTokenizer

    letters = [*ALPHABET, *(f"{letter}</w>" for letter in ALPHABET)]
    vocabulary = {token: number for number, token in enumerate([*letters, "<|startoftext|>", "<|endoftext|>"])}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=tokens_max)


def build(*, tokens_max: int = TOKENS_MAX) -> Any:
    """A StableDiffusionPipeline of 0.2 million random parameters that makes 64x64 pictures; always the same one."""
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    tokenizer = _tokenizer(tokens_max)
    random_state = torch.random.get_rng_state()
    torch.manual_seed(7)
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=tokens_max,
            bos_token_id=len(tokenizer) - 2,
            eos_token_id=len(tokenizer) - 1,
            pad_token_id=len(tokenizer) - 1,
        )
    )
    unet = UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
    )
    torch.random.set_rng_state(random_state)
    scheduler = DDIMScheduler(
        prediction_type="v_prediction",
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def save(folder: Path) -> Path:
    """The folder, which holds the pipeline afterwards; a folder that holds one already is left as it is."""
    if not (folder / "model_index.json").is_file():
        from diffusers.utils import logging

        logging.disable_progress_bar()
        build().save_pretrained(folder)
    return folder


if __name__ == "__main__":
    save(Path(sys.argv[1]))
