"""The drawing side: loading a diffusers model, samplers, prompts, sizes, and the one thread that owns them."""
