"""What users, servers and chance do between the draft of an issue and its last message."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from subprocess import run

import dkim
import pytest

from kb.access.actor import OPERATOR
from kb.errors import Invalid
from kb.features.newsletters.issue_content import draft_content, least_reader
from kb.features.newsletters.issues import IssueView, draft_issue, issue_view, schedule_issue
from kb.features.newsletters.records.newsletter_records import IssueState, RecipientState
from kb.features.newsletters.sending import send_due_issues
from kb.features.newsletters.subscribers import MOST_ADDRESSES, add_addresses, subscribers_view
from kb.indexer import catch_up
from kb.model.people.group import Role, Visibility
from kb.services.groups.membership import set_role
from kb.services.lists.lists import remove_list
from tests.factories.items import an_annotation, an_item
from tests.factories.library import add_items
from tests.features.newsletters.conftest import LETTER, Editors
from tests.support.browser_sessions import send
from tests.support.mail_parsers import read_mail

MOST_MESSAGE_BYTES = 100_000
REFUSED = 50
NOT_SENT = "Il n’a pas été envoyé le"


def view_of(editors: Editors, issue_id: str) -> IssueView:
    return issue_view(editors.library, editors.actor("claire"), LETTER, issue_id)


def page_of(editors: Editors, issue_id: str) -> str:
    return f"/g/eau/letters/crues/drafts/{issue_id}"


def test_a_form_that_another_editor_has_overtaken_changes_and_sends_nothing(editors: Editors) -> None:
    issue = editors.draft("crue")
    claire, paul, page = editors.browser("claire"), editors.browser("paul"), page_of(editors, issue.id)
    fields = {"introduction": "", "list": issue.item_list, "version": str(issue.version)}
    assert send(paul, page, act="save", subject="De Paul", **fields).status_code == 303
    overtaken = send(claire, page, act="send", subject="De Claire", **fields)
    assert overtaken.status_code == 409
    assert "De Claire" in overtaken.text
    view = view_of(editors, issue.id)
    assert (view.issue.subject, view.issue.state) == ("De Paul", IssueState.DRAFT)
    fields["version"] = str(view.issue.version)
    assert send(claire, page, act="send", subject="De Claire", **fields).status_code == 303


def test_two_clicks_and_two_editors_send_an_issue_once(editors: Editors) -> None:
    add_addresses(editors.library, editors.actor("claire"), LETTER, "lea@exemple.org", vouches=True)
    issue = editors.draft("crue")
    claire, page = editors.browser("claire"), page_of(editors, issue.id)
    fields = {"act": "send", "subject": issue.subject, "introduction": "", "list": issue.item_list}
    token = {"version": str(issue.version), "once": "x"}
    assert [send(claire, page, **fields, **token).status_code for _ in range(2)] == [303, 303]
    assert send(editors.browser("paul"), page, **fields, **token).status_code == 409
    for _ in range(2):
        send_due_issues(editors.library)
        editors.deliver()
    assert len(editors.office.taken) == 1


@pytest.mark.parametrize("taken_away", ["list", "private", "item", "role"])
def test_an_issue_that_cannot_be_sent_any_more_is_a_draft_that_says_so(editors: Editors, taken_away: str) -> None:
    library, claire = editors.library, editors.actor("claire")
    add_addresses(library, claire, LETTER, "lea@exemple.org", vouches=True)
    issue = editors.scheduled("crue", login="paul")
    match taken_away:
        case "list":
            remove_list(library, claire, issue.item_list)
        case "private":
            with library.store.write() as writing:
                item_list = writing.lists.by_id(issue.item_list)
                assert item_list is not None
                writing.lists.update(replace(item_list, private=True))
        case "item":
            with library.store.write() as writing:
                writing.items.remove(["crue"])
        case "role":
            set_role(library, OPERATOR, "eau", "paul", Role.MEMBER)
    assert send_due_issues(library).begun == 0
    editors.deliver()
    assert editors.office.taken == []
    browser = editors.browser("claire")
    assert NOT_SENT in browser.get(page_of(editors, issue.id)).text
    assert "non envoyé à l’heure prévue" in browser.get("/g/eau/letters/crues/manage").text


def test_a_group_that_was_closed_meanwhile_tells_no_address_without_an_account(editors: Editors) -> None:
    library, claire = editors.library, editors.actor("claire")
    add_addresses(library, claire, LETTER, "lea@exemple.org", vouches=True)
    issue = editors.scheduled("crue")
    send_due_issues(library)
    with library.store.write() as writing:
        group = writing.groups.by_slug("eau")
        assert group is not None
        writing.groups.update(replace(group, visible=Visibility.MEMBERS))
    editors.deliver()
    send_due_issues(library)
    assert editors.office.taken == []
    assert view_of(editors, issue.id).recipients == {RecipientState.LEFT_OUT: 1}


def test_addresses_that_are_none_or_are_refused_stop_no_sending(editors: Editors) -> None:
    library, claire, office = editors.library, editors.actor("claire"), editors.office
    with pytest.raises(Invalid):
        add_addresses(library, claire, LETTER, "\n".join(f"a{n}@@exemple" for n in range(MOST_ADDRESSES)), vouches=True)
    addresses = [f"a{number}@exemple.org" for number in range(REFUSED + 1)]
    add_addresses(library, claire, LETTER, "\n".join(addresses), vouches=True)
    office.recipients |= dict.fromkeys(addresses[1:], "550 No such user")
    issue = editors.scheduled("crue")
    send_due_issues(library)
    # A round may accept no message, and not be the last one.
    while view_of(editors, issue.id).recipients.get(RecipientState.QUEUED):
        editors.deliver()
        send_due_issues(library)
    view = view_of(editors, issue.id)
    assert view.issue.state is IssueState.SENT
    assert view.recipients == {RecipientState.SENT: 1, RecipientState.REFUSED: REFUSED}
    assert [str(letter["To"]) for letter in office.letters] == addresses[:1]
    assert len(subscribers_view(library, claire, LETTER).refused) > 0
    assert editors.browser("claire").get("/g/eau/letters/crues/manage").status_code == 200


@pytest.mark.parametrize("words", ["Été & “crue” <b>", "🌊 日本語"], ids=["French", "others"])
def test_the_largest_issue_is_a_signed_message_of_at_most_100_kilobytes(
    editors: Editors, tmp_path: Path, words: str
) -> None:
    key, library, claire = tmp_path / "key.pem", editors.library, editors.actor("claire")
    run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    command = ["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "der"]
    public = b64encode(run(command, check=True, capture_output=True).stdout)
    with library.store.read() as reading:
        group = reading.groups.by_slug("eau")
        author = reading.users.by_login("claire")
    assert group is not None
    ids = [f"long-{number:03}" for number in range(200)]
    add_items(
        library,
        *(
            an_item(
                f"{id_} {words}", id=id_, group=group, order=10 + index, url=f"https://exemple.fr/{id_}", author=author,
                source="La Gazette", description=words * 8,
                annotations=[an_annotation(f"{words} {id_}", id=f"h-{id_}", author=author)],
            )
            for index, id_ in enumerate(ids)
        ),
    )  # fmt: skip
    catch_up(library)
    draft = draft_issue(library, claire, LETTER, words * 8, parts=tuple((id_, None) for id_ in ids))
    entries = draft_content(library, least_reader(group), group, draft).entries
    add_addresses(library, claire, LETTER, "lea@exemple.org", vouches=True)
    page = editors.browser("claire").get(page_of(editors, draft.id)).text
    schedule_issue(library, claire, LETTER, draft.id)
    send_due_issues(library)
    signed = replace(library.settings, dkim_key_file=str(key), dkim_domain="exemple.fr")
    replace(editors, library=replace(library, settings=signed)).deliver()
    (message,) = editors.office.taken
    content = bytes(message.content)
    assert len(content) <= MOST_MESSAGE_BYTES
    assert dkim.verify(content, dnsfunc=lambda *_, **__: b"v=DKIM1; k=rsa; p=" + public)
    for mail in read_mail([content]):
        shown = [id_ for id_ in ids if f"{id_} {words.split(maxsplit=1)[0]}" in mail["text"]]
        assert shown == ids[: len(shown)]
        assert 20 < len(shown) < entries
        assert all(f"/{id_}" in mail["html"] for id_ in shown)
        assert f"/{ids[len(shown)]}" not in mail["html"]
        assert f"{entries - len(shown)} autres signets" in mail["text"]
        assert f"n’a pas de place pour {entries - len(shown)} entrées" in page
