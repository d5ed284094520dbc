"""`kb serve` sends queued e-mail messages in the background."""

import re

import httpx2

from kb.services.email.outbox import queue_message
from kb.site import open_store
from tests.functional.server.test_cli_serve import Server, get, until
from tests.support.browser_sessions import PASSWORD
from tests.support.mail_server import SECRET, a_post_office


def write(kb, subject):
    store = open_store(kb.settings.store_url)
    try:
        with store.write() as writing:
            queue_message(writing, "marie@exemple.org", subject, "Bonjour Marie,\n\nà bientôt.\n")
    finally:
        store.close()


def test_email_messages_are_sent_while_the_site_is_served(kb):
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


def test_a_refusing_mail_server_stops_no_page_and_is_logged_without_its_password(kb):
    with a_post_office() as office:
        office.refusals["RCPT"] = "450 Later"
        kb.variables["KB_MAIL_URL"] = office.url.replace("//", f"//florilege:{SECRET}@")
        with Server(kb) as server:
            write(kb, "Première")
            assert get(server.address, "/healthz") == "ok\n"
            until(lambda: "a message was not taken" in server.process.stderr.readline())
            assert get(server.address, "/healthz") == "ok\n"
    assert office.taken == []
    assert SECRET not in server.errors
    assert "marie" not in server.errors


def test_a_user_who_forgot_the_password_logs_in_by_an_email_message(kb):
    kb.variables["KB_BASE_URL"] = "https://florilege.exemple.fr"
    with a_post_office() as office:
        kb.variables["KB_MAIL_URL"] = office.url
        added = kb(
            "user", "add", "zoe", "--name", "Zoé Née", "--email", "zoe@exemple.fr", "--password-stdin", stdin=PASSWORD
        )
        assert added.code == 0, added.err
        # The site's address is https, so its cookies are only sent over TLS: the test sends them itself.
        with Server(kb) as server:
            page = httpx2.get(f"{server.address}/reset", timeout=60)
            sent = ask(server, page, "/reset", login="ZOE@exemple.fr")
            assert (sent.status_code, sent.headers["location"]) == (303, "/reset?done=reset-sent")
            until(lambda: office.taken)
            (letter,) = office.letters
            assert letter["To"] == "zoe@exemple.fr"
            assert "Bonjour Zoé Née," in letter.get_content()
            path = re.search(r"https://florilege\.exemple\.fr(/reset/\S+)", letter.get_content())[1]
            form = httpx2.get(server.address + path, timeout=60)
            response = ask(server, form, path, password="une tout autre phrase")
            assert (response.status_code, "__Host-kb-session" in response.headers["set-cookie"]) == (303, True)
            until(lambda: len(office.taken) == 2)
            assert "a été changé" in office.letters[1]["Subject"]
            assert httpx2.get(server.address + path, timeout=60).status_code == 404
    assert "zoe" not in server.errors.casefold()


def ask(server, page, path, **fields):
    """Send a form of a page that was read, with the page's cookie."""
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page.text)[1]
    cookie = page.headers["set-cookie"].partition(";")[0]
    data = {"form_token": token, **fields}
    return httpx2.post(server.address + path, data=data, headers={"cookie": cookie}, timeout=60)
