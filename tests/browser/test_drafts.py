"""Typed text is never lost: drafts in this browser, and forms that are sent after the session ended."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opening, arriving
from tests.browser.support.addresses import MEMBER, OWNER
from tests.browser.support.site import PASSWORD

pytestmark = pytest.mark.browser

TEXT = "Trois lignes\nque personne\nne retapera."


def stored(page: Page) -> list[str]:
    drafts: list[str] = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft '))")
    return drafts


def test_an_unsent_draft_survives_a_closed_tab_and_is_gone_once_it_is_sent(own_site: str, opening: Opening) -> None:
    luc = arriving(opening, own_site, "/items/item-31/annotate?kind=comment", MEMBER, javascript=True)
    luc.get_by_label("Votre commentaire").fill(TEXT)
    luc.close()
    context = luc.context
    again = context.new_page()
    again.goto(f"{own_site}/items/item-31/annotate?kind=comment")
    area = again.get_by_label("Votre commentaire")
    expect(area).to_have_value(TEXT)
    notice = again.get_by_role("status").filter(has_text="Brouillon retrouvé")
    expect(notice).to_be_visible()
    notice.get_by_role("button", name="Effacer le brouillon").click()
    expect(area).to_have_value("")
    expect(notice).to_have_count(0)
    assert not stored(again)
    again.reload()
    expect(area).to_have_value("")

    area.fill(TEXT)
    again.goto(f"{own_site}/items/item-32/annotate?kind=comment")
    expect(again.get_by_label("Votre commentaire")).to_have_value("")
    again.goto(f"{own_site}/items/item-31/annotate?kind=comment")
    expect(area).to_have_value(TEXT)
    again.get_by_role("button", name="Envoyer").or_(again.get_by_role("button", name="Ajouter")).first.click()
    expect(again.locator(".flash")).to_be_visible()
    assert not stored(again)


def test_a_draft_stays_when_the_network_fails_and_goes_when_its_user_logs_out(own_site: str, opening: Opening) -> None:
    luc = arriving(opening, own_site, "/items/item-37/annotate?kind=comment", MEMBER, javascript=True)
    luc.get_by_label("Votre commentaire").fill(TEXT)
    luc.context.set_offline(True)
    luc.locator("form", has=luc.get_by_label("Votre commentaire")).get_by_role("button").last.click()
    luc.wait_for_timeout(300)
    luc.context.set_offline(False)
    luc.goto(f"{own_site}/items/item-37/annotate?kind=comment")
    expect(luc.get_by_label("Votre commentaire")).to_have_value(TEXT)
    assert len(stored(luc)) == 1
    # Nothing is sent here, so the session of the other tests stays valid.
    luc.route(
        "**/logout", lambda route: route.fulfill(body="") if route.request.method == "POST" else route.continue_()
    )
    luc.goto(f"{own_site}/logout")
    luc.locator("main").get_by_role("button").click()
    luc.wait_for_url("**/logout")
    assert not stored(luc)


def test_passwords_are_no_drafts_and_drafts_are_few(own_site: str, opening: Opening) -> None:
    claire = arriving(opening, own_site, "/account", OWNER, javascript=True)
    for fold in claire.locator(".setting > summary").all():
        fold.click()
    for field in claire.locator("input[type=password]").all():
        field.fill("une phrase secrète")
    claire.get_by_label("Nom", exact=False).first.fill("Claire A.")
    claire.evaluate(
        "for (let place = 0; place < 40; place++)"
        " localStorage.setItem(`draft x ${place}`, JSON.stringify({at: Date.now() - place, typed: []}))"
    )
    claire.goto(f"{own_site}/items/item-34/annotate?kind=comment")
    claire.get_by_label("Votre commentaire").fill(TEXT)
    claire.goto(f"{own_site}/items/item-34")
    assert len(stored(claire)) <= 21
    assert "secrète" not in claire.evaluate("JSON.stringify(localStorage)")


@pytest.mark.parametrize(("javascript", "item"), [(True, "item-35"), (False, "item-36")])
def test_a_comment_sent_after_the_session_ended_comes_back(
    own_site: str, opening: Opening, javascript: bool, item: str
) -> None:
    claire = arriving(opening, own_site, f"/items/{item}/annotate?kind=comment", OWNER, javascript=javascript)
    claire.get_by_label("Votre commentaire").fill(TEXT)
    claire.context.clear_cookies()
    form = claire.locator("form", has=claire.get_by_label("Votre commentaire"))
    form.get_by_role("button").last.click()
    expect(claire.get_by_role("alert")).to_contain_text("Rien n’en est perdu")
    claire.get_by_label("Identifiant ou adresse").fill(OWNER)
    claire.get_by_label("Mot de passe").fill(PASSWORD)
    claire.get_by_role("button", name="Se connecter").click()
    if not javascript:
        claire.get_by_role("button", name="Revoir le formulaire").click()
    expect(claire.get_by_role("alert")).to_contain_text("Rien n’est encore envoyé")
    expect(claire.get_by_label("Votre commentaire")).to_have_value(TEXT)
    claire.locator("form", has=claire.get_by_label("Votre commentaire")).get_by_role("button").last.click()
    expect(claire.locator(".flash")).to_be_visible()
    expect(claire.get_by_text("ne retapera.").first).to_be_visible()


def test_the_introduction_of_a_press_review_is_a_draft_until_it_is_shown(own_site: str, opening: Opening) -> None:
    address = "/review?q=agents&order=source"
    claire = arriving(opening, own_site, address, OWNER, javascript=True)
    claire.get_by_label("Introduction").fill(TEXT)
    claire.close()
    again = claire.context.new_page()
    again.goto(own_site + address)
    expect(again.get_by_label("Introduction")).to_have_value(TEXT)
    expect(again.get_by_role("status").filter(has_text="Brouillon retrouvé")).to_be_visible()
    # A press review of another list has a draft of its own.
    again.goto(f"{own_site}/review?group=lectures")
    expect(again.locator("#f-introduction")).to_have_value("")
    again.goto(own_site + address)
    # The downloaded file has the text, and this page does not show it yet.
    with again.expect_download():
        again.locator("summary", has_text="Télécharger").click()
        again.get_by_role("button", name="Markdown").click()
    assert len(stored(again)) == 1
    again.locator("#review-form").get_by_role("button", name="Mettre à jour").click()
    expect(again.locator(".review-sheet")).to_contain_text("ne retapera.")
    assert not stored(again)


def test_the_next_press_review_can_begin_as_the_last_one(own_site: str, opening: Opening) -> None:
    claire = arriving(opening, own_site, "/review?q=agents", OWNER, javascript=True)
    again = claire.get_by_role("button", name="Reprendre l’introduction")
    expect(again).to_be_hidden()
    claire.get_by_label("Introduction").fill(TEXT)
    claire.get_by_label("Intertitres").select_option("source")
    claire.locator("#review-form").get_by_role("button", name="Mettre à jour").click()
    expect(claire.locator(".review-sheet")).to_contain_text("ne retapera.")
    claire.goto(f"{own_site}/review?group=lectures")
    again.click()
    expect(again).to_be_hidden()
    expect(claire.get_by_label("Introduction")).to_have_value(TEXT)
    expect(claire.get_by_label("Intertitres")).to_have_value("source")
    # Nothing of it stays in the browser after logging out; here nothing is sent.
    claire.route(
        "**/logout", lambda route: route.fulfill(body="") if route.request.method == "POST" else route.continue_()
    )
    claire.goto(f"{own_site}/logout")
    claire.locator("main").get_by_role("button").click()
    claire.wait_for_url("**/logout")
    assert claire.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("label", ["Sous le nom", "Nom de la recherche enregistrée"])
def test_the_draft_of_a_name_belongs_to_the_search_that_it_names(own_site: str, opening: Opening, label: str) -> None:
    claire = arriving(opening, own_site, "/search?q=agents", OWNER, javascript=True)
    follow, name = claire.locator("main").get_by_role("link", name="Suivre"), claire.get_by_label(label)
    fold = claire.locator("details", has=name).locator("summary")
    follow.click()
    if fold.count():
        fold.click()
    name.fill("Nos agents")
    for other in ("/search?q=eau", "/search?since=7d", "/g/lectures?q=agents"):
        claire.goto(own_site + other)
        follow.click()
        if fold.count():
            fold.click()
        expect(name).to_be_visible()
        expect(name).not_to_have_value("Nos agents")
    claire.goto(f"{own_site}/search?q=agents")
    follow.click()
    expect(name).to_have_value("Nos agents")


def test_the_address_of_a_webhook_is_no_draft(own_site: str, opening: Opening) -> None:
    claire = arriving(opening, own_site, "/g/lectures/webhooks", OWNER, javascript=True)
    claire.get_by_label("Adresse que donne").fill("https://chat.exemple.fr/hooks/secrete")
    claire.get_by_label("Nom", exact=False).fill("Le salon bleu")
    claire.goto(f"{own_site}/items/item-34")
    assert len(stored(claire)) == 1
    kept = claire.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "Le salon bleu" in kept
    assert "secrete" not in kept
    claire.goto(f"{own_site}/g/lectures/webhooks?edit=webhook-lectures")
    claire.get_by_label("Adresse que donne").fill("https://chat.exemple.fr/hooks/secrete")
    claire.goto(f"{own_site}/g/lectures/webhooks")
    expect(claire.get_by_label("Nom", exact=False)).to_have_value("Le salon bleu")
    assert "secrete" not in claire.evaluate("JSON.stringify([localStorage, sessionStorage])")
