"""The layout of the moderation pages: their header, and the rows of reported, hidden and removed content."""

from dataclasses import dataclass, replace

from kb.model.items.moderation import Report
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.truncation import truncate
from kb.services.groups.group_views import allowed_actions
from kb.services.moderation.moderation_views import RemovedContentView, ReportedContent
from kb.services.trash.item_parts import part_author, part_kind, part_text, waiting_correction
from kb.web.http.context import RequestContext
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.ui.display_text import Link
from kb.web.ui.group_header import (
    AUDIT_LOG,
    DEAD_LINKS,
    DUPLICATES,
    MODERATION,
    TRASH,
    GroupHeader,
    header_of_group,
    moderation_part,
)
from kb.web.ui.item_links import LONGEST_ROW_TITLE, item_link


@dataclass(frozen=True, slots=True)
class ModerationRow:
    """One item or part, and the `key` that the form sends back.

    `link` leads to the item, empty if the item is hidden or removed itself; `reports` have the user of each; `removed`
    says who hid or removed it; `delete_permanently` links to the page that confirms a permanent deletion. `correction`
    is the text that would be shown instead.
    """

    key: str
    part: str
    kind: str
    text: str
    author: User | None
    link: Link
    reports: tuple[tuple[Report, User | None], ...] = ()
    removed: RemovedContentView | None = None
    delete_permanently: str = ""
    correction: str = ""


def moderation_header(context: RequestContext, group: Group, part: str) -> GroupHeader:
    """The header of one of these pages, with links to the others."""
    addresses = context.addresses
    _ = context.translator.gettext
    own = moderation_part(allowed_actions(context.actor, group), group)
    names = {
        **({MODERATION: _("Reports")} if own == MODERATION else {}),
        TRASH: _("Trash"),
        **({AUDIT_LOG: _("Log")} if own == MODERATION or group.is_personal else {}),
        DEAD_LINKS: _("Dead addresses"),
        DUPLICATES: _("Duplicates"),
    }
    views = tuple(Link(name, addresses.group(group.slug, key), current=key == part) for key, name in names.items())
    return replace(header_of_group(context, group, own, below=names[part] if part != own else ""), views=views)


def reported_row(content: ReportedContent, context: RequestContext) -> ModerationRow:
    """One reported item or part."""
    return ModerationRow(
        content.item.id,
        content.part_id or "",
        part_kind(content.part),
        # An item is named by its link.
        truncate(part_text(content.part), LONGEST_SHOWN) if content.part_id else "",
        part_author(content.part),
        item_link(context, content.item, part_id=content.part_id),
        reports=content.reports,
    )


def removed_row(
    view: RemovedContentView, group: Group, context: RequestContext, *, may_delete_permanently: bool
) -> ModerationRow:
    """One hidden or removed item or part."""
    removal, correction = view.removal, waiting_correction(view.part)
    title = "" if view.part.item is not None else truncate(removal.title, LONGEST_ROW_TITLE)
    purge = context.addresses.group(group.slug, TRASH, (("purge", removal.id),)) if may_delete_permanently else ""
    return ModerationRow(
        removal.id,
        "",
        part_kind(view.part),
        truncate(part_text(view.part), LONGEST_SHOWN),
        part_author(view.part),
        Link(title, context.addresses.item(removal.item_id) if title and view.has_item else ""),
        removed=view,
        delete_permanently=purge,
        correction=correction.text if correction else "",
    )
