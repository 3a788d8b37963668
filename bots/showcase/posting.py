"""The showcase post: whether, where and how a finished picture is shown to all."""

from collections.abc import Mapping
from dataclasses import replace

from bots.platform import Author, Picture, Platform, Post, PostFacts, Target, Visibility
from bots.replies import SPOILER, showcased, shown
from bots.store.rows import Commission


class Showcase:
    """Posts each public result once: on the platform named for it, in public, labelled as AI generated."""

    def __init__(self, *, platforms: Mapping[str, Platform], places: Mapping[str, str]) -> None:
        """Hold the adapters; places: platform of the summons to platform of the showcase post."""
        self._platforms = platforms
        self._places = places

    def post_for(self, commission: Commission, *, media: tuple[Picture, ...], facts: PostFacts) -> Post | None:
        """Returns the showcase post of a commission, None if it is private or there is no place for it."""
        place = self._platforms.get(self._places.get(commission.platform, ""))
        seen_by_all = commission.visibility in {Visibility.PUBLIC, Visibility.UNLISTED}
        if place is None or not place.capabilities.can_show or commission.private or not seen_by_all:
            return None
        if commission.nsfw and not place.capabilities.nsfw_allowed:
            return None
        limits = place.capabilities
        text = showcased(prompt=facts.prompt, style=facts.style, requester=facts.requester)
        return Post(
            outbox_id="",
            commission_id=commission.id,
            idempotency_key=f"{commission.id}:{Target.SHOWCASE}",
            platform=place.name,
            target=Target.SHOWCASE,
            text=shown(text, chars_max=limits.text_chars_max),
            to=Author(external_id=commission.author_id, display_name=commission.author_name),
            media=tuple(
                replace(picture, alt_text=shown(picture.alt_text, chars_max=limits.alt_text_chars_max))
                for picture in media[: limits.media_max]
            ),
            visibility=Visibility.PUBLIC,
            spoiler=SPOILER if commission.spoiler else None,
            facts=facts,
            nsfw=commission.nsfw,
        )
