"""The layout of the moderation pages: their header, and the rows of reported, hidden and removed content."""

from dataclasses import dataclass, replace

from kb.model.items.moderation import RemovalKind, RemovedContent, Report
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.model.truncation import truncate
from kb.services.groups.group_views import allowed_actions
from kb.services.moderation.moderation_views import RemovedContentView, ReportedContent
from kb.services.trash.item_parts import part_author, part_kind, part_text
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN
from kb.web.ui.display_text import Link, facts_line
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
    """One item or part, with facts about it, and the `key` that the form sends back.

    `link` leads to the item, empty if the item is hidden or removed itself; `until` says how long it is kept;
    `delete_permanently` links to the page that confirms a permanent deletion.
    """

    key: str
    part: str
    kind: str
    text: str
    facts: str
    link: Link
    reasons: tuple[str, ...] = ()
    until: str = ""
    delete_permanently: str = ""


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
    translator = context.translator
    return ModerationRow(
        content.item.id,
        content.part_id or "",
        _kind_name(content.part, translator),
        # An item is named by its link.
        truncate(part_text(content.part), LONGEST_SHOWN) if content.part_id else "",
        _author_name(content.part),
        item_link(context, content.item, part_id=content.part_id),
        tuple(_reason(report, user, translator) for report, user in content.reports),
    )


def removed_row(
    view: RemovedContentView, group: Group, context: RequestContext, *, may_delete_permanently: bool
) -> ModerationRow:
    """One hidden or removed item or part."""
    translator, removal = context.translator, view.removal
    title = "" if view.part.item is not None else truncate(removal.title, LONGEST_ROW_TITLE)
    return ModerationRow(
        removal.id,
        "",
        _kind_name(view.part, translator),
        truncate(part_text(view.part), LONGEST_SHOWN),
        facts_line(_author_name(view.part), _removal_sentence(view, translator)),
        Link(title, context.addresses.item(removal.item_id) if title and view.has_item else ""),
        (removal.reason,) if removal.reason else (),
        translator.gettext("kept until %(day)s", day=translator.instant(removal.expires_at))
        if removal.expires_at
        else "",
        context.addresses.group(group.slug, TRASH, (("purge", removal.id),)) if may_delete_permanently else "",
    )


def _author_name(part: RemovedContent) -> str:
    author = part_author(part)
    return author.shown_name if author else ""


def _kind_name(part: RemovedContent, translator: Translator) -> str:
    _ = translator.gettext
    match part_kind(part):
        case "highlight":
            return _("Highlight")
        case "note":
            return _("Note")
        case "comment":
            return _("Comment")
        case "reply":
            return _("Reply")
        case _:
            return _("Item")


def _reason(report: Report, user: User | None, translator: Translator) -> str:
    _ = translator.gettext
    name, day = user.shown_name if user else _("A former member"), translator.instant(report.created_at)
    if report.reason:
        return _("%(name)s, on %(day)s: “%(why)s”", name=name, day=day, why=report.reason)
    return _("%(name)s, on %(day)s, without a word", name=name, day=day)


def _removal_sentence(view: RemovedContentView, translator: Translator) -> str:
    """The user who removed it, and the date."""
    _ = translator.gettext
    removal = view.removal
    day, name = translator.instant(removal.at), view.by.shown_name if view.by else ""
    match removal.kind, bool(name):
        case RemovalKind.HIDDEN, True:
            return _("hidden by %(name)s on %(day)s", name=name, day=day)
        case RemovalKind.HIDDEN, False:
            return _("hidden on %(day)s", day=day)
        case _, True:
            return _("removed by %(name)s on %(day)s", name=name, day=day)
        case _:
            return _("removed on %(day)s", day=day)
