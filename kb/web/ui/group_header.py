"""What stands at the head of every page of a group: where one is, what it is, and the group's other pages."""

from dataclasses import dataclass

from kb.access.actor import Action
from kb.model.people.group import Group, Joining
from kb.model.search_request import MAX_VALUE, SearchRequest
from kb.services.groups.groups import allowed_in
from kb.services.groups.membership import tie_of
from kb.services.moderation.moderation_views import waiting
from kb.web.http.context import Context
from kb.web.http.listing_scope import Pairs, Place
from kb.web.ui.fragments import Link
from kb.web.ui.search_form import SearchForm, search_form

LIBRARY, TAGS, MEMBERS, VOCABULARY, SETTINGS = "", "tags", "members", "vocabulary", "settings"
MODERATION, BIN, LOG, IMPORT = "moderation", "bin", "log", "import"
DEAD_LINKS = "dead-links"
DUPLICATES = "duplicates"
LISTS = "lists"


@dataclass(frozen=True, slots=True)
class GroupHead:
    """`trail` leads here from the first page; `parts` are the pages of the group, of which one may be current.

    `join` is the way in, for who may become a member; `keep` the form that keeps a page here and
    `bring` the one that imports a file, for who may.
    """

    trail: tuple[Link, ...]
    title: str
    description: str
    parts: tuple[Link, ...]
    join: Link | None = None
    keep: Link | None = None
    bring: Link | None = None


@dataclass(frozen=True, slots=True)
class ListTop:
    """What stands above a list that letters narrow: `here` is its path, and `q` the letters, which go there with
    `hidden`.
    """

    title: str
    head: GroupHead
    form: SearchForm
    here: str
    hidden: Pairs
    q: str


def top_of(context: Context, group: Group, part: str) -> ListTop:
    """The top of a group's list of something."""
    carried, head = context.choice.carried, head_of(context, group, part)
    return ListTop(
        title=f"{head.title} – {group.name}",
        head=head,
        form=form_of(context, group),
        here=f"{Place(group.slug).path}/{part}",
        hidden=(("lang", carried),) if carried else (),
        q=context.param("q").strip()[:MAX_VALUE],
    )


def form_of(context: Context, group: Group) -> SearchForm:
    """The form that searches a group, on its other pages than the library."""
    place = Place(group.slug)
    bare = place.cleared(SearchRequest())
    return search_form(bare, context.words, lang=context.choice.carried, place=place, scope=group.name)


def head_of(
    context: Context, group: Group, part: str, tag: str = "", *, below: str = "", bare: bool = False
) -> GroupHead:
    """The head of a page of a group, of one of its tags, or of a page `below` one of its pages.

    A bare library, of which nothing is asked, is described.
    """
    words, addresses = context.words, context.addresses
    allowed = allowed_in(context.actor, group)
    named = (
        (LIBRARY, words.say("Library")),
        (TAGS, words.say("Tags")),
        (LISTS, words.say("Lists")),
        (VOCABULARY, words.say("Vocabulary")),
        (MEMBERS, words.say("Contributors") if group.is_personal else words.say("Members")),
        *([(SETTINGS, words.say("Settings"))] if {Action.MANAGE, Action.INVITE} <= allowed else []),
        *_caretaking(context, group, allowed),
    )
    waits = _waiting(context, group, allowed)
    parts = {
        one: Link(name, addresses.group(group.slug, one), waits if one == MODERATION else "", current=one == part)
        for one, name in named
    }
    trail = (Link(words.say("First page"), addresses.home()), Link(group.name, addresses.group(group.slug)))
    links = tuple(parts.values())
    if tag:
        return GroupHead((*trail, parts[TAGS]), tag, "", links)
    if below:
        return GroupHead((*trail, parts[part]), below, "", links)
    if part != LIBRARY:
        join = _way_in(context, group) if part == MEMBERS else None
        return GroupHead(trail, parts[part].label, "", links, join)
    join = _way_in(context, group) if bare else None
    keep = bring = None
    if bare and Action.CONTRIBUTE in allowed:
        keep = Link(words.say("Keep a page here"), addresses.keep(group=group.slug))
        bring = Link(words.say("Import a file"), addresses.group(group.slug, IMPORT))
    return GroupHead(trail[:1], group.name, (group.description or "") if bare else "", links, join, keep, bring)


def caretaking_part(allowed: frozenset[Action], group: Group) -> str:
    """Which page of a group leads whoever looks after it, or adds to it, to what was taken out; none for others."""
    if Action.MODERATE in allowed and not group.is_personal:
        return MODERATION
    return BIN if Action.CONTRIBUTE in allowed else ""


def _caretaking(context: Context, group: Group, allowed: frozenset[Action]) -> tuple[tuple[str, str], ...]:
    """That page, by its name."""
    match caretaking_part(allowed, group):
        case "moderation":
            return ((MODERATION, context.words.say("Moderation")),)
        case "bin":
            return ((BIN, context.words.say("Bin")),)
        case _:
            return ()


def _waiting(context: Context, group: Group, allowed: frozenset[Action]) -> str:
    """How many reports wait for a moderator; nothing for none."""
    if caretaking_part(allowed, group) != MODERATION:
        return ""
    count = waiting(context.library, context.actor, group)
    return context.words.number(count) if count else ""


def _way_in(context: Context, group: Group) -> Link | None:
    """Where one joins a group, or asks to, or sees that one has asked."""
    tie, words = tie_of(context.library, context.actor, group), context.words
    if tie.join is None:
        return None
    if tie.asked:
        label = words.say("Your request waits for an answer")
    elif tie.join is Joining.REQUEST:
        label = words.say("Ask to join this group")
    else:
        label = words.say("Join this group")
    return Link(label, context.addresses.group(group.slug, "join"))
