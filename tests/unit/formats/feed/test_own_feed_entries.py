"""Our own Atom archive is imported as the items from which it was exported."""

from hypothesis import given, settings

from kb.model.items.import_draft import AuthorDraft, ItemDraft
from kb.model.items.item import Item
from kb.model.storable_text import one_line, xml_safe_text
from kb.model.web_pages.canonical_address import web_address
from tests.factories.exports import QUAIS, WHOLE, exported, odd_items
from tests.factories.import_export import exported_lines, import_data
from tests.factories.import_files import drafts, warnings
from tests.factories.items import an_item
from tests.factories.library import an_empty_library


@settings(max_examples=60)
@given(odd_items)
def test_the_atom_archive_that_we_write_is_read(item: Item) -> None:
    (draft,) = drafts("feed", exported("atom", item), 64)
    assert draft.title == (one_line(xml_safe_text(item.title or "")) or None)
    assert draft.url == web_address(item.url)
    assert draft.added == "2014-11-08T22:30:00Z"
    assert draft.author == AuthorDraft(name="Claire Aubert")
    assert (draft.byline, draft.source, draft.published, draft.annotations) == (None, None, None, ())


def test_the_items_of_our_atom_archive_come_back_without_our_pages() -> None:
    no_address = an_item("Sans adresse", id="n1", group=QUAIS, description="Un mot.", added="2014-11-08T22:30:00Z")
    archive = exported("atom", WHOLE, no_address)
    first, second = drafts("feed", archive)
    assert first == ItemDraft(
        url="https://www.exemple.fr/archive?a=1&b=2",
        title="L’archive et le <réseau>",
        description="Ce que l’on garde,\net pourquoi.",
        language="fr",
        author=AuthorDraft(name="Claire Aubert"),
        tags=("agents", "santé/social", "données ouvertes"),
        added="2014-11-08T22:30:00Z",
        updated="2014-12-01T08:00:00Z",
    )
    assert (second.url, second.title, second.description) == (None, "Sans adresse", "Un mot.")
    assert warnings("feed", archive) == [
        "The passages and comments of 1 item were left out: export JSON Lines to keep them."
    ]


def test_the_atom_archive_again_changes_nothing_in_its_own_base() -> None:
    library = an_empty_library()
    import_data(library, exported("jsonl", WHOLE))
    before = exported_lines(library)
    report = import_data(library, exported("atom", WHOLE), group_slug="quais")
    assert (report.added, report.updated, report.unchanged) == (0, 0, 1)
    assert exported_lines(library) == before
