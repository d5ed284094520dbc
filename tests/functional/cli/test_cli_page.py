"""`kb page`, by the command line."""

import pytest
from starlette.testclient import TestClient

from kb.site import create_app, open_library

NAMES = ("mentions-legales", "donnees-personnelles", "accessibilite")


@pytest.fixture
def kb_with_library(kb):
    assert kb("migrate").code == 0
    return kb


def site(kb, address):
    library = open_library(kb.settings)
    try:
        with TestClient(create_app(library)) as client:
            return client.get(address).text
    finally:
        library.close()


def test_the_pages_are_listed_with_their_number_of_placeholders(kb_with_library):
    answer = kb_with_library("page", "list")

    rows = [line.split("\t") for line in answer.out.splitlines()]
    assert [(row[0], row[1]) for row in rows] == [(name, lang) for name in NAMES for lang in ("fr", "en")]
    assert {row[2] for row in rows} == {"texte du programme"}
    assert rows[0][3:] == ["9 endroits à compléter", "Mentions légales"]


def test_a_text_is_shown_completed_and_given_back(kb_with_library, tmp_path):
    file = tmp_path / "texte.md"
    text = kb_with_library("page", "show", "mentions-legales").out
    file.write_text(text.replace("[à compléter : numéro]".replace(" :", "\u202f:"), "01 02 03 04 05"), encoding="utf-8")

    answer = kb_with_library("page", "set", "mentions-legales", file)

    assert answer.code == 0
    assert answer.out == "http://127.0.0.1:8000/mentions-legales?lang=fr\n"
    assert answer.err == "7 endroits à compléter\n"
    assert kb_with_library("page", "show", "mentions-legales").out == file.read_text(encoding="utf-8")
    assert "01 02 03 04 05" in site(kb_with_library, "/mentions-legales")


def test_a_program_reads_whose_text_is_shown(kb_with_library):
    assert kb_with_library("page", "set", "accessibilite", "-", stdin="# Accessibilité\n\nOui.").err == ""

    french, english = [
        page for page in kb_with_library("page", "list", "--json").json if page["name"] == "accessibilite"
    ]
    assert french["changed"]
    assert (french["language"], french["text_in"], french["to_complete"]) == ("fr", "fr", 0)
    assert (english["language"], english["text_in"]) == ("en", "fr")
    assert "montré en français" in kb_with_library("page", "list").out


def test_each_language_has_its_own_text(kb_with_library):
    kb_with_library("page", "set", "accessibilite", "-", "--lang", "en", stdin="# Accessibility\n\nYes.")

    assert kb_with_library("page", "show", "accessibilite", "--lang", "en").out == "# Accessibility\n\nYes.\n"
    assert kb_with_library("page", "show", "accessibilite").out.startswith("# Accessibilité\u202f: non conforme")


def test_the_text_of_the_program_comes_back(kb_with_library):
    kb_with_library("page", "set", "accessibilite", "-", stdin="# Autre\n\nTexte.")

    answer = kb_with_library("page", "reset", "accessibilite")

    assert (answer.code, answer.out) == (0, "")
    assert answer.err == "« Accessibilité\u202f: non conforme » a de nouveau le texte du programme.\n".replace(
        "« ", "«\u202f"
    ).replace(" »", "\u202f»")
    assert "non conforme" in kb_with_library("page", "show", "accessibilite").out


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [
        (("set", "rien", "-"), "# A\n\nB", 1),
        (("show", "rien"), "", 1),
        (("reset", "../kb"), "", 1),
        (("set", "accessibilite", "-"), "", 2),
        (("set", "accessibilite", "-"), "é" * 200_001, 2),
        (("set", "accessibilite", "-"), "é" * 500_000, 2),
        (("set", "accessibilite", "absent.md"), "", 2),
        (("set", "accessibilite", "."), "", 2),
        (("show", "accessibilite", "--lang", "de"), "", 2),
    ],
)
def test_a_failing_page_command_prints_one_sentence(kb_with_library, arguments, stdin, code):
    answer = kb_with_library("page", *arguments, stdin=stdin)

    assert answer.code == code
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err


def test_a_text_that_is_not_utf_8_is_refused(kb_with_library, tmp_path):
    file = tmp_path / "texte.md"
    file.write_bytes("# Déjà\n\nÉcrit".encode("latin-1"))

    answer = kb_with_library("page", "set", "accessibilite", file)

    assert (answer.code, answer.err) == (2, f"{file} n’est pas un texte en UTF-8.\n")


def test_a_mark_of_order_before_the_text_is_no_part_of_it(kb_with_library, tmp_path):
    file = tmp_path / "texte.md"
    file.write_bytes("# Déjà\n\nÉcrit".encode("utf-8-sig"))

    assert kb_with_library("page", "set", "accessibilite", file).code == 0
    assert kb_with_library("page", "show", "accessibilite").out == "# Déjà\n\nÉcrit\n"
