"""The timeline's answers as JSON, for its script and for programs; and each error's status."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bots.commons.price import Quote
from bots.commons.session import Reader
from bots.commons.views import PostView, ThreadView, WayView
from core.domain import errors
from core.domain.accounts import Account
from core.domain.kudos.ledger import MK_PER_KUDOS

_STATUS: tuple[tuple[type[errors.HordeError], int], ...] = (
    (errors.InvalidRequest, 400),
    (errors.Unauthorized, 401),
    (errors.NotPermitted, 403),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.RateLimited, 429),
    (errors.Unavailable, 503),
)


def status_of(error: errors.HordeError) -> int:
    """Returns the HTTP status of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def headers_of(error: errors.HordeError) -> Mapping[str, str]:
    """Returns what an error says in its headers: when to come back."""
    return {"Retry-After": str(math.ceil(error.retry_after_s))} if isinstance(error, errors.RateLimited) else {}


def thread_json(thread: ThreadView) -> dict[str, object]:
    """Returns a thread: its first post, what was answered, and how far its summons is."""
    return {
        **post_json(thread.post),
        "replies": [post_json(post) for post in thread.replies],
        "way": None if thread.way is None else way_json(thread.way),
    }


def post_json(post: PostView) -> dict[str, object]:
    """Returns a post with its pictures, facts and votes."""
    return {
        "id": post.id,
        "url": f"/posts/{post.id}",
        "by": post.by.name,
        "is_horde": post.by.is_horde,
        "at": post.at,
        "text": "".join(text for text, _ in post.said),
        "pictures": [
            {
                "url": picture.url,
                "alt": picture.alt,
                "width": picture.width_px,
                "height": picture.height_px,
                "seed": picture.seed,
            }
            for picture in post.pictures
        ],
        "facts": {fact.label.lower(): fact.value for fact in post.facts},
        "votes": None
        if post.votes is None
        else {"up": post.votes.up, "down": post.votes.down, "mine": post.votes.mine},
    }


def way_json(way: WayView) -> dict[str, object]:
    """Returns how far a summons is."""
    return {"post_id": way.post_id, "stage": way.stage.value, "sentence": way.sentence, "percent": way.percent}


def me_json(reader: Reader, account: Account | None, *, token: str) -> dict[str, object]:
    """Returns who the reader is and what they have, in kudos."""
    return {
        "id": reader.id,
        "name": reader.name,
        "is_guest": reader.is_guest,
        "account": None if account is None else account.handle,
        "kudos": 0 if account is None else account.available_mk / MK_PER_KUDOS,
        "held": 0 if account is None else account.held_mk / MK_PER_KUDOS,
        "token": token,
    }


def price_json(quote: Quote, *, available_mk: int) -> dict[str, object]:
    """Returns a price in kudos, what would be left, and both in a sentence."""
    priced = quote.price_mk is not None
    return {
        "ok": not quote.trouble,
        "kudos": quote.price_mk / MK_PER_KUDOS if quote.price_mk is not None else None,
        "after": (available_mk - quote.price_mk) / MK_PER_KUDOS if quote.price_mk is not None else None,
        "pictures": quote.pictures,
        "style": quote.style,
        "sentence": quote.sentence(available_mk=available_mk) if priced or quote.hint or quote.trouble else "",
    }
