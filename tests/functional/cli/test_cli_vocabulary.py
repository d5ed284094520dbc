"""`kb vocabulary`, by the command line."""

from pathlib import Path

import pytest

from tests.conftest import Kb

TURTLE = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<urn:x:eau> a skos:Concept ; skos:prefLabel "eau"@fr ; skos:altLabel "flotte"@fr ; skos:example "La mer"@fr .
<urn:x:nappe> a skos:Concept ; skos:prefLabel "nappe"@fr ; skos:broader <urn:x:eau> .
"""


@pytest.fixture
def thesaurus(tmp_path: Path) -> Path:
    path = tmp_path / "thesaurus.ttl"
    path.write_text(TURTLE, encoding="utf-8")
    return path


@pytest.fixture
def group(base: Kb) -> str:
    slug: str = base("search", "", "--json").json["items"][0]["group"]["slug"]
    return slug


def test_a_vocabulary_comes_in_and_goes_out_equal_to_the_byte(
    base: Kb, other: Kb, group: str, thesaurus: Path, tmp_path: Path
) -> None:
    report = base("vocabulary", "import", "--group", group, thesaurus, "--json").json
    assert {name: report[name] for name in ("read", "added", "skipped")} == {"read": 2, "added": 2, "skipped": 0}
    assert report["warnings"] == [{"why": "A vocabulary does not keep skos:example; left out: 1."}]
    first = tmp_path / "un.ttl"
    assert base("vocabulary", "export", "--group", group, "-o", first).code == 0

    assert base("export", "-o", tmp_path / "tout.jsonl").code == 0
    assert other("import", tmp_path / "tout.jsonl").code == 0
    assert other("vocabulary", "import", "--group", group, first).code == 0
    assert other("vocabulary", "export", "--group", group).out == first.read_text(encoding="utf-8")


def test_the_report_of_an_import_is_printed_in_sentences(base: Kb, group: str, thesaurus: Path) -> None:
    dry = base("vocabulary", "import", "--group", group, "--dry-run", thesaurus)
    assert dry.out.splitlines() == [
        "2 concepts lus, 2 ajoutés, 0 mis à jour, 0 inchangé, 0 retiré, 0 écarté",
        "Un vocabulaire ne garde pas skos:example\u202f; laissés de côté\u202f: 1.",
    ]
    assert base("vocabulary", "list", "--group", group).out == ""
    base("vocabulary", "import", "--group", group, "-", stdin=TURTLE)
    assert base("vocabulary", "list", "--group", group).out == "eau\tflotte\t\nnappe\t\teau\n"


def test_concepts_are_added_and_removed_by_name(base: Kb, group: str) -> None:
    add = ("vocabulary", "add", "--group", group)
    assert (
        base(*add, "télétravail", "--synonym", "travail à distance", "--broader", "organisation du travail").code == 0
    )
    base(*add, "télétravail", "--synonym", "homeworking", "--hidden", "teletraval")
    rows = base("vocabulary", "list", "--group", group, "--json").json
    assert [(row["label"], row["synonyms"], row["broader"]) for row in rows] == [
        ("organisation du travail", [], []),
        ("télétravail", ["homeworking", "travail à distance"], ["organisation du travail"]),
    ]
    remove = ("vocabulary", "remove", "--group", group)
    assert "n’est plus un synonyme" in base(*remove, "homeworking").err
    assert "n’est plus dans le vocabulaire" in base(*remove, "télétravail").err
    assert base(*remove, "télétravail").code == 1


def test_a_search_says_what_it_searched_too(base: Kb, group: str) -> None:
    base("vocabulary", "add", "--group", group, "zébu", "--synonym", "énergie")
    assert "zébu = énergie" in base("search", "zébu").out
    assert "zébu =" not in base("search", "zébu", "--vocabulary", "off").out


def test_a_backup_brings_vocabularies_back(base: Kb, other: Kb, group: str, thesaurus: Path, tmp_path: Path) -> None:
    base("vocabulary", "import", "--group", group, thesaurus)
    assert base("backup", tmp_path / "copie.zip").code == 0
    assert other("restore", tmp_path / "copie.zip").code == 0
    assert other("vocabulary", "list", "--group", group).out == base("vocabulary", "list", "--group", group).out != ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("import", "--group", "aucun", "{thesaurus}"), 1),
        (("import", "--group", "{group}", "absent.ttl"), 2),
        (("import", "--group", "{group}", "--format", "json-ld", "{thesaurus}"), 2),
        (("import", "--group", "{group}", "--format", "csv", "{thesaurus}"), 2),
        (("export", "--group", "aucun"), 1),
        (("add", "--group", "{group}", " "), 2),
        (("add", "--group", "{group}", "a", "--broader", "a"), 2),
        (("add", "--group", "{group}", "a", "--lang", "français !"), 2),
        (("add", "--group", "{group}", "une\ufffeville"), 2),
        (("add", "--group", "{group}", "ville", "--synonym", "\uffff"), 2),
        (("add", "--group", "{group}", "ville", "--broader", "lieu\ufffe"), 2),
        (("add", "--group", "{group}", "ville", "--definition", "Un lieu\ufffe."), 2),
        (("add", "a"), 2),
    ],
)
def test_a_failing_vocabulary_command_prints_one_sentence(
    base: Kb, group: str, thesaurus: Path, arguments: tuple[str, ...], code: int
) -> None:
    ran = base("vocabulary", *(argument.format(group=group, thesaurus=thesaurus) for argument in arguments))
    assert (ran.code, ran.out) == (code, "")
    assert len(ran.err.strip().splitlines()) == 1
