"""Tables for spreadsheets: one row for each item, and no cell that is run as a formula."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.formats.csv_table.writer import LONGEST_CELL
from tests.factories.exports import BARE, FORMULAS, QUAIS, WHOLE, export_details, exported, odd_items
from tests.factories.items import an_annotation, an_item


def table(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True))


@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("csv-semicolon", ";")])
def test_a_table_has_one_row_for_each_item(form, delimiter):
    first, second = table(exported(form, WHOLE, BARE), delimiter)
    assert first["Titre"] == "L’archive et le <réseau>"
    assert first["Mots-clés"] == "agents, santé/social, données ouvertes"
    assert first["Description"] == "Ce que l’on garde,\net pourquoi."
    assert first["Partagé par"] == "Claire Aubert"
    assert first["Groupe"] == "Quais & rives"
    assert first["Passages et commentaires"].splitlines()[0] == "«\u202fLes archives servent à tous.\u202f»"
    assert second["Titre"] == "Sans rien"
    assert list(first) == list(second)


def test_the_headings_are_in_the_language_of_the_file():
    (row,) = table(exported("csv", WHOLE, details=export_details("en")))
    assert row["Title"] == "L’archive et le <réseau>"
    assert row["Shared by"] == "Claire Aubert"


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula):
    item = an_item(formula, group=QUAIS, byline=formula, source=formula, description=formula, tags=[formula])
    (row,) = table(exported("csv", item))
    assert [row[name] for name in ("Titre", "Auteur", "Source", "Description", "Mots-clés")] == [f"'{formula}"] * 5


@given(odd_items, st.sampled_from([("csv", ","), ("csv-semicolon", ";")]))
def test_any_text_comes_back_from_a_cell(item, form):
    (row,) = table(exported(form[0], item), form[1])
    for name, text in (("Titre", item.title), ("Adresse", item.url), ("Description", item.description)):
        assert row[name] in {text or "", f"'{text}"}
        assert not row[name].startswith(FORMULAS)


def test_a_cell_is_no_longer_than_a_spreadsheet_reads():
    item = an_item(group=QUAIS, annotations=[an_annotation("a" * 1_000) for _ in range(50)])
    (row,) = table(exported("csv", item))
    assert len(row["Passages et commentaires"]) == LONGEST_CELL + 1
