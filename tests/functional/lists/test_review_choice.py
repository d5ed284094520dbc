"""Passages and comments of a press review, chosen one by one by boxes, without JavaScript."""

import re
from html import unescape

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
from tests.support.browser_sessions import send
from tests.support.press_reviews import draft_of, passage_boxes, review_fields, sent_review


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


def passages_in(text: str) -> list[str]:
    return re.findall(r"(?:Passage \d de|Avis sur) la crue \d", text)


def test_boxes_are_ticked_as_the_review_is_and_every_format_follows_them(
    read: Library, browser: dict[str, TestClient]
) -> None:
    claire, first = browser["claire"], browser["claire"].get("/review?q=crue&order=list")
    assert passages_in(first.text) == [f"Passage {n} de la crue {item}" for item in (0, 1) for n in (0, 1)]
    address = draft_of(claire, "q=crue&order=list")
    assert passages_in(claire.get(address).text) == passages_in(first.text)
    page = sent_review(claire, address, review_fields(claire.get(address).text), "choose")
    assert passage_boxes(page) == {
        f"{kind}{item}{n}": n in ("-0", "-1")
        for item in (0, 1)
        for kind, n in (*(("q", f"-{n}") for n in range(5)), ("c", ""))
    }
    chosen = ["Passage 2 de la crue 0", "Passage 4 de la crue 0", "Avis sur la crue 1"]
    assert passages_in(sent_review(claire, address, review_fields(page, "q0-4", "q0-2", "c1"))) == chosen
    for form in ("html", "md", "txt", "eml"):
        assert list(dict.fromkeys(passages_in(claire.get(f"{address}.{form}").text))) == chosen, form
    for form in PRESS_REVIEW_FORMATS:
        assert claire.get(f"{address}.{form}").status_code == 200


def test_only_passages_of_an_item_are_kept_as_chosen(read: Library, browser: dict[str, TestClient]) -> None:
    claire = browser["claire"]
    address = draft_of(claire, "q=crue&order=list")
    page = sent_review(claire, address, review_fields(claire.get(address).text), "choose")
    others = [("passage", f"crue0.{other}") for other in ("q1-0", "rien\0", "x" * 100_000, "q0-3")]
    sent_review(claire, address, [*review_fields(page, "q0-3"), *others])
    with read.store.read() as reading:
        item_list = reading.lists.by_id(address.split("/")[2])
    assert item_list is not None
    assert {entry.item_id: entry.chosen for entry in item_list.entries} == {"crue0": ("q0-3",), "crue1": ()}


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
    page = browser["claire"].get(draft_of(browser["claire"], "q=mots") + "?choose=1").text
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
    page = browser["claire"].get(draft_of(browser["claire"], "q=presse")).text
    assert (page.count('name="item"'), page.count(said)) == (5, 1)
    assert said not in browser[""].get("/review?q=presse&format=txt").text
    assert said not in browser[""].get("/review?q=crue").text


def test_each_item_has_one_link_and_those_of_closed_groups_none_unless_it_is_chosen(
    read: Library, slug: str, browser: dict[str, TestClient]
) -> None:
    """Recipients may not read a closed group: a link to it would only lead them to a login."""
    closed = a_shared(read, JoinPolicy.INVITE, Visibility.MEMBERS)
    with read.store.read() as reading:
        group = reading.groups.by_slug(slug)
    page = "https://exemple.fr/lien"
    for name, where in (("ouvert", group), ("secret", closed)):
        for url in (page, None):
            quotes = [an_annotation("Un lien.", id=f"{name}-{bool(url)}")]
            add_items(read, an_item("Liens", id=f"{name}{bool(url)}", group=where, url=url, annotations=quotes))
    catch_up(read)
    here = "http://127.0.0.1:8000/items/"
    expected = {
        "": [page, page, f"{here}ouvertFalse"],
        "&links=item": [f"{here}{name}{has}" for name in ("ouvert", "secret") for has in (False, True)],
        "&links=none": [],
    }
    for more, links in expected.items():
        html = browser["claire"].get(f"/review?q=liens&format=html{more}").text
        assert sorted(re.findall('href="([^"]+)"', html)) == sorted(links), more
        text = browser["claire"].get(f"/review?q=liens&format=txt{more}").text
        assert sorted(re.findall("https?://.*", text)) == sorted(links), more


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
    claire, address = browser["claire"], draft_of(browser["claire"], "q=crue")
    fields = review_fields(claire.get(f"{address}?choose=1").text, "q1-3", "c0")
    review = sent_review(claire, address, fields)
    other = sent_review(claire, address, review_fields(review), order="source")
    assert '<h3 class="part" id="s1" dir="auto">La Gazette</h3>' in other
    assert sorted(passages_in(other)) == ["Avis sur la crue 0", "Passage 3 de la crue 1"]
    assert 'name="act" value="plain"' in other
    again = sent_review(claire, address, review_fields(other), "choose")
    assert {id_ for id_, ticked in passage_boxes(again).items() if ticked} == {"q1-3", "c0"}
    assert len(passages_in(sent_review(claire, address, review_fields(other), "plain"))) == 4


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
    address = f"/lists/{plan.id}/review"
    assert browser[""].get(f"{address}?choose=1").status_code == 400
    page = browser["claire"].get(f"{address}?choose=1").text
    assert [id_ for id_, ticked in passage_boxes(page).items() if ticked] == ["q0-3", "q0-1", "q1-0", "q1-1"]
    sent_review(browser["claire"], address, review_fields(page, "q0-1", "q1-4"))
    text = browser[""].get(f"{address}.md").text
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
    address = f"/lists/{plan.id}/review"
    text = browser[""].get(f"{address}.txt").text
    assert "À revoir" not in text
    sent_review(browser["claire"], address, review_fields(browser["claire"].get(address).text), comments="on")
    text = browser[""].get(f"{address}.txt").text
    assert "Luc Martin (import)\u202f: À revoir au printemps." in text
    assert "Luc Martin (import)\u202f: La digue de l’est." in text
    assert "Luc Martin (import)\u202f: La digue de l’ouest." in text
    assert "Mon avis." in text
    page = browser["claire"].get(f"{address}?choose=1").text
    assert passage_boxes(page) == {"n1": True, "n2": True, "n3": True}
    sent_review(browser["claire"], address, review_fields(page, "n1"))
    without = browser[""].get(f"{address}.txt").text
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


def test_the_boxes_of_a_page_fit_in_the_form_that_they_make(
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
    address = draft_of(browser["claire"], "q=digue")
    page = browser["claire"].get(f"{address}?choose=1").text
    assert "On peut cocher ici 200 passages et commentaires" in page
    boxes = passage_boxes(page)
    assert 50 <= len(boxes) <= 200
    review = sent_review(browser["claire"], address, review_fields(page, *boxes))
    # Items without boxes keep the first two passages.
    assert len(re.findall(r"Digue \d, \d+\.", review)) == len(boxes) + 2 * (8 - len(boxes) // 50)


def test_hostile_choices_are_no_errors(read: Library, browser: dict[str, TestClient]) -> None:
    claire, address = browser["claire"], draft_of(browser["claire"], "q=crue")
    for value in (".", "..a..", "%00", "x" * 10_000, "a." * 5_000, "<script>"):
        for end in ("", "&choose=1"):
            answer = browser[""].get(f"/review?q=crue&among={value}&passage={value}{end}")
            assert answer.status_code == 200, value[:20]
            assert "<script>" not in answer.text
        fields = review_fields(claire.get(address).text)
        for name in ("among", "shown", "passage", "item", "version"):
            page = sent_review(claire, address, [*fields, (name, value)])
            assert passages_in(page), (name, value[:20])
            assert "<script>" not in page


def test_typed_text_stays_when_passages_are_chosen(read: Library, browser: dict[str, TestClient]) -> None:
    """The choice is a button of the form, which also sends the title and the introduction."""
    claire, address = browser["claire"], draft_of(browser["claire"], "q=crue")
    fields = review_fields(claire.get(address).text)
    for act in ("choose", "", "plain"):
        page = sent_review(claire, address, fields, act, introduction="Une semaine de crues")
        assert "\nUne semaine de crues</textarea>" in page
        assert 'value="Crues"' in page


def test_a_review_without_any_ticked_item_is_empty_and_is_filled_again_by_undo(
    read: Library, browser: dict[str, TestClient]
) -> None:
    claire, address = browser["claire"], draft_of(browser["claire"], "q=crue&order=list")
    first = claire.get(address).text
    assert first.count('name="item"') == 2
    empty = sent_review(claire, address, review_fields(first, items=()))
    assert "Cette liste est vide" in empty
    assert passages_in(empty) == []
    # There is nothing to put into a file without an introduction.
    for form in ("md", "eml"):
        assert claire.get(f"{address}.{form}").headers["location"] == address, form
    undo = re.search(r'<form class="flash" method="post" action="([^"]+)"', empty)
    assert undo is not None
    send(claire, address, unescape(undo[1]))
    again = claire.get(address).text
    assert passages_in(again) == passages_in(first)
    one = sent_review(claire, address, review_fields(again, items=("crue1",)), introduction="Rien cette semaine")
    assert len(passages_in(one)) == 2
    sent_review(claire, address, review_fields(one, items=()), introduction="Rien cette semaine")
    assert "Content-Disposition" in claire.get(f"{address}.eml").headers


def test_no_box_brings_back_what_the_reader_may_not_read(read: Library, browser: dict[str, TestClient]) -> None:
    closed = a_shared(read, JoinPolicy.INVITE, Visibility.MEMBERS)
    add_items(
        read, an_item("Secret", id="secret", group=closed, annotations=[an_annotation("Tu ne liras pas.", id="hid")])
    )
    paul = browser["paul"]
    for query in ("item=secret&item=crue0", "item=secret.hid&item=crue0", "item=secret"):
        address = draft_of(paul, query)
        assert "Secret" not in paul.get(address).text
        assert "Tu ne liras pas" not in paul.get(f"{address}?choose=1").text
        page = sent_review(paul, address, [*review_fields(paul.get(address).text), ("among", "secret.crue0"),
                                           ("passage", "secret.hid"), ("passage", "crue0.hid")])  # fmt: skip
        assert "Tu ne liras pas" not in page


def test_no_heading_of_a_markdown_review_skips_a_level(read: Library, browser: dict[str, TestClient]) -> None:
    for order, levels in (("list", [1, 2, 2]), ("source", [1, 2, 3, 3])):
        text = browser[""].get(f"/review?q=crue&order={order}&format=md").text
        assert [len(marks) for marks in re.findall(r"^#+(?= )", text, re.MULTILINE)] == levels


def test_text_typed_for_a_review_is_kept_when_the_session_ends(read: Library, browser: dict[str, TestClient]) -> None:
    """The login page carries the text along, and says no more of a closed group than that it is not there."""
    closed, claire = a_shared(read, JoinPolicy.INVITE, Visibility.MEMBERS), as_(read, "claire")
    plan = create_list(read, claire, closed.slug, "Plan", "")
    introduction = "é, à la crue. " * 350
    address = f"/lists/{plan.id}/review"
    fields = review_fields(browser["claire"].get(address).text)
    assert introduction.strip() in sent_review(browser["claire"], address, fields, introduction=introduction)
    login = sent_review(browser[""], address, fields, introduction=introduction)
    assert introduction.strip() in login
    assert "Plan" not in login


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
