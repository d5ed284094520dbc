"""SRU: searches in CQL over public items, diagnostics, explain, and a client written by others."""

from collections.abc import Callable, Iterator
from contextlib import closing
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from kb.features.harvest.cql import MOST_BOOLEANS, MOST_DEPTH, SruDiagnostic, query_of_cql
from kb.model.search_request import MAX_QUERY
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.items import a_user, an_item
from tests.factories.library import a_library
from tests.features.harvest.conftest import OPEN, OTHER, SECRET, token_of_member

SRW, SRU2 = "{http://www.loc.gov/zing/srw/}", "{http://docs.oasis-open.org/ns/search-ws/sruResponse}"
DIAGNOSTIC = "{http://www.loc.gov/zing/srw/diagnostic/}"
DC = "{http://purl.org/dc/elements/1.1/}"
Search = Callable[..., ET.Element]


@pytest.fixture
def library() -> Iterator[Library]:
    items = [
        an_item("L’eau potable & la ville", id="a", order=1, group=OPEN, tags=["Eau potable", "Ville"], language="fr",
                byline="Claire Roy", source="Le Monde", published="2014-11-07", url="https://exemple.fr/a"),
        an_item("La ville et ses rivières", id="b", order=2, group=OPEN, tags=["ville"], published="2015",
                byline="Paul Blanc", language="fr", url="https://exemple.fr/b"),
        an_item("Les rivières de montagne", id="c", order=3, group=OTHER, tags=["eau"], published="2016-02",
                language="fr", description="Un jour sans fin", url="https://exemple.fr/c"),
        an_item("La ville cachée", id="x", order=4, group=SECRET, tags=["ville", "secrets"], published="2014",
                author=a_user("sophie")),
    ]  # fmt: skip
    with closing(a_library(*items, groups=(OPEN, OTHER, SECRET))) as filled:
        yield filled


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(create_app(library), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def search(client: TestClient) -> Search:
    def ask(query: str | None, **more: str) -> ET.Element:
        parameters = {
            "operation": "searchRetrieve",
            "version": "1.2",
            **({} if query is None else {"query": query}),
            **more,
        }
        answer = client.get("/sru", params=parameters)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8"), answer.text
        return ET.fromstring(answer.content)

    return ask


def found_letters(root: ET.Element) -> set[str]:
    """The last letters of the addresses of the records."""
    assert root.find(f"{SRW}diagnostics") is None, ET.tostring(root)
    return {
        identifier_.text[-1]
        for identifier_ in root.iter(f"{DC}identifier")
        if identifier_.text and "exemple.fr" in identifier_.text
    }


def diagnostic(root: ET.Element) -> str:
    return (root.findtext(f".//{DIAGNOSTIC}uri") or "").rpartition("/")[2]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("ville", "ab"),
        ("VILLE", "ab"),
        ('"eau potable"', "a"),
        ("dc.title = rivière", "bc"),
        ("title all \"ville rivières\"", "b"),
        ("title any \"potable montagne\"", "ac"),
        ('title adj "rivières de montagne"', "c"),
        ('title == "montagne rivières"', ""),
        ('dc.subject = "Eau potable"', "a"),
        ("dc.subject any \"eau ville\"", "abc"),
        ("subject exact EAU", "c"),
        ("creator = roy", "a"),
        ("dc.publisher = monde", "a"),
        ("dc.description = jour", "c"),
        ("dc.language = fr", "abc"),
        ("dc.date = 2014", "a"),
        ("date > 2014", "bc"),
        ("date >= 2015", "bc"),
        ("date < 2015-01-01", "a"),
        ("date <= 2015", "ab"),
        ("date <> 2015", "ac"),
        ("ville not potable", "b"),
        ("potable or montagne", "ac"),
        ("ville and rivière or montagne", "bc"),
        ("ville and (rivière or montagne)", "b"),
        ("montagne or ville and rivière", "bc"),
        ("(ville)", "ab"),
        ("cql.allRecords = 1", "abc"),
        ("cql.serverChoice = ville", "ab"),
        ("cql.anywhere scr riv*", "bc"),
        ("title <> \"rivières\"", "a"),
        ('"OU potable"', "a"),
        ('"-ville"', "ab"),
        ('"groupe:secret ville"', ""),
        ('"ville) OU (cachée"', ""),
        ("subject = secrets", ""),
        ("cachée", ""),
    ],
)  # fmt: skip
def test_a_cql_query_finds_what_it_says_and_nothing_that_is_not_public(search: Search, query: str, ids: str) -> None:
    root = search(query)
    assert found_letters(root) == set(ids)
    assert root.findtext(f"{SRW}numberOfRecords") == str(len(ids))


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "10"), ("(", "10"), ("ville)", "13"), ("(ville", "13"), ("()", "10"), ("and", "10"), ("ville and", "10"),
        ("a b", "10"), ('"ville', "14"), ("title = ", "10"), ("title = and =", "10"), ("x.title = a", "15"),
        ("dc.format = a", "16"), ("bath.name = a", "15"), ("title =/fuzzy a", "20"), ("a and/rel.x b", "46"),
        ("a prox b", "39"), ("a sortby title", "80"), ('title = ""', "27"), ('"!"', "27"), ("date = hier", "36"),
        ("date any 2014", "22"), ("title < a", "22"), ("title within a", "22"), ("date within 2014", "22"),
        (" and ".join(["a"] * (MOST_BOOLEANS + 2)), "38"),
        ("(" * (MOST_DEPTH + 1) + "a" + ")" * (MOST_DEPTH + 1), "13"),
        ("a" * (MAX_QUERY + 1), "12"), (f'title any "{"a " * 900}"', "12"), (f'any "{"ab* " * 90}"', "10"),
        (f'cql.anywhere any "{"ab* " * 90}"', "12"),
    ],
)  # fmt: skip
def test_an_unsupported_query_is_a_diagnostic_and_finds_nothing(search: Search, query: str, code: str) -> None:
    root = search(query)
    assert diagnostic(root) == code, ET.tostring(root)
    assert root.findtext(f"{SRW}numberOfRecords") == "0"
    assert root.find(f"{SRW}records") is None


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"maximumRecords": "x"}, "6"), ({"startRecord": "0"}, "6"), ({"startRecord": "4"}, "61"),
        ({"startRecord": "99999999"}, "61"), ({"recordSchema": "marcxml"}, "66"), ({"recordPacking": "string"}, "71"),
        ({"version": "3"}, "5"), ({"operation": "scan"}, "4"), ({"lettre": "a"}, "8"), ({"sortKeys": "title"}, "80"),
    ],
)  # fmt: skip
def test_parameters_that_are_not_known_are_diagnostics(search: Search, parameters: dict[str, str], code: str) -> None:
    assert diagnostic(search("cql.allRecords=1", **parameters)) == code


def test_a_query_is_needed(search: Search, client: TestClient) -> None:
    assert diagnostic(search(None)) == "7"
    assert "diagnostic/1/6<" in client.get("/sru?operation=searchRetrieve&query=a&query=b").text


def test_records_come_in_parts_from_any_position(search: Search) -> None:
    every = search("cql.allRecords=1", maximumRecords="3")
    order = [record.findtext(f".//{DC}title") for record in every.iter(f"{SRW}record")]
    assert len(order) == 3
    for start, most in ((1, 1), (2, 1), (2, 2), (3, 2), (1, 2), (3, 50)):
        part = search("cql.allRecords=1", startRecord=str(start), maximumRecords=str(most))
        assert [record.findtext(f".//{DC}title") for record in part.iter(f"{SRW}record")] == order[
            start - 1 : start - 1 + most
        ]
        positions = [position.text for position in part.iter(f"{SRW}recordPosition")]
        assert positions == [str(place) for place in range(start, min(start + most, 4))]
        follows = part.findtext(f"{SRW}nextRecordPosition")
        assert follows == (str(start + most) if start + most <= 3 else None)
    counted = search("ville", maximumRecords="0")
    assert (counted.findtext(f"{SRW}numberOfRecords"), counted.find(f"{SRW}records")) == ("2", None)


def test_a_record_has_the_fields_of_its_item(search: Search) -> None:
    (record,) = search("potable").iter(f"{SRW}record")
    assert record.findtext(f"{SRW}recordSchema") == "info:srw/schema/1/dc-v1.1"
    texts = {element.tag.removeprefix(DC): element.text for element in record.iter() if element.tag.startswith(DC)}
    assert texts["title"] == "L’eau potable & la ville"
    assert (texts["creator"], texts["publisher"], texts["date"]) == ("Roy, Claire", "Le Monde", "2014-11-07")


def test_version_2_has_its_own_names(client: TestClient) -> None:
    root = ET.fromstring(client.get("/sru?query=ville").content)
    assert root.tag == f"{SRU2}searchRetrieveResponse"
    assert root.findtext(f"{SRU2}numberOfRecords") == "2"
    assert [element.text for element in root.iter(f"{SRU2}recordXMLEscaping")] == ["xml", "xml"]
    refused = client.get("/sru?query=dc.format=a").text
    assert 'xmlns="http://docs.oasis-open.org/ns/search-ws/diagnostic"' in refused
    assert client.get("/sru").text.partition("?>")[2].lstrip().startswith(f'<explainResponse xmlns="{SRU2[1:-1]}"')


def test_explain_names_the_indexes_that_can_be_searched(client: TestClient, search: Search) -> None:
    for version in ("1.1", "1.2"):
        root = ET.fromstring(client.get(f"/sru?operation=explain&version={version}").content)
        assert root.findtext(f"{SRW}version") == version
    space = "{http://explain.z3950.org/dtd/2.0/}"
    names = {(element.get("set"), element.text) for element in root.iter(f"{space}name")}
    assert {("dc", "title"), ("dc", "subject"), ("cql", "serverChoice")} <= names
    for context, name in names:
        assert diagnostic(search(f"{context}.{name} = 2014")) == ""


def test_the_answer_is_the_same_for_a_member_of_the_closed_group(client: TestClient, library: Library) -> None:
    headers = {"Authorization": f"Bearer {token_of_member(library)}"}
    for query in ("ville", "subject = secrets", "cql.allRecords = 1"):
        texts = [
            client.get("/sru", params={"query": query}, headers=sent_headers).text for sent_headers in (headers, {})
        ]
        assert texts[0] == texts[1]
        assert "cachée" not in texts[0]


def test_no_text_breaks_the_xml(search: Search) -> None:
    for query in ("]]>", "<a>", "\x00", "é\x0b\ud7ff", "&amp;", '"a\\"b" ou', "🐟"):
        search(query)


def test_words_of_a_term_are_words_of_a_query_and_no_signs() -> None:
    assert query_of_cql('"ET -x SAUF(y) z:t ~2"') == "(et ET x ET sauf ET y ET z ET t ET 2)"
    assert query_of_cql('subject = "a\\"b « c"') == 'mot-clé:"a b c"'
    with pytest.raises(SruDiagnostic, match="Unsupported index"):
        query_of_cql("rien = x")


@pytest.mark.filterwarnings("ignore:Testing an element's truth value:DeprecationWarning")
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_client_of_others_searches_and_reads_what_can_be_searched(client: TestClient, version: str) -> None:
    sruthi = pytest.importorskip("sruthi")
    sru_client = sruthi.Client("http://testserver/sru", maximum_records=2, sru_version=version, session=client)
    records = sru_client.searchretrieve("cql.allRecords = 1")
    assert records.count == 3
    assert len({record["title"] for record in records}) == 3
    assert "title" in sru_client.explain()["index"]["dc"]
    with pytest.raises(sruthi.errors.SruError, match="Unsupported index"):
        sru_client.searchretrieve("dc.format = a").count  # noqa: B018 - it asks then


def test_an_answer_ends_before_it_is_too_large_and_names_the_next_record() -> None:
    long = [an_item(f"Titre {n}", id=f"long-{n}", group=OPEN, description="<é>" * 6_000) for n in range(40)]
    with closing(a_library(*long, groups=(OPEN,))) as library, TestClient(create_app(library)) as client:
        ids, start = list[str](), "1"
        while start:
            answer = client.get(f"/sru?version=1.2&query=cql.allRecords=1&maximumRecords=50&startRecord={start}")
            assert len(answer.content) < 1_200_000
            root = ET.fromstring(answer.content)
            ids += [found.text or "" for found in root.iter(f"{DC}title")]
            start = root.findtext(f"{SRW}nextRecordPosition") or ""
        assert sorted(ids) == sorted(item.title or "" for item in long)
