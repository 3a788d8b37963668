"""Webhooks as they are sent: v2's messages, signed, to public https addresses only."""

from core.api.hooks.poster import WebhookPoster

__all__ = ["WebhookPoster"]
