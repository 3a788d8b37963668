"""Posts as values: what of a commission goes into them, within the platform's limits."""

from collections.abc import Callable

from bots.platform import Author, Capabilities, Picture, Post, PostFacts, Target, Visibility
from bots.replies import SPOILER, alt_text, shown
from bots.store.rows import Commission
from core.domain.accounts import Account
from core.domain.requests import RequestStatus


def pictures_of(
    status: RequestStatus, *, prompt: str, url_of: Callable[[str], str], alt_text_chars_max: int
) -> tuple[Picture, ...]:
    """Returns the finished pictures of a request, without those that the safety check held back."""
    return tuple(
        Picture(
            key=result.object_key,
            url=url_of(result.object_key),
            alt_text=alt_text(prompt, chars_max=alt_text_chars_max),
            width_px=result.width_px,
            height_px=result.height_px,
            content_type=result.content_type,
            seed=result.seed,
        )
        for result in status.results
        if result.state == "ok"
    )


def facts_of(commission: Commission, status: RequestStatus, account: Account | None, *, price_mk: int) -> PostFacts:
    """Returns what a post tells about the pictures in it."""
    return PostFacts(
        requester=commission.author_name,
        requester_id=commission.author_id,
        prompt=commission.prompt,
        style=commission.style,
        model=next((result.model for result in status.results), ""),
        price_mk=price_mk,
        balance_mk=account.available_mk if account else 0,
        request_id=str(status.request_id),
    )


def reply_to(
    commission: Commission,
    *,
    text: str,
    capabilities: Capabilities,
    media: tuple[Picture, ...] = (),
    facts: PostFacts | None = None,
) -> Post:
    """Returns the reply to a summons, as private as the summons or, where its author asked for it, more."""
    private = commission.private and capabilities.can_be_private
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
    )
