"""On Reddit a comment that is marked as a moderator's is one."""

from bots.reddit.parse import event_of_item
from bots.reddit.things import item_of


def test_a_comment_marked_as_a_moderators_is_one_and_others_are_not() -> None:
    for mark, is_by_moderator in (("moderator", True), (None, False), ("special", False)):
        thing = {"name": "t1_a", "author": "mod", "body": "delete", "parent_id": "t1_b", "subreddit": "pics"}
        event = event_of_item(item_of({**thing, "distinguished": mark}), handle="horde", cursor="t1_a")
        assert event is not None
        assert event.by_moderator is is_by_moderator
