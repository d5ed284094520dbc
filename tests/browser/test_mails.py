"""The HTML part of e-mail messages: axe-core finds no problem, light and dark, html-validate no error, and nothing is
cut at 360 px.
"""

import json
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kb.features.digests.digest_content import write_digest
from kb.features.digests.records.digest_records import DigestsReading
from kb.features.newsletters.issue_mail import confirmation_mail, preview_mail
from kb.features.newsletters.issues import draft_issue, issue_view
from kb.features.newsletters.newsletters import LetterName
from kb.model.items.item_fields import HighlightColor
from kb.services.email.html_email import (
    Button,
    Entry,
    FooterLine,
    Heading,
    HtmlEmail,
    Link,
    Paragraph,
    Quote,
    write_html_email,
)
from tests.browser.support.checked_pages import FOLLOWING, OWNER
from tests.browser.support.site import the_library
from tests.browser.test_accessibility import axe_problems
from tests.browser.test_html import errors_of
from tests.factories.group import as_

SITE = "https://florilege.exemple.fr"
_QUOTE = Quote((("Le circuit de ", False), ("signature", True), (" a été réécrit.", False)), HighlightColor.PINK)
EMAIL = HtmlEmail(
    "fr",
    "La lettre de la transition numérique",
    (
        Heading("Signer et déléguer", f"{SITE}/search"),
        Entry("Valbrune signe ses arrêtés", f"{SITE}/items/1", "La Gazette · 26 nov. 2026", (_QUOTE,)),
        Entry("Une adresse sans espace https://exemple.fr/" + "x" * 200, "", "", (), "Deux lignes.\nDe texte."),
        Paragraph("", Link("2 autres signets", f"{SITE}/search")),
        Button("Lire sur le site", SITE),
    ),
    (
        FooterLine("À votre demande."),
        FooterLine(links=(Link("Ne plus recevoir", SITE), Link("changer de rythme", SITE))),
    ),
    SITE,
    FooterLine("Numéro 48", (Link("lire sur le site", SITE),)),
    "Bonne lecture !",
)

_MEANT = {"no-inline-style", "no-deprecated-attr", "prefer-native-element", "doctype-style"}
"""What mail programs need, which know neither style sheets nor the newer elements."""


@cache
def mails() -> dict[str, str]:
    """Messages by name: one with all kinds of parts, and those of a site with hostile texts."""
    library, letter = the_library(), LetterName("lectures", "lettre")
    actor = as_(library, OWNER)
    parts = (("item-13", None), ("item-14", None), ("trap", None))
    issue = draft_issue(library, actor, letter, "Les lectures", parts=parts, introduction="Bonjour,\n<b>")
    view = issue_view(library, actor, letter, issue.id)
    with library.store.read() as reading:
        records = DigestsReading(reading.connection)
        reader = records.by_key(FOLLOWING)
        assert reader is not None
        followed = records.subscriptions(reader.id)
        content = json.dumps([[one.search_id, ["item-13", "trap"], 9, 0] for one in followed])
        digest = write_digest(library, reading, reader, content, followed)
    assert digest is not None
    return {
        "parts": write_html_email(EMAIL).html,
        "digest": digest.email.html,
        "issue": preview_mail(library, view).html,
        "confirmation": confirmation_mail(library.settings, "Le site", view.view.newsletter, "une-clef").html,
    }


@pytest.mark.parametrize("name", ["parts", "digest", "issue", "confirmation"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_message_is_readable_by_everyone(browser: Browser, axe: str, scheme: str, name: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 700}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_content(mails()[name])
    assert axe_problems(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_messages_are_valid(npm: Path, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.html" for name in mails()]
    for file, html in zip(files, mails().values(), strict=True):
        file.write_text(html, encoding="utf-8")
    assert [error for error in errors_of(npm, *files) if error.split(": ")[1] not in _MEANT] == []
