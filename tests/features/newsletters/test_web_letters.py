"""The pages of newsletters: who sees what, what the forms do, the feed, and the link that stops."""

import re
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.features.newsletters.records import STORE
from kb.features.newsletters.records.newsletter_records import (
    IssueState,
    Newsletters,
    NewslettersReading,
    SubscriberState,
)
from kb.features.newsletters.sending import send_due_issues
from kb.features.newsletters.subscribers import add_addresses, subscribe, subscribers_view
from kb.model.people.group import JoinPolicy, Visibility
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.store.database.clock import timestamp_in
from tests.features.newsletters.conftest import LETTER, Editors
from tests.support.browser_sessions import browsers_of, send

ARCHIVE = "/g/eau/letters/crues/"
MANAGE = "/g/eau/letters/crues/manage"


def draft_address(editors: Editors, **fields: str) -> str:
    answer = send(editors.browser("claire"), MANAGE, act="draft", subject="Les crues de mai", **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


def test_an_owner_makes_a_newsletter_and_its_readers_find_it(editors: Editors) -> None:
    claire, nobody = editors.browser("claire"), editors.browser("")
    answer = send(claire, "/g/eau/letters", name="Veille de l’été", accent="green")
    assert answer.headers["location"].startswith("/g/eau/letters/veille-de-l-ete/manage")
    page = nobody.get("/g/eau/letters").text
    assert "La lettre des crues" in page
    assert "Créer" not in page
    assert editors.browser("paul").get(MANAGE).status_code == 200
    assert editors.browser("zoe").get(MANAGE).status_code == 403
    twice = send(claire, "/g/eau/letters", name="Autre", slug="crues", accent="green")
    assert twice.status_code == 409
    assert nobody.get("/g/eau/letters/crues", follow_redirects=False).headers["location"] == ARCHIVE
    assert nobody.get("/g/eau/letters/rien/").status_code == 404
    assert nobody.get("/g/cave/letters").status_code == 404


def test_an_issue_is_drafted_from_a_search_from_what_is_new_and_from_a_list(editors: Editors) -> None:
    claire = editors.browser("claire")
    since = draft_address(editors, source="since")
    searched = draft_address(editors, source="search", url="http://127.0.0.1:8000/search?q=crue")
    assert "Pluies &amp; orages" not in claire.get(searched).text
    assert "La crue de mai" in claire.get(searched).text
    listed = re.search(r'<option value="([^"]+)" selected>', claire.get(searched).text)
    assert listed is not None
    again = draft_address(editors, source="list", list=listed[1])
    assert "La crue de mai" in claire.get(again).text
    assert claire.get(since).status_code == 200
    bad = send(claire, MANAGE, act="draft", subject="x", source="search", url="https://exemple.fr/ailleurs")
    assert bad.status_code == 400


def test_the_page_of_an_issue_says_what_is_left_out_and_tests_schedules_and_sends_it(editors: Editors) -> None:
    issue = editors.draft()
    claire, address = editors.browser("claire"), f"/g/eau/letters/crues/drafts/{issue.id}"
    page = claire.get(address).text
    assert "Le secret" not in page
    assert "1 entrée de la liste n’est pas reprise" in page
    fields = {"subject": "Les crues", "introduction": "Bonjour,", "list": issue.item_list}
    assert send(claire, address, act="test", **fields).status_code == 303
    editors.deliver()
    (letter,) = editors.office.letters
    assert (letter["To"], letter["Subject"]) == ("claire@exemple.fr", "[Essai] Les crues")
    preview = claire.get(f"{address}/preview")
    assert "sandbox" in preview.headers["content-security-policy"]
    assert "Bonjour," in preview.text
    assert "secret" not in preview.text.lower()
    late = send(claire, address, act="schedule", moment="2020-01-01T08:00", **fields)
    assert late.status_code == 400
    assert send(claire, address, act="schedule", moment="2027-03-01T08:00", **fields).status_code == 303
    assert "1er mars 2027, 08:00" in claire.get(address).text
    assert send(claire, address, act="cancel").status_code == 303
    assert send(claire, address, act="send", **fields).status_code == 303
    send_due_issues(editors.library)
    send_due_issues(editors.library)
    with editors.library.store.read() as reading:
        sent = NewslettersReading(reading.connection).issue(issue.id)
    assert sent is not None
    assert (sent.state, sent.number) == (IssueState.SENT, 1)
    archive = editors.browser("").get(ARCHIVE + "1").text
    assert "La crue de mai" in archive
    assert "secret" not in archive.lower()
    assert editors.browser("zoe").get(address).status_code == 403


def test_the_archive_is_read_by_who_reads_the_group(editors: Editors) -> None:
    editors.scheduled("crue")
    send_due_issues(editors.library)
    nobody = editors.browser("")
    for page in ("1", "0", "deux", "9" * 20):
        assert "Les crues de mai" in nobody.get(f"{ARCHIVE}?page={page}").text
    feed = nobody.get("/g/eau/letters/crues.atom")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    assert "<title>Les crues de mai</title>" in feed.text
    assert nobody.get("/g/eau/letters/crues.atom", headers={"If-None-Match": feed.headers["etag"]}).status_code == 304
    settings = GroupSettings("Eau", "", Visibility.MEMBERS, JoinPolicy.INVITE, True, ["fr"], "eau")
    change_group(editors.library, OPERATOR, "eau", settings)
    for address in (ARCHIVE, ARCHIVE + "1", "/g/eau/letters/crues.atom", "/g/eau/letters"):
        assert editors.browser("").get(address).status_code == 404
        assert editors.browser("nora").get(address).status_code == 404
        assert editors.browser("zoe").get(address).status_code == 200
    assert editors.browser("paul").post(ARCHIVE + "1").status_code == 403
    assert send(editors.browser("paul"), ARCHIVE + "1").status_code == 303
    assert editors.browser("paul").get(ARCHIVE + "1").status_code == 404


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5_000, "²", "-1", "un"])
def test_an_impossible_number_of_an_issue_leads_nowhere(editors: Editors, number: str) -> None:
    assert editors.browser("").get(ARCHIVE + number).status_code == 404


def test_the_ids_of_the_feed_stay_when_the_site_moves(editors: Editors) -> None:
    editors.scheduled("crue")
    send_due_issues(editors.library)
    moved = replace(editors.library.settings, base_url="https://ailleurs.exemple.org")
    here, there = (
        browsers_of(library, [])[""].get("/g/eau/letters/crues.atom").text
        for library in (editors.library, replace(editors.library, settings=moved))
    )
    assert "ailleurs.exemple.org" in there
    ids = re.findall("<id>(.*?)</id>", here)
    assert len(ids) == 2
    assert re.findall("<id>(.*?)</id>", there) == ids


def test_a_reader_subscribes_and_stops_on_the_archive(editors: Editors) -> None:
    zoe = editors.browser("zoe")
    assert send(zoe, ARCHIVE, act="subscribe").status_code == 303
    assert "Ne plus la recevoir" in zoe.get(ARCHIVE).text
    assert subscribers_view(editors.library, editors.actor("claire"), LETTER).users == 1
    assert send(zoe, ARCHIVE, act="stop").status_code == 303
    assert subscribers_view(editors.library, editors.actor("claire"), LETTER).users == 0
    assert "/login" in editors.browser("").get(ARCHIVE).text


def test_a_mail_program_stops_a_subscription_by_one_post_without_login(editors: Editors) -> None:
    add_addresses(editors.library, editors.actor("claire"), LETTER, "lea@exemple.org", vouches=True)
    subscribe(editors.library, editors.actor("zoe"), LETTER)
    editors.scheduled("crue")
    send_due_issues(editors.library)
    editors.deliver()
    letter = next(one for one in editors.office.letters if one["To"] == "lea@exemple.org")
    path = str(letter["List-Unsubscribe"]).strip("<>").removeprefix("http://127.0.0.1:8000")
    program = editors.browser("")
    assert "La lettre des crues" in program.get(path).text
    assert len(subscribers_view(editors.library, editors.actor("claire"), LETTER).addresses) == 1
    answer = program.post(path, content=b"List-Unsubscribe=One-Click", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    view = subscribers_view(editors.library, editors.actor("claire"), LETTER)
    assert (view.users, view.addresses) == (1, ())
    assert program.post(path).status_code == 200
    assert program.post("/letters/stop/rien").status_code == 404


def test_a_stranger_receives_a_public_newsletter_after_one_confirmation(editors: Editors) -> None:
    stranger = editors.browser("")
    fields = {"act": "ask", "email": "Lea@exemple.org"}
    assert send(stranger, ARCHIVE, **fields).status_code == 400
    for _ in range(2):
        answer = send(stranger, ARCHIVE, agrees="on", **fields)
        assert answer.headers["location"] == f"{ARCHIVE}?done=email-sent"
    editors.deliver()
    # The second message has a new key, and the first one is not sent any more.
    (letter,) = editors.office.letters
    assert letter["To"] == "lea@exemple.org"
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    found = re.search(r"http://127\.0\.0\.1:8000(/letters/confirm/\S+)", text)
    assert found is not None
    assert subscribers_view(editors.library, editors.actor("claire"), LETTER).addresses == ()
    assert "Voulez-vous recevoir" in stranger.get(found[1]).text
    assert stranger.post(found[1]).status_code == 200
    addresses = subscribers_view(editors.library, editors.actor("claire"), LETTER).addresses
    assert [one.label for one in addresses] == ["lea@exemple.org"]
    # Asking again tells nothing, and sends nothing.
    assert send(stranger, ARCHIVE, agrees="on", **fields).headers["location"] == f"{ARCHIVE}?done=email-sent"
    editors.deliver()
    assert len(editors.office.letters) == 1
    assert stranger.post(found[1].replace("confirm", "stop")).status_code == 200
    assert "ne confirme rien" in stranger.get(found[1]).text
    assert stranger.post(found[1]).status_code == 404


def test_addresses_that_nobody_confirms_are_deleted(editors: Editors) -> None:
    assert send(editors.browser(""), ARCHIVE, act="ask", agrees="on", email="lea@exemple.org").status_code == 303
    with editors.library.store.write() as writing:
        records = Newsletters(writing.connection)
        (letter,) = records.of_group(writing.groups.by_slug("eau").id)  # type: ignore[union-attr]
        (pending,) = records.in_state(letter.id, SubscriberState.PENDING, 5)
        records.update_subscriber(replace(pending, since=timestamp_in(days=-3)))
    assert editors.browser("").post(f"/letters/confirm/{pending.stop_key}").status_code == 404
    with editors.library.store.write() as writing:
        STORE.purge(writing.connection)
        assert Newsletters(writing.connection).in_state(letter.id, SubscriberState.PENDING, 5) == ()
