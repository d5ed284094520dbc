"""The pages of the activity report in a browser."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.services.accounts.account_lifecycle import set_administrator
from kb.services.core.library import Library
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from tests.factories.items import a_group, a_user, an_item
from tests.factories.library import add_items
from tests.factories.moderation import item_of
from tests.features.reports.report_browsers import YEARS, browser, links, table, text

LEGAL = "Ils ne doivent pas servir à évaluer les agents (RGPD, article 5"


def test_the_number_of_saved_pages_leads_to_their_list(library: Library) -> None:
    client = browser(library, "olga")
    every = links(client.get(f"/g/quais/report?{YEARS}").text)["Signets gardés"]
    assert every == "/search?group=quais&from=2014-01-01&to=2015-12-31&date=added"
    some = links(client.get(f"/g/quais/report?{YEARS}&tag=Quai&person=claire").text)["Signets gardés"]
    assert some == "/search?group=quais&tag=Quai&author=claire&from=2014-01-01&to=2015-12-31&date=added"
    assert client.get(some).status_code == 200
    assert "Signets gardés" not in links(client.get("/g/quais/report?from=1990&to=1991").text)


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
    assert "comparé à" in page_text
    for figure in ("Signets gardés 2 ", "Passages et notes 1 ", "Commentaires et réponses 1 ", "Ouvertures 0"):
        assert figure in page_text
    # Persons are counted, and named in the file alone.
    assert "2 personnes ont contribué." in page_text
    assert "Paul Ancien" not in page_text.replace("Paul Ancien (import)", "", 1)
    assert LEGAL in page_text
    assert page.count("<svg") == 1
    assert "février 2014 1" in page_text
    assert "Le port au petit matin 2013-11" not in page_text
    assert "À retenir Le port au petit matin 2 annotations novembre 2013" in page_text


def test_figures_are_compared_to_the_period_before(library: Library) -> None:
    group = item_of(library).group_id
    add_items(
        library,
        *(an_item(id=f"a{n}", group=group, tags=["eau"], source="A", added="2020-10-05") for n in range(4)),
        *(an_item(id=f"b{n}", group=group, tags=["Eau"], source="B", added="2020-11-05") for n in range(6)),
    )
    client = browser(library, "olga")
    month = text(client.get("/g/quais/report?from=2020-11&to=2020-11").text)
    month = month.replace("\u202f", " ").replace("\xa0", " ")
    assert "novembre 2020 comparé à octobre 2020" in month
    assert "Signets gardés 6 4 (octobre 2020), + 50 %" in month.replace("\u202f", " ").replace("\xa0", " ")
    assert "eau 6 4" in month.casefold()
    # No source of this table had items before: there is no column of zeros.
    assert "Sources novembre 2020 B 6" in month
    earlier = text(client.get("/g/quais/report?from=2020-10&to=2020-10").text)
    assert "Signets gardés 4 rien (septembre 2020)" in earlier
    assert "0 (septembre 2020)" not in earlier


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
    assert "du 2 janvier au 28 février 2014" in page_text
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
    person = client.get(f"/g/quais/report?{YEARS}&person=claire").text
    assert "Signets gardés 1 " in text(person)
    assert "Passages et notes 1 " in text(person)
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
    assert "3 ouvertures" in everything
    assert "Ouvertures 2" in text(client.get(f"/g/quais/report?from={today}&to={today}&views=readers").text)


def test_a_period_without_activity_is_a_row_of_zeros(library: Library) -> None:
    client = browser(library, "olga")
    address = "/g/quais/report?from=2013-11-20&to=2014-04-10"
    rows = table(client.get(f"{address}&format=csv&table=period").text)[1:]
    assert [row[:2] for row in rows] == [
        ["2013-11", "0"], ["2013-12", "0"], ["2014-01", "1"], ["2014-02", "1"], ["2014-03", "0"], ["2014-04", "0"],
    ]  # fmt: skip
    assert len({len(row) for row in rows}) == 1
    assert [row[0] for row in rows if row[-1]] == ["2014-01", "2014-02"]
    # The page leaves such rows out.
    assert "Période Signets gardés janvier 2014 1 février 2014 1 Mots-clés" in text(client.get(address).text)
    assert len(table(client.get("/g/quais/report?from=2001&to=2001&format=csv&table=period").text)) == 1


def test_the_report_of_the_site_covers_all_groups(library: Library) -> None:
    set_administrator(library, OPERATOR, "olga", administrator=True)
    client = browser(library, "olga")
    page = client.get(f"/admin/report?{YEARS}").text
    assert "Groupes Groupes du 1er janvier 2014 au 31 décembre 2015 Quais 2" in text(page)
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
