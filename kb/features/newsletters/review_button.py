"""The buttons on the page of a press review that make an issue of it: the review is a list, and so is an issue."""

from collections.abc import Iterable

from markupsafe import Markup
from starlette.responses import Response

from kb.access.actor import Action
from kb.access.permissions import is_allowed
from kb.features.newsletters.issues import issue_of_list
from kb.features.newsletters.letter_page import DRAFTS
from kb.features.newsletters.newsletters import LETTERS, LetterName
from kb.features.newsletters.records.newsletter_records import Newsletter, NewslettersReading
from kb.services.items.item_creation import writable_groups
from kb.services.lists.lists import ListChanged
from kb.web.http.context import Panel, PanelLocation, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.lists.press_review import change_review_of_form, list_review_page
from kb.web.ui.form_errors import handle_form

NEWSLETTER = "newsletter"
"""The end of the address."""
MOST_OFFERED = 10
"""Newsletters on the page of a review."""
_BUTTON = Markup(
    '<button class="quiet" type="submit" form="review-form" formaction="{}" name="letter" value="{}">{}</button>\n'
)
_MENU = Markup('<details class="menu"><summary>{}</summary>\n<ul>{}</ul></details>\n')
_LINK = Markup('<a class="action-link" href="{}" rel="nofollow">{}</a>\n')


def _review_buttons(context: RequestContext, list_id: str) -> Markup:
    """A button for the newsletter that the user makes or, of several, made an issue of last, and a menu of buttons for
    others: those of their groups and of the group of the list, or else, for an administrator, of others. Who makes
    none, and owns a group, has a link to make one.
    """
    actor, _ = context.actor, context.translator.gettext
    groups = writable_groups(context.library, actor, Action.PUBLISH)
    with context.library.store.read() as reading:
        here = {item_list.group_id for item_list in reading.lists.headers([list_id]).values()}
        near = here.union(membership.group_id for membership in actor.memberships)
        own = sorted((group for group in groups if group.id in near), key=lambda group: group.id not in here)
        records = NewslettersReading(reading.connection)
        letters = records.of_groups([group.id for group in own], MOST_OFFERED) or records.of_groups(
            [group.id for group in groups], MOST_OFFERED
        )
        usual = letters[0] if len(letters) == 1 else records.latest_made_by(actor.user_id or "")
    slugs = {group.id: group.slug for group in groups}
    if not letters:
        owned = next((group for group in own if is_allowed(actor, Action.MANAGE, group)), None)
        if owned is None:
            return Markup()
        return _LINK.format(context.addresses.group(owned.slug, LETTERS), _("Make a newsletter to send it"))
    action = context.addresses.item_list(list_id, NEWSLETTER)

    def button(letter: Newsletter, label: str) -> Markup:
        return _BUTTON.format(action, f"{slugs[letter.group_id]}/{letter.slug}", label)

    if usual is None or usual.group_id not in slugs:
        return _menu(_("Send by a newsletter"), (button(letter, letter.name) for letter in letters))
    first = button(usual, _("Send by the newsletter “%(name)s”", name=usual.name))
    others = [button(letter, letter.name) for letter in letters if letter.id != usual.id]
    return first + _menu(_("Send by another newsletter"), others) if others else first


def _menu(label: str, buttons: Iterable[Markup]) -> Markup:
    return _MENU.format(label, Markup().join(map(Markup("<li>{}</li>").format, buttons)))


@handle_form(list_review_page, {ListChanged: 409})
@once
def handle_review_post(context: RequestContext) -> Response:
    """Change the review as its form says, make a draft of it, and lead there."""
    group, _, letter = context.form_value("letter").partition("/")
    change_review_of_form(context)
    issue, is_copied = issue_of_list(
        context.library, context.actor, LetterName(group, letter), context.path_params["id"]
    )
    address = context.addresses.group(group, f"{LETTERS}/{letter}/{DRAFTS}/{issue.id}")
    return redirect_with_flash(address, "list-copied" if is_copied else "")


REVIEW_PANEL = Panel(PanelLocation.REVIEW_FORM, _review_buttons)
