"""The entries of a feed, and the limit on the annotations that are rendered in them."""

from kb.feeds.feed import FeedEntry
from kb.services.search.result_types import SearchHit
from kb.translation import Translator
from kb.web.feeds.feed_entries import (
    LONGEST_BEGINNING,
    LONGEST_SUMMARY,
    MOST_BYTES,
    EntryBuilder,
    text_length,
    within_budget,
)
from tests.factories.items import a_group, a_reply, an_annotation, an_item

LINES = "a\n" * 25_000
BUILDER = EntryBuilder("exemple.fr", "https://exemple.fr", Translator("fr"), many_groups=False)


def a_hit(number: int, text: str, *, passage: bool = False) -> SearchHit:
    annotations = [an_annotation(text, body=text, replies=[a_reply(text)]) for _ in range(3)]
    item = an_item(f"Titre {number}", id=f"i{number}", description=f"Description {number}", annotations=annotations)
    return SearchHit(item, a_group(), item.annotations[0] if passage else None, None, ())


def test_entries_that_do_not_fit_are_shortened_without_being_rendered_whole() -> None:
    rendered: list[int] = []

    def build_entry(hit: SearchHit) -> FeedEntry:
        rendered.append(text_length(hit))
        return BUILDER.entry(hit)

    hits = [a_hit(number, LINES, passage=number % 2 == 1) for number in range(20)]
    entries = tuple(within_budget(hits, build_entry))
    assert [entry.title for entry in entries[::2]] == [f"Titre {number}" for number in range(0, 20, 2)]
    # It was 6,000,000 characters.
    assert sum(rendered) <= MOST_BYTES + 20 * LONGEST_BEGINNING
    assert all(0 < len(entry.summary) <= LONGEST_SUMMARY + 2 for entry in entries)


def test_a_shortened_entry_has_the_summary_and_the_links_of_the_whole_one() -> None:
    for passage in (False, True):
        hit = a_hit(1, "Des mots que tout le monde peut lire. " * 100, passage=passage)
        whole = BUILDER.entry(hit)
        (short,) = within_budget([hit], BUILDER.entry, most=0)
        assert (short.id, short.url, short.title) == (whole.id, whole.url, whole.title)
        assert short.text == short.summary == whole.summary


def test_entries_that_fit_are_whole() -> None:
    hits = [a_hit(number, "Quelques mots.") for number in range(20)]
    assert tuple(within_budget(hits, BUILDER.entry)) == tuple(map(BUILDER.entry, hits))
