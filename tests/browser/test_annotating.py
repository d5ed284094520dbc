"""Annotations written by mouse and keyboard, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opening, arriving
from tests.browser.support.addresses import MEMBER, OWNER

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("javascript", "item"), [(True, "item-16"), (False, "item-19")])
def test_a_passage_is_added_replied_to_liked_and_undone(
    own_site: str, opening: Opening, javascript: bool, item: str
) -> None:
    luc = arriving(opening, own_site, f"/items/{item}", MEMBER, javascript=javascript)
    luc.get_by_text("Ajouter un passage").click()
    luc.get_by_label("Le passage, tel qu’il figure sur la page").fill("Les mouettes\ncrient sur le quai.")
    luc.get_by_label("vert").check()
    luc.get_by_label("Vos mots à son sujet").fill(f"@{OWNER}, qu’en dis-tu ?")
    luc.get_by_role("button", name="Ajouter le passage").click()
    notice = luc.locator("form.flash")
    expect(notice).to_contain_text("C’est ajouté.")
    passage = luc.locator(luc.evaluate("location.hash") if javascript else f"#{luc.url.partition('#')[2]}")
    expect(passage).to_contain_text("crient sur le quai.")

    claire = arriving(opening, own_site, "/notices", OWNER, javascript=javascript)
    claire.locator("li", has_text="qu’en dis-tu").get_by_role("link", name="Répondre").first.click()
    answer = claire.get_by_label("Votre réponse")
    expect(answer).to_be_focused()
    answer.fill("Oui.")
    claire.get_by_role("button", name="Envoyer la réponse").click()
    expect(claire.get_by_role("status").filter(has_text="Votre réponse est ajoutée")).to_be_visible()

    claire.locator("form.flash").get_by_role("button", name="Annuler").click()
    expect(claire.get_by_text("Oui.", exact=True)).to_have_count(0)
    comment = claire.locator(f"#{luc.url.partition('#')[2]}")
    like = comment.get_by_role("button", name="J’aime").first
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    expect(like).to_have_text("J’aime (1)")
    notice.get_by_role("button", name="Annuler").click()
    expect(luc.get_by_text("crient sur le quai.")).to_have_count(0)


def test_a_source_line_is_recognized_and_a_login_completed_while_the_user_types(
    own_site: str, opening: Opening
) -> None:
    luc = arriving(opening, own_site, "/items/item-35/annotate?kind=comment", MEMBER, javascript=True)
    area = luc.get_by_label("Votre commentaire")
    area.press_sequentially("Lagazette.fr, 7 nov 2014")
    expect(luc.get_by_role("status").filter(has_text="Lagazette.fr – publié")).to_be_visible()
    area.press_sequentially("\n@au")
    option = luc.get_by_role("option", name="@claire – Claire Aubert")
    expect(option).to_be_visible()
    area.press("ArrowDown")
    expect(area).to_have_attribute("aria-activedescendant", "f-comment-names-0")
    area.press("Enter")
    expect(area).to_have_value("Lagazette.fr, 7 nov 2014\n@claire ")
    expect(option).to_have_count(0)


@pytest.mark.parametrize(("javascript", "item"), [(True, "item-25"), (False, "item-28")])
def test_only_the_author_sees_a_private_note(own_site: str, opening: Opening, javascript: bool, item: str) -> None:
    luc = arriving(opening, own_site, f"/items/{item}", MEMBER, javascript=javascript)
    luc.get_by_text("Noter quelque chose pour vous").click()
    luc.get_by_label("Votre note").fill("Rien que pour moi.")
    luc.get_by_role("button", name="Garder pour moi").click()
    expect(luc.get_by_role("region", name="Vos notes privées")).to_contain_text("Rien que pour moi.")
    claire = arriving(opening, own_site, f"/items/{item}", OWNER, javascript=javascript)
    expect(claire.get_by_text("Rien que pour moi.")).to_have_count(0)
