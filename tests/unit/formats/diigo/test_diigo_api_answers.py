"""Responses of Diigo's API."""

from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, ReplyDraft
from kb.model.items.import_source import DiigoFile
from tests.factories.import_files import drafts, warnings
from tests.factories.import_samples import API

LISE = AuthorDraft(name="Lise Été")


def test_an_answer_of_the_api_of_diigo_gives_authors_dates_and_annotations() -> None:
    first, second = drafts("diigo-json", API)
    assert first == ItemDraft(
        url="https://exemple.fr/a",
        title="Les agents racontent",
        description="Une note & sa suite",
        author=LISE,
        tags=("agents", "données ouvertes"),
        added="2008-04-29T22:28:54Z",
        updated="2014-11-07T09:12:00Z",
        private=True,
        source="Lagazette.fr",
        published="2014-11-07",
        read_from_comment=True,
        diigo_file=DiigoFile.DIIGO_JSON,
        annotations=(
            AnnotationDraft(
                AnnotationKind.HIGHLIGHT,
                author=LISE,
                added="2008-05-01T00:00:00Z",
                quote="Premier\npassage",
                replies=(ReplyDraft(body="D’accord"),),
            ),
            AnnotationDraft(AnnotationKind.COMMENT, author=AuthorDraft(name="Paul"), body="Lagazette.fr, 7 nov 2014"),
        ),
    )
    assert second == ItemDraft(url="https://exemple.fr/b", diigo_file=DiigoFile.DIIGO_JSON)
    assert warnings("diigo-json", API) == [
        "This record has neither a title nor an address.",
    ]
    assert (first.private, second.private) == (True, False)
