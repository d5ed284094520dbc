"""The ledger of quotations: articles and copies by month and source, of newsletters and of press reviews."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from kb.errors import Conflict, Forbidden, Invalid, LoginNeeded, NotFound
from kb.features.quotation import distributions, ledger_pages
from kb.features.quotation.distributions import record_distribution
from kb.features.quotation.ledger import ledger_of_group
from kb.features.quotation.records import LedgerRow
from kb.model.items.item_fields import fields_of_item
from kb.model.items.item_list import ItemList, ListEntryKind
from kb.services.core.library import Library
from kb.services.items.item_edit import edit_item
from kb.services.lists.lists import add_list_entry, create_list
from kb.store.transaction_events import ArticlesReceived, ArticlesSent, Event, events_of
from tests.factories.moderation import a_moderated_library, actor_of, item_of
from tests.support.browser_sessions import browsers_of, send

TODAY = date(2026, 11, 30)


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        edit_item(library, actor_of(library, "claire"), "i1", replace(fields_of_item(item_of(library)), source="Ouest"))
        yield library


def log(library: Library, *events: Event) -> None:
    with library.store.write() as writing:
        events_of(writing.connection).extend(events)


def sent(library: Library, id_: str, day: str, sources: tuple[str, ...], recipients: int) -> None:
    with library.store.read() as reading:
        group = reading.groups.by_slug("quais")
    assert group is not None
    log(library, ArticlesSent(group.id, id_, day, "Lettre", sources), ArticlesReceived(id_, recipients))


def rows(library: Library, year: str = "") -> tuple[LedgerRow, ...]:
    return ledger_of_group(library, actor_of(library, "olga"), "quais", year).rows


def a_list(library: Library, login: str = "max", group: str = "quais") -> ItemList:
    """A list of both items, the first of which it has twice."""
    actor = actor_of(library, login)
    made = create_list(library, actor, group, "La semaine")
    for item_id in ("i1", "i2", "i1"):
        add_list_entry(library, actor, made.id, ListEntryKind.ITEM, item_id=item_id)
    return made


def record(library: Library, login: str, list_id: str, slug: str = "quais", **more: str) -> None:
    values = {"day": "2026-11-03", "recipients": "12", **more}
    record_distribution(library, actor_of(library, login), list_id, slug=slug, today=TODAY, **values)


def test_each_article_counts_times_those_who_received_it(library: Library) -> None:
    assert rows(library) == ()
    sent(library, "one", "2026-11-03", ("Ouest-France", "Le Monde", "ouest-france"), 150)
    sent(library, "two", "2026-11-17", ("Le Monde", ""), 10)
    sent(library, "nobody", "2026-11-24", ("Le Monde",), 0)
    sent(library, "before", "2025-02-01", ("Le Monde",), 5)
    log(library, ArticlesReceived("one", 50))
    assert rows(library) == (
        LedgerRow("2026-11", "", 1, 10),
        LedgerRow("2026-11", "Le Monde", 2, 210),
        LedgerRow("2026-11", "Ouest-France", 2, 400),
    )
    assert rows(library, "2025") == (LedgerRow("2025-02", "Le Monde", 1, 5),)


def test_the_page_and_the_file_have_the_rows_of_a_year(library: Library) -> None:
    browsers = browsers_of(library, ("olga", "max"))
    assert "Rien n’a été envoyé." in browsers["olga"].get("/g/quais/ledger").text
    sent(library, "one", "2026-11-03", ("Ouest-France", "Le Monde", ""), 310)
    sent(library, "before", "2025-02-01", ("Le Monde",), 5)
    page = browsers["olga"].get("/g/quais/ledger").text
    assert "novembre 2026" in page
    assert "930" in page
    assert "février" not in page
    assert "février 2025" in browsers["olga"].get("/g/quais/ledger?year=2025").text
    lines = browsers["olga"].get("/g/quais/ledger.csv").content.decode("utf-8-sig").splitlines()
    assert lines == [
        "Mois;Source;Articles;Copies",
        *(f"2026-11;{source};1;310" for source in ("", "Le Monde", "Ouest-France")),
    ]
    for address in ("/g/quais/ledger", "/g/quais/ledger.csv"):
        assert browsers["max"].get(address).status_code == 403


def test_the_page_has_the_first_rows_and_the_file_all(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_pages, "_MOST_ROWS", 2)
    sent(library, "one", "2026-11-03", ("A", "B", "C"), 1)
    browser = browsers_of(library, ["olga"])["olga"]
    page = browser.get("/g/quais/ledger").text
    assert "les premières lignes" in page
    assert '<td class="number">3</td><td class="number">3</td></tr></tfoot>' in page
    assert len(browser.get("/g/quais/ledger.csv").text.splitlines()) == 4


def test_a_moderator_records_to_how_many_people_a_press_review_was_sent(library: Library) -> None:
    item_list = a_list(library)
    browsers = browsers_of(library, ("olga", "max", "claire"))
    address = f"/lists/{item_list.id}/distribution"
    assert address in browsers["max"].get(f"/lists/{item_list.id}/review").text
    assert "2 articles" in browsers["max"].get(address).text
    form = {"group": "quais", "day": "2026-11-03", "recipients": "12"}
    answer = send(browsers["max"], address, **form)
    assert answer.headers["Location"] == f"/lists/{item_list.id}/review?done=distribution-recorded"
    assert rows(library) == (LedgerRow("2026-11", "", 1, 12), LedgerRow("2026-11", "Ouest", 1, 12))
    ledger = browsers["olga"].get("/g/quais/ledger").text
    assert "La semaine" in ledger
    assert "12 destinataires" in ledger
    assert "12 destinataires" in browsers["max"].get(address).text
    assert "La semaine" in browsers["max"].get("/g/quais/log").text


@pytest.mark.parametrize("login", ["olga", "max"])
def test_what_was_recorded_is_deleted_by_owners_and_moderators(library: Library, login: str) -> None:
    item_list = a_list(library)
    record(library, "max", item_list.id)
    (recorded,) = ledger_of_group(library, actor_of(library, "olga"), "quais", "").recorded
    address = "/g/quais/ledger" if login == "olga" else f"/lists/{item_list.id}/distribution"
    send(browsers_of(library, [login])[login], address, act="remove", group="quais", distribution=recorded.id)
    assert rows(library) == ()


def test_an_issue_of_a_newsletter_is_not_deleted_from_the_ledger(library: Library) -> None:
    sent(library, "issue", "2026-11-03", ("A",), 1)
    distributions.remove_distribution(library, actor_of(library, "olga"), "quais", "issue")
    assert len(rows(library)) == 1


def test_only_those_who_may_publish_for_a_group_record(library: Library) -> None:
    item_list = a_list(library)
    for login, error in (("claire", Forbidden), ("rene", Forbidden), ("sam", Forbidden)):
        with pytest.raises(error):
            record(library, login, item_list.id)
    browsers = browsers_of(library, ("claire",))
    address = f"/lists/{item_list.id}/distribution"
    assert address not in browsers["claire"].get(f"/lists/{item_list.id}/review").text
    assert browsers["claire"].get(address).status_code == 403
    with pytest.raises(Forbidden):
        distributions.remove_distribution(library, actor_of(library, "claire"), "quais", "x")
    assert rows(library) == ()


def test_a_review_in_ones_own_library_is_recorded_for_a_group(library: Library) -> None:
    item_list = a_list(library, "max", "~max")
    with pytest.raises(NotFound):
        record(library, "olga", item_list.id)
    with pytest.raises(NotFound):
        record(library, "max", item_list.id, "~max")
    record(library, "max", item_list.id)
    assert [row.source for row in rows(library)] == ["", "Ouest"]
    with pytest.raises((Forbidden, LoginNeeded)):
        record(library, "claire", a_list(library, "claire", "~claire").id)


@pytest.mark.parametrize(
    "values",
    [
        {"recipients": value} for value in ("", "0", "-3", "douze", "1000001", "9" * 5_000)
    ] + [{"day": value} for value in ("", "2026-12-01", "1999-12-31", "2026-13-01", "hier", "9" * 5_000)],
)  # fmt: skip
def test_a_wrong_day_or_number_is_refused(library: Library, values: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        record(library, "max", a_list(library).id, **values)
    assert rows(library) == ()


def test_a_review_without_articles_is_not_recorded(library: Library) -> None:
    empty = create_list(library, actor_of(library, "max"), "quais", "Vide")
    with pytest.raises(Invalid):
        record(library, "max", empty.id)
    page = browsers_of(library, ["max"])["max"].get(f"/lists/{empty.id}/distribution").text
    assert "n’a pas d’article" in page


def test_a_group_records_a_bounded_number_in_a_year(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distributions, "MOST_IN_YEAR", 2)
    item_list = a_list(library)
    for _ in range(2):
        record(library, "max", item_list.id)
    with pytest.raises(Conflict):
        record(library, "max", item_list.id)
    record(library, "max", item_list.id, day="2025-11-03")
