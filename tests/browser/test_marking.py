"""Passages marked in place on the reading view: by mouse, finger and keyboard, by two people, and when saving fails."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from kb.model.items.selectors import selectors_of
from kb.model.people.group import Role
from kb.services.core.library import Library
from tests.browser.conftest import Opening, serving
from tests.browser.libraries.marking import TEXT, a_library_to_mark, item_titled
from tests.browser.support.addresses import MEMBER, OWNER, STRANGER
from tests.browser.support.selections import select_by_handles, select_by_mouse
from tests.browser.support.site import cookies_of
from tests.factories.items import a_user

pytestmark = pytest.mark.browser
CIRCUIT, RULE, ANSWER = "Le circuit est passé de neuf jours", "c’est la délégation qui a été réécrite", "La réponse"
CONTRAST_IS_OURS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture(scope="module")
def library() -> Library:
    return a_library_to_mark()


@pytest.fixture(scope="module")
def site_to_mark(library: Library) -> Iterator[str]:
    yield from serving(library)


def toolbar(page: Page) -> Locator:
    return page.get_by_role("form", name="Surligner la sélection")


def marked(page: Page, words: str) -> Locator:
    return page.locator("#text mark.pen", has_text=words)


def positions(library: Library) -> dict[str, tuple[int, int]]:
    """Where the passages of the page stand in its text, as they are stored."""
    with library.store.read() as reading:
        annotations = reading.items.any_of(["page"])["page"].annotations
    return {
        annotation.quote or "": (selector["start"], selector["end"])
        for annotation in annotations
        for selector in selectors_of(annotation.selectors)
        if selector["type"] == "TextPositionSelector"
    }


def save(page: Page) -> None:
    toolbar(page).get_by_role("button", name="Surligner", exact=True).click()
    expect(toolbar(page)).to_have_count(0)


def test_a_passage_is_marked_overlapped_changed_and_undone_by_mouse(
    opening: Opening, site_to_mark: str, axe: str, library: Library
) -> None:
    page = opening(f"{site_to_mark}/items/page/read", by=OWNER)
    page.evaluate("window.sameWindow = true")
    select_by_mouse(page, CIRCUIT)
    expect(toolbar(page)).to_be_visible()
    assert page.evaluate("String(getSelection())") == CIRCUIT
    page.evaluate(axe)
    violations = page.evaluate("(options) => axe.run(document, options)", CONTRAST_IS_OURS)["violations"]
    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in violations] == []
    page.get_by_label("bleu").check(force=True)
    page.get_by_label("Note", exact=True).press_sequentially("Le chiffre à retenir. @lu")
    page.get_by_role("option", name="@luc – Luc Martin").click()
    expect(page.get_by_label("Note", exact=True)).to_have_value("Le chiffre à retenir. @luc ")
    toolbar(page).locator("summary").click()
    toolbar(page).get_by_label("Mots-clés").fill("délais, signature")
    save(page)
    expect(marked(page, CIRCUIT)).to_have_class("pen blue level-0")
    expect(page.locator(".notes")).to_contain_text("Le chiffre à retenir.")
    expect(page.locator(".notes")).to_contain_text("délais, signature")
    expect(page.locator("#marker-status")).to_have_text("C’est ajouté.")
    assert positions(library) == {CIRCUIT: (TEXT.index(CIRCUIT), TEXT.index(CIRCUIT) + len(CIRCUIT))}

    # Another passage over the end of this one.
    select_by_mouse(page, "neuf jours à trente heures 🎉 : c’est la délégation")
    page.get_by_label("rose").check(force=True)
    save(page)
    expect(page.locator("#text mark.blue mark.pink, #text mark.pink mark.blue").first).to_have_text("neuf jours")
    # A position counts characters, of which this one takes two units of JavaScript.
    words = "neuf jours à trente heures 🎉 : c’est la délégation"
    assert positions(library)[words] == (TEXT.index(words), TEXT.index(words) + len(words))
    # Clicked, one's own is changed where it stands.
    page.locator("#text mark.blue").first.click(position={"x": 5, "y": 5})
    expect(page.get_by_label("Note", exact=True)).to_have_value("Le chiffre à retenir. @luc")
    page.get_by_label("vert").check(force=True)
    page.get_by_label("Note", exact=True).fill("Le chiffre, vérifié.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#text mark.green").first).to_be_visible()
    expect(page.locator(".notes")).to_contain_text("Le chiffre, vérifié.")
    expect(page.locator(".notes")).to_contain_text("délais, signature")
    page.locator("#text mark.green").first.click(position={"x": 5, "y": 5})
    toolbar(page).get_by_role("button", name="Supprimer").click()
    expect(page.locator("#text mark.green")).to_have_count(0)
    page.locator("#marked").get_by_role("button", name="Annuler").click()
    expect(page.locator("#text mark.green").first).to_be_visible()
    assert page.evaluate("window.sameWindow") is True


def test_a_passage_is_marked_by_finger_at_the_foot_of_the_window(
    opening: Opening, site_to_mark: str, library: Library
) -> None:
    """A browser without a screen has no selection handles: the selection changes as they change it."""
    item = item_titled(library, "note.docx")
    page = opening(f"{site_to_mark}/items/{item}/read", by=OWNER, width=360, height=740, has_touch=True, is_mobile=True)
    select_by_handles(page, "Les canards nagent")
    expect(toolbar(page)).to_be_visible()
    select_by_handles(page, "Les canards nagent dans le port")
    box = toolbar(page).bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (0, 360)
    assert page.evaluate("getSelection().getRangeAt(0).getBoundingClientRect().bottom") < box["y"]
    assert box["y"] + box["height"] == pytest.approx(740, abs=1)
    assert [
        one
        for one in page.locator("form.marker :is(button, .choice, summary, textarea):visible").all()
        if (one.bounding_box() or {"height": 0})["height"] < 44
    ] == []
    page.get_by_text("rose", exact=True).tap()
    toolbar(page).get_by_label("Garder pour moi").check()
    toolbar(page).get_by_role("button", name="Surligner", exact=True).tap()
    expect(marked(page, "Les canards nagent dans le port")).to_have_class("pen pink level-0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    marked(page, "Les canards nagent dans le port").tap()
    toolbar(page).get_by_role("button", name="Supprimer").tap()
    expect(marked(page, "Les canards")).to_have_count(0)
    page.locator("#marked").get_by_role("button", name="Annuler").tap()
    expect(marked(page, "Les canards nagent dans le port")).to_have_count(1)
    other = opening(f"{site_to_mark}/items/{item}/read", by=MEMBER)
    assert other.locator("#text mark").count() == 0


def test_a_toolbar_that_grows_leaves_its_passage_in_view(opening: Opening, site_to_mark: str, library: Library) -> None:
    item = item_titled(library, "note.docx")
    page = opening(f"{site_to_mark}/items/{item}/read", by=OWNER, width=360, height=500, has_touch=True, is_mobile=True)
    select_by_handles(page, "Les canards")
    toolbar(page).locator("summary").tap()
    expect(toolbar(page).locator("[name=tags]")).to_be_visible()
    page.wait_for_function("""() => {
      const [passage] = CSS.highlights.get("passage"), bar = document.querySelector("form.marker");
      return passage.getBoundingClientRect().bottom < bar.getBoundingClientRect().top;
    }""")


def test_a_passage_is_marked_by_keyboard_alone(opening: Opening, site_to_mark: str) -> None:
    page = opening(f"{site_to_mark}/items/page/read", by=MEMBER)
    page.locator("#b3 ~ .cite").focus()
    page.keyboard.press("Enter")
    expect(toolbar(page)).to_be_visible()
    expect(toolbar(page).get_by_role("button", name="Commencer un mot plus tôt")).to_be_focused()
    for _ in range(4):
        page.keyboard.press("Tab")
    # The end: the paragraph has nine more words than are wanted.
    toolbar(page).get_by_role("button", name="Finir un mot plus tôt").focus()
    while not page.evaluate("String(getSelection())").startswith("La réponse a surpris") or (
        len(page.evaluate("String(getSelection())")) > len("La réponse a surpris.")
    ):
        page.keyboard.press("Enter")
    expect(page.locator("#marker-status")).to_contain_text("La réponse a surpris")
    toolbar(page).get_by_label("jaune").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("Pourquoi ?")
    page.keyboard.press("Control+Enter")
    expect(marked(page, "La réponse a surpris")).to_have_class("pen blue level-0")
    expect(page.locator("#b3 ~ .cite")).to_be_focused()
    page.keyboard.press("Tab")
    for _ in range(8):
        if page.locator("#marked button >> nth=0").evaluate("(one) => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(page.locator("#marked").get_by_role("button", name="Annuler")).to_be_focused()
    # Escape closes without a trace.
    page.locator("#b3 ~ .cite").focus()
    page.keyboard.press("Enter")
    expect(toolbar(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(toolbar(page)).to_have_count(0)
    expect(page.locator("#b3 ~ .cite")).to_be_focused()


def test_control_and_enter_save_from_every_field(opening: Opening, site_to_mark: str) -> None:
    page = opening(f"{site_to_mark}/items/page/read", by=OWNER)
    fields = {
        "deuxième étage": "[value=blue]",
        "hôtel de ville": "[name=body]",
        "depuis le mois": "[name=own]",
        "article par article": "[name=tags]",
        "sept appelaient": "[name=end][value=backward]",
    }
    for quote, field in fields.items():
        select_by_mouse(page, quote)
        # What is folded is open.
        toolbar(page).evaluate("(form) => { form.classList.add('wide'); form.querySelector('details').open = true; }")
        toolbar(page).locator(field).focus()
        page.keyboard.press("Control+Enter")
        expect(marked(page, quote)).to_have_count(1)
        expect(toolbar(page)).to_have_count(0)


def test_a_selection_styles_nothing_but_the_toolbar(browser: Browser, opening: Opening, site_to_mark: str) -> None:
    """A rule that styles the whole page anew takes longer than the site promises for 500 marks."""
    page = opening(f"{site_to_mark}/items/long/read", by=OWNER)
    words = "La phrase numéro 4 parle d’arrêtés"
    select_by_mouse(page, words)
    expect(toolbar(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(toolbar(page)).to_have_count(0)
    browser.start_tracing(page=page, categories=["devtools.timeline"])
    try:
        select_by_mouse(page, words)
        expect(toolbar(page)).to_be_visible()
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    styled = [
        event["args"]["elementCount"]
        for event in events
        if event["name"] == "UpdateLayoutTree" and "elementCount" in event["args"]
    ]
    assert 0 < sum(styled) < page.evaluate("document.querySelectorAll('#text *').length") / 10


def test_two_people_mark_at_once_and_neither_overwrites_the_other(opening: Opening, site_to_mark: str) -> None:
    luc = opening(f"{site_to_mark}/items/page/read", by=MEMBER)
    claire = opening(f"{site_to_mark}/items/page/read", by=OWNER)
    for page, words in ((luc, "Restait l’astreinte"), (claire, "Un arrêté de péril")):
        select_by_mouse(page, words)
        save(page)
    # Hers came after his: she sees both, and he sees hers with his next action.
    expect(marked(claire, "Restait l’astreinte")).to_have_count(1)
    expect(marked(luc, "Un arrêté de péril")).to_have_count(0)
    select_by_mouse(luc, "attendre le lundi")
    save(luc)
    expect(marked(luc, "Un arrêté de péril")).to_have_count(1)
    # The same passage twice is asked about.
    select_by_mouse(luc, "Un arrêté de péril")
    toolbar(luc).get_by_role("button", name="Surligner", exact=True).click()
    expect(toolbar(luc).get_by_role("alert")).to_have_text("Ce même passage est déjà là.")
    toolbar(luc).get_by_role("button", name="Surligner quand même").click()
    expect(toolbar(luc)).to_have_count(0)


def test_a_note_that_was_changed_in_another_window_is_shown_before_it_is_replaced(
    opening: Opening, site_to_mark: str
) -> None:
    words = "L’énergie se conserve."
    first, second = (opening(f"{site_to_mark}/items/page/read", by=OWNER) for _ in range(2))
    select_by_mouse(first, "est vide depuis")
    first.get_by_label("Note", exact=True).fill("Un.")
    save(first)
    second.reload()
    for page in (first, second):
        marked(page, "est vide depuis").click()
        expect(page.get_by_label("Note", exact=True)).to_have_value("Un.")
    second.get_by_label("Note", exact=True).fill(words)
    toolbar(second).get_by_role("button", name="Enregistrer").click()
    expect(toolbar(second)).to_have_count(0)
    first.get_by_label("Note", exact=True).fill("Deux.")
    toolbar(first).get_by_role("button", name="Enregistrer").click()
    expect(toolbar(first).get_by_role("alert")).to_contain_text(words)
    expect(first.get_by_label("Note", exact=True)).to_have_value("Deux.")
    toolbar(first).get_by_role("button", name="Enregistrer").click()
    expect(first.locator(".notes")).to_contain_text(["Deux."])


def test_nothing_typed_is_lost_when_saving_fails(opening: Opening, site_to_mark: str, library: Library) -> None:
    page = opening(f"{site_to_mark}/items/page/read", by=MEMBER, own=True)
    select_by_mouse(page, "l’armoire aux parapheurs")
    note, alert = page.get_by_label("Note", exact=True), toolbar(page).get_by_role("alert")
    button = toolbar(page).get_by_role("button", name="Surligner", exact=True)
    note.fill("Des mots à garder.")
    page.context.set_offline(True)
    button.click()
    expect(alert).to_contain_text("Le réseau ne répond pas. Rien n’est perdu")
    page.context.set_offline(False)
    page.context.clear_cookies()
    button.click()
    expect(alert).to_contain_text("Votre session est terminée. Rien n’est perdu")
    expect(alert.get_by_role("link", name="Se connecter")).to_have_attribute("target", "_blank")
    expect(note).to_have_value("Des mots à garder.")
    # A closed tab: the words come back with their passage.
    cookies = [{"name": name, "value": value, "url": site_to_mark} for name, value in cookies_of(MEMBER).items()]
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.reload()
    expect(note).to_have_value("Des mots à garder.")
    # A right that was taken away, and a page whose forms are too old, as after a new login.
    group = "g-lectures"
    page.context.clear_cookies(name="kb-form")
    with library.store.write() as writing:
        writing.groups.set_role(a_user(MEMBER).id, group, Role.READER)
    button.click()
    expect(alert).not_to_be_empty()
    expect(note).to_have_value("Des mots à garder.")
    with library.store.write() as writing:
        writing.groups.set_role(a_user(MEMBER).id, group, Role.MEMBER)
    button.click()
    expect(marked(page, "l’armoire aux parapheurs")).to_have_count(1)
    page.reload()
    expect(page.locator("#text mark").first).to_be_visible()
    expect(toolbar(page)).to_have_count(0)


def test_whoever_may_not_write_there_marks_for_themselves_alone(opening: Opening, site_to_mark: str) -> None:
    page = opening(f"{site_to_mark}/items/page/read", by=STRANGER)
    select_by_mouse(page, "Sur cent arrêtés")
    expect(toolbar(page).get_by_label("Garder pour moi")).to_be_hidden()
    toolbar(page).get_by_role("button", name="Surligner pour moi").click()
    expect(marked(page, "Sur cent arrêtés")).to_have_count(1)
    reader = opening(f"{site_to_mark}/items/page/read")
    select_by_mouse(reader, "Sur cent arrêtés")
    assert reader.locator("form.marker, .cite").count() == 0
    assert marked(reader, "Sur cent arrêtés").count() == 0
