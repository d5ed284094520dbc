"""`kb group`, as an operator types it."""

import json

from tests.conftest import Kb

LINE = '{"title": "%s", "group": "veille"}\n'
GERMAN = "Die Beschäftigten des öffentlichen Dienstes wollen weniger Hierarchie"


def test_a_group_is_made_and_listed(kb: Kb) -> None:
    made = kb("group", "add", "veille", "--name", "Veille juridique", "--visible", "members", "--languages", "fr,en,de")
    assert made.code == 0
    assert made.out == "http://127.0.0.1:8000/g/veille\n"
    assert kb("group", "add", "quais").code == 0
    assert kb("group", "list").out.splitlines() == [
        "quais\tquais\teveryone\tfr,en",
        "veille\tVeille juridique\tmembers\tfr,en,de",
    ]
    assert json.loads(kb("group", "list", "--json").out)[1] == {
        "slug": "veille",
        "name": "Veille juridique",
        "visible": "members",
        "languages": ["fr", "en", "de"],
        "own_languages": True,
    }


def test_what_cannot_be_a_group_is_refused_in_a_sentence(kb: Kb) -> None:
    assert kb("group", "add", "Veille !").code == 2
    assert kb("group", "add", "veille", "--languages", "klingon").code == 2
    assert kb("group", "list").out == ""
    assert kb("group", "add", "veille").code == 0
    twice = kb("group", "add", "veille")
    assert twice.code == 1
    assert len(twice.err.splitlines()) == 1


def test_other_languages_are_told_offered_and_decided_again(kb: Kb) -> None:
    assert kb("import", "-", stdin=LINE % GERMAN).code == 0
    assert kb("group", "languages", "veille").out == "fr,en\n"
    set_ = kb("group", "languages", "veille", "fr, de")
    assert (set_.code, set_.out) == (0, "fr,de\n")
    assert "--decide-again" in set_.err
    again = kb("group", "languages", "veille", "--decide-again")
    assert (again.code, again.out) == (0, "fr,de\n")
    found = json.loads(kb("search", "--language", "de", "--json", "*").out)
    assert [one["title"] for one in found["items"]] == [GERMAN]
    assert kb("group", "languages", "veille", "--reset").out == "fr,en\n"


def test_a_list_of_languages_is_a_list(kb: Kb) -> None:
    assert kb("group", "add", "veille").code == 0
    assert kb("group", "languages", "veille", "").code == 2
    assert kb("group", "languages", "veille", "fr", "--reset").code == 2
    assert kb("group", "languages", "veille", "fr,xx").code == 2
    assert kb("group", "languages", "ailleurs", "fr").code == 1
