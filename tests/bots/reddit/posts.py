"""Posts as the outbox would hand them to the adapter."""

from bots.platform import Author, Picture, Post, Target, Visibility

TEXT = "Here is your picture: “a red heart”\nStyle plain · seed 41"


def picture(link: str = "https://cdn.test/1.webp") -> Picture:
    return Picture(
        key="pictures/1.webp",
        url=link,
        alt_text="AI generated picture: a red heart",
        width_px=64,
        height_px=64,
        content_type="image/webp",
        seed=41,
    )


def picture_post(parent: str, *, text: str = TEXT, private: bool = False, spoiler: str | None = None) -> Post:
    """The reply to a summons, with its picture."""
    return Post(
        outbox_id=f"o-{parent}",
        commission_id=f"c-{parent}",
        idempotency_key=f"c-{parent}:reply",
        platform="reddit",
        target=Target.REPLY,
        text=text,
        to=Author(external_id="ann", display_name="Ann"),
        media=(picture(),),
        in_reply_to=parent,
        visibility=Visibility.DIRECT if private else Visibility.PUBLIC,
        spoiler=spoiler,
        showcase_url="https://reddit.test/comments/abc/",
    )


def shown_post(*, link: str = "https://cdn.test/1.webp", text: str = "“a red heart” · style plain") -> Post:
    """The showcase post of a picture."""
    return Post(
        outbox_id="o-2",
        commission_id="c-2",
        idempotency_key="c-2:showcase",
        platform="reddit",
        target=Target.SHOWCASE,
        text=text,
        to=Author(external_id="ann", display_name="Ann"),
        media=(picture(link),),
    )
