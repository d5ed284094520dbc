"""The files of the activity report: tables, and documents."""

import re
import zipfile
from io import BytesIO

import pytest
from docx import Document

from kb.features.reports import activity_report, report_tables
from kb.services.core.library import Library
from tests.factories.items import an_item
from tests.factories.library import add_items
from tests.factories.moderation import item_of
from tests.features.reports.report_browsers import YEARS, browser, links, table, text


def test_the_file_of_last_month_is_two_clicks_from_the_group(library: Library) -> None:
    client = browser(library, "olga")
    tab = links(client.get("/g/quais").text)["Rapport"]
    page = client.get(tab)
    assert page.status_code == 200
    file = client.get(links(page.text)["Tous les tableaux (CSV, ZIP)"])
    assert file.headers["content-disposition"].startswith("attachment")
    assert zipfile.ZipFile(BytesIO(file.content)).namelist() == []
    years = client.get(f"/g/quais/report?{YEARS}").text
    packed = zipfile.ZipFile(BytesIO(client.get(links(years)["Tous les tableaux (CSV, ZIP)"]).content))
    names = [
        "periodes.csv",
        "personnes.csv",
        "personnes-et-mots-cles.csv",
        "mots-cles.csv",
        "signets-de-la-periode.csv",
    ]
    assert packed.namelist() == names
    assert packed.read("periodes.csv").decode("utf-8-sig").startswith("Période;Signets gardés;")


@pytest.mark.parametrize(
    ("kind", "first", "link"),
    [
        ("period", ["2014-01", "1", "1", "0", "0"], "/search?group=quais&from=2014-01&to=2014-01&date=added"),
        (
            "person",
            ["Claire", "1", "1", "1"],
            "/search?group=quais&author=claire&from=2014-01-01&to=2015-12-31&date=added",
        ),
        ("tag", ["Quai", "1", "1", "1", "0"], "/search?group=quais&tag=Quai&from=2014-01-01&to=2015-12-31&date=added"),
        (
            "person-tag",
            ["Claire", "Quai", "1", "1", "1"],
            "/search?group=quais&tag=Quai&author=claire&from=2014-01-01&to=2015-12-31&date=added",
        ),
    ],
)
def test_each_table_is_a_file_of_one_kind_of_rows_with_their_links(
    library: Library, kind: str, first: list[str], link: str
) -> None:
    client = browser(library, "olga")
    rows = table(client.get(f"/g/quais/report?{YEARS}&format=csv&table={kind}").text)
    assert len({len(row) for row in rows}) == 1
    assert rows[0][-1] == "Lien permanent"
    assert rows[1][:-1] == first
    assert rows[1][-1].endswith(link)
    assert rows[1][-1].startswith("http")
    assert client.get(rows[1][-1]).status_code == 200


@pytest.mark.parametrize(
    ("filters", "kind", "first", "link"),
    [
        ("tag=port&person=claire", "period", "2014-01", "tag=port&author=claire&from=2014-01&to=2014-01&date=added"),
        ("person=claire", "tag", "Quai", "tag=Quai&author=claire&from=2014-01-01&to=2015-12-31&date=added"),
        ("tag=port", "tag", "Quai", "tag=port&tag=Quai&from=2014-01-01&to=2015-12-31&date=added"),
        ("tag=QUAI", "tag", "Quai", "tag=QUAI&from=2014-01-01&to=2015-12-31&date=added"),
        ("tag=port", "person", "Claire", "tag=port&author=claire&from=2014-01-01&to=2015-12-31&date=added"),
    ],
)
def test_the_links_of_a_file_keep_the_filters_of_the_report(
    library: Library, filters: str, kind: str, first: str, link: str
) -> None:
    client = browser(library, "olga")
    rows = {row[0]: row for row in table(client.get(f"/g/quais/report?{YEARS}&{filters}&format=csv&table={kind}").text)}
    assert rows[first][-1].endswith(f"/search?group=quais&{link}")
    assert client.get(f"/api/v1/search?group=quais&{link}").json()["total"] == int(rows[first][1]) == 1


def test_the_file_has_the_saved_pages_of_the_period(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who shared them is only in the file of those who see figures about persons."""
    address = f"/g/quais/report?{YEARS}&format=csv&table=saved"
    client = browser(library, "olga")
    rows = table(client.get(address).text)
    headings = ["Titre", "Adresse", "Groupe", "Partagé par", "Mots-clés", "Ajouté", "Lien permanent"]
    assert [row[:6] for row in rows] == [
        headings[:6],
        ["La criée", "", "Quais", "Paul Ancien (import)", "", "2014-02-02"],
        ["Le port au petit matin", "https://exemple.fr/port", "Quais", "Claire", "port, Quai", "2014-01-02"],
    ]
    assert client.get(rows[1][-1]).status_code == 200
    assert [row[0] for row in table(client.get(f"{address}&person=claire&tag=Quai").text)[1:]] == [rows[2][0]]
    members = table(browser(library, "max").get(address).text)
    assert members[0] == [name for name in headings if name != "Partagé par"]
    assert not any("Claire" in cell for row in members for cell in row)
    for module in (activity_report, report_tables):
        monkeypatch.setattr(module, "MOST_SAVED_ITEMS", 1)
    assert [row[0] for row in table(client.get(address).text)[1:]] == ["La criée", "Les 1 premiers signets sur 2."]


def test_an_unknown_table_is_refused(library: Library) -> None:
    assert browser(library, "olga").get(f"/g/quais/report?{YEARS}&format=csv&table=nom").status_code == 400


@pytest.mark.parametrize(("form", "begin"), [("docx", b"PK"), ("pdf", b"%PDF-1.7")])
def test_a_report_is_a_document(library: Library, form: str, begin: bytes) -> None:
    client = browser(library, "olga")
    answer = client.get(
        links(client.get(f"/g/quais/report?{YEARS}").text)[{"docx": "Document Word", "pdf": "PDF"}[form]]
    )
    assert answer.status_code == 200
    assert answer.content.startswith(begin)
    assert f".{form}" in answer.headers["content-disposition"]
    if form == "docx":
        words = "\n".join(paragraph.text for paragraph in Document(BytesIO(answer.content)).paragraphs)
        assert "Signets gardés\u202f: 2" in words
        assert "Le port au petit matin" in words
        assert "Claire" not in words
    assert client.get(f"/g/quais/report?{YEARS}&format=rtf").status_code == 400


def test_a_file_of_figures_computes_nothing(library: Library) -> None:
    """A tag that a user has named must not run as a formula in an owner's spreadsheet."""
    group = item_of(library).group_id
    add_items(
        library, an_item(id="x", group=group, tags=["=1+1", "@a;b"], source="+33", added="2014-05-01", title="-1")
    )
    client, values = browser(library, "olga"), set[str]()
    for kind in ("tag", "source"):
        rows = table(client.get(f"/g/quais/report?{YEARS}&format=csv&table={kind}").text)
        values |= {row[0] for row in rows}
    assert {"'=1+1", "'@a;b", "'+33"} <= values
    english = client.get(f"/g/quais/report?{YEARS}&format=csv&table=tag&lang=en").text
    assert english.startswith("\ufeffTag,Saved pages,")


def test_a_file_has_all_rows_and_the_page_the_first(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    group = item_of(library).group_id
    rare = [
        an_item(id=f"r{n}", group=group, tags=[f"t{n:02}"], source=f"S{n:02}", added="2014-05-01") for n in range(25)
    ]
    often = [an_item(id=f"o{n}", group=group, tags=["Zoo"], source="Z", added="2014-05-01") for n in range(2)]
    add_items(library, *rare, *often)
    client = browser(library, "olga")
    with library.store.write() as writing:
        for item in rare:
            writing.daily_views.count(item.id, "2014-06-01", administrators=False)
    title, address, packed = (
        rare[0].title,
        f"/g/quais/report?{YEARS}",
        client.get(f"/g/quais/report?{YEARS}&format=zip").content,
    )
    page = text(client.get(address).text)
    for kind, name, first, last, count in (
        ("tag", "mots-cles.csv", "Zoo", "Sans mot-clé", 29),
        ("source", "sources.csv", "Z", "Sans source", 27),
        ("item", "les-plus-ouverts.csv", title, title, 25),
        ("person-tag", "personnes-et-mots-cles.csv", "Claire", "Claire", 2),
    ):
        file = client.get(f"{address}&format=csv&table={kind}").text
        rows = table(file)[1:]
        assert (rows[0][0], rows[-1][0], len(rows)) == (first, last, count)
        assert zipfile.ZipFile(BytesIO(packed)).read(name).decode("utf-8") == file
    sources = table(client.get(f"{address}&format=csv&table=source").text)[1:]
    assert sum(int(row[1]) for row in sources) == 29
    # The first five alone are on the page.
    assert re.search(r"S03 1 À retenir", page)
    for module in (activity_report, report_tables):
        monkeypatch.setattr(module, "MOST_ROWS", 22)
    for kind, count in (("tag", 24), ("source", 24), ("item", 23)):
        rows = table(client.get(f"{address}&format=csv&table={kind}").text)[1:]
        assert (rows[-1][0], len(rows)) == ("Seules les 22 premières lignes sont ici.", count)


def test_the_first_figures_of_a_table_sort_it(library: Library) -> None:
    """Four saved pages go before one with many openings; the most opened show their openings first."""
    group = item_of(library).group_id
    saved = [an_item(id=f"s{n}", group=group, tags=["gardé"], source="A", added="2014-05-01") for n in range(4)]
    add_items(library, *saved, an_item(id="read", group=group, tags=["lu"], source="B", added="2014-05-01"))
    with library.store.write() as writing:
        for item, views in (("read", 9), ("s0", 1)):
            for _ in range(views):
                writing.daily_views.count(item, "2014-06-01", administrators=False)
    client = browser(library, "olga")
    for kind, numbers in (("tag", ["4", "1", "1", "1", "1"]), ("source", ["4", "1", "2"]), ("item", ["9", "1"])):
        rows = table(client.get(f"/g/quais/report?{YEARS}&format=csv&table={kind}").text)[1:]
        assert [row[1] for row in rows] == numbers
