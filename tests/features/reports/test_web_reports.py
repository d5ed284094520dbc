"""The pages of the activity report in a browser."""

import csv
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from io import BytesIO, StringIO

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.features.reports import activity_report, report_tables
from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.site import create_app
from tests.factories.items import a_group, a_user, an_item
from tests.factories.library import add_items
from tests.factories.moderation import a_moderated_library, item_of
from tests.support.browser_sessions import sign_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
YEARS = "from=2014&to=2015"
LEGAL = "Ils ne doivent pas servir à évaluer les agents (RGPD, article 5"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def browser(library: Library, login: str) -> TestClient:
    client = TestClient(create_app(library), headers={"user-agent": FIREFOX}, follow_redirects=False)
    if login:
        sign_in(client, login)
    return client


def text(page: str) -> str:
    main = page.split("<main", 1)[1].split("</main>", 1)[0].split(">", 1)[1]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", main)))


def links(page: str) -> dict[str, str]:
    return {unescape(label): unescape(href) for href, label in re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', page)}


def test_the_file_of_last_month_is_two_clicks_from_the_group(library: Library) -> None:
    client = browser(library, "olga")
    tab = links(client.get("/g/quais").text)["Rapport"]
    page = client.get(tab)
    assert page.status_code == 200
    file = client.get(links(page.text)["Télécharger tous les tableaux (CSV, ZIP)"])
    assert file.headers["content-disposition"].startswith("attachment")
    assert zipfile.ZipFile(BytesIO(file.content)).namelist() == []
    years = client.get(f"/g/quais/report?{YEARS}").text
    packed = zipfile.ZipFile(BytesIO(client.get(links(years)["Télécharger tous les tableaux (CSV, ZIP)"]).content))
    names = [
        "periodes.csv",
        "personnes.csv",
        "personnes-et-mots-cles.csv",
        "mots-cles.csv",
        "signets-de-la-periode.csv",
    ]
    assert packed.namelist() == names
    assert packed.read("periodes.csv").decode("utf-8-sig").startswith("Période;Signets gardés;")


def table(answer: str, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(StringIO(answer.removeprefix("\ufeff")), delimiter=delimiter))


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


def test_the_number_of_saved_pages_leads_to_their_list(library: Library) -> None:
    client = browser(library, "olga")
    every = links(client.get(f"/g/quais/report?{YEARS}").text)["Signets gardés"]
    assert every == "/search?group=quais&from=2014-01-01&to=2015-12-31&date=added"
    some = links(client.get(f"/g/quais/report?{YEARS}&tag=Quai&person=claire").text)["Signets gardés"]
    assert some == "/search?group=quais&tag=Quai&author=claire&from=2014-01-01&to=2015-12-31&date=added"
    assert client.get(some).status_code == 200
    assert "Signets gardés" not in links(client.get("/g/quais/report?from=1990&to=1991").text)


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


@pytest.mark.parametrize(
    ("login", "is_shown"),
    [("olga", True), ("max", True), ("claire", True), ("rene", False), ("sam", False), ("", False)],
)
def test_the_report_tab_is_shown_to_users_who_may_read_it(library: Library, login: str, is_shown: bool) -> None:
    assert ("/g/quais/report" in browser(library, login).get("/g/quais").text) is is_shown


def test_a_report_says_what_was_done(library: Library) -> None:
    page = browser(library, "olga").get(f"/g/quais/report?{YEARS}").text
    page_text = text(page)
    assert "du 1er janvier 2014 au 31 décembre 2015" in page_text
    assert "Signets gardés 2 Passages et notes 1 Commentaires et réponses 1 Ouvertures 0" in page_text
    assert "Paul Ancien" in page_text
    assert LEGAL in page_text
    # Three charts and their three tables: each scrolls separately.
    assert page.count("<svg") > 3
    assert page.count('<section class="chart" tabindex="0" aria-labelledby=') == 6
    assert "Au fil de la période" in page_text
    assert "février 2015" in page_text


@pytest.mark.parametrize("login", ["max", "claire"])
def test_a_moderator_and_a_member_read_no_name(library: Library, login: str) -> None:
    client = browser(library, login)
    for form in ("", "&format=csv&table=person", "&format=csv&table=person-tag", "&format=csv&table=tag"):
        answer = client.get(f"/g/quais/report?{YEARS}{form}")
        assert answer.status_code == 200
        assert "Paul Ancien" not in answer.text
        assert "Claire" not in text(answer.text) if not form else "Claire" not in answer.text
        assert LEGAL not in unescape(answer.text)
    assert client.get(f"/g/quais/report?{YEARS}&person=claire").status_code == 403


def test_the_report_is_gone_with_the_membership(library: Library) -> None:
    client = browser(library, "claire")
    for form in ("", "&format=csv", "&format=zip"):
        assert client.get(f"/g/quais/report?{YEARS}{form}").status_code == 200
    set_role(library, OPERATOR, "quais", "claire", Role.READER)
    for form in ("", "&format=csv", "&format=zip"):
        assert client.get(f"/g/quais/report?{YEARS}{form}").status_code == 403
    assert "/g/quais/report" not in client.get("/g/quais").text


def test_dates_are_read_as_people_write_them(library: Library) -> None:
    client = browser(library, "olga")
    led = client.get("/g/quais/report?from=02/01/2014&to=02/2014&tag=port")
    assert led.headers["location"] == "/g/quais/report?from=2014-01-02&to=2014-02&tag=port"
    page_text = text(client.get(led.headers["location"]).text)
    assert "du 2 janvier 2014 au 28 février 2014" in page_text
    assert "Mot-clé : port" in page_text


def test_a_date_that_is_none_is_an_error_beside_its_field(library: Library) -> None:
    page = browser(library, "olga").get("/g/quais/report?from=hier&to=2015&tag=port")
    assert page.status_code == 200
    assert 'name="from" value="hier"' in page.text
    assert 'aria-invalid="true"' in page.text
    assert 'id="e-from">Ce n’est pas une date' in page.text
    assert 'name="tag" value="port"' in page.text


@pytest.mark.parametrize("address", ["/g/quais/report", "/admin/report"])
@pytest.mark.parametrize(
    ("field", "value"), [("person", "persnne"), ("person", "\x01"), ("tag", "prot"), ("source", "La Gazte")]
)
def test_a_value_that_nothing_has_is_an_error_beside_its_field(
    library: Library, address: str, field: str, value: str
) -> None:
    set_administrator(library, OPERATOR, "olga", administrator=True)
    client = browser(library, "olga")
    page = client.get(address, params={"from": "2014", "to": "2015", "views": "readers", field: value})
    assert page.status_code == 200
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true" aria-describedby="e-{field}">', page.text)
    assert f'<p class="form-error" dir="auto" id="e-{field}">' in page.text
    # The other filters stay and have no error.
    assert page.text.count('class="form-error"') == 1
    assert 'value="2014"' in page.text
    assert 'value="readers" checked' in page.text


def test_a_value_of_another_period_is_no_error(library: Library) -> None:
    client = browser(library, "olga")
    for filters in ("person=claire", "tag=quai", "person=claire&tag=QUAI"):
        page = client.get(f"/g/quais/report?from=2001&to=2001&{filters}").text
        assert "Rien dans cette période" in unescape(page)
        assert "form-error" not in page


def test_an_error_says_nothing_of_other_groups(library: Library) -> None:
    other = a_group("ailleurs", visible=Visibility.MEMBERS)
    zoe = a_user("zoe")
    add_items(
        library,
        an_item("Loin", group=other, author=zoe, tags=["lointain"], source="Loin", added="2014-02-03T00:00:00Z"),
        groups=[other],
    )
    client = browser(library, "olga")
    for field, existing, unknown in (
        ("person", "zoe", "zou"),
        ("tag", "lointain", "lointein"),
        ("source", "Loin", "Lion"),
    ):
        pages = [
            client.get(f"/g/quais/report?{YEARS}&{field}={value}").text.replace(value, "x")
            for value in (existing, unknown)
        ]
        assert 'class="form-error"' in pages[0]
        assert pages[0] == pages[1]


def test_an_unknown_group_of_the_site_is_an_error_beside_its_field(library: Library) -> None:
    set_administrator(library, OPERATOR, "olga", administrator=True)
    page = browser(library, "olga").get(f"/admin/report?{YEARS}&group=quias&tag=quai").text
    assert '<select id="r-group" name="group" aria-invalid="true" aria-describedby="e-group">' in page
    assert page.count('class="form-error"') == 1
    assert 'name="tag" value="quai"' in page


def test_values_filter_the_report(library: Library) -> None:
    client = browser(library, "olga")
    page = client.get(f"/g/quais/report?{YEARS}").text
    person = client.get(links(page)["Claire"]).text
    assert "Signets gardés 1 Passages et notes 1" in text(person)
    assert "le site ne sait pas qui ouvre une page" in text(person)
    assert "Ouvertures 0" in text(page)
    assert "Ouvertures 0" not in text(person)
    chip = re.search(r'<ul class="chips".*?href="([^"]*)"', person, re.DOTALL)
    assert chip is not None
    assert "Signets gardés 2" in text(client.get(unescape(chip[1])).text)
    assert "Signets gardés 1" in text(client.get(links(page)["Quai"]).text)


def test_the_person_filter_lists_all_people_by_name(library: Library) -> None:
    client = browser(library, "olga")
    for chosen in ("", "claire"):
        page = client.get(f"/g/quais/report?{YEARS}&person={chosen}").text
        options = re.findall(r'<select id="r-person".*?</select>', page)[0]
        assert '<option value="">Toutes les personnes</option>' in options
        assert ('<option value="claire" selected>Claire<' in options) is bool(chosen)
        assert '<option value="ancien">Paul Ancien (import)<' in options
    assert "r-person" not in browser(library, "max").get(f"/g/quais/report?{YEARS}").text


def test_the_link_of_a_person_who_only_wrote_passages_leads_to_those_of_the_period(library: Library) -> None:
    client = browser(library, "olga")
    (_, row) = table(client.get("/g/quais/report?from=2015&to=2015&format=csv&table=person").text)
    assert row[:4] == ["Claire", "0", "0", "1"]
    assert row[-1].endswith("/search?group=quais&author=claire&from=2015-01-01&to=2015-12-31&date=added&view=passages")
    assert "Une remarque." in client.get(row[-1]).text


def test_openings_and_views_are_explained(library: Library) -> None:
    page = text(browser(library, "olga").get(f"/g/quais/report?{YEARS}").text)
    assert "par choix, le site ne garde pas trace de qui a ouvert quoi" in page
    assert "Les vues d’un signet sont toutes ses ouvertures" in page


def test_nothing_is_said_plainly(library: Library) -> None:
    page_text = text(browser(library, "olga").get("/g/quais/report?from=2001&to=2001").text)
    assert "Rien dans cette période" in page_text
    assert "le nombre de leurs abonnés ne peut pas être connu" in page_text


def test_openings_of_administrators_can_be_left_out(library: Library) -> None:
    set_administrator(library, OPERATOR, "olga", administrator=True)
    for login in ("", "claire", "olga"):
        assert browser(library, login).get("/items/i1/go").status_code == 303
    client, today = browser(library, "max"), datetime.now(UTC).date().isoformat()
    everything = text(client.get(f"/g/quais/report?from={today}&to={today}").text)
    assert "Ouvertures 3" in everything
    assert "Les plus ouverts" in everything
    assert "Ouvertures 2" in text(client.get(f"/g/quais/report?from={today}&to={today}&views=readers").text)


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


def test_a_file_has_all_rows_and_the_page_says_so(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
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
        sentence = f"Seules les premières lignes sont ici : le fichier CSV les a toutes ({count})."
        assert (sentence in page) is (count > 20)
    sources = table(client.get(f"{address}&format=csv&table=source").text)[1:]
    assert sum(int(row[1]) for row in sources) == 29
    assert re.search(r"S18 1 0 0 1 Sans source 2 1 1 0 Télécharger", page)
    for module in (activity_report, report_tables):
        monkeypatch.setattr(module, "MOST_ROWS", 22)
        monkeypatch.setattr(module, "FEW_ROWS", 21)
    assert page.count("CSV les a toutes") == 3
    assert text(client.get(address).text).count("le fichier CSV les a toutes, jusqu’à 22.") == 3
    for kind, count in (("tag", 24), ("source", 24), ("item", 23)):
        rows = table(client.get(f"{address}&format=csv&table={kind}").text)[1:]
        assert (rows[-1][0], len(rows)) == ("Seules les 22 premières lignes sont ici.", count)


def test_a_period_without_activity_is_a_row_of_zeros(library: Library) -> None:
    client = browser(library, "olga")
    address = "/g/quais/report?from=2013-11-20&to=2014-04-10"
    rows = table(client.get(f"{address}&format=csv&table=period").text)[1:]
    assert [row[:2] for row in rows] == [
        ["2013-11", "0"], ["2013-12", "0"], ["2014-01", "1"], ["2014-02", "1"], ["2014-03", "0"], ["2014-04", "0"],
    ]  # fmt: skip
    assert len({len(row) for row in rows}) == 1
    assert [row[0] for row in rows if row[-1]] == ["2014-01", "2014-02"]
    assert "novembre 2013 0 décembre 2013 0 janvier 2014 1 février 2014 1 mars 2014 0" in text(client.get(address).text)
    assert len(table(client.get("/g/quais/report?from=2001&to=2001&format=csv&table=period").text)) == 1


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


def test_the_report_of_the_site_covers_all_groups(library: Library) -> None:
    set_administrator(library, OPERATOR, "olga", administrator=True)
    client = browser(library, "olga")
    page = client.get(f"/admin/report?{YEARS}").text
    assert "Groupes Groupe Signets gardés" in text(page)
    assert client.get(links(page.split("<h2", 1)[1])["Quais"]).status_code == 200
    row = next(
        row
        for row in table(client.get("/admin/report?from=2014&to=2014&format=csv&table=group").text)
        if row[0] == "Quais"
    )
    assert row[-1].endswith("/search?group=quais&from=2014-01-01&to=2014-12-31&date=added")
    assert re.search(rf"\b{row[1]} signets? ", text(client.get(row[-1]).text))
    assert client.get(f"/admin/report?{YEARS}&group=quais&format=csv").status_code == 200
    assert browser(library, "max").get("/admin/report").status_code == 404


def test_the_number_of_saved_pages_of_the_site_leads_to_the_list_of_the_same(library: Library) -> None:
    """Also of groups that only their members read, and not of the administrator's own library."""
    set_administrator(library, OPERATOR, "olga", administrator=True)
    with library.store.read() as reading:
        own = reading.groups.by_slug("~olga")
    assert own is not None
    closed = add_group(library, OPERATOR, "phares", "Phares", visible=Visibility.MEMBERS)
    add_items(
        library,
        an_item("Un phare", group=closed, added="2014-05-02", tags=["Quai"]),
        an_item("Ma note", group=own, added="2014-05-03", tags=["Quai"]),
    )
    catch_up(library)
    client = browser(library, "olga")
    for filters, count in (("", 3), ("&tag=Quai", 2), ("&group=phares", 1)):
        page = client.get(f"/admin/report?{YEARS}{filters}").text
        assert f"Signets gardés {count}" in text(page)
        found = text(client.get(links(page)["Signets gardés"]).text)
        assert re.search(rf"\b{count} signets? ", found)
        assert "Ma note" not in found
    assert "Signets gardés" not in links(client.get("/admin/report?from=1990&to=1991").text)


def test_the_own_library_has_a_report_for_its_user(library: Library) -> None:
    client = browser(library, "claire")
    assert client.get("/g/~claire/report").status_code == 200
    assert browser(library, "max").get("/g/~claire/report").status_code == 404
