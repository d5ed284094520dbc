"""The header of a group's pages: breadcrumb, facts about the group, links to its other pages."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.access.actor import Action
from kb.model.people.group import Group, JoinPolicy, Role
from kb.model.search_request import MAX_VALUE, SearchRequest
from kb.services.authentication.authentication import with_present_rights
from kb.services.groups.administrator_membership import has_inviter
from kb.services.groups.group_views import allowed_actions
from kb.services.groups.membership import membership_status_of, pending_requests_of_group
from kb.services.moderation.moderation_views import pending_report_count
from kb.translation import Translator
from kb.web.http.context import FeatureLink, LinkLocation, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.ui.display_text import Link, group_name
from kb.web.ui.flash import joined_flash
from kb.web.ui.form_options import readers_sentence, whole_readers_sentence
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.search_form import SearchForm, search_form_of

LIBRARY, TAGS, MEMBERS, VOCABULARY, SETTINGS = "", "tags", "members", "vocabulary", "settings"
MODERATION, TRASH, AUDIT_LOG, IMPORT = "moderation", "bin", "log", "import"
DELETION = "deletion"
DEAD_LINKS = "dead-links"
DUPLICATES = "duplicates"
LISTS = "lists"
_JOIN = "join"


@dataclass(frozen=True, slots=True)
class GroupHeader:
    """`breadcrumb` leads here from the home page; `pages` are the pages of the group, of which one may be current, and
    `manage` those that look after it, behind one word, in sections with a heading.

    `page_title` is that of the browser's window; `form` searches the group. `join` links to the join page, for a user
    who may join, `current` while a request is pending; `keep` to the form that saves a page here, and `import_link` to
    the import form, for users with these rights; `readers` says who reads the group, where that matters; `archived`
    says that it is archived; `views` to the other pages of the moderation.
    """

    breadcrumb: tuple[Link, ...]
    title: str
    page_title: str
    description: str
    pages: tuple[Link, ...]
    manage: tuple[tuple[str, tuple[Link, ...]], ...]
    form: SearchForm
    readers: str = ""
    join: Link | None = None
    keep: Link | None = None
    import_link: Link | None = None
    views: tuple[Link, ...] = ()
    archived: str = ""

    @property
    def open_join(self) -> Link | None:
        """The link to join the group, for a user who may."""
        join = self.join
        is_open = join is not None and not join.current and join.href.partition("?")[0].endswith(f"/{_JOIN}")
        return join if is_open else None


def list_filter(context: RequestContext) -> str:
    """The letters typed into the filter field above a list."""
    return context.param("q").strip()[:MAX_VALUE]


def search_form_of_group(context: RequestContext, group: Group) -> SearchForm:
    """The form that searches a group, on its pages other than the library."""
    scope = ListingScope(group.slug)
    bare = scope.cleared(SearchRequest())
    return search_form_of(context, bare, scope, group_name(group, context.translator))


def archived_notice(group: Group, translator: Translator) -> str:
    """The sentence on the pages of an archived group; empty for another one."""
    if group.archived_at is None:
        return ""
    return translator.gettext(
        "This group has been archived since %(day)s: it is read, and no longer changed.",
        day=translator.instant(group.archived_at),
    )


def header_of_group(
    context: RequestContext, group: Group, part: str, tag: str = "", *, below: str = "", bare: bool = False
) -> GroupHeader:
    """The header of a page of a group, of one of its tags, or of a page `below` one of its pages.

    The library without a query also shows the group's description.
    """
    translator, addresses = context.translator, context.addresses
    _ = translator.gettext
    allowed = allowed_actions(context.actor, group)
    own = moderation_part(allowed, group)
    reports = pending_report_count(context.library, context.actor, group) if own == MODERATION else 0
    everyday_names = {
        LIBRARY: _("Library"),
        TAGS: _("Tags"),
        LISTS: _("Lists"),
        MEMBERS: _("Contributors") if group.is_personal else _("Members"),
    }
    sections = _sections(context, group, allowed, part, own)
    names = everyday_names | {key: label for _heading, labels in sections for key, label in labels.items()}
    requests = pending_requests_of_group(context.library, context.actor, group)
    hints = {name: translator.number(count) for name, count in ((MODERATION, reports), (MEMBERS, requests)) if count}
    parts = {
        key: Link(name, addresses.group(group.slug, key), hints.get(key, ""), current=key == (TAGS if tag else part))
        for key, name in names.items()
    }
    manage = tuple((name, tuple(parts[key] for key in keys)) for name, keys in sections if keys)
    everyday = tuple(parts[key] for key in everyday_names)
    if len(parts) == len(everyday) + 1:
        everyday, manage = tuple(parts.values()), ()
    header = GroupHeader(
        breadcrumb=breadcrumb(context, group_link(context, group)),
        title=tag or below or parts[part].label,
        page_title=f"{tag or below or parts[part].label} – {group_name(group, translator)}",
        description="",
        pages=everyday,
        manage=manage,
        form=search_form_of_group(context, group),
        archived=archived_notice(group, translator),
    )
    if below and part == LIBRARY:
        return header  # the name of the group leads there
    if tag or below:
        return replace(header, breadcrumb=(*header.breadcrumb, parts[TAGS if tag else part]))
    if part == MEMBERS:
        return replace(header, join=_join_link(context, group), readers=whole_readers_sentence(group, translator))
    if part != LIBRARY:
        return header
    header = replace(header, breadcrumb=header.breadcrumb[:1], title=group_name(group, translator))
    if not bare:
        return header
    readers = readers_sentence(group, translator)
    header = replace(header, description=group.description or "", join=_join_link(context, group), readers=readers)
    if Action.CONTRIBUTE not in allowed:
        return header
    keep = Link(_("Save page…"), addresses.save(group=group.slug))
    return replace(header, keep=keep, import_link=Link(_("Import a file"), addresses.group(group.slug, IMPORT)))


def _sections(
    context: RequestContext, group: Group, allowed: frozenset[Action], part: str, own: str
) -> tuple[tuple[str, dict[str, str]], ...]:
    """The pages that look after a group: sections with their headings, each page with its label. `own` is that of
    removed content.
    """
    _ = context.translator.gettext

    def of_features(location: LinkLocation) -> dict[str, str]:
        return {link.path: _(link.label) for link in _feature_links(context, group, allowed, part, location)}

    rights = {SETTINGS: _("Settings")} if Action.CLOSE in allowed else {}
    content = {VOCABULARY: _("Vocabulary"), **of_features(LinkLocation.SHARED_GROUP)}
    if own == MODERATION:
        rights[own] = _("Moderation")
    elif own:
        content[own] = _("Trash")
    return (
        (_("Members and rights"), rights),
        (_("Content"), content),
        (_("Passing on"), of_features(LinkLocation.SHARED_GROUP_OUTPUT)),
    )


def _feature_links(
    context: RequestContext, group: Group, allowed: frozenset[Action], part: str, location: LinkLocation
) -> tuple[FeatureLink, ...]:
    """The links of features to pages of a group, for a user with these rights there; in a library of one's own, only
    that of the current page.
    """
    links = context.feature_links(location)
    shown = (link for link in links if not group.is_personal or link.path == part)
    return tuple(link for link in shown if link.action is None or link.action in allowed)


def moderation_part(allowed: frozenset[Action], group: Group) -> str:
    """The page with removed content for this user: moderation for moderators, trash for contributors; none for
    others.
    """
    if Action.MODERATE in allowed and not group.is_personal:
        return MODERATION
    return TRASH if Action.CONTRIBUTE in allowed else ""


def _join_link(context: RequestContext, group: Group) -> Link | None:
    """The link to join a group, to request it, or to the open request; to those who may invite, if nothing else."""
    status = membership_status_of(context.library, context.actor, group)
    _ = context.translator.gettext
    if status.join is None:
        is_outside = context.actor.user_id is not None and status.role is None and not group.is_personal
        if not is_outside or group.join is not JoinPolicy.INVITE or group.archived_at:
            return None
        if not has_inviter(context.library, group):
            return Link(_("One joins by invitation of an administrator of the site."), "")
        address = f"{context.addresses.group(group.slug, MEMBERS)}#people"
        return Link(_("One joins by invitation: see who may invite"), address)
    if status.asked:
        label = _("Your request is pending")
    elif status.join is JoinPolicy.REQUEST:
        label = _("Ask to join this group")
    else:
        label = _("Join this group")
    return Link(label, context.addresses.group(group.slug, _JOIN), current=bool(status.asked))


def redirect_to_joined(context: RequestContext, group: Group) -> Response:
    """The redirect to a group that the user has just joined; its message says the role."""
    member = with_present_rights(context.library, context.actor)
    role = membership_status_of(context.library, member, group).role or Role.MEMBER
    return redirect_with_flash(context.addresses.group(group.slug), joined_flash(role))
