"""Saved pages are read exactly, whichever browser saved them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kb.formats.diigo import text_copy_lines
from kb.formats.diigo.text_copy_reader import read_saved_page
from kb.formats.import_formats import read_drafts
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, AuthorDraft, ItemDraft, RecordWarning

PAGES = Path(__file__).parents[3] / "corpus" / "saved_pages"


def drafts_of(page: bytes | str) -> list[ItemDraft]:
    return [
        part
        for part in read_saved_page([page.encode() if isinstance(page, str) else page])
        if isinstance(part, ItemDraft)
    ]


def warnings_of(page: bytes | str) -> list[tuple[int | None, str]]:
    entries = read_saved_page([page.encode() if isinstance(page, str) else page])
    return [(entry.line, entry.why) for entry in entries if isinstance(entry, RecordWarning)]


def page_named(name: str) -> bytes:
    return (PAGES / f"{name}.txt").read_bytes()


def a_page(*items: str, path: str = "Home/ Quais/ Group items tagged vélo", pager: str = "") -> str:
    return "\n".join(["Skip to main content", "", path, "", "Rss Feed Group items tagged", "", *items, pager])


def quotes_of(draft: ItemDraft) -> list[str | None]:
    return [annotation.quote for annotation in draft.annotations if annotation.quote is not None]


def comments_of(draft: ItemDraft) -> list[str | None]:
    return [annotation.body for annotation in draft.annotations if annotation.kind is AnnotationKind.COMMENT]


def test_the_items_of_a_page_come_in_their_order_with_group_tag_and_sharer() -> None:
    drafts = drafts_of(page_named("donnees-ouvertes"))
    assert [draft.author for draft in drafts] == [
        AuthorDraft(name=name)
        for name in ("Marthe Vidal-Roche", "marthe", "Le Syndicat de l'eau - 3 views", "Équipe Données", "Paul")
    ]
    assert [draft.views for draft in drafts] == [12, 1, 1204, 0, 47]
    assert {draft.group.name for draft in drafts if draft.group} == {"Veille Rivières & Marais 43"}
    assert {draft.tags for draft in drafts} == {("données ouvertes",)}


def test_a_title_may_contain_views_and_is_marked_if_it_was_shortened() -> None:
    drafts = drafts_of(page_named("donnees-ouvertes"))
    assert [draft.title for draft in drafts][:3] == [
        "Cartographier les zones humides avec les habitants : retour sur trois étés d'inven...",
        "On ne compte pas les hérons - 0 views",
        "Qui ouvre les vannes ?",
    ]
    assert [draft.truncated_title for draft in drafts] == [True, False, False, False, False]


def test_highlights_belong_to_the_sharer_and_comments_have_no_author() -> None:
    first = drafts_of(page_named("donnees-ouvertes"))[0]
    kinds = [(annotation.kind, annotation.author) for annotation in first.annotations]
    assert kinds == [(AnnotationKind.HIGHLIGHT, first.author)] * 5 + [(AnnotationKind.COMMENT, None)]


def test_texts_are_read_unchanged() -> None:
    first = drafts_of(page_named("donnees-ouvertes"))[0]
    assert quotes_of(first)[1:4] == [
        "…puis les relevés ont été saisis le soir, « au chaud », dans un tableur partagé.",
        "« Une mare n’existe vraiment que lorsqu’elle a un nom », dit l’un des bénévoles (72\xa0ans).",
        "...et c’est ainsi que 214 mares ont reçu un nom, dont 31 portent celui d’une grand-mère.",
    ]


def test_a_comment_keeps_its_paragraphs_and_one_without_words_is_none() -> None:
    second = drafts_of(page_named("donnees-ouvertes"))[1]
    first, other = comments_of(second)
    assert first == (
        "Deux remarques.\n\nLa première : la méthode est simple, et elle tient sur une page.\n"
        "La seconde : personne n'a encore essayé en hiver."
    )
    assert other is not None
    assert other.startswith("Marthe, rien à voir")


def test_the_first_comment_of_the_form_gives_source_and_date() -> None:
    drafts = drafts_of(page_named("donnees-ouvertes"))
    assert [(draft.source, draft.published, draft.read_from_comment) for draft in drafts] == [
        ("La Feuille du bassin", "2016-03-03", True),
        (None, None, False),
        ("Riverains.example", "2015-12-01", True),
        (None, None, False),
        ("The Valley Ledger", "2017-09-02", True),
    ]


def test_a_pager_that_announces_too_many_items_is_reported() -> None:
    assert warnings_of(page_named("donnees-ouvertes")) == [(53, "The page announces 6 items and holds 5.")]


def test_pages_one_after_the_other_keep_each_its_own_tag_and_count() -> None:
    drafts = drafts_of(page_named("deux-pages"))
    assert [(draft.title, draft.tags) for draft in drafts] == [
        ("Semer en lune montante, vrai ou faux ?", None),
        ("Le compost de quartier, mode d'emploi", ("compost",)),
        ("Ce que mangent les vers", ("compost",)),
    ]
    assert {draft.group.name for draft in drafts if draft.group} == {"Jardins/Potagers d'ici"}
    assert warnings_of(page_named("deux-pages")) == [(32, "The page announces 4 items and holds 2.")]


def test_other_bullets_nested_bullets_and_french_wording_are_read() -> None:
    first, second = drafts_of(page_named("etoiles"))
    assert (first.group and first.group.name, first.tags, first.views) == ("Mémoire des places", ("halles",), 1234)
    assert quotes_of(first) == [
        "Le marché couvert a servi de salle de bal jusqu'en 1962.",
        "La charpente vient de la forêt voisine.",
    ]
    assert [reply.body for reply in first.annotations[0].replies] == [
        "Vu de mes yeux : le parquet est encore dessous.",
        "Et la sono ?",
    ]
    assert comments_of(first) == ["- Le Carreau, juil. 2018", "Un deuxième avis, plus réservé."]
    assert (second.title, second.annotations) == ("Sans liste", ())


def test_unknown_lines_and_missing_highlights_are_reported() -> None:
    assert warnings_of(page_named("etoiles")) == [
        (16, "This line was not understood and is left out."),
        (13, "The page announces 4 more highlights here, and 1 follow."),
    ]


def test_a_page_without_any_indent_is_read() -> None:
    first, second = drafts_of(page_named("sans-retrait"))
    assert comments_of(first) == ["Bonne idée pour la rue du Port aussi.\nRives & Quais, 14/05/2021"]
    assert (first.published, second.title, second.author) == ("2021-05-14", "Le pont fermé", AuthorDraft(name="Omar"))


SAVED_OTHERWISE: dict[str, Callable[[str], bytes]] = {
    "carriage returns and line feeds": lambda text: text.replace("\n", "\r\n").encode(),
    "carriage returns alone": lambda text: text.replace("\n", "\r").encode(),
    "a byte-order mark": lambda text: text.encode("utf-8-sig"),
    "form feeds": lambda text: text.replace("1 - 6 of 6", "\f1 - 6 of 6").encode(),
    "Windows-1252": lambda text: text.encode("cp1252"),
    "other bullets": lambda text: text.replace("  • ", "  ▪ ").encode(),
    "stars": lambda text: text.replace("  • ", "  * ").encode(),
    "tabs": lambda text: text.replace("  • ", "\t•\t").replace("\n    ", "\n\t\t").encode(),
    "deep indents": lambda text: text.replace("  • ", "      • ").replace("\n    \xa0", "\n          \xa0").encode(),
    "everything set in": lambda text: text.replace("\n", "\n   ").encode(),
    "trailing spaces": lambda text: text.replace("\n", "  \n").encode(),
    "no final line end": lambda text: text.rstrip("\n").encode(),
    "a pager above too": lambda text: text.replace("Rss Feed", "1 - 6 of 6\nRss Feed").encode(),
    "a pager twice": lambda text: (text + "1 - 6 of 6\n").encode(),
}


@pytest.mark.parametrize("way", SAVED_OTHERWISE)
def test_another_browser_gives_the_same_items(way: str) -> None:
    page = page_named("donnees-ouvertes")
    if way == "deep indents":
        page = page.replace(b"\n    ", b"\n          ")
    saved = SAVED_OTHERWISE[way](page.decode())

    def without_lines(drafts: list[ItemDraft]) -> list[tuple[object, ...]]:
        return [
            (draft.title, draft.author, draft.views, draft.tags, draft.source, draft.annotations) for draft in drafts
        ]

    assert without_lines(drafts_of(saved)) == without_lines(drafts_of(page))
    assert [reason for _, reason in warnings_of(saved) if "announces" in reason] == [
        "The page announces 6 items and holds 5."
    ]


@pytest.mark.parametrize(
    ("words", "views"),
    [("1 view", 1), ("12 views", 12), ("1,234 views", 1234), ("1 234 vues", 1234), ("1.234 vues", 1234), ("0 vue", 0)],
)
def test_views_are_counted_as_they_are_written(words: str, views: int) -> None:
    page = a_page("Lise", "", f"Les quais - {words}", "", "  • Sans voiture.")
    assert [(draft.title, draft.views) for draft in drafts_of(page)] == [("Les quais", views)]


@pytest.mark.parametrize(
    ("path", "group", "tags"),
    [
        ("Home/ Quais/ Group items tagged vélo", "Quais", ("vélo",)),
        ("Home / Quais & Ponts / Group items tagged open data", "Quais & Ponts", ("open data",)),
        ("Home/ A/B/C/ Group items tagged x/y", "A/B/C", ("x/y",)),
        ("Home/ Quais/ Group items", "Quais", None),
        ("Accueil/ Quais/ Éléments du groupe marqués vélo", "Quais", ("vélo",)),
    ],
)
def test_the_path_of_a_page_names_group_and_tag(path: str, group: str, tags: tuple[str, ...] | None) -> None:
    (draft,) = drafts_of(a_page("Lise", "", "Les quais - 0 views", path=path))
    assert draft.group is not None
    assert (draft.group.name, draft.tags) == (group, tags)


def test_a_page_without_a_path_names_no_group() -> None:
    (draft,) = drafts_of("Lise\n\nLes quais - 0 views\n\n  • Sans voiture.\n")
    assert (draft.group, draft.tags) == (None, None)


def test_two_comments_alike_are_two() -> None:
    page = a_page("Lise", "", "Les quais - 0 views", "", *["  • \xa0", "    Rives & Quais, mai 2021"] * 2)
    (draft,) = drafts_of(page)
    assert draft.annotations == (AnnotationDraft(AnnotationKind.COMMENT, body="Rives & Quais, mai 2021"),) * 2


def test_a_list_inside_a_comment_stays_in_it() -> None:
    page = a_page(
        "Lise", "", "Les quais - 0 views", "", "  • \xa0", "    À voir :", "      • le pont", "      • le port"
    )
    assert comments_of(drafts_of(page)[0]) == ["À voir :\n  • le pont\n  • le port"]


def test_a_comment_that_looks_like_the_page_stays_a_comment() -> None:
    page = a_page(
        "Lise", "", "Les quais - 0 views", "", "  • \xa0", "    Omar", "", "    Le pont - 3 views", "    1 - 2 of 2"
    )
    (draft,) = drafts_of(page)
    assert comments_of(draft) == ["Omar\n\nLe pont - 3 views\n1 - 2 of 2"]


def test_a_title_without_a_name_before_it_is_an_item_all_the_same() -> None:
    page = a_page("Les quais - 0 views", "", "  • Sans voiture.")
    (draft,) = drafts_of(page.replace("Rss Feed Group items tagged\n\n", ""))
    assert (draft.title, draft.author) == ("Les quais", None)


def test_an_empty_page_has_no_item_and_reports_the_announced_number() -> None:
    assert drafts_of(a_page(pager="1 - 14 of 14")) == []
    assert [reason for _, reason in warnings_of(a_page(pager="1 - 14 of 14"))] == [
        "The page announces 14 items and holds 0."
    ]
    assert warnings_of(a_page(pager="0 - 0 of 0")) == []


def test_a_nul_character_is_reported_and_left_out() -> None:
    page = a_page("Lise", "", "Les quais - 0 views", "", "  • Sans\x00 voiture.")
    assert quotes_of(drafts_of(page)[0]) == ["Sans voiture."]
    assert [reason for _, reason in warnings_of(page)] == ["A NUL character was left out."]


def test_bytes_that_are_not_utf_8_are_read_and_reported() -> None:
    page = a_page("Lise", "", "Les quais - 0 views", "", "  • Sans voiture.").encode().replace(b"Sans", b"S\xffns")
    assert quotes_of(drafts_of(page)[0]) == ["Sÿns voiture."]
    assert len(warnings_of(page)) == 1


@pytest.mark.timeout(20)
def test_a_long_page_is_read_one_item_at_a_time() -> None:
    item = "Lise\n\nLes quais - 0 views\n\n  • Sans voiture, le dimanche.\n".encode()
    total = 0

    def chunks() -> object:
        for number in range(20_000):
            yield item
            assert number - total < 50

    for _ in read_saved_page(chunks()):  # type: ignore[arg-type]
        total += 1
    assert total == 20_000


def test_the_format_is_seen_by_the_content() -> None:
    with (PAGES / "etoiles.txt").open("rb") as stream:
        assert [draft.title for draft in read_drafts(stream) if isinstance(draft, ItemDraft)] == [
            "Les halles, un toit pour tous",
            "Sans liste",
        ]


def test_of_blank_lines_without_end_the_first_are_read() -> None:
    end = b"Claire\nUn titre - 3 vues\n  \xe2\x80\xa2 Un passage\n    Une reponse\n\n    en deux lignes\n"
    for blank in (b"\n", b"\r\n", b"\r", b" \t\n"):
        lines = list(text_copy_lines.page_lines([blank * 100_000, end]))
        assert len(lines) < 200
        assert [replace(draft, line=0) for draft in drafts_of(blank * 100_000 + end)] == [
            replace(draft, line=0) for draft in drafts_of(end)
        ]
