"""The button on the page of a press review that makes an issue of it."""

from html import unescape

import pytest

from kb.access.actor import OPERATOR
from kb.features.newsletters.issues import issue_view, issues_in_progress
from kb.features.newsletters.newsletters import LetterName, NewsletterText, create_newsletter, remove_newsletter
from kb.features.newsletters.records.newsletter_records import Issue
from kb.model.people.group import Role
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import set_role
from kb.services.lists.list_additions import add_to_list
from kb.services.lists.lists import create_list, list_view, remove_list
from tests.features.newsletters.conftest import LETTER, Editors
from tests.support.browser_sessions import send

BUTTON = 'formaction="/lists/'


def a_list(editors: Editors, *, slug: str = "eau", private: bool = False, login: str = "claire") -> str:
    actor = editors.actor(login)
    made = create_list(editors.library, actor, slug, "La semaine", "Bonjour,", private=private)
    add_to_list(editors.library, actor, made.id, (("crue", None), ("pluie", None), ("secret", None)))
    return made.id


def drafts(editors: Editors) -> tuple[Issue, ...]:
    return issues_in_progress(editors.library, editors.actor("claire"), LETTER)[1]


def press(editors: Editors, list_id: str, login: str = "claire", **fields: str) -> int:
    sent = {
        "title": "La crue de la semaine",
        "introduction": "Chers tous,",
        "made": "1",
        "version": "2",
        "letter": "eau/crues",
    } | fields
    # Any page with a form: that of the review has one only for those who may change the list.
    answer = send(editors.browser(login), "/g/eau/letters/crues/", f"/lists/{list_id}/newsletter", **sent)
    return int(answer.status_code)


def test_a_list_of_the_group_becomes_a_draft_with_what_was_typed_in_its_review(editors: Editors) -> None:
    list_id = a_list(editors)
    page = editors.browser("claire").get(f"/lists/{list_id}/review").text
    assert f'{BUTTON}{list_id}/newsletter" name="letter" value="eau/crues">Envoyer par la lettre' in page
    assert press(editors, list_id) == 303
    (issue,) = drafts(editors)
    assert (issue.subject, issue.introduction, issue.item_list) == ("La crue de la semaine", "Chers tous,", list_id)
    content = issue_view(editors.library, editors.actor("claire"), LETTER, issue.id).content
    assert (content.entries, content.left_out) == (2, 1)


@pytest.mark.parametrize(("slug", "private"), [("eau", True), ("cave", False), ("~claire", True)])
def test_a_list_that_not_all_readers_read_is_copied_to_the_group(editors: Editors, slug: str, *, private: bool) -> None:
    list_id = a_list(editors, slug=slug, private=private)
    client = editors.browser("claire")
    fields = {"title": "La semaine", "made": "1", "version": "2", "letter": "eau/crues"}
    answer = send(client, f"/lists/{list_id}/review", f"/lists/{list_id}/newsletter", **fields)
    (issue,) = drafts(editors)
    assert "copie de la liste" in client.get(answer.headers["location"]).text
    view = list_view(editors.library, editors.actor("zoe"), issue.item_list)
    assert (view.group.slug, view.item_list.name) == ("eau", "La semaine")
    # Of the closed group, only its members read the entry.
    assert [entry.is_there for entry in view.entries] == [True, True, False]
    assert issue_view(editors.library, editors.actor("claire"), LETTER, issue.id).content.entries == 2
    own = list_view(editors.library, editors.actor("claire"), list_id)
    assert own.item_list.id != issue.item_list
    assert own.item_list.private is (private or slug == "~claire")
    remove_list(editors.library, editors.actor("claire"), list_id)
    assert issue_view(editors.library, editors.actor("claire"), LETTER, issue.id).content.is_list_there


def test_entries_that_its_maker_may_not_read_are_not_copied(editors: Editors) -> None:
    list_id = a_list(editors)
    add_group(editors.library, OPERATOR, "lac", "Le lac")
    set_role(editors.library, OPERATOR, "lac", "paul", Role.MODERATOR)
    create_newsletter(editors.library, OPERATOR, "lac", NewsletterText("Le lac", "lac"))
    assert press(editors, list_id, "paul", letter="lac/lac") == 303
    (issue,) = issues_in_progress(editors.library, editors.actor("paul"), LetterName("lac", "lac"))[1]
    assert len(list_view(editors.library, editors.actor("claire"), issue.item_list).entries) == 2


def test_only_those_who_make_a_newsletter_have_its_button(editors: Editors) -> None:
    list_id = a_list(editors)
    assert BUTTON in editors.browser("paul").get(f"/lists/{list_id}/review").text
    for login in ("zoe", ""):
        assert BUTTON not in editors.browser(login).get(f"/lists/{list_id}/review").text
    assert press(editors, list_id, "zoe") == 403
    own = a_list(editors, slug="~nora", login="nora")
    assert BUTTON not in editors.browser("nora").get(f"/lists/{own}/review").text
    assert press(editors, own, "nora") == 403
    assert press(editors, own) == 404
    for letter in ("", "eau", "eau/", "rien/crues", "eau/rien", "eau/crues/1", "/" * 300, "x" * 5_000):
        assert press(editors, list_id, letter=letter) == 404, letter
    assert press(editors, list_id, title="") == 400
    assert not drafts(editors)


def test_several_newsletters_are_a_menu_and_an_owner_without_one_is_led_to_make_one(editors: Editors) -> None:
    list_id, claire = a_list(editors), editors.actor("claire")
    create_newsletter(editors.library, claire, "cave", NewsletterText("La <cave>", "cave"))
    page = editors.browser("claire").get(f"/lists/{list_id}/review").text
    assert page.count(BUTTON) == 2
    assert "La &lt;cave&gt;</button>" in page
    assert "Envoyer par une lettre</summary>" in page
    assert press(editors, list_id, letter="cave/cave") == 303
    # The one of the latest issue is a button of its own.
    page = unescape(editors.browser("claire").get(f"/lists/{list_id}/review").text)
    assert 'value="cave/cave">Envoyer par la lettre « La <cave> »</button>' in page.replace("\u202f", " ")
    assert "Envoyer par une autre lettre</summary>" in page
    assert "La <cave></button>" not in page
    remove_newsletter(editors.library, OPERATOR, LETTER)
    remove_newsletter(editors.library, OPERATOR, LetterName("cave", "cave"))
    page = editors.browser("claire").get(f"/lists/{list_id}/review").text
    assert '<a class="action-link" href="/g/eau/letters" rel="nofollow">Créer une lettre d’information' in page
    assert "Créer une lettre d’information" not in editors.browser("paul").get(f"/lists/{list_id}/review").text


def test_an_error_shows_the_review_again_and_its_form_goes_to_the_review(editors: Editors) -> None:
    list_id = a_list(editors)
    fields = {"title": "", "made": "1", "version": "2", "letter": "eau/crues"}
    answer = send(editors.browser("claire"), f"/lists/{list_id}/review", f"/lists/{list_id}/newsletter", **fields)
    assert answer.status_code == 400
    assert f'<form action="/lists/{list_id}/review" id="review-form"' in answer.text
    assert press(editors, list_id, "zoe", title="x") == 403
