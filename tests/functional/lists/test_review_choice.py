"""Passages and comments of a press review, chosen one by one by boxes, without JavaScript."""

import re
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.feeds.feed_formats import FEED_FORMATS
from kb.formats.export_formats import EXPORT_FORMATS
from kb.indexer import catch_up
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item_list import ListEntryKind
from kb.model.people.group import JoinPolicy, Visibility
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS
from kb.services.core.library import Library
from kb.services.lists.lists import add_list_entry, create_list
from kb.services.lists.press_review import MOST_ITEMS
from kb.web.pages.lists import review_file
from tests.factories.group import a_shared, as_
from tests.factories.items import a_user, an_annotation, an_item
from tests.factories.library import add_items

BOX = re.compile(r'name="passage" value="([^"]+)"( checked)?>')
ITEM = re.compile(r'name="item" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def read(library: Library, slug: str) -> Library:
    """Two items of one group: five passages and a comment each, with known ids."""
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
    assert group is not None
    items = (
        an_item(
            f"Crue {item}",
            id=f"crue{item}",
            group=group,
            order=item,
            source="La Gazette",
            annotations=[
                *(an_annotation(f"Passage {n} de la crue {item}.", id=f"q{item}-{n}") for n in range(5)),
                an_annotation(None, body=f"Avis sur la crue {item}.", id=f"c{item}", kind=AnnotationKind.COMMENT),
            ],
        )
        for item in range(2)
    )
    add_items(library, *items)
    catch_up(library)
    return library


def boxes(page: str) -> dict[str, bool]:
    return {name: bool(ticked) for name, ticked in BOX.findall(page)}


def sent(page: str, *ticked: str, items: bool = True) -> str:
    """The query that the page's form sends with these boxes ticked; it also names all items with boxes and those
    without.
    """
    hidden = [(name, unescape(value)) for name, value in HIDDEN.findall(page.partition('<form action="')[2])]
    fields = [("title", "Crues"), ("dated", ""), ("introduction", ""), ("quotes", "2"), ("longest", "300")]
    return urlencode(
        [
            *hidden,
            *fields,
            ("order", "list"),
            *(("passage", passage_id) for passage_id in ticked),
            *(("item", item_id) for item_id in ITEM.findall(page) if items),
        ]
    )


def passages_in(text: str) -> list[str]:
    return re.findall(r"(?:Passage \d de|Avis sur) la crue \d", text)


def test_boxes_are_ticked_as_the_review_is_and_every_format_follows_them(
    read: Library, browser: dict[str, TestClient]
) -> None:
    first = browser[""].get("/review?q=crue&order=list")
    assert passages_in(first.text) == [f"Passage {n} de la crue {item}" for item in (0, 1) for n in (0, 1)]
    assert '<button class="plain" type="submit" form="review-form" name="choose" value="1">' in first.text
    page = browser[""].get(f"/review?{sent(first.text)}&choose=1").text
    assert boxes(page) == {
        f"{kind}{item}{n}": n in ("-0", "-1")
        for item in (0, 1)
        for kind, n in (*(("q", f"-{n}") for n in range(5)), ("c", ""))
    }
    query = sent(page, "q0-4", "q0-2", "c1")
    chosen = ["Passage 2 de la crue 0", "Passage 4 de la crue 0", "Avis sur la crue 1"]
    assert passages_in(browser[""].get(f"/review?{query}").text) == chosen
    for form in ("html", "md", "txt", "eml"):
        assert list(dict.fromkeys(passages_in(browser[""].get(f"/review?{query}&format={form}").text))) == chosen, form
    for form in PRESS_REVIEW_FORMATS:
        assert browser[""].get(f"/review?{query}&format={form}").status_code == 200


def test_a_language_that_no_format_knows_stops_no_file_and_no_page(
    read: Library, browser: dict[str, TestClient]
) -> None:
    with read.store.read() as reading:
        group = next(group for group in reading.groups.all() if not group.is_personal)
    hostile = ("fr-CA", "klingon", 'x"><b>', "en" + "-x" * 99)
    add_items(read, *(an_item(f"Langue {n}", group=group, language=tag) for n, tag in enumerate(hostile)))
    catch_up(read)
    files = [f"/review?q=langue&format={form}" for form in PRESS_REVIEW_FORMATS]
    feeds = [f"/search.{form}?q=langue" for form in FEED_FORMATS]
    exports = [f"/export?q=langue&format={form}" for form in EXPORT_FORMATS]
    for address in ("/search?q=langue", "/review?q=langue", *files, *feeds, *exports):
        answer = browser["claire"].get(address)
        assert answer.status_code == 200, address
        assert 'lang="x"' not in answer.text, address


def test_a_review_that_is_too_long_is_refused_as_a_file(
    read: Library, browser: dict[str, TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_file, "LONGEST_REVIEW", 100)
    for form in PRESS_REVIEW_FORMATS:
        answer = browser[""].get(f"/review?q=crue&format={form}")
        assert answer.status_code == 400
        assert "au plus 100 caractères" in answer.text


def test_a_passage_with_guillemets_of_its_own_gets_no_others(read: Library, browser: dict[str, TestClient]) -> None:
    own = ("« Crue » est le mot", "le mot est « crue »", "“Crue” first")
    plain = "La « crue » monte"
    with read.store.read() as reading:
        group = next(group for group in reading.groups.all() if not group.is_personal)
    add_items(
        read, an_item("Mots", id="mots", group=group, annotations=[an_annotation(text) for text in (*own, plain)])
    )
    catch_up(read)
    page = browser[""].get("/review?q=mots&choose=1").text
    assert re.findall(r"<q[^>]*>([^<]+)</q>", page) == [plain]
    assert re.findall(r'<span dir="auto">([^<]*[«“][^<]*)</span>', page) == list(own)


def test_a_page_that_two_items_have_is_marked_the_second_time(read: Library, browser: dict[str, TestClient]) -> None:
    """Several groups may save the same page: the review of what is new in them has it twice."""
    said = "Cette page est déjà plus haut"
    with read.store.read() as reading:
        group = next(group for group in reading.groups.all() if not group.is_personal)
    addresses = ("https://exemple.fr/presse", "http://www.exemple.fr/presse/", "https://exemple.fr/autre", None, None)
    items = (an_item(f"Presse {n}", id=f"presse{n}", group=group, url=url) for n, url in enumerate(addresses))
    add_items(read, *items)
    catch_up(read)
    page = browser[""].get("/review?q=presse").text
    assert (page.count('name="item"'), page.count(said)) == (5, 1)
    assert said not in browser[""].get("/review?q=presse&format=txt").text
    assert said not in browser[""].get("/review?q=crue").text


def test_a_review_of_nothing_offers_no_file_but_says_what_to_do(read: Library, browser: dict[str, TestClient]) -> None:
    page = browser[""].get("/review?q=introuvable").text
    assert 'name="format"' not in page
    assert "Cette recherche ne trouve rien" in page
    with read.store.read() as reading:
        group = next(group for group in reading.groups.all() if not group.is_personal)
    new = create_list(read, as_(read, "claire"), group.slug, "Vide")
    assert "/review" not in browser[""].get(f"/lists/{new.id}").text
    page = browser["claire"].get(f"/lists/{new.id}/review").text
    assert 'name="format"' not in page
    assert f'href="/lists/{new.id}/edit"' in page
    assert f'href="/lists/{new.id}/edit"' not in browser[""].get(f"/lists/{new.id}/review").text


def test_a_choice_is_kept_when_options_change_and_can_be_changed_or_given_up(
    read: Library, browser: dict[str, TestClient]
) -> None:
    visitor = browser[""]
    review = visitor.get("/review?" + sent(visitor.get("/review?q=crue&choose=1").text, "q1-3", "c0")).text
    other = visitor.get("/review?" + sent(review).replace("order=list", "order=source")).text
    assert '<h3 class="part" dir="auto">La Gazette</h3>' in other
    assert sorted(passages_in(other)) == ["Avis sur la crue 0", "Passage 3 de la crue 1"]
    assert 'name="choose" value="none"' in other
    again = visitor.get(f"/review?{sent(other)}&choose=1").text
    assert {id_ for id_, ticked in boxes(again).items() if ticked} == {"q1-3", "c0"}
    assert len(passages_in(visitor.get(f"/review?{sent(other)}&choose=none").text)) == 4


def test_a_list_keeps_its_sections_and_leaves_out_the_passages_that_are_not_ticked(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    claire = as_(read, "claire")
    plan = create_list(read, claire, slug, "Plan", "")
    add_list_entry(read, claire, plan.id, ListEntryKind.HEADING, words="Amont")
    for n in (3, 1):
        entry = {"item_id": "crue0", "annotation_id": f"q0-{n}"}
        add_list_entry(read, claire, plan.id, ListEntryKind.PASSAGE, words=f"Mot {n}.", **entry)
    add_list_entry(read, claire, plan.id, ListEntryKind.HEADING, words="Aval")
    add_list_entry(read, claire, plan.id, ListEntryKind.ITEM, item_id="crue1")
    page = browser[""].get(f"/lists/{plan.id}/review?choose=1").text
    assert [id_ for id_, ticked in boxes(page).items() if ticked] == ["q0-3", "q0-1", "q1-0", "q1-1"]
    text = browser[""].get(f"/lists/{plan.id}/review?{sent(page, 'q0-1', 'q1-4')}&format=md").text
    assert passages_in(text) == ["Passage 1 de la crue 0", "Passage 4 de la crue 1"]
    assert "Mot 1" in text
    assert "Mot 3" not in text
    assert text.index("## Amont") < text.index("Passage 1") < text.index("## Aval") < text.index("Passage 4")


def test_a_comment_and_a_note_of_a_list_have_their_author(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    """Else they stand where a description of the page stands, as if the page said so."""
    with read.store.read() as reading:
        group = reading.groups.by_slug(slug)
    luc = a_user("luc", "Luc Martin")
    notes = [
        an_annotation("La digue tient.", id="n1", body="À revoir au printemps.", author=luc),
        an_annotation(None, id="n2", body="La digue de l’est.", kind=AnnotationKind.COMMENT, author=luc),
        an_annotation(None, id="n3", body="La digue de l’ouest.", kind=AnnotationKind.COMMENT, author=luc),
    ]
    add_items(read, an_item("Digue", id="digue", group=group, annotations=notes))
    plan = create_list(read, as_(read, "claire"), slug, "Plan", "")
    for part_id, words in (("n1", ""), ("n2", ""), ("n3", "Mon avis.")):
        entry = {"item_id": "digue", "annotation_id": part_id, "words": words}
        add_list_entry(read, as_(read, "claire"), plan.id, ListEntryKind.PASSAGE, **entry)
    text = browser[""].get(f"/lists/{plan.id}/review?format=txt").text
    assert "À revoir" not in text
    text = browser[""].get(f"/lists/{plan.id}/review?comments=on&format=txt").text
    assert "Luc Martin (import)\u202f: À revoir au printemps." in text
    assert "Luc Martin (import)\u202f: La digue de l’est." in text
    assert "Luc Martin (import)\u202f: La digue de l’ouest." in text
    assert "Mon avis." in text
    page = browser[""].get(f"/lists/{plan.id}/review?choose=1").text
    assert boxes(page) == {"n1": True, "n2": True, "n3": True}
    without = browser[""].get(f"/lists/{plan.id}/review?{sent(page, 'n1')}&format=txt").text
    assert "La digue tient." in without
    assert "La digue de l" not in without


def test_the_notes_on_passages_come_with_the_comments(read: Library, slug: str, browser: dict[str, TestClient]) -> None:
    """A warning of a colleague leaves the group only if its reader asks for it, from a search as from a list."""
    with read.store.read() as reading:
        group = reading.groups.by_slug(slug)
    note = an_annotation("La digue tient.", id="n1", body="À revoir au printemps.", author=a_user("luc", "Luc Martin"))
    add_items(read, an_item("Digue", id="digue", group=group, annotations=[note]))
    catch_up(read)
    for query in ("q=digue", "item=digue", "item=digue.n1"):
        assert "À revoir" not in browser[""].get(f"/review?{query}&format=txt").text, query
        text = browser[""].get(f"/review?{query}&comments=on&format=txt").text
        assert "«\u202fLa digue tient.\u202f»" in text
        assert "Luc Martin (import)\u202f: À revoir au printemps." in text, query


def test_no_choice_brings_in_what_the_reader_may_not_read(read: Library, browser: dict[str, TestClient]) -> None:
    closed = a_shared(read, JoinPolicy.INVITE, Visibility.MEMBERS)
    add_items(
        read, an_item("Secret", id="secret", group=closed, annotations=[an_annotation("Tu ne liras pas.", id="hid")])
    )
    catch_up(read)
    for query in ("q=crue", "item=secret&item=crue0", "group=" + closed.slug):
        for end in ("", "&choose=1", "&format=md"):
            answer = browser[""].get(f"/review?{query}&among=secret.crue0&passage=hid.q0-0&passage=hid{end}").text
            assert "Tu ne liras pas" not in answer
            assert "Secret" not in answer


def test_the_boxes_of_a_page_fit_in_the_address_that_they_make(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    with read.store.read() as reading:
        group = reading.groups.by_slug(slug)
    assert group is not None
    for number in range(8):
        add_items(
            read,
            an_item(
                f"Digue {number}",
                id=f"digue{number}".ljust(64, "x"),
                group=group,
                order=10 + number,
                annotations=[
                    an_annotation(f"Digue {number}, {n}.", id=f"d{number}-{n}".ljust(64, "x")) for n in range(60)
                ],
            ),
        )
    catch_up(read)
    page = browser[""].get("/review?q=digue&choose=1").text
    assert "On peut cocher ici 200 passages et commentaires" in page
    assert 50 <= len(boxes(page)) <= 200
    query = sent(page, *boxes(page))
    assert len(query) < 20_000
    review = browser[""].get(f"/review?{query}")
    assert review.status_code == 200
    # Items without boxes keep the first two passages.
    assert len(re.findall(r"Digue \d, \d+\.", review.text)) == len(boxes(page)) + 2 * (8 - len(boxes(page)) // 50)


def test_hostile_choices_are_no_errors(read: Library, browser: dict[str, TestClient]) -> None:
    for value in (".", "..a..", "%00", "x" * 10_000, "a." * 5_000, "<script>"):
        for end in ("", "&choose=1"):
            answer = browser[""].get(f"/review?q=crue&among={value}&passage={value}{end}")
            assert answer.status_code == 200, value[:20]
            assert "<script>" not in answer.text


def test_typed_text_stays_when_passages_are_chosen(read: Library, browser: dict[str, TestClient]) -> None:
    """The choice is a button of the form, which also sends the title and the introduction."""
    first = browser[""].get("/review?q=crue").text
    assert "choose=1" not in first
    typed = sent(first).replace("introduction=", "introduction=Une+semaine+de+crues")
    for query in (f"{typed}&choose=1", typed, f"{typed}&choose=none"):
        page = browser[""].get(f"/review?{query}").text
        assert "\nUne semaine de crues</textarea>" in page
        assert 'value="Crues"' in page


def test_a_review_without_any_ticked_item_is_empty_and_can_be_filled_again(
    read: Library, browser: dict[str, TestClient]
) -> None:
    first = browser[""].get("/review?q=crue&order=list").text
    assert first.count('name="item"') == 2
    nothing = sent(first, items=False)
    empty = browser[""].get(f"/review?{nothing}").text
    assert "Aucun signet n’est coché" in empty
    assert "rien n’a été trouvé" not in empty
    assert passages_in(empty) == []
    # There is nothing to put into a file without an introduction.
    for form in ("md", "eml"):
        answer = browser[""].get(f"/review?{nothing}&format={form}")
        assert "Aucun signet n’est coché" in answer.text, form
        assert "Content-Disposition" not in answer.headers
        assert 'type="hidden" name="format"' not in answer.text
    introduced = nothing.replace("introduction=", "introduction=Rien+cette+semaine")
    assert "Content-Disposition" in browser[""].get(f"/review?{introduced}&format=eml").headers
    # The title can be changed at the same time, and all items are restored in their order.
    again = browser[""].get(f"/review?{sent(empty)}&again=1").text
    assert passages_in(again) == passages_in(first)
    assert again.count('name="item"') == 2
    assert len(passages_in(browser[""].get(f"/review?{nothing}&item=crue1").text)) == 2


def test_no_box_brings_back_what_the_reader_may_not_read(read: Library, browser: dict[str, TestClient]) -> None:
    closed = a_shared(read, JoinPolicy.INVITE, Visibility.MEMBERS)
    add_items(
        read, an_item("Secret", id="secret", group=closed, annotations=[an_annotation("Tu ne liras pas.", id="hid")])
    )
    for boxes_sent in ("secret", "secret.crue0", "." * 3_000):
        answer = browser[""].get(f"/review?boxes={boxes_sent}&again=1")
        assert answer.status_code == 200
        assert "Secret" not in answer.text


def test_no_heading_of_a_markdown_review_skips_a_level(read: Library, browser: dict[str, TestClient]) -> None:
    for order, levels in (("list", [1, 2, 2]), ("source", [1, 2, 3, 3])):
        text = browser[""].get(f"/review?q=crue&order={order}&format=md").text
        assert [len(marks) for marks in re.findall(r"^#+(?= )", text, re.MULTILINE)] == levels


def test_text_typed_for_a_review_is_kept_when_the_session_ends(read: Library, browser: dict[str, TestClient]) -> None:
    """The text is in the address to which the login returns, for the list of a closed group too."""
    closed, claire = a_shared(read, JoinPolicy.INVITE, Visibility.MEMBERS), as_(read, "claire")
    plan = create_list(read, claire, closed.slug, "Plan", "")
    introduction = "é, à la crue. " * 350
    address = f"/lists/{plan.id}/review?{urlencode([('made', '1'), ('introduction', introduction)])}"
    assert introduction.strip() in browser["claire"].get(address).text
    answer = browser[""].get(address)
    assert answer.status_code == 404
    assert introduction.strip() not in answer.text
    login = re.search(r'href="(/login\?next=[^"]+)"', answer.text)
    assert login is not None
    assert parse_qs(urlsplit(unescape(login[1])).query)["next"] == [address]


def test_the_review_of_a_long_list_says_how_much_of_it_it_holds(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    claire = as_(read, "claire")
    chosen = create_list(read, claire, slug, "Toutes les crues")
    for _ in range(MOST_ITEMS):
        add_list_entry(read, claire, chosen.id, ListEntryKind.ITEM, item_id="crue0")
    address = f"/lists/{chosen.id}/review"
    assert "premières entrées" not in browser["claire"].get(address).text

    add_list_entry(read, claire, chosen.id, ListEntryKind.ITEM, item_id="crue1")
    assert "Les 200 premières entrées sur 201." in browser["claire"].get(address).text
