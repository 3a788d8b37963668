"""The worker's settings: typed keys, where they come from, and what a model folder says of itself."""
