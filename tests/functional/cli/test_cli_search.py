"""`kb search` and `kb index`, by the command line."""

import json
import shutil

import pytest

RECORDS = [
    {
        "title": "Les agents territoriaux et le numérique",
        "group": "veille",
        "author": {"login": "claire", "name": "Claire"},
        "tags": ["agents", "numérique"],
        "published": "2014-11-07",
        "source": "La Gazette",
        "language": "fr",
        "annotations": [{"kind": "highlight", "quote": "Chaque agent a son idée."}],
    },
    {"title": "L’énergie des rivières", "group": "veille", "author": "Bruno", "tags": ["énergie"], "published": "2015"},
    {"title": "Les agents secrets", "group": {"slug": "reserve", "visible": "members"}, "tags": ["agents"]},
]


@pytest.fixture
def filled(kb, tmp_path):
    path = tmp_path / "signets.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in RECORDS), encoding="utf-8")
    assert kb("import", path).code == 0
    return kb


def titles(answer):
    return [item["title"] for item in answer.json["items"]]


def test_a_search_is_answered_as_by_the_api(filled):
    answer = filled("search", "l'agent", "--json").json

    assert answer["total"] == 1
    assert answer["range"] == [1, 1]
    assert answer["items"][0]["tags"] == ["agents", "numérique"]
    assert "<mark>agents</mark>" in answer["items"][0]["matches"][0]["html"]
    assert {"value": "2014-11", "count": 1} in answer["facets"]["date"]


def test_a_search_is_printed_in_plain_text(filled):
    answer = filled("search", "agents")

    assert answer.code == 0
    assert "Les agents territoriaux et le numérique" in answer.out
    assert "Claire · La Gazette · 2014-11-07" in answer.out


def test_ignored_parts_of_a_query_are_printed(filled):
    answer = filled("search", "agents sujet:eau")

    assert "Cherché comme de simples mots, faute d’avoir été compris\u202f: sujet:eau" in answer.out


@pytest.mark.parametrize(
    ("options", "total"),
    [
        (("--tag", "agents"), 1),
        (("--not-tag", "agents"), 1),
        (("--author", "bruno"), 1),
        (("--author", "bruno", "--author", "claire"), 2),
        (("--from", "2015"), 1),
        (("--to", "2014-12"), 1),
        (("--group", "veille"), 2),
        (("--group", "reserve"), 0),
        (("--source", "La Gazette"), 1),
        (("--language", "fr", "--kind", "highlight"), 1),
        (("--view", "passages"), 1),
        (("--page", "9"), 2),
    ],
)
def test_options_narrow_as_the_parameters_of_a_page(filled, options, total):
    assert filled("search", "", *options, "--json").json["total"] == total


def test_the_order_is_chosen(filled):
    assert titles(filled("search", "", "--sort", "title", "--json"))[0].startswith("L’énergie")


@pytest.mark.parametrize(
    "options",
    [
        ("--page", "-1"),
        ("--page", "0"),
        ("--from", "hier"),
        ("--sort", "hasard"),
        ("--per-page", "1000"),
        ("--kind", "x"),
    ],
)
def test_a_value_that_cannot_be_used_is_misuse(filled, options):
    answer = filled("search", "agents", *options)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_a_query_that_is_too_long_is_misuse(filled):
    assert filled("search", "x" * 2001).code == 2


def test_a_query_of_any_bytes_is_answered(filled):
    for query in ("((((((", '"', "a\tb", "\udcff\udcfe", "[" * 1999, "* AND OR NOT"):
        assert filled("search", query, "--json").code == 0


def test_only_readable_items_are_found(filled):
    nobody = filled("search", "agents", "--json")
    unknown = filled("search", "agents", "--as", "personne")

    assert nobody.json["total"] == 1
    assert "secrets" not in nobody.out
    assert "reserve" not in nobody.out
    assert (unknown.code, unknown.err.count("\n")) == (1, 1)
    assert filled("search", "agents", "--as", "claire", "--json").json["total"] == 1


def test_the_index_is_compared_and_made_again(filled):
    assert filled("index", "check").code == 0

    shutil.rmtree(filled.folder / "index")

    assert filled("index", "rebuild").code == 0
    assert filled("index", "check").code == 0
    assert filled("search", "agents", "--json").json["total"] == 1


def test_a_lost_index_comes_back_with_the_next_import(filled, tmp_path):
    shutil.rmtree(filled.folder / "index")

    assert filled("import", tmp_path / "signets.jsonl").code == 0
    assert filled("search", "agents", "--json").json["total"] == 1
