"""What the pages of those who look after a group have in common: their head, and the things that they list."""

from dataclasses import dataclass

from kb.errors import Conflict, FlorilegeError
from kb.model.items.moderation import Aside, Taken
from kb.model.people.group import Group
from kb.model.people.user import User
from kb.services.groups.groups import allowed_in
from kb.services.moderation.moderation_views import Out
from kb.services.trash.item_parts import author_of, kind_of, text_of
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.pages.moderation.moderation_actions import LONGEST_SHOWN, kind_named
from kb.web.ui.fragments import Link, beginning
from kb.web.ui.group_header import (
    BIN,
    DEAD_LINKS,
    DUPLICATES,
    LOG,
    MODERATION,
    GroupHead,
    caretaking_part,
    form_of,
    head_of,
)
from kb.web.ui.search_form import SearchForm

LONGEST_TITLE = 90


@dataclass(frozen=True, slots=True)
class CarePage:
    """What the pages of this file have in common: `views` lead from one to the other."""

    title: str
    form_token: str
    action: str
    head: GroupHead
    form: SearchForm
    views: tuple[Link, ...]
    wrong: str


@dataclass(frozen=True, slots=True)
class ThingRow:
    """One thing, with what is said of it, and the `key` that the form sends back.

    `link` leads to the item, empty where it is out of the library itself; `until` says how long it is kept; `purge`
    leads to the page that asks before it is gone for good.
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


def care_of(context: Context, group: Group, part: str, error: FlorilegeError | None = None) -> CarePage:
    """The head of one of these pages, and what went wrong."""
    words, addresses = context.words, context.addresses
    own = caretaking_part(allowed_in(context.actor, group), group)
    names = {
        **({MODERATION: words.say("Reports")} if own == MODERATION else {}),
        BIN: words.say("Bin"),
        **({LOG: words.say("Log")} if own == MODERATION or group.is_personal else {}),
        DEAD_LINKS: words.say("Dead addresses"),
        DUPLICATES: words.say("Pages kept twice"),
    }
    title = words.say("Moderation") if part == MODERATION else names[part]
    return CarePage(
        title=f"{title} – {group.name}",
        form_token=context.form_token,
        action=addresses.group(group.slug, part),
        head=head_of(context, group, own, below=title if part != own else ""),
        form=form_of(context, group),
        views=tuple(Link(name, addresses.group(group.slug, one), current=one == part) for one, name in names.items()),
        wrong=words.sentence(error) if error else "",
    )


def row_of(one: Out, group: Group, context: Context, *, may_purge: bool) -> ThingRow:
    """One thing that is out of the library."""
    words, aside = context.words, one.aside
    title = "" if one.part.item is not None else beginning(aside.title, LONGEST_TITLE)
    bin_ = context.addresses.group(group.slug, BIN)
    return ThingRow(
        aside.id,
        "",
        kind_said(one.part, words),
        beginning(text_of(one.part), LONGEST_SHOWN),
        " · ".join(fact for fact in (by(author_of(one.part)), _taken_out(one, words)) if fact),
        Link(title, context.addresses.item(aside.item_id) if title and one.item_is_there else ""),
        (aside.why,) if aside.why else (),
        words.say("kept until %(day)s", day=words.instant(aside.expires_at)) if aside.expires_at else "",
        f"{bin_}{'&' if '?' in bin_ else '?'}purge={aside.id}" if may_purge else "",
    )


def kind_said(part: Taken, words: Translator) -> str:
    """What kind of thing it is, in a word."""
    return kind_named(kind_of(part), words)


def by(author: User | None) -> str:
    """Whose it is; nothing for nobody's."""
    return author.name if author else ""


def status_of(error: FlorilegeError | None) -> int:
    """The status of a page that says what went wrong, if anything did."""
    match error:
        case None:
            return 200
        case Conflict():
            return 409
        case _:
            return 400


def _taken_out(one: Out, words: Translator) -> str:
    """Who took it out, and when."""
    day, name = words.instant(one.aside.at), one.by.name if one.by else ""
    match one.aside.kind, bool(name):
        case Aside.HIDDEN, True:
            return words.say("hidden by %(name)s on %(day)s", name=name, day=day)
        case Aside.HIDDEN, False:
            return words.say("hidden on %(day)s", day=day)
        case _, True:
            return words.say("removed by %(name)s on %(day)s", name=name, day=day)
        case _:
            return words.say("removed on %(day)s", day=day)
