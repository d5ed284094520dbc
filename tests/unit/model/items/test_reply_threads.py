"""Reply threads: the parent of each reply."""

from kb.model.items.reply_threads import MOST_ANCESTORS, ancestor_ids, parents_of, with_new_ids, with_thread_ids
from tests.factories.items import a_reply, an_annotation


def test_the_replies_above_a_reply_stand_in_their_order() -> None:
    parents = {"a": None, "b": "a", "c": "b", "d": "gone"}
    assert [ancestor_ids(reply_id, parents) for reply_id in "abcd"] == [(), ("a",), ("a", "b"), ()]


def test_a_circle_and_a_very_long_thread_end() -> None:
    assert ancestor_ids("a", {"a": "b", "b": "c", "c": "a"}) == ("c", "b")
    assert ancestor_ids("a", {"a": "a"}) == ()
    parents = {str(number): str(number - 1) for number in range(1, 20_000)}
    assert ancestor_ids("19999", parents) == tuple(map(str, range(19_999 - MOST_ANCESTORS, 19_999)))


def test_a_copy_has_the_same_thread_with_other_ids() -> None:
    replies = [a_reply(id="a"), a_reply(id="b", reply_to="a"), a_reply(id="c", reply_to="gone")]
    copy = with_new_ids(an_annotation(id="x", replies=replies), lambda id_: f"{id_}2")
    assert (copy.id, parents_of(copy.replies)) == ("x2", {"a2": None, "b2": "a2", "c2": None})
    first, second, _ = with_new_ids(an_annotation(id="x", replies=replies)).replies
    assert second.reply_to == first.id != "a"


def test_nothing_answers_itself() -> None:
    (reply,) = with_thread_ids((a_reply(id="a", reply_to="a"),), {})
    assert reply.reply_to is None
