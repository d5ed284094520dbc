"""The layout of the moderation pages: their header, and the rows of reported, hidden and removed content."""

from dataclasses import dataclass

from kb.errors import Conflict, FlorilegeError
from kb.model.items.moderation import RemovalKind, RemovedContent
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.services.groups.group_views import allowed_actions
from kb.services.moderation.moderation_views import RemovedContentView
from kb.services.trash.item_parts import part_author, part_kind, part_text
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN, kind_name
from kb.web.ui.display_text import Link, truncate
from kb.web.ui.group_header import (
    AUDIT_LOG,
    DEAD_LINKS,
    DUPLICATES,
    MODERATION,
    TRASH,
    GroupHeader,
    header_of_group,
    moderation_part,
    search_form_of_group,
)
from kb.web.ui.search_form import SearchForm

LONGEST_LISTED_TITLE = 90


@dataclass(frozen=True, slots=True)
class ModerationLayout:
    """The common layout of these pages: `views` are the links between them."""

    title: str
    form_token: str
    action: str
    head: GroupHeader
    form: SearchForm
    views: tuple[Link, ...]
    wrong: str


@dataclass(frozen=True, slots=True)
class ModerationRow:
    """One item or part, with facts about it, and the `key` that the form sends back.

    `link` leads to the item, empty if the item is hidden or removed itself; `until` says how long it is kept; `purge`
    links to the page that confirms a permanent deletion.
    """

    key: str
    part: str
    kind: str
    text: str
    facts: str
    link: Link
    said: tuple[str, ...] = ()
    until: str = ""
    purge: str = ""


def moderation_layout_of(
    context: RequestContext, group: Group, part: str, error: FlorilegeError | None = None
) -> ModerationLayout:
    """The header of one of these pages, and its error."""
    words, addresses = context.words, context.addresses
    own = moderation_part(allowed_actions(context.actor, group), group)
    names = {
        **({MODERATION: words.say("Reports")} if own == MODERATION else {}),
        TRASH: words.say("Bin"),
        **({AUDIT_LOG: words.say("Log")} if own == MODERATION or group.is_personal else {}),
        DEAD_LINKS: words.say("Dead addresses"),
        DUPLICATES: words.say("Pages kept twice"),
    }
    title = words.say("Moderation") if part == MODERATION else names[part]
    return ModerationLayout(
        title=f"{title} – {group.name}",
        form_token=context.form_token,
        action=addresses.group(group.slug, part),
        head=header_of_group(context, group, own, below=title if part != own else ""),
        form=search_form_of_group(context, group),
        views=tuple(Link(name, addresses.group(group.slug, one), current=one == part) for one, name in names.items()),
        wrong=words.sentence(error) if error else "",
    )


def removed_row(one: RemovedContentView, group: Group, context: RequestContext, *, may_purge: bool) -> ModerationRow:
    """One hidden or removed item or part."""
    words, aside = context.words, one.aside
    title = "" if one.part.item is not None else truncate(aside.title, LONGEST_LISTED_TITLE)
    bin_ = context.addresses.group(group.slug, TRASH)
    return ModerationRow(
        aside.id,
        "",
        part_kind_name(one.part, words),
        truncate(part_text(one.part), LONGEST_SHOWN),
        " · ".join(fact for fact in (author_name(part_author(one.part)), _removal_sentence(one, words)) if fact),
        Link(title, context.addresses.item(aside.item_id) if title and one.has_item else ""),
        (aside.why,) if aside.why else (),
        words.say("kept until %(day)s", day=words.instant(aside.expires_at)) if aside.expires_at else "",
        f"{bin_}{'&' if '?' in bin_ else '?'}purge={aside.id}" if may_purge else "",
    )


def part_kind_name(part: RemovedContent, words: Translator) -> str:
    """The word for the kind of a part."""
    return kind_name(part_kind(part), words)


def author_name(author: User | None) -> str:
    """The name of the author; empty if there is none."""
    return author.name if author else ""


def moderation_error_status(error: FlorilegeError | None) -> int:
    """The status of the page, which may show an error."""
    match error:
        case None:
            return 200
        case Conflict():
            return 409
        case _:
            return 400


def _removal_sentence(one: RemovedContentView, words: Translator) -> str:
    """The user who removed it, and the date."""
    day, name = words.instant(one.aside.at), one.by.name if one.by else ""
    match one.aside.kind, bool(name):
        case RemovalKind.HIDDEN, True:
            return words.say("hidden by %(name)s on %(day)s", name=name, day=day)
        case RemovalKind.HIDDEN, False:
            return words.say("hidden on %(day)s", day=day)
        case _, True:
            return words.say("removed by %(name)s on %(day)s", name=name, day=day)
        case _:
            return words.say("removed on %(day)s", day=day)
