"""What is deleted permanently is deleted in sent issues too; who is erased receives nothing more; `kb letter send`."""

import json
from contextlib import contextmanager
from io import BytesIO
from types import SimpleNamespace
from zipfile import ZipFile

from click.testing import CliRunner

from kb.access.actor import OPERATOR
from kb.features.newsletters.commands import letter
from kb.features.newsletters.issues import archive
from kb.features.newsletters.records import STORE
from kb.features.newsletters.records.newsletter_records import NewslettersReading
from kb.features.newsletters.sending import send_due_issues
from kb.features.newsletters.subscribers import subscribe, subscribers_view
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.personal_data_export import write_own_personal_data
from kb.services.moderation.moderation_actions import delete_content_permanently, hide_content, restore_content
from kb.translation import Translator
from tests.checkers.recorded_queries import executed_statements
from tests.features.newsletters.conftest import LETTER, Editors


def content_of(editors: Editors, issue_id: str) -> str:
    with editors.library.store.read() as reading:
        issue = NewslettersReading(reading.connection).issue(issue_id)
    assert issue is not None
    return issue.content or ""


def test_an_item_that_is_deleted_permanently_leaves_no_word_in_a_sent_issue(editors: Editors) -> None:
    issue = editors.scheduled("crue", "pluie")
    send_due_issues(editors.library)
    assert "La crue de mai" in content_of(editors, issue.id)
    hidden = hide_content(editors.library, editors.actor("claire"), "crue")
    assert "La crue de mai" in content_of(editors, issue.id)
    delete_content_permanently(editors.library, OPERATOR, hidden.id)
    assert "crue de mai" not in content_of(editors, issue.id)
    assert "déborde" not in content_of(editors, issue.id)
    assert "Pluies" in content_of(editors, issue.id)


def test_a_passage_that_is_deleted_permanently_leaves_sent_issues_within_the_hour(editors: Editors) -> None:
    issue = editors.scheduled("crue")
    send_due_issues(editors.library)
    hidden = hide_content(editors.library, editors.actor("claire"), "crue", "h1")
    purge(editors)
    assert "déborde" in content_of(editors, issue.id)
    restore_content(editors.library, editors.actor("claire"), hidden.id)
    whole = hide_content(editors.library, editors.actor("claire"), "crue")
    purge(editors)
    assert "déborde" in content_of(editors, issue.id)
    restore_content(editors.library, editors.actor("claire"), whole.id)
    hidden = hide_content(editors.library, editors.actor("claire"), "crue", "h1")
    delete_content_permanently(editors.library, OPERATOR, hidden.id)
    purge(editors)
    assert "déborde" not in content_of(editors, issue.id)
    assert "La crue de mai" in content_of(editors, issue.id)


def test_contents_are_read_only_if_something_of_them_is_gone(editors: Editors) -> None:
    editors.scheduled("crue")
    send_due_issues(editors.library)

    def reads_of_content() -> int:
        with executed_statements() as executed:
            purge(editors)
            archive(editors.library, editors.actor("claire"), LETTER, 50)
        return sum("newsletter_issues.content" in statement.partition("FROM")[0] for statement in executed)

    assert reads_of_content() == 0
    hidden = hide_content(editors.library, editors.actor("claire"), "crue", "h1")
    assert reads_of_content() == 0
    delete_content_permanently(editors.library, OPERATOR, hidden.id)
    assert reads_of_content() == 1
    assert reads_of_content() == 0


def purge(editors: Editors) -> None:
    with editors.library.store.write() as writing:
        STORE.purge(writing.connection)


def test_a_subscriber_is_told_in_the_export_and_gone_when_erased(editors: Editors) -> None:
    subscribe(editors.library, editors.actor("zoe"), LETTER)
    stream = BytesIO()
    write_own_personal_data(editors.library, editors.actor("zoe"), stream)
    with ZipFile(stream) as archive:
        texts = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "La lettre des crues" in texts
    erase_person(editors.library, OPERATOR, "zoe", AnnotationHandling.KEEP)
    assert subscribers_view(editors.library, editors.actor("claire"), LETTER).users == 0
    editors.scheduled("crue")
    assert send_due_issues(editors.library).queued == 0


def test_the_command_sends_the_scheduled_issue(editors: Editors) -> None:
    subscribe(editors.library, editors.actor("zoe"), LETTER)
    editors.scheduled("crue")

    @contextmanager
    def library():  # type: ignore[no-untyped-def]
        yield editors.library

    session = SimpleNamespace(settings=editors.library.settings, translator=Translator("fr"), library=library)
    answer = CliRunner().invoke(letter, ["send", "eau/crues", "--json"], obj=session)
    assert json.loads(answer.output) == {
        "subject": "Les crues de mai",
        "number": 1,
        "queued": 1,
        "url": "http://127.0.0.1:8000/g/eau/letters/crues/1",
    }
    again = CliRunner().invoke(letter, ["send", "eau/crues"], obj=session)
    assert "0 message" in again.output
    editors.deliver()
    send_due_issues(editors.library)
    assert CliRunner().invoke(letter, ["send", "eau/crues"], obj=session).exception is not None
