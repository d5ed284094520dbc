"""The ledger of quotations: articles and copies by month and source."""

import pytest

from kb.features.quotation.ledger import LedgerRow, ledger_rows
from kb.model.circulation import Circulation
from kb.store import Store
from tests.factories.moderation import a_moderated_library
from tests.support.browser_sessions import browsers_of

SENT = [
    Circulation("2026-11-03T08:00:00Z", ("Ouest-France", "Le Monde", "ouest-france"), 200),
    Circulation("2026-11-17T08:00:00Z", ("Le Monde", ""), 10),
    Circulation("2026-11-24T08:00:00Z", ("Le Monde",), 0),
    Circulation("2025-02-01T08:00:00Z", ("Le Monde",), 5),
]


def test_each_article_counts_times_those_who_received_it() -> None:
    assert ledger_rows(SENT) == [
        LedgerRow("2025-02", "Le Monde", 1, 5),
        LedgerRow("2026-11", "", 1, 10),
        LedgerRow("2026-11", "Le Monde", 2, 210),
        LedgerRow("2026-11", "Ouest-France", 2, 400),
    ]
    assert ledger_rows([]) == []


def test_the_page_and_the_file_have_the_rows_of_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_moderated_library() as library:
        browsers = browsers_of(library, ("olga", "max"))
        assert "Rien n’a été envoyé." in browsers["olga"].get("/g/quais/ledger").text
        monkeypatch.setattr(Store, "circulation_of", lambda *_: SENT)
        page = browsers["olga"].get("/g/quais/ledger").text
        assert "novembre 2026" in page
        assert "620" in page
        assert "février" not in page
        assert "février 2025" in browsers["olga"].get("/g/quais/ledger?year=2025").text
        lines = browsers["olga"].get("/g/quais/ledger.csv").content.decode("utf-8-sig").splitlines()
        assert lines == [
            "Mois;Source;Articles;Copies", "2026-11;;1;10", "2026-11;Le Monde;2;210", "2026-11;Ouest-France;2;400"
        ]  # fmt: skip
        for address in ("/g/quais/ledger", "/g/quais/ledger.csv"):
            assert browsers["max"].get(address).status_code == 403
