"""`kb group`, run by the operator."""

import json
from dataclasses import replace

from tests.conftest import Kb
from tests.support.browser_sessions import PASSWORD

LINE = '{"title": "%s", "group": "veille"}\n'
GERMAN = "Die Beschäftigten des öffentlichen Dienstes wollen weniger Hierarchie"


def test_a_group_is_made_and_listed(kb: Kb) -> None:
    made = kb("group", "add", "veille", "--name", "Veille juridique", "--visible", "members", "--languages", "fr,en,de")
    assert made.code == 0
    assert made.out == "http://127.0.0.1:8000/g/veille\n"
    assert kb("group", "add", "quais").code == 0
    assert kb("group", "list").out.splitlines() == [
        "quais\tquais\teveryone\tfr,en\tinvite\tfeeds",
        "veille\tVeille juridique\tmembers\tfr,en,de\tinvite\tfeeds",
    ]
    assert json.loads(kb("group", "list", "--json").out)[1] == {
        "slug": "veille",
        "name": "Veille juridique",
        "visible": "members",
        "join": "invite",
        "feeds": True,
        "languages": ["fr", "en", "de"],
        "own_languages": True,
        "state": "active",
    }


def test_a_group_is_archived_deleted_and_restored(kb: Kb) -> None:
    assert kb("import", "-", stdin=LINE % "Une fiche").code == 0
    whole = kb("export").out
    assert kb("group", "archive", "veille").code == 0
    assert kb("group", "list").out.splitlines() == ["veille\tveille\teveryone\tfr,en\tinvite\tfeeds\tarchived"]
    assert "Une fiche" in kb("search", "fiche").out
    refused = kb("import", "-", stdin=LINE % "Une autre")
    assert "est archivé" in refused.err + refused.out
    assert kb("export").out == whole
    assert kb("group", "unarchive", "veille").code == 0
    assert kb("group", "delete", "veille").code == 0
    assert kb("group", "list").out.endswith("\tdeleted\n")
    assert "Une fiche" not in kb("search", "fiche").out
    assert kb("export").out == ""
    assert kb("group", "delete", "veille").code == 1
    assert kb("index", "check").code == 0
    assert kb("group", "restore", "veille").code == 0
    assert kb("group", "restore", "veille").code == 1
    assert kb("export").out == whole
    assert "Une fiche" in kb("search", "fiche").out


def test_an_invalid_group_is_refused_in_one_sentence(kb: Kb) -> None:
    assert kb("group", "add", "Veille !").code == 2
    assert kb("group", "add", "veille", "--languages", "klingon").code == 2
    assert kb("group", "list").out == ""
    assert kb("group", "add", "veille").code == 0
    twice = kb("group", "add", "veille")
    assert twice.code == 1
    assert len(twice.err.splitlines()) == 1


def test_other_languages_are_reported_and_detected_again(kb: Kb) -> None:
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


def test_how_a_group_is_joined_is_said_when_it_is_made(kb: Kb) -> None:
    assert kb("group", "add", "veille", "--join", "request").code == 0
    assert kb("group", "list").out == "veille\tveille\teveryone\tfr,en\trequest\tfeeds\n"
    assert kb("group", "add", "secret", "--visible", "members", "--join", "open").code == 2
    assert kb("group", "add", "secret", "--join", "never").code == 2
    assert [one["slug"] for one in kb("group", "list", "--json").json] == ["veille"]


def an_account(kb: Kb, login: str) -> None:
    assert kb("user", "add", login, "--name", login, "--password-stdin", stdin=f"{PASSWORD}\n").code == 0


def test_a_member_is_made_given_another_role_and_removed(kb: Kb) -> None:
    assert kb("group", "add", "veille", "--visible", "members").code == 0
    an_account(kb, "claire")
    assert kb("import", "-", stdin='{"title": "Une confidence", "group": "veille"}\n').code == 0
    assert "Une confidence" not in kb("search", "confidence", "--as", "claire").out
    for role, name in (("reader", "lecture"), ("owner", "responsable"), ("owner", "responsable")):
        done = kb("group", "member", "veille", "claire", "--role", role)
        assert (done.code, done.out) == (0, "")
        said = done.err.replace("\u202f", " ")
        assert said == f"« claire » a maintenant le rôle « {name} » dans « veille ».\n"
        assert "Une confidence" in kb("search", "confidence", "--as", "claire").out
    english = replace(kb, variables={**kb.variables, "KB_LANGUAGE": "en"})
    assert "now has the role “owner” in" in english("group", "member", "veille", "claire", "--role", "owner").err
    # It has no other owner.
    assert kb("group", "member", "veille", "claire", "--role", "member").code == 1
    assert kb("group", "member", "veille", "claire", "--remove").code == 1
    an_account(kb, "paul")
    assert kb("group", "member", "veille", "paul", "--role", "owner").code == 0
    assert kb("group", "member", "veille", "claire", "--remove").code == 0
    assert "Une confidence" not in kb("search", "confidence", "--as", "claire").out
    removal_result = kb("group", "member", "veille", "claire", "--remove")
    assert removal_result.code == 1
    assert len(removal_result.err.splitlines()) == 1


def test_an_invalid_membership_is_refused_with_a_sentence(kb: Kb) -> None:
    assert kb("group", "add", "veille").code == 0
    an_account(kb, "claire")
    for arguments, code in (
        (("veille", "claire"), 2),
        (("veille", "claire", "--role", "chef"), 2),
        (("veille", "claire", "--role", "owner", "--remove"), 2),
        (("veille", "personne", "--role", "owner"), 1),
        (("ailleurs", "claire", "--role", "owner"), 1),
        (("~claire", "claire", "--role", "reader"), 1),
        (("~claire", "claire", "--remove"), 1),
        (("veille", "claire", "--remove"), 1),
    ):
        done = kb("group", "member", *arguments)
        assert done.code == code, arguments
        assert done.err.strip(), arguments
