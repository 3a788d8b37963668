"""What a platform is to the bots: one Protocol, with its limits, events, posts and outcomes as plain values."""

from bots.platform.capabilities import Capabilities, Idempotency
from bots.platform.events import Attachment, Author, EventKind, Parent, PlatformEvent, Visibility
from bots.platform.outcomes import (
    Absent,
    Ambiguous,
    Delivered,
    Finding,
    Found,
    Outcome,
    PlatformDown,
    PlatformMisconfigured,
    Refused,
    RetryAt,
    Unsure,
)
from bots.platform.posts import AI_LABEL, Picture, Post, PostFacts, Target
from bots.platform.protocol import CountsReads, Platform

__all__ = [
    "AI_LABEL",
    "Absent",
    "Ambiguous",
    "Attachment",
    "Author",
    "Capabilities",
    "CountsReads",
    "Delivered",
    "EventKind",
    "Finding",
    "Found",
    "Idempotency",
    "Outcome",
    "Parent",
    "Picture",
    "Platform",
    "PlatformDown",
    "PlatformEvent",
    "PlatformMisconfigured",
    "Post",
    "PostFacts",
    "Refused",
    "RetryAt",
    "Target",
    "Unsure",
    "Visibility",
]
