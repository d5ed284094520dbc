"""`kb serve` sends the letters that are written, behind its pages."""

from kb.library.letters import write_letter
from kb.store import open_store
from tests.functional.test_cli_serve import Server, get, until
from tests.post_office import SECRET, a_post_office


def write(kb, subject):
    store = open_store(f"sqlite:///{kb.folder}/store.sqlite3")
    try:
        with store.write() as writing:
            write_letter(writing, "marie@exemple.org", subject, "Bonjour Marie,\n\nà bientôt.\n")
    finally:
        store.close()


def test_letters_are_sent_while_the_site_is_served(kb):
    with a_post_office() as office:
        kb.variables["KB_MAIL_URL"] = office.url
        kb.variables["KB_MAIL_FROM"] = "Florilège <florilege@exemple.fr>"
        with Server(kb) as server:
            write(kb, "Première")
            until(lambda: len(office.taken) == 1)
            write(kb, "Seconde")
            until(lambda: len(office.taken) == 2)
            assert get(server.address, "/healthz") == "ok\n"
    assert [letter["Subject"] for letter in office.letters] == ["Première", "Seconde"]
    assert [letter["From"] for letter in office.letters] == ["Florilège <florilege@exemple.fr>"] * 2


def test_a_server_that_refuses_us_stops_no_page_and_is_told_without_its_password(kb):
    with a_post_office() as office:
        office.refusals["RCPT"] = "450 Later"
        kb.variables["KB_MAIL_URL"] = office.url.replace("//", f"//florilege:{SECRET}@")
        with Server(kb) as server:
            write(kb, "Première")
            assert get(server.address, "/healthz") == "ok\n"
            until(lambda: "a letter was not taken" in server.process.stderr.readline())
            assert get(server.address, "/healthz") == "ok\n"
    assert office.taken == []
    assert SECRET not in server.errors
    assert "marie" not in server.errors
