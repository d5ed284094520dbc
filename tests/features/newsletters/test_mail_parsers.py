"""An issue with hostile texts, as parsers of others read its message."""

from html import unescape

from kb.features.newsletters.issues import IssueText, change_issue, draft_issue, schedule_issue
from kb.features.newsletters.sending import send_due_issues
from kb.features.newsletters.subscribers import add_addresses
from kb.model.items.item_fields import AnnotationFields, ItemFields
from kb.services.items.item_creation import save_item
from tests.features.newsletters.conftest import LETTER, Editors
from tests.support.mail_parsers import read_mail

TITLE = "=?utf-8?q?a=0D=0ABcc:_max@exemple.fr?= <b>gras</b> 🌊 \u202eabc\u202c مرحبا"
SUBJECT = "=?utf-8?q?a=0D=0ABcc:_max@exemple.fr?= <b>🌊</b> مرحبا"
QUOTE = "From là, 🌊"
INTRODUCTION = "Bonjour,\r\nBcc: max@exemple.fr\r\n.\r\n" + "é" * 998 + "\r\n</td></table><script>alert(1)</script>"


def test_hostile_texts_of_an_issue_arrive_as_they_were_typed(editors: Editors) -> None:
    library, claire = editors.library, editors.actor("claire")
    passage = AnnotationFields(quote=QUOTE, color="pink")
    fields = ItemFields(title=TITLE, url="https://exemple.fr/piege")
    item = save_item(library, claire, "eau", fields, (passage,), has_page=True).item
    draft = draft_issue(library, claire, LETTER, SUBJECT, parts=((item.id, None),))
    change_issue(library, claire, LETTER, draft.id, IssueText(SUBJECT, INTRODUCTION, draft.item_list))
    add_addresses(library, claire, LETTER, "lea@exemple.org", vouches=True)
    schedule_issue(library, claire, LETTER, draft.id)
    send_due_issues(library)
    editors.deliver()
    (message,) = editors.office.taken
    for mail in read_mail([bytes(message.content)]):
        assert mail["subject"] == SUBJECT
        assert [one["address"] for one in mail["to"]] == ["lea@exemple.org"]
        assert not {"bcc", "cc"} & set(mail["fields"])
        assert mail["listId"] == "crues.eau.letters.127.0.0.1"
        assert mail["unsubscribe"].startswith("http://127.0.0.1:8000/letters/stop/")
        assert mail["unsubscribePost"] == "List-Unsubscribe=One-Click"
        assert mail["attachments"] == []
        assert "<script" not in mail["html"]
        assert "<b>gras" not in mail["html"]
        for part in (mail["text"], unescape(mail["html"])):
            words = " ".join(part.split())
            assert " ".join(TITLE.split()) in words
            assert QUOTE in words
            assert "Bcc: max@exemple.fr" in words
            assert "é" * 998 in words
            assert mail["unsubscribe"] in words
