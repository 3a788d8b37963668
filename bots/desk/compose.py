"""Posts as values: what of a commission goes into them, within the platform's limits."""

from collections.abc import Callable
from typing import Final

from bots.platform import AI_LABEL, Author, Capabilities, Picture, Post, PostFacts, Target, Visibility
from bots.replies import SPOILER, alt_text, changed_alt_text, read_in, shown
from bots.store.rows import Commission
from core.domain.kinds.kind import Kind
from core.domain.requests import JobResult, RequestStatus

MARGIN_CHARS: Final = 160
"""Kept free in a post with a long text for what the platform's adapter adds: names, the label, a mark."""


def room_for_words(capabilities: Capabilities) -> int:
    """Returns how many characters of a text fit into one post."""
    return max(capabilities.text_chars_max - MARGIN_CHARS, capabilities.text_chars_max // 2)


def is_private(commission: Commission, capabilities: Capabilities) -> bool:
    """Tells whether its author alone reads the reply."""
    return commission.visibility is Visibility.DIRECT or (commission.private and capabilities.can_be_private)


def pictures_of(
    status: RequestStatus, *, prompt: str, url_of: Callable[[str], str], alt_text_chars_max: int
) -> tuple[Picture, ...]:
    """Returns the finished pictures of a request, without those that the safety check held back."""
    return tuple(
        Picture(
            key=result.object_key,
            url=url_of(result.object_key),
            alt_text=_alt_text(result, prompt, chars_max=alt_text_chars_max),
            width_px=result.width_px,
            height_px=result.height_px,
            content_type=result.content_type,
            seed=result.seed,
        )
        for result in status.results
        if result.state == "ok" and result.object_key
    )


def words_of(status: RequestStatus, *, stops: tuple[str, ...]) -> str:
    """Returns the texts that were written, or what was read in a picture; each text ends where it was to stop."""
    done = [result.body or {} for result in status.results if result.state == "ok" and not result.object_key]
    if status.kind is Kind.ALCHEMY:
        return "\n".join(filter(None, map(read_in, done)))
    texts = [_stopped(str(body.get("text", "")), stops) for body in done]
    texts = [text for text in texts if text]
    return "\n\n".join(texts if len(texts) < 2 else [f"{at}. {text}" for at, text in enumerate(texts, start=1)])


def facts_of(commission: Commission, status: RequestStatus, *, price_mk: int, balance_mk: int | None) -> PostFacts:
    """Returns what a post tells about the pictures in it; balance_mk: None where others read it."""
    return PostFacts(
        requester=commission.author_name,
        requester_id=commission.author_id,
        prompt=commission.prompt,
        style=commission.style,
        model=next((result.model for result in status.results), ""),
        price_mk=price_mk,
        balance_mk=balance_mk,
        request_id=str(status.request_id),
    )


def reply_to(
    commission: Commission,
    *,
    text: str,
    capabilities: Capabilities,
    media: tuple[Picture, ...] = (),
    facts: PostFacts | None = None,
    is_made: bool = False,
) -> Post:
    """Returns the reply to a summons, as private as the summons or, where its author asked for it, more.

    is_made: a model wrote the words in it, so it is labelled; what we say ourselves is not.
    """
    private = is_private(commission, capabilities)
    return Post(
        outbox_id="",
        commission_id=commission.id,
        idempotency_key=f"{commission.id}:{Target.REPLY}",
        platform=commission.platform,
        target=Target.REPLY,
        text=shown(text, chars_max=capabilities.text_chars_max),
        to=Author(
            external_id=commission.author_id, display_name=commission.author_name, account_id=commission.account_id
        ),
        media=media[: capabilities.media_max],
        in_reply_to=commission.remote_id,
        visibility=Visibility.DIRECT if private else commission.visibility,
        spoiler=SPOILER if commission.spoiler and media else None,
        facts=facts,
        nsfw=commission.nsfw and bool(media),
        label=AI_LABEL if media or is_made else "",
    )


def _alt_text(result: JobResult, prompt: str, *, chars_max: int) -> str:
    return alt_text(prompt, chars_max=chars_max) if prompt else changed_alt_text(result.model, chars_max=chars_max)


def _stopped(text: str, stops: tuple[str, ...]) -> str:
    ends = [text.find(stop) for stop in stops]
    return text[: min([end for end in ends if end >= 0], default=len(text))].strip()
