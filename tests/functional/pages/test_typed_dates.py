"""Dates as French people write them: in a page's address and form, in a query, and in the forms of an item."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from kb.site import create_app
from tests.factories.items import a_group, an_item
from tests.factories.library import a_library
from tests.factories.saved_search import LOGINS, a_library_of_lectures
from tests.support.browser_sessions import browsers_of
from tests.support.save_forms import form_fields, press

LECTURES = a_group("lectures", "Lectures communes")
SEARCH, GROUP, TAG = "/search", "/g/lectures", "/g/lectures/tag/réseau/social"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    library = a_library(
        an_item("Novembre", id="nov", group=LECTURES, order=1, published="2014-11-07", tags=["réseau/social"]),
        an_item("Mai", id="mai", group=LECTURES, order=2, published="2015-05", tags=["réseau/social"]),
        groups=(LECTURES,),
    )
    with TestClient(create_app(library), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("path", [SEARCH, GROUP, TAG])
@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("07/11/2014", "2014-11-07"),
        ("11/2014", "2014-11"),
        ("7 nov. 2014", "2014-11-07"),
        ("1er oct 2014", "2014-10-01"),
    ],
)
def test_an_address_with_a_typed_date_leads_to_the_one_in_iso_form(
    client: TestClient, path: str, typed: str, iso: str
) -> None:
    answer = client.get(path, params={"q": "", "from": typed, "to": "31 déc. 2014", "sort": "title", "lang": "fr"})
    assert answer.status_code == 302
    led = urlsplit(answer.headers["location"])
    assert dict(parse_qsl(led.query)) == {"from": iso, "to": "2014-12-31", "sort": "title", "lang": "fr"}
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    assert ("Novembre" in page.text, "/items/mai" in page.text) == (True, False)


def test_an_unreadable_date_is_an_error_beside_its_field_and_the_other_filters_stay(client: TestClient) -> None:
    page = client.get(SEARCH, params={"from": "45/13/2014", "to": "2014-12", "tag": "réseau/social", "sort": "title"})
    assert page.status_code == 200
    field = re.search(r'<input [^>]*id="from"[^>]*>', page.text)
    assert field is not None
    assert 'value="45/13/2014"' in field[0]
    assert 'aria-invalid="true"' in field[0]
    assert "from-error" in field[0]
    assert '<p class="form-error" id="from-error">Cette date n’existe pas' in page.text
    assert 'id="from-error">Ce n’est pas une date' in client.get(SEARCH, params={"from": "hier"}).text
    assert "Les résultats sont ceux sans cette date" in page.text
    assert '<input type="hidden" name="tag" value="réseau/social">' in page.text
    assert 'id="to" name="to" form="ask" value="12/2014"' in page.text
    assert "Novembre" in page.text
    assert "/items/mai" not in page.text


def test_an_invalid_date_beside_a_valid_one_stays_in_the_form(client: TestClient) -> None:
    answer = client.get(SEARCH, params={"from": "1/1/2014", "to": "<b>hier"})
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    assert "&lt;b&gt;hier" in page.text
    assert 'id="from" name="from" form="ask" value="01/01/2014"' in page.text


def test_a_period_that_ends_before_it_begins_is_an_error_of_its_end(client: TestClient) -> None:
    page = client.get(SEARCH, params={"from": "2015", "to": "2014"}).text
    assert '<p class="form-error" id="to-error">La période finit avant de commencer' in page
    assert "/items/mai" in page


def test_feeds_and_reviews_accept_no_date_that_cannot_be_read(client: TestClient) -> None:
    assert client.get("/search.atom?from=07/11/2014").status_code == 400
    assert client.get("/review?from=07/11/2014").headers["location"] == "/review?from=2014-11-07"
    # No field can show the error, and the review would have other content.
    assert client.get("/review?from=hier").status_code == 400


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("date:07/11/2014", {"nov"}),
        ("date:7 nov. 2014", {"nov"}),
        ("date:ven. 7 nov. 2014", {"nov"}),
        ('date:"7 novembre 2014"', {"nov"}),
        ("avant:1er mai 2015", {"nov"}),
        ("après:31/12/2014", {"mai"}),
        ("date:11/2014 Novembre", {"nov"}),
        ("date:nov 2014 Mai", set()),
    ],
)
def test_a_query_reads_typed_dates(client: TestClient, query: str, finds: set[str]) -> None:
    page = client.get(SEARCH + "?" + urlencode({"q": query, "match": "all"})).text
    assert {word for word in ("nov", "mai") if f"/items/{word}" in page} == finds
    assert "Cherché comme de simples mots" not in page


def test_the_forms_of_an_item_parse_typed_dates_and_report_an_invalid_one() -> None:
    with a_library_of_lectures() as library:
        paul = browsers_of(library, LOGINS, follow_redirects=False)["paul"]
        form = paul.get("/keep").text
        assert "07/11/2024" in form
        refused = press(paul, form, title="Réunion", published="le 45 novembre", group="~paul")
        assert refused.status_code == 400
        assert form_fields(refused.text)["published"] == ["le 45 novembre"]
        assert '<p class="form-error" id="e-published">Ce n’est pas une date' in refused.text
        assert refused.text.count("form-error") == 1
        assert 'id="preview" hidden></p>' in refused.text
        long = press(paul, refused.text, title="a" * 301, published="2014", group="~paul")
        assert '<p class="form-error" id="e-title">Un titre a 300 caractères au plus.</p>' in long.text
        assert (long.status_code, long.text.count("form-error")) == (400, 1)
        saved = press(paul, refused.text, title="Réunion", published="7 nov. 2014", group="~paul")
        assert saved.status_code == 303
        item = urlsplit(saved.headers["location"]).path
        edit = paul.get(item + "/edit").text
        assert 'name="published" type="text" value="07/11/2014" maxlength="60"' in edit
        read = re.search(r'name="read" value="([^"]*)"', edit)
        token = re.search(r'name="form_token" value="([^"]*)"', edit)
        assert read is not None
        assert token is not None
        fields = {"form_token": token[1], "read": read[1].replace("&#34;", '"'), "title": "Réunion"}
        wrong = paul.post(item + "/edit", data={**fields, "published": "13/2014"})
        assert wrong.status_code == 400
        assert '<p class="form-error" id="e-published">Cette date n’existe pas' in wrong.text
        assert wrong.text.count("form-error") == 1
        assert 'value="13/2014"' in wrong.text
        long_title = paul.post(item + "/edit", data={**fields, "title": "a" * 301})
        assert '<p class="form-error" id="e-title">Un titre a 300 caractères au plus.</p>' in long_title.text
        assert paul.post(item + "/edit", data={**fields, "published": "11/2014"}).status_code == 303
        assert 'value="11/2014"' in paul.get(item + "/edit").text
