"""What people are told: each outcome as a sentence that names the cause and the next step."""

from bots.replies.commands import (
    STYLES_SHOWN,
    balance,
    cancelled,
    deleted,
    help_text,
    nothing_before,
    status_text,
    styles_text,
    too_late,
)
from bots.replies.made import SPOILER, alt_text, censored, nothing_made, pictures_made, showcased
from bots.replies.manners import forgotten, started, stopped, too_fast
from bots.replies.refusals import ERROR_REPLIES, asked_not_to, bad_value, error_reply, missing_prompt, unknown_style
from bots.replies.words import PROMPT_SHOWN_CHARS, kudos, shown

__all__ = [
    "ERROR_REPLIES",
    "PROMPT_SHOWN_CHARS",
    "SPOILER",
    "STYLES_SHOWN",
    "alt_text",
    "asked_not_to",
    "bad_value",
    "balance",
    "cancelled",
    "censored",
    "deleted",
    "error_reply",
    "forgotten",
    "help_text",
    "kudos",
    "missing_prompt",
    "nothing_before",
    "nothing_made",
    "pictures_made",
    "showcased",
    "shown",
    "started",
    "status_text",
    "stopped",
    "styles_text",
    "too_fast",
    "too_late",
    "unknown_style",
]
