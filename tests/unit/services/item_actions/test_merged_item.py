"""The merged item of several items of the same page: no content of any of them is lost."""

from hypothesis import given
from hypothesis import strategies as st

from kb.model.items.annotation import Annotation
from kb.model.items.item import Item, Sharing
from kb.services.item_actions.duplicates import merged_item
from tests.factories.items import a_group, a_reply, a_user, an_annotation, an_item

CLAIRE, PAUL, SOPHIE = a_user("claire"), a_user("paul"), a_user("sophie")
GROUP = a_group("lectures")
URL = "https://exemple.fr/eau"


def test_passages_tags_and_people_of_all_are_in_one() -> None:
    target = an_item(
        "L'eau", author=CLAIRE, added="2015-02-01", tags=["Eau"], annotations=[an_annotation("Elle monte.")]
    )
    other = an_item(
        "L'eau", author=PAUL, added="2015-01-01", tags=["eau", "crue"], annotations=[an_annotation("Descend.")]
    )
    merged, _ = merged_item(target, [other])
    assert [annotation.quote for annotation in merged.annotations] == ["Elle monte.", "Descend."]
    assert merged.tags == ("Eau", "crue")
    assert (merged.author, merged.sharers) == (CLAIRE, (Sharing(PAUL, "2015-01-01"),))
    assert merged.added == "2015-01-01"


def test_a_merged_item_takes_missing_fields_from_the_others() -> None:
    target = an_item("L'eau", views=3)
    other = an_item(
        "L’eau, suite", description="Sur les crues.", byline="Hugo", published="1910", source="Le Temps", views=4
    )
    merged, _ = merged_item(target, [other])
    assert (merged.description, merged.byline, merged.published, merged.source) == (
        "Sur les crues.",
        "Hugo",
        "1910",
        "Le Temps",
    )
    assert merged.views == 7


def test_a_different_title_becomes_a_comment_of_its_sharer() -> None:
    target, other = an_item("La crue"), an_item("Paris sous l'eau", author=PAUL, added="2015-01-01")
    merged, _ = merged_item(target, [other])
    (comment,) = merged.annotations
    assert (comment.body, comment.author, comment.added) == ("Paris sous l'eau", PAUL, "2015-01-01")


def test_an_origin_that_differs_stays_too() -> None:
    target = an_item("La crue", byline="Hugo", source="Le Temps", published="1910-01")
    other = an_item("La crue", byline="Victor Hugo", source="le  temps", published="1910", author=PAUL)
    (comment,) = merged_item(target, [other])[0].annotations
    assert comment.body == "Victor Hugo, 1910"


def test_differing_fields_of_merged_items_are_all_saved() -> None:
    others = [an_item("La crue", description=text) for text in ("Sur les crues.", "Une carte.")]
    merged, _ = merged_item(an_item("La crue"), others)
    assert (merged.description, [part.body for part in merged.annotations]) == ("Sur les crues.", ["Une carte."])


def test_the_same_words_of_one_person_stand_once_with_the_answers_to_both() -> None:
    annotation = an_annotation("Elle monte.", author=CLAIRE, replies=[a_reply("Oui.")])
    twin = an_annotation("Elle monte.", author=CLAIRE, replies=[a_reply("Non.")])
    merged, twins = merged_item(an_item(annotations=[annotation]), [an_item(annotations=[twin])])
    assert [reply.body for reply in merged.annotations[0].replies] == ["Oui.", "Non."]
    assert twins == {twin.id: annotation.id}


people = st.sampled_from([None, CLAIRE, PAUL, SOPHIE])
words = st.sampled_from(["Elle monte.", "Elle descend.", "Été", "", "ÉTÉ"])
some_annotations = st.lists(
    st.builds(
        lambda quote, author, replies: an_annotation(
            quote or None, body=None if quote else "Dit.", author=author, replies=replies
        ),
        words,
        people,
        st.lists(st.builds(lambda body, author: a_reply(body, author=author), words, people), max_size=2),
    ),
    max_size=4,
)
some_items = st.lists(
    st.builds(
        lambda title, tags, author, added, annotations, **origin: an_item(
            title, tags=tags, author=author, added=added, annotations=annotations, group=GROUP, url=URL, **origin
        ),
        st.sampled_from([None, "La crue", "L'eau", "Paris sous l'eau"]),
        st.lists(st.sampled_from(["eau", "crue", "Eau", "été"]), max_size=3, unique_by=str.casefold),
        people,
        st.sampled_from([None, "2014-01-01", "2015-06-01T10:00:00Z"]),
        some_annotations,
        description=st.sampled_from([None, "Sur les crues.", "Une carte."]),
        byline=st.sampled_from([None, "Hugo", "Zola"]),
        source=st.sampled_from([None, "Le Temps", "Le Monde"]),
        published=st.sampled_from([None, "1910", "1911"]),
    ),
    min_size=2,
    max_size=4,
)


def author_and_texts(annotation: Annotation) -> tuple[object, ...]:
    return (annotation.author, annotation.quote, annotation.body)


@given(some_items)
def test_nothing_of_any_is_lost(items: list[Item]) -> None:
    merged, _ = merged_item(items[0], items[1:])
    texts_saved = {author_and_texts(annotation) for annotation in merged.annotations}
    replies = [reply.id for annotation in merged.annotations for reply in annotation.replies]
    sharers = {merged.author, *(sharer.user for sharer in merged.sharers)}
    for item in items:
        assert {author_and_texts(annotation) for annotation in item.annotations} <= texts_saved
        assert {reply.id for annotation in item.annotations for reply in annotation.replies} <= set(replies)
        assert {tag.casefold() for tag in item.tags} <= {tag.casefold() for tag in merged.tags}
        assert item.author is None or item.author in sharers
        origin = (merged.title, merged.description, merged.byline, merged.source, merged.published)
        texts = [*origin, *(annotation.body for annotation in merged.annotations)]
        for field in (item.title, item.description, item.byline, item.source, item.published):
            assert any((field or "") in (text or "") for text in texts)
    assert len(replies) == len(set(replies))
