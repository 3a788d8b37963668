"""What a job needs of its worker beyond model, size and length, one bit each."""

from enum import IntFlag


class Needs(IntFlag):
    """What a job needs of its worker; the numbers are stored and never change."""

    NONE = 0
    NSFW = 1
    IMG2IMG = 2
    PAINTING = 4
    POST_PROCESSING = 8
    LORA = 16
    CONTROLNET = 32
    UNSAFE_ADDRESS = 64
    TRUSTED_ONLY = 128
    UNCOVERED = 256
    """Its account had fewer kudos than it costs: a worker that wants kudos upfront leaves it."""
    NOT_SLOW = 512
    DENY_LIST = 1_024
    """Any worker has this one, but each job of the lane must be looked at."""
    NOT_EXTRA_SLOW = 2_048
    MODERN_BRIDGE = 4_096
    """A parameter that old and unknown bridges drop in silence, or fail at."""
    TRANSPARENT = 8_192
    VALIDATED_BACKEND = 16_384
    SOFTPROMPT = 32_768
    """Each job of the lane must be looked at: the worker must hold this very softprompt."""
