"""The right of quotation: what press reviews pass on of each source, and what they say of it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kb.errors import Conflict, Forbidden, Invalid
from kb.features.quotation import source_rules
from kb.features.quotation.source_rules import rules_of_group, set_rule
from kb.indexer import catch_up
from kb.model.items.item_fields import fields_of_item
from kb.model.items.item_list import ListEntryKind, ReviewSettings
from kb.model.quotation_rule import LONGEST_LIMIT, QuotationRule
from kb.press_review.review import PressReview
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS
from kb.services.core.library import Library
from kb.services.items.item_edit import edit_item
from kb.services.lists.lists import add_list_entry, create_list
from kb.services.lists.press_review import PressReviewOptions, press_review_of_item_parts, press_review_of_list
from kb.translation import Translator
from tests.factories.moderation import a_moderated_library, actor_of, item_of
from tests.support.browser_sessions import browsers_of, send

FRENCH = Translator("fr")
REFUSED = "Titre et lien seulement : cette source ne permet pas la citation."
PAGE = "/g/quais/quotation"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        fields = replace(fields_of_item(item_of(library)), source="Ouest-France", description="Un dossier. " * 20)
        edit_item(library, actor_of(library, "claire"), "i1", fields)
        catch_up(library)
        yield library


def limit(library: Library, source: str, rule: str) -> None:
    set_rule(library, actor_of(library, "olga"), "quais", source, rule)


def review_of(library: Library) -> PressReview:
    options = PressReviewOptions(title="Revue", settings=ReviewSettings(comments=True))
    parts = [("i1", None), ("i2", None)]
    return press_review_of_item_parts(library, actor_of(library, "claire"), parts, options, FRENCH)


def plain(text: str) -> str:
    return text.replace("\u202f", " ")


def test_without_a_rule_all_is_passed_on(library: Library) -> None:
    entry = next(review_of(library).entries)
    assert len(entry.quotes) == 2
    assert entry.description


@pytest.mark.parametrize("source", ["Ouest-France", "  OUEST-france ", ""])
def test_a_source_that_forbids_quotations_has_title_and_link_and_the_review_says_so(
    library: Library, source: str
) -> None:
    limit(library, source, "link")
    entry, other = review_of(library).entries
    assert (entry.title, entry.address) == ("Le port au petit matin", "https://exemple.fr/port")
    assert (entry.quotes, entry.description) == ((), "")
    assert plain(entry.comments[0].text) == REFUSED
    assert "Une remarque." in [comment.text for comment in entry.comments]
    # Nothing is said where there is nothing to leave out.
    assert not other.comments


def test_the_rule_of_a_source_comes_before_that_of_all_others_and_of_the_site(library: Library) -> None:
    strict = replace(library, settings=replace(library.settings, quotation="link"))
    assert not next(review_of(strict).entries).quotes
    limit(strict, "", "all")
    assert next(review_of(strict).entries).quotes
    limit(strict, "Ouest-France", "link")
    assert not next(review_of(strict).entries).quotes
    limit(strict, "ouest-france", "")
    assert next(review_of(strict).entries).quotes


def test_short_quotations_are_cut_at_the_limit(library: Library) -> None:
    limit(library, "Ouest-France", "60")
    entry = next(review_of(library).entries)
    assert len(entry.description) <= 61
    assert "60 caractères au plus" in entry.comments[0].text
    limit(library, "Ouest-France", str(LONGEST_LIMIT))
    assert [comment.text for comment in next(review_of(library).entries).comments] == ["Beau bleu.", "Une remarque."]


@pytest.mark.parametrize("form", PRESS_REVIEW_FORMATS)
def test_every_format_obeys_and_says_so(library: Library, form: str) -> None:
    limit(library, "", "link")
    written = PRESS_REVIEW_FORMATS[form].write(review_of(library), FRENCH)
    if isinstance(written, str):
        assert "phare au bout du quai" not in written
        if form != "eml":
            assert "cette source ne permet pas la citation" in written
    else:
        assert written


def test_passages_of_a_list_obey_too(library: Library) -> None:
    claire = actor_of(library, "claire")
    made = create_list(library, claire, "quais", "Parcours")
    for part in ("a1", "a3"):
        add_list_entry(library, claire, made.id, ListEntryKind.PASSAGE, item_id="i1", annotation_id=part)
    limit(library, "Ouest-France", "link")
    _, _, review = press_review_of_list(library, claire, made.id, PressReviewOptions(), FRENCH)
    (entry,) = review.entries
    assert entry.quotes == ()
    assert [plain(comment.text) for comment in entry.comments] == [REFUSED]


def test_only_owners_set_rules_and_their_number_is_bounded(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    for login in ("claire", "max"):
        with pytest.raises(Forbidden):
            set_rule(library, actor_of(library, login), "quais", "x", "link")
    for rule in ("49", "1001", "-", "tout", "٦٠", "0000003001", "9" * 5_000):
        with pytest.raises(Invalid):
            limit(library, "x", rule)
    with pytest.raises(Invalid):
        limit(library, "x" * 501, "link")
    monkeypatch.setattr(source_rules, "MOST_RULES", 1)
    limit(library, "x", "link")
    limit(library, "X", "60")
    with pytest.raises(Conflict):
        limit(library, "y", "link")
    assert rules_of_group(library, actor_of(library, "olga"), "quais").rules == (("X", QuotationRule(60)),)


def test_the_page_sets_and_deletes_a_rule(library: Library) -> None:
    browser = browsers_of(library, ("olga",))["olga"]
    assert '<option value="Ouest-France">' in browser.get(PAGE).text
    assert send(browser, PAGE, source="Ouest-France", kind="quotes", longest="120").status_code == 303
    assert "120 caractères au plus" in browser.get(PAGE).text
    assert send(browser, PAGE, source="Ouest-France", kind="quotes", longest="5").status_code == 400
    assert send(browser, PAGE, source="Ouest-France", act="remove").status_code == 303
    assert "120 caractères au plus" not in browser.get(PAGE).text
