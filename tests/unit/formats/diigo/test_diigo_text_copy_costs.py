"""Lines of a saved page: the cost of hostile ones, and the lines that the linear expressions still match."""

import pytest

from kb.formats.diigo.text_copy_lines import PageLine, parse_path_line
from kb.formats.diigo.text_copy_reader import read_saved_page
from kb.model.items.import_draft import ItemDraft
from tests.support.cpu_time import cpu_seconds_at_most


def titles_of(*lines: str) -> list[str | None]:
    page = "\n".join(
        ["Home/ Quais/ Group items", "", "Lise", "", "Les quais - 0 views", "", "  • Sans voiture.", *lines]
    )
    return [draft.title for draft in read_saved_page([page.encode()]) if isinstance(draft, ItemDraft)]


SPACES = (" ", "\xa0", "\u202f", "\t")


@pytest.mark.parametrize(
    "line",
    [
        "- " * 500_000,
        "1" * 1_000_000,
        " " * 1_000_000 + "x",
        "... " * 300_000,
        "Home/ " * 100_000,
        "• " * 500_000,
        "\t" * 1_000_000 + "x",
        # This took 57 s for a line within the limit.
        *(f"Home/{space * 3_990}x" for space in SPACES),
        *(f"Home/x{space * 3_900}/{space * 80}x" for space in SPACES),
        *(f"1{space * 1_900}-{space * 1_900}1 of x" for space in SPACES),
        *(f"...1{space * 1_000_000}x" for space in SPACES),
    ],
    ids=lambda line: ascii(line[:12]),
)
def test_hostile_lines_take_no_time(line: str) -> None:
    with cpu_seconds_at_most(2):
        assert titles_of(line, "  • Avec vélos.") == ["Les quais"]


@pytest.mark.parametrize(
    "lines",
    [
        ["      une réponse", *["      \xa0"] * 100_000],
        ["      une réponse", *["  • ... 6 more annotations ...", "  • Un autre passage."] * 20_000],
    ],
    ids=["lines without words", "folds"],
)
def test_many_lines_take_no_time(lines: list[str]) -> None:
    with cpu_seconds_at_most(10):
        assert titles_of(*lines) == ["Les quais"]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("Home/ Les quais/ Group items", ("Les quais", None)),
        ("Home/ Les quais/ Rive gauche/ Group items tagged Sans voiture", ("Les quais/ Rive gauche", "Sans voiture")),
        ("Accueil \xa0/ Les quais \xa0/\xa0Signets du groupe étiquetés\xa0vélo", ("Les quais", "vélo")),
        ("Home/ Group items/ Group items", ("Group items", None)),
        ("Home/ Les quais/ Group items of somebody", None),
        ("Home//Group items", None),
        ("Home", None),
    ],
)
def test_a_path_names_the_group_and_the_tag(line: str, path: tuple[str, str | None] | None) -> None:
    assert parse_path_line(PageLine(1, 0, line)) == path
