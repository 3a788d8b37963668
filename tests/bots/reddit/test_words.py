"""What people write becomes their own words, and what the bot writes shows exactly that."""

import pytest

from bots.platform import EventKind
from bots.reddit.parse import author_of, event_of_item, text_of_markdown
from bots.reddit.render import TITLE_CHARS_MAX, body_of, escaped, marker_of, more_of, title_of
from bots.reddit.things import item_of
from tests.bots.reddit.posts import picture, picture_post, shown_post


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("u/horde draw me a cat", "u/horde draw me a cat"),
        ("[u/horde](/u/horde) draw me a cat", "u/horde draw me a cat"),
        ("> u/horde draw me a dog\n\nthanks, no", "thanks, no"),
        ("draw me a cat\n\n    draw me a dog\n", "draw me a cat"),
        ("draw me a cat\n```\nstyle: ocean\n```\nseed: 5", "draw me a cat\n\nseed: 5"),
        ("draw me a cat_with\\_hat \\* star", "draw me a cat_with_hat * star"),
        ("draw me **a cat** and *a ~~dog~~*", "draw me a cat and a dog"),
        ("draw me a cat &amp; a dog &gt; a cow", "draw me a cat & a dog > a cow"),
        ("draw me a >!hidden!< cat\r\nstyle: ocean", "draw me a hidden cat\nstyle: ocean"),
        ("u/horde draw me a cat ### ugly", "u/horde draw me a cat ### ugly"),
        ("2 * 3 * 4 stars", "2 * 3 * 4 stars"),
    ],
)
def test_only_what_someone_wrote_themselves_is_read(markdown: str, words: str) -> None:
    assert text_of_markdown(markdown) == words


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a *cat* [x](y)", r"a \*cat\* \[x\]\(y\)"),
        ("- one\n2. two", "\\- one\n2\\. two"),
        ("# head\n> quote", "\\# head\n\\> quote"),
        ("u/bob and r/pics and /u/eve", "u/\u200bbob and r/\u200bpics and /u/\u200beve"),
        ("say u/my_bot help", "say u/my_bot help"),
        ("https://evil.test www.evil.test", "https:\u200b//evil.test www\u200b.evil.test"),
        ("and/or menu/item", "and/or menu/item"),
    ],
)
def test_nothing_that_a_person_wrote_becomes_markup(text: str, markdown: str) -> None:
    assert escaped(text, handle="my_bot") == markdown


def test_a_reply_has_words_pictures_label_and_a_marker_nobody_sees() -> None:
    post = picture_post("t1_abc")
    assert body_of(post, handle="horde") == (
        "Here is your picture: “a red heart”  \nStyle plain · seed 41\n\n"
        "[Picture](https://cdn.test/1.webp) · [post](https://reddit.test/comments/abc/)\n\n"
        "^(AI generated · I am a bot · reply “again”, “delete” or “help”) [](#h-c-t1-abc-reply)"
    )
    assert marker_of(post) != marker_of(picture_post("t1_abd"))


def test_the_example_in_a_reply_calls_the_bot_as_reddit_does() -> None:
    post = picture_post("t1_abc", text="Write, for example: @my_bot draw for me a red heart")
    assert "u/my_bot draw for me" in body_of(post, handle="my_bot")


def test_a_title_is_one_line_of_at_most_300_characters_with_the_label_at_its_end() -> None:
    title = title_of(shown_post(text="many\nwords " * 100))
    assert len(title) <= TITLE_CHARS_MAX
    assert title.endswith("… [AI generated]")
    assert "\n" not in title


def test_pictures_after_the_first_are_linked_below_the_title() -> None:
    post = shown_post()
    assert more_of(post) is None
    several = type(post)(
        **{name: getattr(post, name) for name in post.__slots__} | {"media": (picture(), picture("https://cdn.test/2"))}
    )
    assert more_of(several) == "[Picture 2](https://cdn.test/2)"


@pytest.mark.parametrize(
    ("name", "is_bot"),
    [("AutoModerator", True), ("repost_sleuth-bot", True), ("Horde", True), ("talbot", False), ("ann", False)],
)
def test_bots_are_known_by_their_names(name: str, *, is_bot: bool) -> None:
    assert author_of(name, handle="horde").is_bot is is_bot


def test_items_without_an_author_or_text_are_nobodys() -> None:
    fields = {"name": "t1_x", "author": "ann", "body": "u/horde help", "created_utc": 1.0}
    whole = event_of_item(item_of(fields), handle="horde", cursor="")
    assert whole is not None
    assert whole.kind is EventKind.MENTION
    for change in ({"author": None}, {"author": "[deleted]"}, {"body": "[removed]"}, {"distinguished": "admin"}):
        assert event_of_item(item_of(fields | change), handle="horde", cursor="") is None


def test_a_message_says_what_its_subject_says_where_it_has_no_text() -> None:
    fields = {"name": "t4_x", "author": "ann", "body": "", "subject": "a red heart", "created_utc": 1.0}
    event = event_of_item(item_of(fields), handle="horde", cursor="")
    assert event is not None
    assert (event.kind, event.text) == (EventKind.DIRECT, "a red heart")
