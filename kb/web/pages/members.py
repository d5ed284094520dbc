"""Who makes a group's library."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.library.groups import Contributor, contributors, readable_group
from kb.model.group import Role
from kb.model.search import SearchRequest, View
from kb.translating import Translator
from kb.web.context import Context
from kb.web.pages.forms import SearchForm, search_form
from kb.web.pages.heads import MEMBERS, GroupHead, head_of
from kb.web.pages.pieces import Link
from kb.web.places import Place
from kb.web.render import render


@dataclass(frozen=True, slots=True)
class MembersPage:
    """`people` lead to what they shared, else to what they wrote beside it; who did nothing yet has no address."""

    title: str
    head: GroupHead
    form: SearchForm
    summary: str
    people: tuple[Link, ...]


def members_page(context: Context) -> Response:
    """Everybody who shared, annotated or belongs to a group, the most active first."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    words, place = context.words, Place(group.slug)
    everybody = contributors(context.library, context.actor, group.slug)
    head = head_of(context, group, MEMBERS)
    bare = place.cleared(SearchRequest())
    form = search_form(bare, words, lang=context.choice.carried, place=place, scope=group.name)
    summary = words.plural("%(count)s person", "%(count)s people", len(everybody))
    people = tuple(_link(one, context, place) for one in everybody)
    return render(context, "members.html", MembersPage(f"{head.title} – {group.name}", head, form, summary, people))


def _link(one: Contributor, context: Context, place: Place) -> Link:
    words = context.words
    seen = place.cleared(SearchRequest(view=View.ITEMS if one.shared else View.PASSAGES))
    href = context.addresses.listing(place, seen.with_value("author", one.user.login))
    facts = (
        _role(one.role, words) if one.role else "",
        words.plural("%(count)s item", "%(count)s items", one.shared) if one.shared else "",
        words.plural("%(count)s annotation", "%(count)s annotations", one.annotated) if one.annotated else "",
        words.say("last on %(day)s", day=words.instant(one.last)) if one.last else "",
    )
    return Link(one.user.name, href if one.shared or one.annotated else "", " · ".join(fact for fact in facts if fact))


def _role(role: Role, words: Translator) -> str:
    match role:
        case Role.READER:
            return words.say("reader")
        case Role.MEMBER:
            return words.say("member")
        case Role.MODERATOR:
            return words.say("moderator")
        case Role.OWNER:
            return words.say("owner")
