"""`kb user` and `kb token`, run by the operator."""

import json

import pytest

from tests.conftest import Kb

PASSWORD = "une phrase assez longue"
LINE = '{"id": "i1", "title": "Les agents", "group": "veille", "author": {"login": "claire", "name": "Claire A."}}\n'


def test_an_account_is_given_and_listed(kb: Kb) -> None:
    result = kb(
        "user", "add", "claire", "--name", "Claire Aubert", "--email", "Claire@Exemple.fr", "--admin",
        "--password-stdin", stdin=PASSWORD + "\n",
    )  # fmt: skip
    assert (result.code, result.out) == (0, "claire\n")
    assert kb("user", "list").out == "claire\tClaire Aubert\tclaire@exemple.fr\tadministrateur\n"
    listed = json.loads(kb("user", "list", "--json").out)
    assert (listed[0]["login"], listed[0]["administrator"], listed[0]["has_password"]) == ("claire", True, True)


def test_without_a_password_the_answer_is_a_link(kb: Kb) -> None:
    result = kb("user", "add", "claire", stdin="")
    assert result.code == 0
    assert result.out.startswith("http://127.0.0.1:8000/reset/")
    assert "sans mot de passe" in kb("user", "list").out


@pytest.mark.parametrize(
    ("login", "options", "stdin", "code"),
    [
        ("Claire !", (), PASSWORD, 2),
        ("claire", ("--email", "nulle part"), PASSWORD, 2),
        ("claire", (), "court", 2),
        ("claire", (), "", 2),
        ("claire", ("--name", "x" * 101), PASSWORD, 2),
        ("x" * 64, (), PASSWORD, 2),
    ],
)
def test_an_invalid_account_is_refused_in_one_sentence(
    kb: Kb, login: str, options: tuple[str, ...], stdin: str, code: int
) -> None:
    refused = kb("user", "add", login, *options, "--password-stdin", stdin=stdin)
    assert refused.code == code
    assert len(refused.err.splitlines()) == 1
    assert kb("group", "add", "veille").code == 0
    assert kb("user", "list").out == ""


def test_an_import_does_not_use_the_login_of_an_existing_account(kb: Kb) -> None:
    assert kb("import", "-", stdin=LINE).code == 0
    assert kb("user", "add", "claire", "--password-stdin", stdin=PASSWORD).code == 0
    results = json.loads(kb("search", "agents", "--json").out)
    assert results["items"][0]["author"] == {"login": "claire-2", "name": "Claire A."}
    assert json.loads(kb("search", "--author", "claire-2", "--json", "agents").out)["total"] == 1
    other = LINE.replace("i1", "i2").replace("Les agents", "Autre chose")
    assert kb("import", "-", stdin=other).code == 0
    authors = json.loads(kb("search", "*", "--json").out)["facets"]["author"]
    assert {author["value"]: author["count"] for author in authors} == {"claire-2": 2}
    assert kb("index", "check").code == 0


def test_a_closed_account_opens_again(kb: Kb) -> None:
    for login in ("claire", "paul"):
        assert kb("user", "add", login, "--password-stdin", stdin=PASSWORD).code == 0
    assert kb("user", "close", "claire").code == 0
    assert "fermé" in kb("user", "list").out.splitlines()[0]
    assert kb("user", "open", "claire").code == 0
    assert "fermé" not in kb("user", "list").out
    assert kb("user", "close", "personne").code == 1


def test_the_last_administrator_stays_one(kb: Kb) -> None:
    assert kb("user", "add", "claire", "--admin", "--password-stdin", stdin=PASSWORD).code == 0
    for act in (("close", "claire"), ("admin", "claire", "--no")):
        refused = kb("user", *act)
        assert (refused.code, len(refused.err.splitlines())) == (1, 1)
    assert kb("user", "add", "paul", "--password-stdin", stdin=PASSWORD).code == 0
    assert kb("user", "admin", "paul").code == 0
    assert kb("user", "admin", "claire", "--no").code == 0


def test_a_password_is_set_again(kb: Kb) -> None:
    assert kb("user", "add", "claire", "--password-stdin", stdin=PASSWORD).code == 0
    assert kb("user", "password", "claire", "--password-stdin", stdin="une autre phrase, longue").code == 0
    assert kb("user", "password", "personne", "--password-stdin", stdin=PASSWORD).code == 1


def test_a_token_is_printed_alone_listed_without_its_secret_and_revoked(kb: Kb) -> None:
    assert kb("user", "add", "claire", "--password-stdin", stdin=PASSWORD).code == 0
    result = kb("token", "add", "claire", "--scope", "write", "--name", "Moisson", "--days", "30")
    assert result.code == 0
    secret = result.out.strip()
    assert result.out == secret + "\n"
    assert len(secret) >= 32
    listed = kb("token", "list", "--json").out
    assert secret not in listed
    (token,) = json.loads(listed)
    assert (token["login"], token["name"], token["scope"]) == ("claire", "Moisson", "write")
    assert kb("token", "revoke", token["id"]).code == 0
    assert json.loads(kb("token", "list", "claire", "--json").out) == []
    assert kb("token", "revoke", token["id"]).code == 1
    assert kb("token", "add", "personne").code == 1
    assert kb("token", "add", "claire", "--scope", "tout").code == 2


def test_an_oidc_identity_is_added_listed_and_removed(kb: Kb) -> None:
    for login in ("claire", "paul"):
        kb("user", "add", login, "--password-stdin", stdin=PASSWORD)
    assert kb("user", "identity", "claire", "sujet-1").code == 2
    options = ("--oidc-issuer", "https://id.ville.example", "--oidc-client-id", "florilege")
    assert kb(*options, "user", "identity", "claire", "sujet-1").code == 0
    assert kb("user", "identity", "claire").out.startswith("https://id.ville.example\tsujet-1\t")
    assert kb(*options, "user", "identity", "paul", "sujet-1").code == 1
    assert kb(*options, "user", "identity", "paul", "sujet-1", "--remove").code == 1
    assert kb(*options, "user", "identity", "claire", "sujet-1", "--remove").code == 0
    assert kb("user", "identity", "claire").out == ""
    for wrong in (("personne", "x"), ("claire", "a\nb"), ("claire", "x" * 256), ("claire", "--remove")):
        refused = kb(*options, "user", "identity", *wrong)
        assert refused.code in {1, 2}
        assert len(refused.err.splitlines()) == 1
