"""What the home page tells of refused addresses: owners of a group, and a user whose own address is refused."""

from markupsafe import Markup

from kb.access.actor import Action
from kb.access.permissions import is_allowed
from kb.features.newsletters.letter_page import LetterLinks
from kb.features.newsletters.records.newsletter_records import NewslettersReading
from kb.services.groups.membership import moderated_groups
from kb.web.http.context import Panel, PanelLocation, RequestContext

_LINE = Markup('<li><p><a href="{}" rel="nofollow" dir="auto">{}</a></p></li>\n')


def _refused_lines(context: RequestContext, _subject: str) -> Markup:
    """A line for each newsletter, until the addresses are deleted, or the user subscribes again or stops."""
    actor, translator = context.actor, context.translator
    if actor.user_id is None:
        return Markup()
    with context.library.store.read() as reading:
        records = NewslettersReading(reading.connection)
        refused, own = records.refused_addresses(moderated_groups(actor)), records.refused_to(actor.user_id)
        groups = reading.groups.by_ids({letter.group_id for letter in (*own, *(letter for letter, _ in refused))})
    lines = []
    for letter, count in refused:
        group = groups.get(letter.group_id)
        if group is not None and is_allowed(actor, Action.MANAGE, group):
            text = translator.ngettext(
                "“%(name)s”: a mail server refuses %(count)s address",
                "“%(name)s”: mail servers refuse %(count)s addresses",
                count,
                name=letter.name,
            )
            lines.append(_LINE.format(LetterLinks(context, group, letter.slug).manage, text))
    for letter in own:
        group = groups.get(letter.group_id)
        if group is not None and is_allowed(actor, Action.READ, group):
            text = translator.gettext(
                "“%(name)s” does not come any more: your mail server refused it", name=letter.name
            )
            lines.append(_LINE.format(LetterLinks(context, group, letter.slug).archive, text))
    return Markup().join(lines)


REFUSED_PANEL = Panel(PanelLocation.HOME_WAITING, _refused_lines)
