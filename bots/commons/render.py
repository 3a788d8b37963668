"""Rows of the timeline as what its templates show: names, times and kudos in words, pictures with their addresses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from bots.commons.parse import runs_of
from bots.commons.session import Reader
from bots.commons.views import (
    FactView,
    MeView,
    PersonView,
    PictureView,
    PostView,
    Stage,
    VotesView,
    WayView,
)
from bots.platform import Picture, Visibility
from bots.store.commons_rows import OpenSummons, PostKind, Tally, TimelinePost
from bots.store.rows import CommissionState
from core.domain.accounts import Account
from core.domain.requests import RequestStatus

HUES = 8
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def kudos_words(amount_mk: int) -> str:
    """Returns millikudos as kudos with up to two decimals and a true minus sign."""
    sign = "−" if amount_mk < 0 else ""
    whole, rest = divmod(round(abs(amount_mk) / 10), 100)
    decimals = f".{rest:02}".rstrip("0") if rest else ""
    return f"{sign if whole or rest else ''}{whole:,}{decimals}"


def ago_words(at_ms: int, *, now_ms: int) -> str:
    """Returns how long ago something was, in the fewest words."""
    seconds = max(0, now_ms - at_ms) // 1_000
    if seconds < _MINUTE_S:
        return "just now"
    if seconds < _HOUR_S:
        return f"{seconds // _MINUTE_S} min"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S} h"
    if seconds < 30 * _DAY_S:
        days = seconds // _DAY_S
        return "1 day" if days == 1 else f"{days} days"
    return _moment(at_ms).strftime("%-d %b %Y")


def iso_time(at_ms: int) -> str:
    """Returns the time for machines: ISO 8601 in UTC."""
    return _moment(at_ms).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1_000, tz=UTC)


def person(*, person_id: str, name: str, account_id: int | None = None) -> PersonView:
    """Returns how someone is shown; the colour is theirs, whatever name they choose."""
    if person_id == "horde":
        return PersonView(name=name, initials="", hue=0, is_horde=True, tag="bot")
    letters = [letter for letter in name.removeprefix("guest-") if letter.isalnum()]
    named_guest = account_id is None and not name.startswith("guest-")
    return PersonView(
        name=name,
        initials="".join(letters[:2]) or "?",
        hue=hashlib.sha256(person_id.encode()).digest()[0] % HUES,
        tag="guest" if named_guest else "",
    )


def picture_view(picture: Picture, *, url_of: Callable[[Picture], str]) -> PictureView:
    """Returns the picture as the page shows it."""
    return PictureView(
        url=url_of(picture),
        alt=picture.alt_text or "AI generated picture",
        width_px=picture.width_px,
        height_px=picture.height_px,
        seed=picture.seed,
    )


def post_view(
    post: TimelinePost,
    *,
    now_ms: int,
    handle: str,
    tally: Tally | None,
    url_of: Callable[[Picture], str],
) -> PostView:
    """Returns the post as this reader sees it."""
    pictures = tuple(picture_view(picture, url_of=url_of) for picture in post.body.media)
    facts = post.body.facts
    return PostView(
        id=post.id,
        by=person(person_id=post.author_id, name=post.author_name, account_id=post.account_id),
        at=iso_time(post.created_at_ms),
        ago=ago_words(post.created_at_ms, now_ms=now_ms),
        said=runs_of(_told(post), handle=handle),
        pictures=pictures,
        facts=_facts(post),
        votes=_votes(post, tally or Tally()) if pictures else None,
        again=again_text(prompt=facts.prompt, style=facts.style, handle=handle) if facts and facts.prompt else "",
        title=facts.prompt if facts and facts.prompt else post.text,
        label=post.body.label,
        only_you=post.visibility is Visibility.DIRECT or post.hidden,
        spoiler=post.body.spoiler,
    )


def _told(post: TimelinePost) -> str:
    """Returns the post's text without the line that the facts beside the picture repeat."""
    if post.body.facts is None:
        return post.text
    return "\n".join(line for line in post.text.splitlines() if not line.startswith("Style "))


def _votes(post: TimelinePost, tally: Tally) -> VotesView:
    return VotesView(post_id=post.body.subject or post.id, up=tally.up, down=tally.down, mine=tally.mine)


def again_text(*, prompt: str, style: str, handle: str) -> str:
    """Returns what one writes to have the same drawn once more."""
    return f"@{handle} draw for me {prompt}" + (f" style: {style}" if style else "")


def _facts(post: TimelinePost) -> tuple[FactView, ...]:
    facts = post.body.facts
    if facts is None:
        return ()
    # A picture that was not drawn but changed has neither style nor seed.
    seeds = ", ".join(str(picture.seed) for picture in post.body.media) if facts.style else ""
    price = FactView(label="Price", value=f"{kudos_words(facts.price_mk)} kudos", is_kudos=True)
    style = FactView(label="Style", value=facts.style)
    if post.kind is PostKind.SHOWCASE:
        found = (FactView(label="For", value=facts.requester), style, FactView(label="Seed", value=seeds), price)
    else:
        found = (style, FactView(label="Seed", value=seeds), price, FactView(label="Model", value=facts.model))
    return tuple(fact for fact in found if fact.value)


def me_view(reader: Reader, account: Account | None) -> MeView:
    """Returns the reader with their balance; a guest who never asked has none yet, which is 0."""
    available_mk = 0 if account is None else account.available_mk
    held_mk = 0 if account is None else account.held_mk
    return MeView(
        by=person(person_id=reader.id, name=reader.name, account_id=reader.account_id),
        is_guest=reader.is_guest,
        balance=kudos_words(available_mk),
        held=f"{kudos_words(held_mk)} of it held for pictures on their way." if held_mk else "",
        below=available_mk < 0,
    )


def way_view(post_id: int, summons: OpenSummons | None, status: RequestStatus | None) -> WayView:
    """Returns how far a summons is."""
    if summons is None or summons.state is CommissionState.NEW:
        return WayView(post_id=post_id, stage=Stage.QUEUED, sentence="The horde reads your post", percent=2)
    if summons.state is CommissionState.FINISHED or status is None or status.done:
        return WayView(post_id=post_id, stage=Stage.STORED, sentence="Stored, the answer is on its way", percent=95)
    if status.processing or status.finished:
        return _drawing(post_id, status)
    if not status.is_possible:
        sentence = "Waiting: no worker that could draw this is online"
    else:
        sentence = f"Number {status.queue_position} in the queue" + _wait_words(status.wait_time_s)
    return WayView(post_id=post_id, stage=Stage.QUEUED, sentence=sentence, percent=5)


def _drawing(post_id: int, status: RequestStatus) -> WayView:
    jobs = max(1, status.waiting + status.processing + status.finished)
    parts = sum(job.step / job.steps for job in status.progress if job.steps)
    percent = 10 + round(80 * min(1.0, (status.finished + parts) / jobs))
    at_work = status.progress[0] if status.progress else None
    if at_work is None:
        sentence = f"{status.finished} of {jobs} pictures drawn"
    elif at_work.steps:
        sentence = f"{at_work.worker_name} is drawing, step {at_work.step} of {at_work.steps}"
    else:
        sentence = f"{at_work.worker_name} has taken it"
    if jobs > 1 and at_work is not None:
        sentence += f" (picture {min(jobs, status.finished + 1)} of {jobs})"
    return WayView(post_id=post_id, stage=Stage.DRAWING, sentence=sentence, percent=percent)


def _wait_words(wait_s: int) -> str:
    if wait_s <= 0:
        return ""
    return f", about {wait_s} s" if wait_s < 2 * _MINUTE_S else f", about {round(wait_s / _MINUTE_S)} min"
