"""The HTML part of an e-mail message: axe-core finds no problem, light and dark, and nothing is cut at 360 px."""

import pytest
from playwright.sync_api import Browser

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
from tests.browser.test_accessibility import axe_problems

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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_message_is_readable_by_everyone(browser: Browser, axe: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 700}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_content(write_html_email(EMAIL).html)
    assert axe_problems(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()
