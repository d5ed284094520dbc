import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engine import require_indexable
from kb.model.items.annotation import AnnotationKind
from kb.search.documents import id_from_key, index_documents_of
from kb.search.facet_registry import site_and_parent_domains, site_from_text
from kb.search.index_fields import SCHEMA
from tests.factories.items import a_reply, a_user, an_annotation, an_item

GAVIOLIG, SOPHIE = a_user("gaviolig", "gaviolig"), a_user("sophie-point", "Sophie Point")


def test_an_item_becomes_one_document_and_one_for_each_annotation() -> None:
    item = an_item(id="un", annotations=[an_annotation(id="a"), an_annotation(None, id="b", body="Lagazette.fr")])
    assert [document.key for document in index_documents_of(item)] == ["i/un", "p/a", "p/b"]
    assert [id_from_key(document.key) for document in index_documents_of(item)] == ["un", "a", "b"]


def test_an_item_holds_all_its_words_and_says_where_they_stand() -> None:
    item = an_item(
        "Les cadres",
        description="Une étude",
        tags=["Rh"],
        source="Lagazette.fr",
        byline="Sophie Point",
        annotations=[
            an_annotation("Un lourd chantier"),
            an_annotation("La donnée", body="À relire"),
            an_annotation(None, body="- Lagazette.fr, 7 nov 2014", replies=[a_reply("D’accord")]),
        ],
    )
    values = index_documents_of(item)[0].values
    assert values["text"] == (
        "Les cadres", "Une étude", "Un lourd chantier", "La donnée", "À relire", "- Lagazette.fr, 7 nov 2014",
        "D’accord", "Rh", "Lagazette.fr", "Sophie Point",
    )  # fmt: skip
    assert values["exact"] == values["text"]
    assert values["byline"] == values["byline_words"] == ("Sophie Point",)
    assert values["highlight"] == ("Un lourd chantier",)
    assert values["note"] == ("La donnée", "À relire")
    assert values["comment"] == ("- Lagazette.fr, 7 nov 2014",)
    assert values["reply"] == ("D’accord",)
    assert values["kind"] == ("highlight", "note", "comment")


def test_a_passage_has_its_own_words_author_and_date() -> None:
    annotation = an_annotation(
        "Le passage", author=SOPHIE, added="2014-12-31T23:30:00-02:00", replies=[a_reply("Merci")]
    )
    item = an_item("Le titre", author=GAVIOLIG, added="2014-11-07", annotations=[annotation])
    whole, passage = index_documents_of(item)
    assert whole.values["author"] == ("gaviolig",)
    assert passage.values["author"] == ("sophie-point",)
    assert passage.values["author_name"] == ("Sophie Point",)
    assert passage.values["text"] == ("Le passage", "Merci")
    assert passage.values["title"] == ("Le titre",)
    # 2015-01-01 in universal time.
    assert passage.values["added"] == passage.values["cited"] == ((16436, 16436),)
    assert passage.values["added_at"] == (1_420_075_800_000_000,)


def test_the_cited_date_is_the_publication_else_the_arrival_else_none() -> None:
    def cited(**fields: str) -> object:
        return index_documents_of(an_item(**fields))[0].values.get("cited")  # type: ignore[arg-type]

    assert cited(published="2014", added="2015-02-01") == ((16071, 16435),)
    assert cited(added="1970-01-02T00:00:00Z") == ((1, 1),)
    assert cited() is None


def test_a_passage_is_dated_by_its_items_publication_first() -> None:
    item = an_item(published="1970-01-03", annotations=[an_annotation(added="2015-02-01")])
    assert index_documents_of(item)[1].values["cited"] == ((2, 2),)


def test_a_date_that_no_calendar_knows_is_no_date() -> None:
    values = index_documents_of(an_item(published="2014-02-30", added="avant-hier"))[0].values
    assert not {"published", "added", "added_at", "cited"} & values.keys()


def test_passages_keep_their_order_within_and_between_items() -> None:
    first = an_item(order=1, annotations=[an_annotation(), an_annotation()])
    second = an_item(order=2, annotations=[an_annotation()])
    orders = [document.values["order"] for item in (first, second) for document in index_documents_of(item)[1:]]
    assert orders == sorted(orders)
    assert len(set(orders)) == 3


def test_titles_are_ordered_by_their_folded_form_and_addresses_stand_in_for_them() -> None:
    assert index_documents_of(an_item("Œuvre d’Été"))[0].values["title_order"] == ("oeuvre d'ete",)
    assert index_documents_of(an_item(None, url="https://Exemple.fr"))[0].values["title_order"] == (
        "https://exemple.fr",
    )


@pytest.mark.parametrize(
    ("url", "sites"),
    [
        ("https://www.lagazette.fr/1/page?x=1#y", ("lagazette.fr", "fr")),
        ("http://Blog.Exemple.FR:8080/", ("blog.exemple.fr", "exemple.fr", "fr")),
        ("https://xn--caf-dma.fr/", ("café.fr", "fr")),
        ("https://192.168.0.1/", ("192.168.0.1",)),
        ("https://[2001:db8::1]:80/", ("2001:db8::1",)),
        ("https://exemple.fr./", ("exemple.fr", "fr")),
        ("https://xn--/", ("xn--",)),
        ("https://[mauvais/", ()),
        ("mailto:claire@exemple.fr", ()),
        ("javascript:alert(1)", ()),
        (None, ()),
    ],
)
def test_an_address_belongs_to_its_host_and_to_the_domains_above(url: str | None, sites: tuple[str, ...]) -> None:
    assert site_and_parent_domains(url) == sites


@pytest.mark.parametrize(
    ("typed", "site"),
    [
        ("lagazette.fr", "lagazette.fr"),
        ("WWW.Lagazette.fr", "lagazette.fr"),
        ("https://www.lagazette.fr/page", "lagazette.fr"),
        ("lagazette.fr/page", "lagazette.fr"),
        ("", None),
        ("[", None),
    ],
)
def test_a_site_may_be_typed_as_an_address(typed: str, site: str | None) -> None:
    assert site_from_text(typed) == site


texts = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs",)), max_size=30))


@given(texts, texts, texts, texts, st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=9), max_size=3))
def test_the_documents_of_any_item_fit_the_schema(
    title: str | None, url: str | None, published: str | None, added: str | None, tags: list[str]
) -> None:
    annotation = an_annotation(title, kind=AnnotationKind.NOTE, body=url, added=published)
    item = an_item(title, url=url, published=published, added=added, tags=tags, annotations=[annotation])
    for document in index_documents_of(item):
        require_indexable(document, SCHEMA)


def test_a_host_over_the_bound_has_no_sites() -> None:
    assert site_and_parent_domains(f"https://{'a.' * 20_000}fr/") == ()
    assert site_and_parent_domains(f"https://{'a' * 64}.fr/") == ()
    assert len(site_and_parent_domains(f"https://{'a.' * 125}fr/")) == 126
